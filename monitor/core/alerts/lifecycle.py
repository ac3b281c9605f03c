"""One alert between its raising and its clearing: what was told, when to remind, how it ended.

The life of an alert follows the few systems whose users stay content (the "new, update, end"
of a camera event under one id; repeat intervals that grow; an acknowledgement that counts for
everybody). All decisions about *whether* to speak are the policy's; this file holds what one
alert must remember and how its next message is worded.
"""

from __future__ import annotations

import re

import msgspec
from msgspec.structs import replace

from monitor.alert_kinds import KINDS, Severity
from monitor.codec import converted
from monitor.events import CLOSED, Alert, AlertState, Condition
from monitor.names import renamed
from monitor.times import compact_utc, spoken_duration
from monitor.timeshift import Deadline, Moment

SLOWEST = {"info": 12, "warning": 12, "critical": 3}
"""reminder intervals double up to this many times the first one: with the default ten minutes a
warning ends at one every two hours, something critical at one every half hour"""


ESCALATE_AFTER_REMINDERS = 2
"""critical and reminded this often in vain: another person must hear of it"""
SLOWEST_TREND = 24
"""what changes slowly is reminded of every four hours at the slowest"""


PROVEN_WITHIN_S = 120.0
"""a source that works proves it in less (75 s of data, 90 s of quiet heard); what cannot be judged
for longer is told on, since a reminder too many costs less than a baby nobody looks after"""


CLEAR_HOLD_S = 10.0
"""a condition must be false this long; one missed statement while a source restarts is no news"""
UNSEEN_S = 1800.0
"""what nobody could judge for half an hour, and what then began anew, is another incident"""


