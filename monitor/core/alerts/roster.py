"""What becomes of open alerts when a baby gets another name, or leaves, or a source is given up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from monitor.alert_kinds import BABY_KINDS, KINDS, AlertKind
from monitor.core.alerts.lifecycle import AlertLife
from monitor.core.alerts.memory import Incident
from monitor.events import Alert, Baby, Closed
from monitor.names import SOURCES, SourceName, farewell

Names = Mapping[str, str]
"""of those who are here, by id"""

Farewells = Mapping[str, str]
"""sentences about those who have left, by id and by name"""
ABOUT_BABIES: frozenset[AlertKind] = frozenset({"crying", "too_quiet", "who_is_it"})
"""kinds about the box that speak of whoever is in it"""

_BLIND_OF: Mapping[str, SourceName] = {name: name for name in SOURCES} | {
    "noise_gate": "microphone"
}
"""keys of ``monitor_blind`` that speak of a source"""


def rename(lives: Mapping[Incident, AlertLife], before: Names, after: Names) -> None:
    """An alert keeps its life under the new name; nobody is told anything anew."""
    changed = [(old, after[i]) for i, old in before.items() if after.get(i, old) != old]
    for (kind, key), life in lives.items():
        if kind in BABY_KINDS:
            name = life.alert.baby
            if name is not None:
                if after.get(key, name) != name:
                    life.rename(name, after[key])
                continue
        for old, new in changed:
            life.rename(old, new)


def farewells(gone: Sequence[Baby]) -> Farewells:
    """One sentence about each who has left, by id and by name."""
    said = {baby: farewell(baby.name, baby.retired_reason) for baby in gone}
    return {key: text for baby, text in said.items() for key in (baby.id, baby.name)}


def all_clear(life: AlertLife, here: Names | None, farewells: Farewells, now_s: float) -> Alert:
    """The end of one that is over; no all-clear over a nursery that has become empty."""
    if here == {} and farewells and life.alert.kind in ABOUT_BABIES:
        return life.close(now_s, list(farewells.values())[-1])
    return life.end(now_s)


def close_the_gone(
    lives: dict[Incident, AlertLife], here: Names | None, farewells: Farewells, now_s: float
) -> list[Alert]:
    """End the alerts of babies that have left; ``here`` is ``None`` while nobody has said."""
    if here is None:
        return []
    closed = []
    for incident, life in list(lives.items()):
        kind, key = incident
        if kind not in BABY_KINDS and kind != "who_is_it":
            continue
        if (gone := _gone(key, life.alert, here)) is not None:
            del lives[incident]
            said = farewells.get(key) or farewells.get(gone) or farewell(gone, None)
            closed.append(life.close(now_s, said))
    return closed


def _gone(key: str, alert: Alert, here: Names) -> str | None:
    """Who of those that an alert speaks of has left."""
    if not alert.candidates:
        if alert.kind == "who_is_it":
            return None
        return None if key in here else alert.baby or "This baby"
    names = set(here.values())
    gone = [each.baby for each in alert.candidates if each.baby not in names]
    if alert.kind == "who_is_it" and len(gone) < len(alert.candidates):
        return None  # the others are still asked about
    return gone[0] if gone else None


def close_the_unwatched(
    lives: dict[Incident, AlertLife], configured: Collection[SourceName] | None, now_s: float
) -> list[Alert]:
    """End the alerts that need a source which is not configured; ``None`` while nobody has said.

    Nothing will ever tell whether they are over, so nobody is to read that they are.
    """
    if configured is None:
        return []
    closed = []
    for incident, life in list(lives.items()):
        missing = [
            source for source in _needs(life.alert.kind, incident[1]) if source not in configured
        ]
        if missing:
            del lives[incident]
            closed.append(life.close(now_s, f"The {missing[0]} is no longer configured."))
    return closed


def close_the_given_up(
    lives: dict[Incident, AlertLife],
    closed: Iterable[Closed],
    stated: Collection[Incident],
    now_s: float,
) -> list[Alert]:
    """End what is not looked for any more: not known to be over, so no all-clear."""
    ended = []
    for each in closed:
        incident = (each.kind, each.key)
        if incident in lives and incident not in stated:
            ended.append(lives.pop(incident).close(now_s, each.why))
    return ended


def _needs(kind: AlertKind, key: str) -> tuple[SourceName, ...]:
    if kind == "monitor_blind":
        return (_BLIND_OF[key],) if key in _BLIND_OF else ()
    return KINDS[kind].needs
