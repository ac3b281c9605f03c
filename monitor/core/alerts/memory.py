"""What the alert policy must not forget, in one struct that survives a restart as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from monitor.alert_kinds import BABY_KINDS, RANK, Severity
from monitor.core.alerts.hands_gate import HandsState
from monitor.core.alerts.lifecycle import AlertLife, alert_id, alert_key, safe_key
from monitor.events import Alert, Baby, Condition
from monitor.times import DAY_S, HOUR_S
from monitor.timeshift import Moment

Incident = tuple[str, str]
"""(kind, key) of a condition"""

FLAPS_AN_HOUR = 3
"""an incident that was raised or came back this often within an hour comes and goes"""
NO_CRY_LASTS_S = HOUR_S
"""a television is "no cry" for the length of a programme, then somebody listens once more"""


class AlertMemory(msgspec.Struct):
    """Open alerts, and what is needed to tell a new incident from an old one."""

    lives: dict[Incident, AlertLife] = {}
    raised_s: dict[Incident, list[Moment]] = {}
    """when each incident was raised or came back last, at most FLAPS_AN_HOUR times"""
    last_id_s: dict[Incident, float] = {}
    """the stamp in the last id of each incident: part of a name, so it never moves"""
    dismissed: dict[Incident, Moment] = {}
    """incidents a person called no cry, and when their condition was last true, or unknown"""
    dismissed_s: dict[Incident, Moment] = {}
    """when that was said"""
    night_pushes: int = 0
    test_until_s: Moment = 0.0
    keyed_by_id: bool = False
    """False in what earlier versions wrote: the key of a baby's alert is its slug there"""

    @property
    def follows(self) -> bool:
        """Something is open or dismissed: only then does it matter what cannot be judged."""
        return bool(self.lives or self.dismissed)

    def is_dismissed(self, incident: Incident, now_s: float) -> bool:
        """Whether a person called it no cry, not too long ago; it is so still, or unknown."""
        if incident not in self.dismissed:
            return False
        said_s = self.dismissed_s.setdefault(incident, now_s)
        if now_s - said_s >= NO_CRY_LASTS_S:
            del self.dismissed[incident], self.dismissed_s[incident]
            return False
        self.dismissed[incident] = now_s
        return True

    def forget_dismissed(self, false: Sequence[Incident], since_s: float) -> None:
        """Those of these that were last true, or unknown, at ``since_s`` or before, are over."""
        for incident in [i for i in false if self.dismissed[i] <= since_s]:
            del self.dismissed[incident]
            self.dismissed_s.pop(incident, None)

    def affords(self, severity: Severity, *, at_night: bool, budget: int) -> bool:
        """Count a soft push of this night; False when the budget is spent."""
        if severity == "critical" or not at_night:
            return True
        self.night_pushes += severity == "warning"
        return self.night_pushes <= budget

    def adopt(self, alerts: Sequence[Alert], babies: Sequence[Baby]) -> list[Alert]:
        """Open a life for each; returns those whose incident has one already.

        Whether one was over meanwhile is not known: what somebody acknowledged is spoken when it
        is stated again.
        """
        ids = {safe_key(baby.slug): baby.id for baby in babies}
        ids |= {safe_key(baby.id): baby.id for baby in babies}
        left = []
        for alert in alerts:
            key = alert_key(alert)
            incident = (alert.kind, ids.get(key, key) if alert.kind in BABY_KINDS else key)
            if incident in self.lives:
                left.append(alert)
                continue
            self.lives[incident] = AlertLife(
                alert=alert,
                true_severity=alert.severity,
                stated_s=alert.t_s,
                told=True,
                remind_at_s=alert.t_s,
                away_s=math.inf if alert.state == "acknowledged" else 0.0,
            )
            self.last_id_s[incident] = max(alert.since, alert.t_s)
            self.remember_raise(incident, alert.since)
        return left

    def key_by_id(self, babies: Sequence[Baby]) -> None:
        """Bring what an earlier version wrote to the keys of this one."""
        if self.keyed_by_id:
            return
        ids = {baby.slug: baby.id for baby in babies}

        def now(incident: Incident) -> Incident:
            kind, key = incident
            return (kind, ids.get(key, key)) if kind in BABY_KINDS else incident

        self.lives = {now(incident): life for incident, life in self.lives.items()}
        self.raised_s = {now(incident): times for incident, times in self.raised_s.items()}
        self.last_id_s = {now(incident): t_s for incident, t_s in self.last_id_s.items()}
        self.keyed_by_id = True

    def new_id(self, incident: Incident, since_s: float, now_s: float) -> str:
        """An id this incident never had: a condition may come back with the same beginning."""
        last_s = self.last_id_s.get(incident, float("-inf"))
        stamp_s = float(int(since_s))
        if stamp_s <= last_s:
            stamp_s = max(float(int(now_s)), last_s + 1)
        self.last_id_s[incident] = stamp_s
        return alert_id(*incident, stamp_s)

    def remember_raise(self, incident: Incident, now_s: float) -> None:
        """Note that it was raised or came back, and forget what has not been for a day."""
        self.raised_s[incident] = [*self.raised_s.get(incident, []), now_s][-FLAPS_AN_HOUR:]
        day_old = [i for i, times in self.raised_s.items() if now_s - times[-1] > DAY_S]
        for old in [i for i in day_old if i not in self.lives]:
            del self.raised_s[old]
            self.last_id_s.pop(old, None)

    def comes_and_goes(self, incident: Incident, now_s: float) -> bool:
        """Whether it was raised or came back FLAPS_AN_HOUR times within the last hour."""
        recent = [t for t in self.raised_s.get(incident, []) if now_s - t < HOUR_S]
        return len(recent) >= FLAPS_AN_HOUR


class AlertsRun(msgspec.Struct):
    """What only this run can know."""

    hands: HandsState = msgspec.field(default_factory=HandsState)
    unwatched: bool = False
    """nobody has watched until now: at the next tick all that is open is unknown"""
    unsaved: bool = False
    """what a restart must know has changed without an alert since the state was written"""


def by_incident(conditions: Sequence[Condition]) -> dict[Incident, Condition]:
    """One condition each: the worst, where an incident is stated twice."""
    stated: dict[Incident, Condition] = {}
    for condition in sorted(conditions, key=lambda c: -RANK[c.severity]):
        stated.setdefault((condition.kind, condition.key), condition)
    return stated