class AlertLife(msgspec.Struct, kw_only=True):
    """What the policy remembers about one open alert; survives a restart as JSON."""

    alert: Alert
    true_severity: Severity
    """as the condition states it, before quiet hours"""
    stated_s: Moment
    """when its condition was last stated"""
    unjudged_s: Moment | None = None
    """when last nobody could tell whether it was true"""
    false_s: Moment | None = None
    """since when it has been found false without a break"""
    away_s: float = 0.0
    """the longest it was false without a break since it was stated"""
    unjudged_from_s: Moment | None = None
    """since when nobody has been able to tell"""
    over: bool = False
    """what somebody said of it does not cover its return: it has been false for the clear hold
    since it was stated, or was not found true when they said so"""
    doubt: str = ""
    """why it cannot be judged now, as its message says; empty while it can"""
    told: bool = False
    """whether any change of it ever reached a phone"""
    reminders: int = 0
    remind_at_s: Deadline = 0.0
    all_clear: str = ""
    times: int = 0
    """how often it had happened when it was stated"""

    @property
    def t_s(self) -> float:
        """When it last changed: the next reminder counts from there."""
        return self.alert.t_s

    @property
    def waits_for_somebody(self) -> bool:
        """Neither acknowledged nor snoozed."""
        return self.alert.state in {"raised", "reminded"}

    @property
    def is_true(self) -> bool:
        """It was stated when it was looked for last."""
        return self.false_s is None and self.unjudged_from_s is None

    @property
    def held_s(self) -> float:
        """When it was last true, or not known to be false."""
        return max(self.stated_s, self.unjudged_s if self.unjudged_s is not None else self.stated_s)

    def is_false(self, now_s: float) -> None:
        """It was looked for and not found."""
        self.unjudged_from_s = None
        self.false_s = now_s if self.false_s is None else self.false_s

    def cannot_be_judged(self, now_s: float, why: str | None) -> bool:
        """Nobody can look, for this reason; ``None``: the monitor did not run until now.

        Returns whether that lasts for so long that the alert says so, and is told on.
        """
        self.away_s, self.false_s = self.away_until(now_s), None
        if why is None or self.unjudged_from_s is None:
            self.unjudged_from_s = now_s
        lasts = now_s - self.unjudged_from_s >= PROVEN_WITHIN_S
        if lasts and why is not None and not self.doubt:
            self.doubt = why
            message = f"{self.alert.message} Whether it is over cannot be told now: {why}."
            self.alert = replace(self.alert, message=message)
        self.unjudged_s = now_s
        return lasts

    def away_until(self, now_s: float) -> float:
        """How long it was false without a break, when it is stated, or unknown, at ``now_s``."""
        return max(self.away_s, now_s - self.false_s if self.false_s is not None else 0.0)

    def came_back_after_s(self, condition: Condition, now_s: float) -> float | None:
        """For how long it was away, if what is stated now is another incident than it; else None.

        It was false for longer than the hold, or unseen for so long that what began since is
        another, or somebody had answered it when it was not there.
        """
        # After a restart its part may have seen what nobody could judge yet.
        seen_away_s = min(condition.false_before_s, condition.since_s - self.stated_s)
        away_s = max(self.away_until(now_s), seen_away_s)
        unseen = now_s - self.stated_s >= UNSEEN_S and condition.since_s > self.stated_s
        return away_s if away_s >= CLEAR_HOLD_S or unseen or self.over else None

    def acknowledged_long_ago(self, now_s: float) -> bool:
        """Critical, and whoever said "I am on it" has had the time that fits its kind."""
        lasts_s = KINDS[self.alert.kind].acknowledged_for_s
        critical = self.true_severity == "critical" and self.alert.state == "acknowledged"
        return critical and now_s - self.alert.t_s >= lasts_s

    def restate(self, condition: Condition, severity: Severity, now_s: float) -> None:
        """Take over the condition's words, so that retained documents stay true."""
        self.stated_s, self.false_s, self.away_s, self.over = now_s, None, 0.0, False
        self.unjudged_from_s, self.doubt = None, ""
        self.true_severity = condition.severity
        self.all_clear, self.times = condition.all_clear, condition.times
        self.alert = converted(
            Alert, self.alert, condition, severity=severity, own_severity=condition.severity
        )

    def rename(self, old: str, new: str) -> None:
        """A baby it speaks of has another name now."""
        alert = self.alert
        self.all_clear = renamed(self.all_clear, old, new)
        self.alert = replace(
            alert,
            baby=new if alert.baby == old else alert.baby,
            title=renamed(alert.title, old, new),
            message=renamed(alert.message, old, new),
            candidates=[
                replace(each, baby=new) if each.baby == old else each for each in alert.candidates
            ],
        )

    def change(
        self,
        state: AlertState,
        now_s: float,
        *,
        silent: bool = False,
        until_s: float | None = None,
        by: str | None = None,
    ) -> Alert:
        """Move to ``state`` and return the alert as it is to be told; ``by``: who answered it."""
        if state in {"acknowledged", "snoozed"}:
            self.over = self.over or not self.is_true
        self.alert = replace(
            self.alert, state=state, t_s=now_s, silent=silent, until=until_s, by=by
        )
        self.told = self.told or not silent
        return self.alert

    def speak_up(self, now_s: float, first_s: float, *, mute: bool) -> Alert:
        """Begin the reminders anew: it got worse or came back, a promise ended, morning came."""
        self.reminders = 0
        self.alert = replace(self.alert, escalated=False)
        self.schedule(now_s, first_s)
        return self.change("reminded", now_s, silent=mute)

    def remind(self, now_s: float, first_s: float) -> Alert:
        """Once more, and to a second person when nobody answers."""
        self.reminders += 1
        self.schedule(now_s, first_s)
        if self.true_severity == "critical" and self.reminders >= ESCALATE_AFTER_REMINDERS:
            self.alert = replace(self.alert, escalated=True)
        return self.change("reminded", now_s)

    def schedule(self, now_s: float, first_s: float) -> None:
        """Set the time of the next reminder; each waits twice as long as the one before."""
        slow = KINDS[self.alert.kind].slow_reminders
        slowest = SLOWEST_TREND if slow else SLOWEST[self.alert.severity]
        factor = min(2**self.reminders, slowest)
        self.remind_at_s = now_s + first_s * factor

    def end(self, now_s: float, *, why: str | None = None) -> Alert:
        """The all-clear: a push only if something was ever pushed."""
        title = self.alert.title
        sentence = self.all_clear or (
            f"{title} is over; it lasted {spoken_duration(now_s - self.alert.since)}."
        )
        return self._cleared(now_s, f"All clear: {title}", why or sentence)

    def close(self, now_s: float, why: str) -> Alert:
        """The end of one that is not known to be over: nobody is to read an all-clear."""
        return self._cleared(now_s, f"{CLOSED}{self.alert.title}", why)

    def _cleared(self, now_s: float, title: str, message: str) -> Alert:
        return replace(
            self.alert,
            state="cleared",
            t_s=now_s,
            silent=not self.told,
            until=None,
            escalated=False,
            title=title,
            message=message,
            by=None,
        )


def alert_id(kind: str, key: str, since_s: float) -> str:
    """``kind-key-20260131T021405Z``: safe in topics, file names and phone tags."""
    stamp = compact_utc(since_s)
    return "-".join(part for part in (kind, safe_key(key), stamp) if part)


def safe_key(key: str) -> str:
    """A key as it stands in an id."""
    return re.sub(r"[^a-z0-9_-]+", "_", key.lower()).strip("_")


def alert_key(alert: Alert) -> str:
    """The (safe) key that an alert's id was made of."""
    return alert.id.removeprefix(alert.kind).rpartition("-")[0].strip("-")
