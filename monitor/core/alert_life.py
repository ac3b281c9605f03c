"""One alert between its raising and its clearing: what was told, when to remind, how it ended.

The life of an alert follows the few systems whose users stay content (the "new, update, end"
of a camera event under one id; repeat intervals that grow; an acknowledgement that counts for
everybody). All decisions about *whether* to speak are the policy's; this file holds what one
alert must remember and how its next message is worded.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from monitor.events import Alert, AlertState, Condition, Severity
from monitor.moments import Moment, Shift, moved_fields

RANK: dict[Severity, int] = {"info": 0, "warning": 1, "critical": 2}

SLOWEST = {"info": 12, "warning": 12, "critical": 3}
"""reminder intervals double up to this many times the first one: with the default ten minutes a
warning ends at one every two hours, something critical at one every half hour"""


SLOW_KINDS = frozenset({"losing_weight", "not_gaining", "low_intake"})
SLOWEST_TREND = 24
"""these change with a bottle, not with a minute: at the slowest every four hours"""


class AlertLife(msgspec.Struct, kw_only=True):
    """What the policy remembers about one open alert; survives a restart as JSON."""

    alert: Alert
    true_severity: Severity
    """as the condition states it, before quiet hours"""
    stated_s: Moment
    """when its condition was last stated"""
    told: bool = False
    """whether any change of it ever reached a phone"""
    reminders: int = 0
    remind_at_s: float = 0.0
    all_clear: str = ""

    def moved(self, shift: Shift) -> AlertLife:
        """The next reminder counts from the last change, and moves if that does."""
        life = moved_fields(self, shift)
        if shift.covers(self.alert.t_s):
            life.remind_at_s += shift.by_s
        return life

    @property
    def waits_for_somebody(self) -> bool:
        """Neither acknowledged nor snoozed."""
        return self.alert.state in {"raised", "reminded"}

    def restate(self, condition: Condition, severity: Severity, now_s: float) -> None:
        """Take over the condition's words, so that retained documents stay true."""
        self.stated_s = now_s
        self.true_severity = condition.severity
        self.all_clear = condition.all_clear
        self.alert = replace(
            self.alert,
            severity=severity,
            title=condition.title,
            message=condition.message,
            why=condition.why,
            candidates=condition.candidates,
        )

    def change(
        self, state: AlertState, now_s: float, *, silent: bool = False, until_s: float | None = None
    ) -> Alert:
        """Move to ``state`` and return the alert as it is to be told."""
        self.alert = replace(self.alert, state=state, t_s=now_s, silent=silent, until=until_s)
        self.told = self.told or not silent
        return self.alert

    def schedule(self, now_s: float, first_s: float) -> None:
        """Set the time of the next reminder; each waits twice as long as the one before."""
        trend = self.alert.kind in SLOW_KINDS
        slowest = SLOWEST_TREND if trend else SLOWEST[self.alert.severity]
        factor = min(2**self.reminders, slowest)
        self.remind_at_s = now_s + first_s * factor

    def end(self, now_s: float, *, why: str | None = None) -> Alert:
        """The all-clear: a push only if something was ever pushed."""
        title = self.alert.title
        sentence = self.all_clear or (
            f"{title} is over; it lasted {spoken_duration(now_s - self.alert.since)}."
        )
        return replace(
            self.alert,
            state="cleared",
            t_s=now_s,
            silent=not self.told,
            until=None,
            escalated=False,
            title=f"All clear: {title}",
            message=why or sentence,
        )


def alert_id(kind: str, key: str, since_s: float) -> str:
    """``kind-key-20260131T021405Z``: safe in topics, file names and phone tags."""
    stamp = datetime.fromtimestamp(since_s, UTC).strftime("%Y%m%dT%H%M%SZ")
    safe_key = re.sub(r"[^a-z0-9_-]+", "_", key.lower()).strip("_")
    return "-".join(part for part in (kind, safe_key, stamp) if part)


def spoken_duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h 20 min``, ``2 days``: as precise as a tired person needs."""
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{round(hours / 24)} days"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
