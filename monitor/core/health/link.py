"""Does what the box says reach the broker, and what the broker says the box?

An alert that the broker throws away is as good as none, and the broker cannot carry the news of
it: these conditions are for the panel and the pushes. What is seen of the link is put together
outside (``publisher``); here it is judged, so that it has a life like every alert.
"""

from __future__ import annotations

import msgspec

from monitor.alert_kinds import Severity
from monitor.core.health.certificate import condition_of, is_short, page_condition_of
from monitor.events import CannotJudge, CertificateReport, Condition, LinkReport
from monitor.timeshift import Moment

SILENT_S = 60.0
"""two connections given up after 30 s without an acknowledgement: no chance any more"""
AWAY_S = 600.0
"""a router or a broker that is restarted is back in minutes; a cry is news for ten"""

_WORDS: dict[str, tuple[Severity, str, str, str]] = {
    "refused": (
        "critical",
        "Broker throws alerts away",
        (
            "The broker does not take what this box says ({why}), so no phone hears it from there. "
            "Check the box's name, user and rights at the broker; look after the babies yourself."
        ),
        "The broker takes alerts again.",
    ),
    "silent": (
        "critical",
        "Broker does not answer",
        (
            "For over a minute the broker has acknowledged nothing: alerts may reach no phone. "
            "Restart the broker; the box goes on trying."
        ),
        "The broker answers again.",
    ),
    "away": (
        "critical",
        "No connection to the broker",
        (
            "For over 10 minutes alerts have not left this box: {why}. They wait here; look after "
            "the babies yourself until the connection is back."
        ),
        "The connection to the broker is back.",
    ),
    "deaf": (
        "warning",
        "Commands are not heard",
        (
            "What is tapped on a phone does not reach this box: {why}. Alerts still leave it; use "
            "the button on the box."
        ),
        "Commands are heard again.",
    ),
}

_NOT_SHOWN = "the broker has not shown it yet"
_UNSEEN = {"page_certificate": "nobody has read its file yet"}
_CERTIFICATES = frozenset({"certificate", "page_certificate"})
"""looked at once a day: not yet known is no doubt"""


class LinkState(msgspec.Struct):
    """The last report, and since when each part of it has been so."""

    report: LinkReport | None = None
    since_s: dict[str, Moment] = {}


class LinkHealth:
    """Takes reports; states what is wrong by the last one."""

    def __init__(self) -> None:
        self.state = LinkState()

    def observe(self, report: LinkReport) -> None:
        """Take how the link is now."""
        self.state.report = report
        for key, is_so in _judged(report).items():
            if is_so:
                self.state.since_s.setdefault(key, report.t_s - _lasted_s(key, report))
            elif is_so is not None:
                self.state.since_s.pop(key, None)

    def conditions(self) -> list[Condition]:
        """``not_delivered`` for each thing that is wrong by the last report."""
        if self.state.report is None:
            return []
        found = [key for key, is_so in _judged(self.state.report).items() if is_so]
        return [_condition(key, self.state.since_s[key], self.state.report) for key in found]

    def unjudged(self) -> list[CannotJudge]:
        """What the last report does not say; all of it before the first."""
        said = _judged(self.state.report or LinkReport(0.0))
        return [
            CannotJudge(kind="not_delivered", key=key, why=_UNSEEN.get(key, _NOT_SHOWN))
            for key, is_so in said.items()
            if is_so is None and (key not in _CERTIFICATES or key in self.state.since_s)
        ]


def _judged(report: LinkReport) -> dict[str, bool | None]:
    """Each condition: true, false, or ``None`` where nobody can tell."""
    away = None if report.away_s is None else True if report.away_s >= AWAY_S else None
    silent = None if report.silent_s is None else True if report.silent_s >= SILENT_S else None
    if report.connected:
        away = False
        if report.silent_s is None and report.takes_alerts is not None:
            silent = False
    takes, hears = report.takes_alerts, report.hears_commands
    return {
        "refused": None if takes is None else not takes,
        "silent": silent,
        "away": away,
        "deaf": None if hears is None else not hears,
        "certificate": _is_short(report.certificate),
        "page_certificate": _is_short(report.page_certificate),
    }


def _is_short(certificate: CertificateReport | None) -> bool | None:
    return None if certificate is None else is_short(certificate)


def _lasted_s(key: str, report: LinkReport) -> float:
    durations_s = {"silent": report.silent_s, "away": report.away_s}
    return durations_s.get(key) or 0.0


def _condition(key: str, since_s: float, report: LinkReport) -> Condition:
    if key == "certificate" and report.certificate is not None:
        return condition_of(report.certificate, since_s)
    if key == "page_certificate" and report.page_certificate is not None:
        return page_condition_of(report.page_certificate, since_s)
    severity, title, message, all_clear = _WORDS[key]
    return Condition(
        kind="not_delivered",
        key=key,
        severity=severity,
        since_s=since_s,
        title=title,
        message=message.format(why=report.why.get(key, "the broker does not say why")),
        why=report.why.get(key, "no acknowledgement"),
        all_clear=all_clear,
    )
