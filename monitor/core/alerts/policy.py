"""Alerts with a life: raised, reminded, acknowledged, snoozed, cleared, under one id.

The parts of the core state at every tick what is true, and what nobody can judge; this policy
compares it with the alerts that are open and decides what a person hears. Only what is false
clears. The rules answer what users of such monitors complain of: one incident told five times, a
cooldown that hides another problem, reminders that never slow down, an acknowledgement that covers
what came hours later, a monitor that is silent about its own blindness.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from msgspec.structs import replace

from monitor.alert_kinds import RANK, AlertKind, Severity
from monitor.codec import converted
from monitor.commands import SendTestAlert
from monitor.config import AlertsConfig
from monitor.core.alerts.commands import obey
from monitor.core.alerts.hands_gate import HandsGate
from monitor.core.alerts.lifecycle import CLEAR_HOLD_S, AlertLife
from monitor.core.alerts.memory import AlertMemory, AlertsRun, Incident, by_incident
from monitor.core.alerts.quiet_hours import NIGHT_BUDGET, LocalMinute, QuietHours
from monitor.core.alerts.roster import (
    Farewells,
    all_clear,
    close_the_given_up,
    close_the_gone,
    close_the_unwatched,
    farewells,
    rename,
)
from monitor.core.alerts.trial import LASTS_S, trial
from monitor.errors import CommandError
from monitor.events import (
    Alert,
    Baby,
    CannotJudge,
    Closed,
    Command,
    CommandResult,
    Condition,
)
from monitor.names import SourceName
from monitor.times import MINUTE_S

FLAP_HOLD_S = 900.0
"""what comes and goes has to stay away for a quarter of an hour before it counts as over"""


class AlertPolicy:
    """Turns conditions and commands into alerts; deterministic, knows only the times it is told."""

    def __init__(self, config: AlertsConfig, box: str, local_minute: LocalMinute) -> None:
        self._box = box
        self._quiet = QuietHours(config.night, local_minute)
        self._first_reminder_s = config.remind_every_min * MINUTE_S
        self.state = AlertMemory(keyed_by_id=True)
        self.run = AlertsRun()
        self._roster: dict[str, str] | None = None
        self._farewells: Farewells = {}
        self._sources: frozenset[SourceName] | None = None

    @property
    def run(self) -> AlertsRun:
        """What only this run can know."""
        return self._run

    @run.setter
    def run(self, run: AlertsRun) -> None:
        self._run, self._hands = run, HandsGate(run.hands)

    @property
    def open(self) -> list[Alert]:
        """The latest state of each open alert, oldest first."""
        return sorted(
            (life.alert for life in self.state.lives.values()), key=lambda a: (a.since, a.id)
        )

    def know_roster(self, babies: Sequence[Baby], gone: Sequence[Baby] = ()) -> None:
        """Who is in the nursery: alerts of the renamed are renamed, of the gone soon closed."""
        self._farewells = farewells(gone)
        names = {baby.id: baby.name for baby in babies}
        if names != self._roster:
            rename(self.state.lives, self._roster or {}, names)
            self._roster = names

    def know_sources(self, configured: Collection[SourceName]) -> None:
        """With what this box watches: alerts that need anything else are soon closed."""
        self._sources = frozenset(configured)

    def observe(
        self,
        now_s: float,
        conditions: Sequence[Condition],
        unjudged: Sequence[CannotJudge] = (),
        closed: Sequence[Closed] = (),
        *,
        handled: bool,
    ) -> list[Alert]:
        """Compare what is true at ``now_s`` with what is open; return each change, in order.

        ``conditions`` is the whole truth of this moment: one that is left out is no longer so,
        unless it is in ``unjudged``, or in ``closed`` with another reason. ``handled`` says that
        hands are in the box now.
        """
        self._hands.observe(now_s, handled=handled)
        if not self._quiet.contains(now_s):
            self.state.night_pushes = 0
        stated = by_incident([*conditions, *trial(self.state.test_until_s, now_s)])
        if not stated and not self.state.follows:
            self.run.unwatched = False
            return []
        changes = close_the_gone(self.state.lives, self._roster, self._farewells, now_s)
        changes += close_the_unwatched(self.state.lives, self._sources, now_s)
        changes += close_the_given_up(self.state.lives, closed, stated, now_s)
        changes += self._hold_what_is_unknown(now_s, stated, unjudged)
        changes += self._clear_what_is_over(now_s, stated)
        for incident, condition in stated.items():
            if self.state.is_dismissed(incident, now_s):
                continue
            if incident in self.state.lives:
                changes += self._follow(incident, condition, now_s)
            elif not self._hands.holds_back(condition.kind, condition.severity, now_s):
                changes.append(self._raise(incident, condition, now_s))
        return changes

    # ------------------------------------------------------------------ raising and clearing

    def _raise(self, incident: Incident, condition: Condition, now_s: float) -> Alert:
        severity, mute = self._quiet.lower(condition.kind, condition.severity, now_s)
        alert = converted(
            Alert,
            condition,
            t_s=now_s,
            id=self.state.new_id(incident, condition.since_s, now_s),
            state="raised",
            severity=severity,
            own_severity=condition.severity,
            since=condition.since_s,
            box=self._box,
        )
        life = AlertLife(
            alert=alert,
            true_severity=condition.severity,
            stated_s=now_s,
            all_clear=condition.all_clear,
            times=condition.times,
        )
        self.state.lives[incident] = life
        self.state.remember_raise(incident, now_s)
        life.schedule(now_s, self._first_reminder_s)
        return life.change("raised", now_s, silent=mute or not self._afford(condition, now_s))

    def _hold_what_is_unknown(
        self, now_s: float, stated: dict[Incident, Condition], unjudged: Sequence[CannotJudge]
    ) -> list[Alert]:
        """Neither true nor false: as long as nobody can look, it is told on as if it were true."""
        why: dict[tuple[str, str | None], str] = {(e.kind, e.key): e.why for e in unjudged}
        # the time without power is unknown
        everything, self.run.unwatched = self.run.unwatched, False
        changes: list[Alert] = []
        for incident in sorted({*self.state.lives, *self.state.dismissed} - stated.keys()):
            reason = why.get(incident) or why.get((incident[0], None))
            if reason is None and not everything:
                continue
            dismissed = self.state.is_dismissed(incident, now_s)
            if incident in self.state.lives:
                life = self.state.lives[incident]
                if life.cannot_be_judged(now_s, None if everything else reason) and not dismissed:
                    changes += self._tell_on(life, now_s)
        return changes

    def _clear_what_is_over(self, now_s: float, stated: dict[Incident, Condition]) -> list[Alert]:
        quiet = [incident for incident in self.state.dismissed if incident not in stated]
        self.state.forget_dismissed(quiet, now_s - CLEAR_HOLD_S)
        over = []
        for incident, life in self.state.lives.items():
            if incident in stated or life.unjudged_s == now_s:
                continue
            life.is_false(now_s)
            if not life.over and life.away_until(now_s) >= CLEAR_HOLD_S:
                life.over = self.run.unsaved = True
            if now_s - life.held_s >= self._hold_s(incident, now_s):
                over.append(incident)
        ended = [self.state.lives.pop(incident) for incident in over]
        return [all_clear(life, self._roster, self._farewells, now_s) for life in ended]

    def close(self, kind: AlertKind, why: str, now_s: float) -> list[Alert]:
        """End what is open of this kind, without an all-clear."""
        given_up = [Closed(kind=kind, key=key, why=why) for known, key in self.state.lives
                    if known == kind]  # fmt: skip
        return close_the_given_up(self.state.lives, given_up, {}, now_s)

    def _hold_s(self, incident: Incident, now_s: float) -> float:
        if incident[0] == "test":
            return 0.0
        return FLAP_HOLD_S if self.state.comes_and_goes(incident, now_s) else CLEAR_HOLD_S

    # ------------------------------------------------------------------ while it is open

    def _follow(self, incident: Incident, condition: Condition, now_s: float) -> list[Alert]:
        life = self.state.lives[incident]
        before, true_before = life.alert.severity, life.true_severity
        severity, mute = self._quiet.lower(condition.kind, condition.severity, now_s)
        back = self._came_back(incident, condition, now_s)
        again = 0 < life.times < condition.times
        life.restate(condition, severity, now_s)
        speak_up = partial(life.speak_up, now_s, self._first_reminder_s)
        if RANK[condition.severity] > RANK[true_before]:  # an old acknowledgement is void
            return [speak_up(mute=mute)]
        if back or again:
            return [speak_up(mute=mute or not self._afford(condition, now_s))]
        return self._tell_on(life, now_s, before=before)

    def _tell_on(
        self, life: AlertLife, now_s: float, *, before: Severity | None = None
    ) -> list[Alert]:
        """What is due of one that is open: a promise that ended, the morning, a reminder.

        ``before`` is the severity that was last told, where it may have changed since.
        """
        alert = life.alert
        severity, mute = self._quiet.lower(alert.kind, life.true_severity, now_s)
        speak_up = partial(life.speak_up, now_s, self._first_reminder_s)
        if alert.state == "snoozed":
            ended = alert.until is not None and now_s >= alert.until
            return [speak_up(mute=False)] if ended else []
        if life.acknowledged_long_ago(now_s):
            return [speak_up(mute=False)]
        if not life.waits_for_somebody or mute:
            return []
        morning = not life.told and not self._quiet.contains(now_s)
        if morning or (before is not None and RANK[severity] > RANK[before]):
            return [speak_up(mute=False)]
        due = now_s >= life.remind_at_s and severity != "info"
        if not due or self._hands.holds_back(alert.kind, life.true_severity, now_s):
            return []
        return [life.remind(now_s, self._first_reminder_s)]

    def _came_back(self, incident: Incident, condition: Condition, now_s: float) -> bool:
        """Whether this is a new incident under an id that is held open, and is to be spoken.

        What somebody acknowledged or snoozed was the one before: it is spoken. What still waits for
        somebody goes on with its reminders, unless it was away for longer than they are apart at
        first; so a plug that comes and goes makes no push each time.
        """
        life = self.state.lives[incident]
        if (away_s := life.came_back_after_s(condition, now_s)) is None:
            return False
        life.alert = replace(life.alert, since=condition.since_s)
        self.state.remember_raise(incident, now_s)
        return not life.waits_for_somebody or away_s >= self._first_reminder_s

    def _afford(self, condition: Condition, now_s: float) -> bool:
        at_night = self._quiet.contains(now_s)
        return self.state.affords(condition.severity, at_night=at_night, budget=NIGHT_BUDGET)

    # ------------------------------------------------------------------ commands

    def carry_out(self, command: Command) -> tuple[list[Alert], CommandResult]:
        """Carry out acknowledge, snooze, not_a_cry or test_alert; anything odd is refused."""
        try:
            alerts, error = self._obey(command), None
        except CommandError as refusal:
            alerts, error = [], str(refusal)
        return alerts, command.answer(error)

    def _obey(self, command: Command) -> list[Alert]:
        if isinstance(command.request, SendTestAlert):
            self.state.test_until_s = command.t_s + LASTS_S
            return self._raise_test(command.t_s)
        return obey(command.request, self.state, command.t_s, command.by)

    def _raise_test(self, now_s: float) -> list[Alert]:
        (condition,) = trial(self.state.test_until_s, now_s)
        incident: Incident = (condition.kind, condition.key)
        if incident in self.state.lives:
            return [self.state.lives[incident].change("reminded", now_s)]
        return [self._raise(incident, condition, now_s)]

    # ------------------------------------------------------------------ across a restart

    def resume(self, state: AlertMemory, babies: Sequence[Baby] = ()) -> None:
        """After a restart: open alerts stay until their part has seen its source again."""
        state.key_by_id(babies)
        self.state = state
        self.run.unwatched = True

    def nobody_watched(self) -> None:
        """Time has passed in which nothing could be seen: what is open stays until it is judged."""
        self.run.unwatched = True

    def adopt(self, alerts: Sequence[Alert], babies: Sequence[Baby]) -> list[Alert]:
        """Take up open alerts that the snapshot does not know, until their part has judged them.

        Returns those that cannot be: their incident is open under another id.
        """
        left = self.state.adopt(alerts, babies)
        self.run.unwatched = True
        return left
