"""What a person says to an open alert: seen, later, no cry."""

from __future__ import annotations

from msgspec.structs import replace

from monitor.commands import Acknowledge, NotACry, Request, Snooze
from monitor.core.alerts.lifecycle import AlertLife
from monitor.core.alerts.memory import AlertMemory
from monitor.errors import CommandError
from monitor.events import LISTENED, Alert, slug
from monitor.times import MINUTE_S
from monitor.written.verb import verb_of

BUTTON_ENDED = "this button has been used, or is too old: open the page"


def obey(request: Request, memory: AlertMemory, now_s: float, by: str | None = None) -> list[Alert]:
    """Carry out acknowledge, snooze or not_a_cry; returns each change.

    ``by``: who asks, by the name of a carer.

    Raises:
        CommandError: refused in one sentence, nothing changed.
    """
    match request:
        case NotACry():
            return [replace(a, by=by) for a in _dismiss_cry(request.id, memory, now_s)]
        case Acknowledge(token=str()):
            raise CommandError(BUTTON_ENDED)
        case Acknowledge():
            lives = _of_kind(request, memory) if request.kind else _addressed(request.id, memory)
            waiting = [life for life in lives if life.alert.state != "acknowledged"]
            return [life.change("acknowledged", now_s, by=by) for life in waiting]
        case Snooze():
            until_s = now_s + request.minutes * MINUTE_S
            lives = _addressed(request.id, memory)
            return [life.change("snoozed", now_s, until_s=until_s, by=by) for life in lives]
        case _:
            raise CommandError(f"{verb_of(request)} is not for alerts")


def _dismiss_cry(wanted: str | None, memory: AlertMemory, now_s: float) -> list[Alert]:
    ended = []
    for incident, life in list(memory.lives.items()):
        if incident[0] == "crying" and _is(wanted, life.alert.id):
            memory.dismissed[incident] = memory.dismissed_s[incident] = now_s
            del memory.lives[incident]
            ended.append(life.end(now_s, why=LISTENED))
    if not ended:
        raise CommandError(f"no open cry alert{_named(wanted)}: it may already be over")
    return ended


def _addressed(wanted: str | None, memory: AlertMemory) -> list[AlertLife]:
    """The lives an id names; no id (a button on the box or on a dashboard) names all."""
    lives = [life for life in memory.lives.values() if _is(wanted, life.alert.id)]
    if not lives and not _is(wanted, ""):
        raise CommandError(f"no open alert{_named(wanted)}: it may already be over")
    return lives


def _of_kind(request: Acknowledge, memory: AlertMemory) -> list[AlertLife]:
    """The lives of a kind, of one baby where one is named."""
    lives = [life for life in memory.lives.values() if life.alert.kind == request.kind]
    if request.baby is not None:
        lives = [life for life in lives if slug(request.baby) in map(slug, life.alert.babies)]
    if not lives:
        about = f" about {request.baby!r}" if request.baby is not None else ""
        raise CommandError(f"no open alert is {request.kind}{about}: it may already be over")
    return lives


def _is(wanted: str | None, alert_id: str) -> bool:
    return wanted in (None, "", "all") or wanted == alert_id


def _named(wanted: str | None) -> str:
    return f" has the id {wanted!r}" if wanted not in (None, "", "all") else ""
