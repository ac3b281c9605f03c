"""vmalert: whether somebody looks at the rules over all boxes, and which of them apply now.

Asked for ``/api/v1/rules`` rather than ``/health``, since a process that lives and cannot ask the
database looks at nothing. Source: "Web" in vmalert's documentation.
"""

from __future__ import annotations

import http.client
import re
import urllib.request
from contextlib import suppress
from typing import Any, Literal

import msgspec

from monitor.documents import FiringRule
from monitor.names import has_control
from monitor.records.last_success import LastSuccess
from monitor.times import parse_rfc3339

ASK_EVERY_S = 30.0
ANSWER_S = 5.0
MOST_BYTES = 1_000_000
MOST_FIRING = 20
LONGEST = 300
"""characters of a sentence"""
_QUERY = re.compile(r"\?[^\s:]+")
"""of an address, in an error: a screen long"""


class RulesError(OSError):
    """Nobody looks at the rules; a sentence."""


class _Alert(msgspec.Struct):
    state: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    activeAt: str = ""  # noqa: N815 - its name


class _Rule(msgspec.Struct):
    name: str = ""
    health: str = "ok"
    lastError: str = ""  # noqa: N815 - its name
    alerts: list[_Alert] | None = None


class _Group(msgspec.Struct):
    rules: list[_Rule] = []


class _Data(msgspec.Struct):
    groups: list[_Group] | None = None


class _Answer(msgspec.Struct):
    data: _Data = msgspec.field(default_factory=_Data)


class Rules:
    """vmalert at ``url``, asked every half minute; with an empty one nobody is asked."""

    def __init__(self, url: str, begun_s: float) -> None:
        self.firing: list[FiringRule] = []
        self._url = url.rstrip("/")
        self._success = LastSuccess(begun_s)
        self._next_s = begun_s

    def turn(self, now_s: float) -> None:
        """Ask, if it is time; waits for the answer ``ANSWER_S`` at most."""
        if not self._url or now_s < self._next_s:
            return
        self._next_s = now_s + ASK_EVERY_S
        try:
            self.firing = firing(self._asked())
        except RulesError as error:
            self._success.failed(str(error))
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "reason", error)
            said = getattr(why, "strerror", None) or why
            self._success.failed(f"vmalert does not answer at {self._url}: {said}")
        else:
            self._success.well(now_s)

    def judged(self, now_s: float) -> tuple[bool | None, str | None]:
        """Whether somebody looks at them, or why not; ``None``: nobody shall, or not known yet."""
        return self._success.judged(now_s) if self._url else (None, None)

    def _asked(self) -> bytes:
        url = f"{self._url}/api/v1/rules"
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:  # noqa: S310 - http(s) only
            found: bytes = answer.read(MOST_BYTES + 1)
        if len(found) > MOST_BYTES:
            raise RulesError(f"{self._url} answers more than it should")
        return found


def firing(answer: bytes) -> list[FiringRule]:
    """What applies now, the gravest first, each once.

    Raises:
        RulesError: a rule could not be looked at, there is none, or this is no answer of vmalert.
    """
    try:
        groups = msgspec.json.decode(answer, type=_Answer).data.groups or []
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RulesError("what answers is no vmalert") from error
    rules = [rule for group in groups for rule in group.rules]
    if not rules:
        raise RulesError("vmalert has no rules")
    for rule in rules:
        if rule.health == "err" or rule.lastError:
            why = _QUERY.sub("", rule.lastError) or "no answer"
            raise RulesError(f"{_text(rule.name)} cannot be looked at: {_text(why)}")
    found = [
        _rule(rule, alert)
        for rule in rules
        for alert in rule.alerts or []
        if alert.state == "firing"
    ]
    found.sort(key=lambda each: (each.severity != "critical", each.name, each.text))
    return found[:MOST_FIRING]


def _rule(rule: _Rule, alert: _Alert) -> FiringRule:
    severity: Literal["warning", "critical"] = "warning"
    if alert.labels.get("severity") == "critical":
        severity = "critical"
    said = alert.annotations
    since: float | None = None
    with suppress(ValueError):
        since = parse_rfc3339(alert.activeAt)
    return FiringRule(
        name=_text(rule.name),
        severity=severity,
        text=_text(said.get("summary", "")) or _text(rule.name),
        advice=_text(said.get("description", "")),
        since=since,
    )


def _text(text: Any) -> str:
    return " ".join("".join(" " if has_control(c) else c for c in str(text)[:LONGEST]).split())
