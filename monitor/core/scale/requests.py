"""What people ask of the scale: tare, a weigh-in announced, and all that ``corrections`` takes."""

from __future__ import annotations

import msgspec

from monitor.commands import (
    BabyMove,
    Correct,
    ExpectWeighIn,
    FeedByHand,
    ScaleRequest,
    Tare,
    Undo,
    WriteNote,
)
from monitor.core.scale.care import Care
from monitor.core.scale.corrections import Corrections
from monitor.core.scale.decision import UNSURE_P
from monitor.core.scale.entries import Entries
from monitor.core.scale.moves import Moves
from monitor.core.scale.parts import Parts
from monitor.core.scale.thing_answers import ThingAnswers
from monitor.core.scale.typed_weights import TypedWeights
from monitor.core.scale.undoing import Undoing
from monitor.errors import CommandError
from monitor.events import AnyEvent, Command, RecordBrought
from monitor.written.setup_requests import BabyGive, BabyTake


class Requests:
    """Carries out commands, and answers every one."""

    def __init__(self, parts: Parts) -> None:
        self._config = parts.config
        self._state = parts.state
        self._platform = parts.platform
        self._claims = parts.claims
        self._occupancy = parts.occupancy
        self._roster = parts.roster
        self._absences = parts.absences
        self._care = Care(parts.state.care, parts.claims, parts.roster, parts.reference)
        weights = TypedWeights(parts.claims, parts.occupancy)
        self._entries, self._undoing = Entries(parts), Undoing(parts, self._care, weights)
        self._moves = Moves(parts, parts.reference)
        self._corrections = Corrections(
            parts.claims,
            parts.occupancy,
            parts.roster,
            parts.reference,
            ThingAnswers(parts.claims, parts.occupancy, parts.things),
        )

    def carry_out(self, command: Command) -> list[AnyEvent]:
        """What follows from a command, and its answer; nothing for one of another part."""
        if not isinstance(command.request, ScaleRequest):
            return []
        out: list[AnyEvent] = []
        error = said = None
        before = self._entries.before()
        try:
            match command.request:
                case Undo() as wrong:
                    out, said = self._undoing.undo(wrong, command.t_s)
                case Tare():
                    self._tare(command.t_s)
                case ExpectWeighIn(cancel=cancel):
                    self._expect_weigh_in(command.t_s, cancel=cancel)
                case FeedByHand() as told:
                    out, said = self._care.feed(told, command.t_s, command.by)
                    self._absences.said(self._roster.find(told.baby), told.at_s or command.t_s)
                case WriteNote() as told:
                    out = self._care.note(told, command.t_s, command.by)
                    self._note_who_has_it(told, command.t_s)
                case BabyMove() as wanted:
                    out, said = self._moves.move(wanted, command.t_s)
                case BabyGive() as given:
                    out = self._moves.give(given, command.t_s)
                case BabyTake(step="cancel") as given:
                    out = self._moves.send_back(given, command.t_s)
                case Correct() as correction:
                    corrected = self._care.correct(correction, command.by)
                    if corrected is None:
                        corrected = self._corrections.carry_out(command)
                    out = corrected
                case _:
                    out = self._corrections.carry_out(command)
        except CommandError as refused:
            error = str(refused)
        if error is None and not isinstance(command.request, Undo | BabyGive | BabyTake):
            self._entries.add(command.request, before, command.t_s)
        return [*out, command.answer(error, said)]

    def bring(self, brought: RecordBrought) -> list[AnyEvent]:
        """A baby comes from another box; what follows, and the answer."""
        try:
            out = self._moves.bring(brought)
        except CommandError as refused:
            return [brought.command.answer(str(refused))]
        return [*out, brought.command.answer(said=f"{brought.baby.name} is in the nursery")]

    def _note_who_has_it(self, told: WriteNote, now_s: float) -> None:
        """Whoever writes of a baby that is out has it."""
        if told.baby is not None:
            i, leaves = self._roster.find(told.baby), told.kind == "away"
            self._absences.said(i, told.at_s or now_s, leaves=leaves)

    def _tare(self, now_s: float) -> None:
        """Nothing to zero, weights are differences: what was put in now belongs to the box."""
        if not self._config.calibrated:
            raise CommandError('the scale is not calibrated: run "nursery calibrate scale"')
        if self._platform.total_g(now_s) is None or not self._platform.at_rest:
            raise CommandError("the scale is not still: take your hands off and try again")
        inside = self._perhaps_inside()
        if inside:
            raise CommandError(
                f"{' and '.join(inside)} may be in the box: only an empty one is tared"
            )
        occupancy = self._state.occupancy
        occupancy.hypotheses = [
            msgspec.structs.replace(h, objects=(), gone=()) for h in occupancy.hypotheses
        ]

    def _perhaps_inside(self) -> list[str]:
        return [
            record.baby.name
            for i, record in enumerate(self._claims.records)
            if record.here and self._occupancy.p_inside(i) >= UNSURE_P
        ]

    def _expect_weigh_in(self, now_s: float, *, cancel: bool) -> None:
        """Somebody says "I am weighing one baby now": what moves next is no bottle."""
        if cancel:
            self._claims.expect_bottles()
            return
        if not self._config.calibrated:
            raise CommandError('the scale is not calibrated: run "nursery calibrate scale"')
        if not self._roster.here:
            raise CommandError('nobody is in the nursery yet: register with "nursery baby add"')
        if self._state.box_off:
            raise CommandError("the box is off the scale: put it back first")
        if self._platform.total_g(now_s) is None:
            raise CommandError("the scale sees nothing now: weigh by hand, and look at its alert")
        self._claims.expect_weigh_in(now_s)
