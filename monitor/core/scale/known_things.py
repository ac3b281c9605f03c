"""The things that a person has named: which there are, what each weighs, whether it is in the box.

A thing named once is known from then on, and in the kept log of steps before that as well, so that
what was taken for a baby by mistake is repaired.
"""

from __future__ import annotations

import math

import msgspec

from monitor.core.scale.decision import UNSURE_P
from monitor.core.scale.hypothesis import Hypothesis, Step, ThingState, normalised, pruned
from monitor.core.scale.occupancy import OccupancyState, Thing
from monitor.core.scale.things import MOST_THINGS, new_thing, without_thing
from monitor.documents import ThingStatus
from monitor.errors import CommandError

SAME_THING_SHARE = 0.06
"""Said to be "a thing" twice, it is the same one within this: twice the error of one refilling."""


class KnownThings:
    """Reads and changes the things of one tracker's state; its hypotheses follow."""

    def __init__(self, state: OccupancyState) -> None:
        self._state = state

    def known(self) -> list[ThingStatus]:
        """All of them, in the order in which they were named."""
        return [self._known(thing) for thing in self._state.things]

    def name(self, thing: int) -> str | None:
        """What the thing with this id is called; ``None`` when it was forgotten."""
        return next((t.name for t in self._state.things if t.id == thing), None)

    def find(self, name: str) -> Thing | None:
        """The thing of that name, written in capitals or not."""
        return next((t for t in self._state.things if t.name.lower() == name.lower()), None)

    def state_of(self, thing: Thing) -> ThingState:
        """Where it is and what it weighs, as is likeliest."""
        return next(s for s in self._state.hypotheses[0].things if s.id == thing.id)

    def of_step(self, step: Step) -> Thing | None:
        """The thing that a step was said, or found, to be."""
        decision = self._state.decisions.get(step.step_id)
        found = None if decision is None else decision.thing
        return next((t for t in self._state.things if t.id == found), None)

    def like(self, step: Step) -> Thing | None:
        """The known thing that a move fits best, where one fits: one that was there, if any."""
        g, lifting = abs(step.to_g - step.from_g), step.to_g < step.from_g
        near = [
            (state.inside != lifting, abs(state.g - g), thing)
            for thing in self._state.things
            if abs((state := self.state_of(thing)).g - g) <= SAME_THING_SHARE * g
        ]
        return min(near, key=lambda found: found[:2])[2] if near else None

    def add(self, name: str, step: Step) -> Thing:
        """Know one more, first seen moved by ``step``; "": nobody has said which.

        Raises:
            CommandError: so many are known that this one would make all of them guesses.
        """
        state, g = self._state, abs(step.to_g - step.from_g)
        if len(state.things) >= MOST_THINGS:
            raise CommandError(
                f"{MOST_THINGS} things are known, which is the most: forget one that is not used"
            )
        state.last_thing += 1
        thing = Thing(state.last_thing, name or self._made_name(g), not name)
        state.things.append(thing)
        state.hypotheses = _knowing(state.hypotheses, thing.id, g)
        state.checkpoint = _knowing(state.checkpoint, thing.id, g)
        return thing

    def rename(self, thing: Thing, name: str) -> Thing:
        """It has a name of its own now."""
        changed = msgspec.structs.replace(thing, name=name, unnamed=False)
        self._state.things = [changed if t.id == thing.id else t for t in self._state.things]
        return changed

    def put_back(self, thing: Thing, g: float) -> None:
        """It is called that again; one that was forgotten is known again, wherever it is."""
        state = self._state
        if any(t.id == thing.id for t in state.things):
            state.things = [thing if t.id == thing.id else t for t in state.things]
            return
        state.things.append(thing)
        state.hypotheses = _knowing(state.hypotheses, thing.id, g)
        state.checkpoint = _knowing(state.checkpoint, thing.id, g)

    def forget(self, thing: Thing) -> None:
        """Nobody is taken for it any more; what was said of its moves stays."""
        state = self._state
        state.things = [t for t in state.things if t.id != thing.id]
        state.hypotheses = pruned([without_thing(h, thing.id) for h in state.hypotheses])
        state.checkpoint = pruned([without_thing(h, thing.id) for h in state.checkpoint])
        state.answers = {
            key: msgspec.structs.replace(answer, thing=None) if answer.thing == thing.id else answer
            for key, answer in state.answers.items()
        }

    def _known(self, thing: Thing) -> ThingStatus:
        p_inside = sum(math.exp(h.log_p) for h in self._state.hypotheses if _inside(h, thing.id))
        unsure = UNSURE_P < p_inside < 1.0 - UNSURE_P
        return ThingStatus(
            name=thing.name,
            grams=round(self.state_of(thing).g, 1),
            in_box=None if unsure else p_inside > 0.5,
        )

    def _made_name(self, g: float) -> str:
        first = f"thing of {g:.0f} g"
        names = (first, *(f"{first} ({n})" for n in range(2, MOST_THINGS + 2)))
        return next(name for name in names if self.find(name) is None)


def _knowing(hypotheses: list[Hypothesis], thing: int, g: float) -> list[Hypothesis]:
    return normalised([child for h in hypotheses for child in new_thing(h, thing, g)])


def _inside(hypothesis: Hypothesis, thing: int) -> bool:
    return any(state.id == thing and state.inside for state in hypothesis.things)
