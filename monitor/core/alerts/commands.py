"""What a person says to an open alert: seen, later, no cry."""

from __future__ import annotations

from monitor.core.alerts.lifecycle import AlertLife
from monitor.core.alerts.memory import AlertMemory
from monitor.errors import CommandError
from monitor.events import Alert, Command

SNOOZE_MIN = 30.0
SNOOZE_LONGEST_MIN = 720.0
"""half a day: a snooze that was forgotten must not outlive the next feed by much"""


def obey(command: Command, memory: AlertMemory) -> list[Alert]:
    """Carry out acknowledge, snooze or not_a_cry; returns each change.

    Raises:
        CommandError: refused in one sentence, nothing changed.
    """
    if command.verb == "not_a_cry":
        return _dismiss_cry(command, memory)
    lives = _addressed(command.args.get("id"), memory)
    if command.verb == "acknowledge":
        waiting = [life for life in lives if life.alert.state != "acknowledged"]
        return [life.change("acknowledged", command.t_s) for life in waiting]
    if command.verb == "snooze":
        until_s = command.t_s + _minutes(command.args.get("minutes", SNOOZE_MIN)) * 60
        return [life.change("snoozed", command.t_s, until_s=until_s) for life in lives]
    raise CommandError(f"{command.verb} is not for alerts")


def _dismiss_cry(command: Command, memory: AlertMemory) -> list[Alert]:
    wanted = command.args.get("id")
    ended = []
    for incident, life in list(memory.lives.items()):
        if incident[0] == "crying" and _is(wanted, life.alert.id):
            memory.dismissed[incident] = memory.dismissed_s[incident] = command.t_s
            del memory.lives[incident]
            ended.append(life.end(command.t_s, why="Somebody listened: it was not a cry."))
    if not ended:
        raise CommandError(f"no open cry alert{_named(wanted)}: it may already be over")
    return ended


def _addressed(wanted: object, memory: AlertMemory) -> list[AlertLife]:
    """The lives an id names; no id (a button on the box or on a dashboard) names all."""
    lives = [life for life in memory.lives.values() if _is(wanted, life.alert.id)]
    if not lives and not _is(wanted, ""):
        raise CommandError(f"no open alert{_named(wanted)}: it may already be over")
    return lives


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
