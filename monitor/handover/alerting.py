"""What is said of alerts: those that are open, and those that were told and what people did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from monitor.alert_kinds import RANK, AlertKind
from monitor.events import Alert
from monitor.handover.clock import Clock
from monitor.handover.facts import Night
from monitor.handover.fitting import Part, shortened
from monitor.names import listed
from monitor.report.acted_on import ToldAlert

_SAID: dict[AlertKind, str] = {
    "losing_weight": "losing weight",
    "not_gaining": "not gaining",
    "low_intake": "drinking little",
    "bottle_overdue": "bottle overdue",
    "out_of_box": "out of the box",
    "fading": "not itself",
}
"""of one baby; of others the title says it"""
_WITH_TIME: frozenset[AlertKind] = frozenset({"bottle_overdue", "out_of_box"})
"""of the others it is no news since when"""
MISSED_TOLD = 2


def waits(alert: Alert | ToldAlert) -> bool:
    """Whether it is one that the hand-over tells: questions stand with the weighings."""
    return alert.kind not in {"who_is_it", "test"}


def open_now(night: Night, clock: Clock) -> Part:
    """What is open, the gravest first."""
    found = [alert for alert in night.open_alerts if waits(alert)]
    found.sort(key=lambda alert: (-RANK[alert.own_severity or alert.severity], alert.since))
    if not found:
        return Part(9, [""])
    full, plain = _items(found, clock), _items(found, clock, times=False)
    return Part(9, [_open(full, 6), _open(plain, 4), _open(plain, 2)])


def _open(items: Sequence[str], most: int) -> str:
    rest = f"; and {len(items) - most} more" if len(items) > most else ""
    return shortened(f"Open now: {'; '.join(items[:most])}{rest}.", 60)


def _items(found: Sequence[Alert], clock: Clock, *, times: bool = True) -> list[str]:
    """``Possum (losing weight, bottle overdue since 01:30)``, ``Microphone is deaf since 05:10``.

    Babies of which the same is to be said are told together.
    """
    of_babies: dict[str, list[str]] = {}
    items: list[tuple[list[str], str]] = []
    for alert in found:
        since = f" since {clock.time(alert.since)}" if clock.known and times else ""
        said = _SAID.get(alert.kind)
        if alert.baby is None or said is None:
            items.append(([], f"{shortened(alert.title, 9)}{since}"))
            continue
        if alert.baby not in of_babies:
            of_babies[alert.baby] = []
            items.append(([alert.baby], ""))
        of_babies[alert.baby].append(said + since * (alert.kind in _WITH_TIME))
    alike: dict[str, list[str]] = {}
    for names, text in items:
        key = ", ".join(of_babies[names[0]]) if names else text
        alike.setdefault(key, []).extend(shortened(name, 3) for name in names)
    return [f"{listed(names)} ({key})" if names else key for key, names in alike.items()]


def told(night: Night, clock: Clock) -> Part:
    """How many there were, and what people did about them within ten minutes."""
    found = [alert for alert in night.told if waits(alert)]
    if not found:
        return Part(1, ["No alert was told.", ""])
    answers = Counter(alert.answer for alert in found if alert.answer is not None)
    acted = answers.total()
    how = [f"{deed} {n}" if acted > 1 else deed for deed, n in answers.most_common()]
    count = "1 alert" if len(found) == 1 else f"{len(found)} alerts"
    if acted == len(found):
        whole = "" if acted == 1 else "all "
        return Part(4, [f"{count}, {whole}acted on within ten minutes ({', '.join(how)})."])
    them = "it" if len(found) == 1 else "any of them"
    short = f"{count}; nobody acted on {them} within ten minutes."
    if acted:
        short = f"{count}, {acted} acted on within ten minutes ({', '.join(how)})."
    missed = _missed(found, night, clock)
    return Part(4, [f"{short} Missed: {missed}." if missed else short, short])


def _missed(found: Sequence[ToldAlert], night: Night, clock: Clock) -> str:
    """Those that nobody acted on and that are over; the others are told as open."""
    still = {alert.id for alert in night.open_alerts}
    missed = [alert for alert in found if alert.answer is None and alert.id not in still]
    missed.sort(key=lambda alert: (-RANK[alert.severity], alert.told_s))
    said = [_missed_one(alert, clock) for alert in missed[:MISSED_TOLD]]
    if len(missed) > MISSED_TOLD:
        said.append(f"{len(missed) - MISSED_TOLD} more")
    return listed(said) if said else ""


def _missed_one(alert: ToldAlert, clock: Clock) -> str:
    """``Possum (bottle overdue at 05:10)``, ``Kitten crying at 03:12``."""
    said, when = _SAID.get(alert.kind), clock.at(alert.told_s)
    if alert.baby is None or said is None:
        return f"{shortened(alert.title, 6)}{when}"
    return f"{shortened(alert.baby, 3)} ({said}{when})"
