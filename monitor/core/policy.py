"""Alerts with a life: raised, reminded, acknowledged, snoozed, cleared, under one id.

The parts of the core state what is true at every tick; this policy compares it with the alerts
that are open and decides what a person hears. The rules answer what users of baby monitors,
camera and bird-call systems complain of: one incident told five times, a cooldown that hides a
second and different problem, reminders that never slow down, an acknowledgement that other
phones do not learn of, a monitor that stays silent about its own blindness.
"""

from __future__ import annotations

from msgspec.structs import replace

from monitor.config import AlertsConfig
from monitor.core.alert_life import RANK, AlertLife
from monitor.core.alert_memory import AlertMemory, Incident
from monitor.core.quiet_hours import NIGHT_BUDGET, LocalMinute, QuietHours
from monitor.errors import CommandError
from monitor.events import Alert, Command, CommandResult, Condition, Severity
from monitor.moments import Shift, moved

CLEAR_HOLD_S = 10.0
"""a condition must be gone this long; one missed statement while a source restarts is no news"""
FLAP_HOLD_S = 900.0
"""what comes and goes has to stay away for a quarter of an hour before it counts as over"""
RESTORE_GRACE_S = 120.0
"""after a restart the parts need this long to see again what they saw before (the noise floor and
the first still stretch of the scale take under a minute each)"""
HANDS_GRACE_S = 60.0
"""somebody who has just let go of the babies still hears them"""
GATED_BY_HANDS = frozenset({"crying", "too_quiet"})
ESCALATE_AFTER_REMINDERS = 2
"""critical and reminded this often in vain: another person must hear of it"""
TEST_ALERT_S = 120.0
SNOOZE_MIN = 30.0
SNOOZE_LONGEST_MIN = 720.0
"""half a day: a snooze that was forgotten must not outlive the next feed by much"""


