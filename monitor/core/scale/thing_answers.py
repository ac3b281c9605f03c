"""What people say about things: it was the hot-water bottle; it was a thing; forget it."""

from __future__ import annotations

from monitor.commands import Assign
from monitor.core.scale.claims import Claims
from monitor.core.scale.decision import SMALLEST_MOVE_G
from monitor.core.scale.hypothesis import Step
from monitor.core.scale.known_things import KnownThings
from monitor.core.scale.occupancy import Thing
from monitor.core.scale.tracker import OccupancyTracker
from monitor.errors import CommandError
from monitor.events import AnyEvent, ThingChanged, slug
from monitor.names import THINGS

A_THING = ""
"""a thing, and nobody has said which"""


class ThingAnswers:
    """Finds, or makes known, the thing that an answer means."""

    def __init__(self, claims: Claims, occupancy: OccupancyTracker, things: KnownThings) -> None:
        self._claims = claims
        self._occupancy = occupancy
        self._things = things

    def meant(self, request: Assign) -> str | None:
        """The thing's name in an answer, or ``A_THING``; ``None`` when it names a baby or nobody.

        Raises:
            CommandError: a baby is called that.
        """
        if request.object is not None:
            if request.object.lower() in THINGS:
                return A_THING
            self._check_name(request.object)
            return request.object
        said = (request.baby or "").lower()
        return A_THING if said in THINGS else said if self._things.find(said) else None

    def moved(self, step_id: str, name: str, now_s: float) -> tuple[list[ThingChanged], int | None]:
        """Which thing it was, and what is known of things that was not before.

        ``None``: a hand or a cloth, too light for a baby, so nothing of it is kept.

        Raises:
            CommandError: no such step, or too many things are known.
        """
        step = self._occupancy.step(step_id)
        if step is None:
            raise unknown_step(step_id)
        g = round(abs(step.to_g - step.from_g), 1)
        thing = self._things.find(name) if name else self._things.like(step)
        if thing is not None:
            return [], thing.id
        if not name and g < SMALLEST_MOVE_G:
            return [], None
        return self._make_known(name, step, g, now_s)

    def _make_known(
        self, name: str, step: Step, g: float, now_s: float
    ) -> tuple[list[ThingChanged], int]:
        said = self._things.of_step(step)
        if name and said is not None and said.unnamed:
            gone = ThingChanged(t_s=now_s, name=said.name, grams=g, known=False)
            thing = self._things.rename(said, name)
            return [gone, ThingChanged(t_s=now_s, name=name, grams=g)], thing.id
        thing = self._things.add(name, step)
        return [ThingChanged(t_s=now_s, name=thing.name, grams=g)], thing.id

    def forget(self, name: str, now_s: float) -> list[AnyEvent]:
        """A thing is no longer used.

        Raises:
            CommandError: none is called that.
        """
        thing = self._things.find(name)
        if thing is None:
            known = ", ".join(each.name for each in self._things.known()) or "none yet"
            raise CommandError(f"no thing called {name!r} is known (known: {known})")
        g = round(self._things.state_of(thing).g, 1)
        self._things.forget(thing)
        self._claims.forget_thing(thing.name)
        return [ThingChanged(t_s=now_s, name=thing.name, grams=g, known=False)]

    def put_back(self, name: str, before: Thing | None, g: float, now_s: float) -> list[AnyEvent]:
        """As it was before: not known, called otherwise, or not forgotten."""
        if before is None:
            return self.forget(name, now_s)
        changed: list[AnyEvent] = [ThingChanged(t_s=now_s, name=before.name, grams=g)]
        if self._things.find(name) is not None:
            changed.insert(0, ThingChanged(t_s=now_s, name=name, grams=g, known=False))
        self._things.put_back(before, g)
        return changed

    def check_free(self, name: str) -> None:
        """A baby may be called that.

        Raises:
            CommandError: a thing is.
        """
        if name and self._things.find(name) is not None:
            raise CommandError(
                f"{name!r} is a thing here: choose another name, or forget the thing first"
            )

    def _check_name(self, name: str) -> None:
        """Answers are chosen from one list of babies and things: no two may be called alike."""
        for record in self._claims.records:
            if record.here and slug(name) == record.baby.slug:
                raise CommandError(
                    f"{record.baby.name} is a baby here: give the thing another name, or answer "
                    'with "baby" if it was no thing'
                )


def unknown_step(step_id: str) -> CommandError:
    """The refusal of an id that no step in the log has."""
    return CommandError(f"no weighing {step_id!r} in the last days: check the id")
