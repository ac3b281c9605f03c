"""What people say about weights: who it was, a number typed by hand, what was wrong.

Every answer keeps the original time; a name given to one step is a constraint under which the
kept log of steps is worked out again. A typed weight that cannot be meant (ounces for grams, a
digit too many) is questioned before it is accepted.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from monitor.commands import (
    Assign,
    BabyAdd,
    BabyDelete,
    BabyEdit,
    BabyRetire,
    Correct,
    ThingForget,
    Weigh,
)
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.claims import Claims
from monitor.core.scale.doubts import check_time, doubt, possible_grams
from monitor.core.scale.hypothesis import Answer, step_id
from monitor.core.scale.roster import Roster
from monitor.core.scale.thing_answers import ThingAnswers, unknown_step
from monitor.core.scale.tracker import OccupancyTracker
from monitor.core.scale.typed_weights import TypedWeights
from monitor.errors import CommandError
from monitor.events import AnyEvent, Command, Stamp, Weighing
from monitor.names import NOBODY
from monitor.written.setup_requests import BabyTake

Origin = Literal["typed", "imported"]


class Corrections:
    """Carries out the commands that concern weights and babies."""

    def __init__(
        self,
        claims: Claims,
        occupancy: OccupancyTracker,
        roster: Roster,
        reference: GrowthReference,
        things: ThingAnswers,
    ) -> None:
        self._claims = claims
        self._roster = roster
        self._occupancy = occupancy
        self._reference = reference
        self._weights = TypedWeights(claims, occupancy)
        self._things = things

    def carry_out(self, command: Command) -> list[AnyEvent]:
        """The events of a command about weights or babies.

        Raises:
            CommandError: refused, nothing changed.
        """
        match command.request:
            case Assign() as named:
                return self._assign(named, command)
            case ThingForget(name=name):
                return self._things.forget(name, command.t_s)
            case Correct() as correction:
                return self._correct(correction, command.by)
            case Weigh() as typed:
                return self._weigh(typed, command)
            case BabyAdd() as newcomer:
                self._things.check_free(newcomer.name)
                return self._roster.add(newcomer, command.t_s)
            case BabyEdit() as change:
                self._things.check_free(change.rename or "")
                return self._roster.edit(change, command.t_s)
            case BabyRetire(name=name, reason=reason):
                return self._roster.leave(name, reason, command.t_s)
            case BabyDelete(name=name):
                return self._roster.delete(name, command.t_s)
            case BabyTake():
                raise CommandError("records are taken by a monitor that runs")
            case _:
                raise CommandError(f"{command.verb} is not about weights or babies")

    # ------------------------------------------------------------------ one step

    def _assign(self, request: Assign, command: Command) -> list[AnyEvent]:
        by = command.by
        if (said := self._things.meant(request)) is not None:
            changed, thing = self._things.moved(request.step_id, said, command.t_s)
            return [*changed, *self._answer(request.step_id, Answer(thing=thing, decides=True))]
        name = request.baby or ""
        baby = None if name.lower() in NOBODY else self._roster.find(name)
        return self._answer(request.step_id, Answer(baby=baby, decides=True, by=by))

    def _correct(self, request: Correct, by: str | None) -> list[AnyEvent]:
        key = request.step_id
        typed = self._weights.find(key)
        if typed is not None:
            return self._correct_typed(*typed, request, by)
        if request.void:
            return self._answer(key, Answer(void=True))
        g = None if request.grams is None else possible_grams(request.grams, "grams")
        if request.baby is not None:
            baby: int | None = self._roster.find(request.baby)
        else:
            published = self._claims.state.published.get(key)
            baby = published.baby if published is not None else None
        if baby is None:
            raise CommandError(f'nobody is named for {key!r} yet: give "baby" as well')
        return self._answer(key, Answer(baby=baby, decides=True, g=g, by=by))

    def _answer(self, key: str, answer: Answer) -> list[AnyEvent]:
        try:
            return self._claims.publish(self._occupancy.answer(key, answer), answered=key)
        except KeyError as unknown:
            raise unknown_step(key) from unknown

    def _correct_typed(
        self, i: int, weighing: Weighing, request: Correct, by: str | None
    ) -> list[AnyEvent]:
        if request.void:
            return self._weights.drop(i, weighing)
        target = i if request.baby is None else self._roster.find(request.baby)
        g = weighing.weight_g
        if request.grams is not None:
            g = possible_grams(request.grams, "grams")
        return self._weights.correct(i, replace(weighing, by=by or weighing.by), target, g)

    # ------------------------------------------------------------------ typed weights

    def _weigh(self, request: Weigh, command: Command) -> list[AnyEvent]:
        now_s, imported = command.t_s, command.origin == "import"
        i = self._roster.find(request.baby)
        g, at_s = request.grams, request.at_s
        t_s = now_s if at_s is None else at_s
        if not imported:
            known = self._claims.state.clock_known  # else nobody here can tell
            check_time(self._claims.records[i], t_s, now_s, clock_known=known)
        if not request.confirm:
            reason = doubt(self._claims.records[i], self._reference, g, t_s)
            if reason is not None:
                raise CommandError(reason)
        possible_grams(g, "grams")
        stamp: Stamp = "clock" if self._claims.state.clock_known else "guess"
        if at_s is not None:
            stamp = "person"
        origin: Origin = "imported" if imported else "typed"
        record = self._claims.records[i]
        weighing = Weighing(
            step_id=f"{step_id(t_s)}-{record.baby.slug}",
            t_s=t_s,
            baby=record.baby.name,
            weight_g=g,
            sigma_g=1.0,
            origin=origin,
            stamp=stamp,
            by=command.by,
        )
        return self._weights.put(i, weighing)