class AlertPolicy:
    """Turns conditions and commands into alerts; deterministic, knows only the times it is told."""

    def __init__(self, config: AlertsConfig, box: str, local_minute: LocalMinute) -> None:
        self._box = box
        self._quiet = QuietHours(config.night, local_minute)
        self._first_reminder_s = config.remind_every_min * 60
        self._memory = AlertMemory()
        self._handled_s = float("-inf")
        self._grace_until_s: float | None = None
        self._restored = False

    @property
    def open(self) -> list[Alert]:
        """The latest state of each open alert, oldest first."""
        return sorted(
            (life.alert for life in self._memory.lives.values()), key=lambda a: (a.since, a.id)
        )

    def update(self, now_s: float, conditions: list[Condition], *, handled: bool) -> list[Alert]:
        """Compare what is true at ``now_s`` with what is open; return each change, in order.

        ``conditions`` is the whole truth of this moment: one that is left out is no longer so.
        ``handled`` says that hands are in the box now.
        """
        if handled:
            self._handled_s = now_s
        if not self._quiet.contains(now_s):
            self._memory.night_pushes = 0
        if self._restored:
            self._grace_until_s, self._restored = now_s + RESTORE_GRACE_S, False
        stated: dict[Incident, Condition] = {}
        for condition in [*conditions, *self._test_conditions(now_s)]:
            stated.setdefault((condition.kind, condition.key), condition)
        changes = self._clear_what_is_over(now_s, stated)
        for incident, condition in stated.items():
            if incident in self._memory.dismissed:
                self._memory.dismissed[incident] = now_s
            elif incident in self._memory.lives:
                changes += self._follow(incident, condition, now_s)
            elif not self._hands_near(condition.kind, now_s):
                changes.append(self._raise(incident, condition, now_s))
        return changes

    # ------------------------------------------------------------------ raising and clearing

    def _raise(self, incident: Incident, condition: Condition, now_s: float) -> Alert:
        severity, mute = self._severity(condition, now_s)
        alert = Alert(
            t_s=now_s,
            id=self._memory.new_id(incident, condition.since_s, now_s),
            kind=condition.kind,
            state="raised",
            severity=severity,
            baby=condition.baby,
            since=condition.since_s,
            title=condition.title,
            message=condition.message,
            why=condition.why,
            box=self._box,
            step_id=condition.step_id,
            candidates=condition.candidates,
        )
        life = AlertLife(
            alert=alert,
            true_severity=condition.severity,
            stated_s=now_s,
            all_clear=condition.all_clear,
        )
        self._memory.lives[incident] = life
        self._memory.remember_raise(incident, now_s)
        life.schedule(now_s, self._first_reminder_s)
        return life.change("raised", now_s, silent=mute or not self._afford(condition, now_s))

    def _clear_what_is_over(self, now_s: float, stated: dict[Incident, Condition]) -> list[Alert]:
        for incident, last_s in list(self._memory.dismissed.items()):
            if incident not in stated and now_s - last_s >= CLEAR_HOLD_S:
                del self._memory.dismissed[incident]
        if self._grace_until_s is not None and now_s < self._grace_until_s:
            return []
        over = [
            incident
            for incident, life in self._memory.lives.items()
            if incident not in stated and now_s - life.stated_s >= self._hold_s(incident, now_s)
        ]
        return [self._memory.lives.pop(incident).end(now_s) for incident in over]

    def _hold_s(self, incident: Incident, now_s: float) -> float:
        if incident[0] == "test":
            return 0.0
        return FLAP_HOLD_S if self._memory.comes_and_goes(incident, now_s) else CLEAR_HOLD_S

    # ------------------------------------------------------------------ while it is open

    def _follow(self, incident: Incident, condition: Condition, now_s: float) -> list[Alert]:
        life = self._memory.lives[incident]
        before, true_before = life.alert.severity, life.true_severity
        severity, mute = self._severity(condition, now_s)
        life.restate(condition, severity, now_s)
        if RANK[condition.severity] > RANK[true_before]:
            return [self._speak_up(life, now_s, mute=mute)]  # worse: an old acknowledgement is void
        if life.alert.state == "snoozed":
            ended = life.alert.until is not None and now_s >= life.alert.until
            return [self._speak_up(life, now_s, mute=False)] if ended else []
        if not life.waits_for_somebody or mute:
            return []
        morning = not life.told and not self._quiet.contains(now_s)
        if morning or RANK[severity] > RANK[before]:
            return [self._speak_up(life, now_s, mute=False)]
        due = now_s >= life.remind_at_s and severity != "info"
        if not due or self._hands_near(condition.kind, now_s):
            return []
        return self._remind(life, now_s)

    def _speak_up(self, life: AlertLife, now_s: float, *, mute: bool) -> Alert:
        """Begin the reminders anew: it got worse, the snooze ended, or the morning came."""
        life.reminders = 0
        life.schedule(now_s, self._first_reminder_s)
        return life.change("reminded", now_s, silent=mute)

    def _remind(self, life: AlertLife, now_s: float) -> list[Alert]:
        life.reminders += 1
        life.schedule(now_s, self._first_reminder_s)
        if life.true_severity == "critical" and life.reminders >= ESCALATE_AFTER_REMINDERS:
            life.alert = replace(life.alert, escalated=True)
        return [life.change("reminded", now_s)]

    def _severity(self, condition: Condition, now_s: float) -> tuple[Severity, bool]:
        if condition.kind == "test":
            return condition.severity, False
        return self._quiet.lower(condition.severity, now_s)

    def _afford(self, condition: Condition, now_s: float) -> bool:
        """Count a soft push of this night; False when the budget is spent."""
        if condition.severity == "critical" or not self._quiet.contains(now_s):
            return True
        self._memory.night_pushes += condition.severity == "warning"
        return self._memory.night_pushes <= NIGHT_BUDGET

    def _hands_near(self, kind: str, now_s: float) -> bool:
        return kind in GATED_BY_HANDS and now_s - self._handled_s < HANDS_GRACE_S

    def _test_conditions(self, now_s: float) -> list[Condition]:
        if now_s >= self._memory.test_until_s:
            return []
        return [
            Condition(
                kind="test",
                severity="warning",
                since_s=self._memory.test_until_s - TEST_ALERT_S,
                title="Test alert",
                message="This is a test: if you can read it, alerts from this box reach you.",
                why="somebody asked for a test alert",
                all_clear="The test is over; nothing was wrong.",
            )
        ]

    # ------------------------------------------------------------------ commands

    def command(self, command: Command) -> tuple[list[Alert], CommandResult]:
        """Carry out acknowledge, snooze, not_a_cry or test_alert; anything odd is refused."""
        try:
            alerts, error = self._obey(command), None
        except CommandError as refusal:
            alerts, error = [], str(refusal)
        return alerts, CommandResult(
            t_s=command.t_s,
            verb=command.verb,
            ok=error is None,
            error=error,
            request_id=command.request_id,
            origin=command.origin,
        )

    def _obey(self, command: Command) -> list[Alert]:
        if command.verb == "test_alert":
            self._memory.test_until_s = command.t_s + TEST_ALERT_S
            return self._raise_test(command.t_s)
        if command.verb == "not_a_cry":
            return self._dismiss_cry(command)
        lives = self._addressed(command.args.get("id"))
        if command.verb == "acknowledge":
            waiting = [life for life in lives if life.alert.state != "acknowledged"]
            return [life.change("acknowledged", command.t_s) for life in waiting]
        if command.verb == "snooze":
            until_s = command.t_s + _minutes(command.args.get("minutes", SNOOZE_MIN)) * 60
            return [life.change("snoozed", command.t_s, until_s=until_s) for life in lives]
        raise CommandError(f"{command.verb} is not for alerts")

    def _raise_test(self, now_s: float) -> list[Alert]:
        condition = self._test_conditions(now_s)[0]
        incident = (condition.kind, condition.key)
        if incident in self._memory.lives:
            return [self._memory.lives[incident].change("reminded", now_s)]
        return [self._raise(incident, condition, now_s)]

    def _dismiss_cry(self, command: Command) -> list[Alert]:
        wanted = command.args.get("id")
        ended = []
        for incident, life in list(self._memory.lives.items()):
            if incident[0] == "crying" and _is(wanted, life.alert.id):
                self._memory.dismissed[incident] = command.t_s
                del self._memory.lives[incident]
                ended.append(life.end(command.t_s, why="Somebody listened: it was not a cry."))
        if not ended:
            raise CommandError(f"no open cry alert{_named(wanted)}: it may already be over")
        return ended

    def _addressed(self, wanted: object) -> list[AlertLife]:
        """The lives an id names; no id (a button on the box or on a dashboard) names all."""
        lives = [life for life in self._memory.lives.values() if _is(wanted, life.alert.id)]
        if not lives and not _is(wanted, ""):
            raise CommandError(f"no open alert{_named(wanted)}: it may already be over")
        return lives

    def move(self, shift: Shift) -> None:
        """The timeline was moved."""
        self._memory = moved(self._memory, shift)
        self._handled_s = shift.moment(self._handled_s)
        self._grace_until_s = shift.maybe(self._grace_until_s)

    # ------------------------------------------------------------------ across a restart

    def snapshot(self) -> bytes:
        """Everything a restart must not forget."""
        return self._memory.encode()

    def restore(self, data: bytes) -> None:
        """Take over a snapshot; open alerts get time to prove that they are still true.

        Raises:
            InputError: the bytes are no snapshot of this kind.
        """
        self._memory = AlertMemory.decode(data)
        self._restored = True


def _is(wanted: object, alert_id: str) -> bool:
    return wanted in (None, "", "all") or wanted == alert_id


def _named(wanted: object) -> str:
    return f" has the id {wanted!r}" if wanted not in (None, "", "all") else ""


def _minutes(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CommandError(f"minutes is {value!r}: give a number")
    if not 0 < value <= SNOOZE_LONGEST_MIN:
        raise CommandError(f"minutes is {value:g}: give more than 0 and at most 720 (12 h)")
    return float(value)
