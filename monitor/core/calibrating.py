"""The guided calibration of a scale that is being watched: empty, a known mass, a second one.

Each step is one command and takes the last seconds of the converter's values. From the first step
to the end of it nothing is weighed, and afterwards not before the mass has been taken off: what
lies on the scale meanwhile is no baby.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from monitor.config import ScaleConfig
from monitor.core.health.scale_readings import noise_of
from monitor.core.raw_readings import REST_S, RawReadings
from monitor.core.scale_fit import (
    UNCHECKED,
    Plateau,
    ScaleFit,
    fit,
    said_of_check,
    said_of_empty,
    said_of_mass,
)
from monitor.documents import CalibrationStatus, LiveStatus
from monitor.errors import CalibrationError, CommandError
from monitor.events import Calibration, Command, CommandResult, ScaleBlock
from monitor.times import MINUTE_S, spoken_duration
from monitor.timeshift import Moment
from monitor.written.setup_requests import CalibrateScale

GIVEN_UP_S = 15 * MINUTE_S
"""after the last step: whoever was called away by a bottle is back by then, or does it anew"""
MASS_OFF_G = 20.0
"""the reading has moved this far from the last mass: it is being taken off"""

Next = Literal["empty", "mass", "check", "accept"]


class CalibratingState(msgspec.Struct, kw_only=True):
    """What this run knows of a calibration under way; a restart ends it."""

    touched_s: Moment | None = None
    """when the last step was taken; ``None``: none is under way"""
    given_up: bool = False
    """the last one was left, and nobody has been told yet"""
    empty: Plateau | None = None
    loaded: Plateau | None = None
    mass_g: float = 0.0
    found: ScaleFit | None = None
    said: str = ""
    mass_on: float | None = None
    """counts of what lay on the scale when the calibration was accepted, until it is taken off"""
    accepted_s: Moment | None = None


class Calibrating:
    """Carries out ``calibrate_scale``; ``holds`` says whether nothing is to be weighed."""

    def __init__(self, scale: ScaleConfig) -> None:
        self.scale = scale
        """with the calibration in force"""
        self.readings = RawReadings()
        self.state = CalibratingState()

    # ------------------------------------------------------------------ what it sees

    def observe(self, block: ScaleBlock) -> None:
        """Take a block of the scale."""
        self.readings.observe(block)

    def tick(self, now_s: float) -> list[Calibration]:
        """A calibration that was left is given up."""
        state = self.state
        if state.accepted_s is not None and self._mass_is_off(now_s):
            state.mass_on = state.accepted_s = None
        if state.touched_s is None or now_s - state.touched_s < GIVEN_UP_S:
            return []
        self.state = CalibratingState(given_up=True)
        return [Calibration(t_s=now_s, state="given_up", text=_given_up())]

    def holds(self) -> bool:
        """Whether what lies on the scale is a calibration's."""
        return self.state.touched_s is not None or self.state.accepted_s is not None

    def _mass_is_off(self, now_s: float) -> bool:
        state = self.state
        if state.accepted_s is None or now_s - state.accepted_s >= GIVEN_UP_S:
            return True
        counts = self.readings.mean(now_s)
        if counts is None or state.mass_on is None:
            return False
        return abs(counts - state.mass_on) > MASS_OFF_G * abs(self.scale.counts_per_gram or 1.0)

    # ------------------------------------------------------------------ a step

    def carry_out(self, command: Command) -> list[Calibration | CommandResult]:
        """Take a step; the answer comes last. An accepted calibration is in force with its event.

        Raises:
            CommandError: the command is none of a calibration.
        """
        asked = command.request
        if not isinstance(asked, CalibrateScale):
            raise CommandError(f"{command.verb} is no step of a calibration")
        done: list[Calibration] = []
        try:
            match asked.step:
                case "empty":
                    answer = self._empty(command.t_s)
                case "mass":
                    answer = self._mass(asked.grams or 0.0, command.t_s)
                case "check":
                    answer = self._check(asked.grams or 0.0, command.t_s)
                case "accept":
                    done, answer = self._accept(command.t_s)
                case "cancel":
                    done, answer = self._cancel(command.t_s)
        except (CalibrationError, CommandError) as refused:
            return [command.answer(str(refused))]
        result = command.answer(said=self.state.said)
        return [*done, msgspec.structs.replace(result, answer=answer)]

    def _empty(self, now_s: float) -> dict[str, Any]:
        if self.scale.source == "none":
            raise CommandError("this box has no scale: set scale.source first")
        empty = self.readings.rested(now_s)
        said = said_of_empty(empty)
        factor, zero = self.scale.counts_per_gram, self.scale.zero_counts
        if factor is not None and zero is not None:
            on_it_g = (empty.mean_counts - zero) / factor
            if abs(on_it_g) > MASS_OFF_G:
                said += f"; by the calibration so far that is {on_it_g:.0f} g: is everything off?"
        self.state = CalibratingState(touched_s=now_s, empty=empty, said=said)
        return self._numbers("mass", empty)

    def _mass(self, mass_g: float, now_s: float) -> dict[str, Any]:
        empty = self._begun(now_s)
        loaded = self.readings.rested(now_s)
        found = fit(empty, loaded, mass_g, self.scale.capacity_g)
        said = said_of_mass(found, mass_g)
        self.state = CalibratingState(
            touched_s=now_s, empty=empty, loaded=loaded, mass_g=mass_g, found=found, said=said
        )
        return self._numbers("check", loaded, found)

    def _check(self, check_g: float, now_s: float) -> dict[str, Any]:
        empty, state = self._begun(now_s), self.state
        if state.loaded is None:
            raise CommandError('there is no mass yet to check: the step "mass" comes before')
        checked = self.readings.rested(now_s)
        found = fit(empty, state.loaded, state.mass_g, self.scale.capacity_g, (checked, check_g))
        state.touched_s, state.found = now_s, found
        state.said = said_of_check(check_g, found.check_error or 0.0)
        return self._numbers("accept", checked, found)

    def _accept(self, now_s: float) -> tuple[list[Calibration], dict[str, Any]]:
        self._begun(now_s)
        found = self.state.found
        if found is None:
            raise CommandError('there is nothing to accept yet: the step "mass" comes before')
        said = (
            f"calibrated: {found.counts_per_gram:.2f} counts per gram, empty at "
            f"{found.zero_counts:.0f} counts"
        )
        if found.check_error is None:
            said += f"; {UNCHECKED}"
        self.scale = msgspec.structs.replace(
            self.scale,
            counts_per_gram=round(found.counts_per_gram, 4),
            zero_counts=round(found.zero_counts),
        )
        self.state = CalibratingState(
            said=f"{said}. Take the mass off before the box comes back",
            mass_on=self.readings.mean(now_s),
            accepted_s=now_s,
        )
        event = Calibration(
            t_s=now_s,
            state="accepted",
            text=said,
            counts_per_gram=self.scale.counts_per_gram,
            zero_counts=self.scale.zero_counts,
        )
        return [event], self._numbers(None, None, found)

    def _cancel(self, now_s: float) -> tuple[list[Calibration], dict[str, Any]]:
        if self.state.touched_s is None:
            raise CommandError("no calibration is under way")
        said = "the calibration is cancelled, nothing was changed"
        self.state = CalibratingState(said=said)
        return [Calibration(t_s=now_s, state="cancelled", text=said)], {}

    def _begun(self, now_s: float) -> Plateau:
        """The empty scale; a calibration that was left too long is none any more."""
        state = self.state
        left = state.touched_s is not None and now_s - state.touched_s >= GIVEN_UP_S
        if left or state.given_up:
            self.state = CalibratingState()
            raise CommandError(f'{_given_up()}: begin again with the step "empty"')
        if state.touched_s is None or state.empty is None:
            raise CommandError('a calibration begins with the step "empty"')
        return state.empty

    def _numbers(
        self, then: Next | None, seen: Plateau | None, found: ScaleFit | None = None
    ) -> dict[str, Any]:
        """Fields of the answer, in their public form."""
        answer: dict[str, Any] = {} if then is None else {"next": then}
        if seen is not None:
            answer["raw_counts"] = round(seen.mean_counts)
            answer["noise_counts"] = round(seen.noise_counts, 1)
        if found is not None:
            answer["counts_per_gram"] = round(found.counts_per_gram, 4)
            answer["zero_counts"] = round(found.zero_counts)
            answer["used_range_pct"] = round(100 * found.used_range, 1)
            if found.check_error is not None:
                answer["error_pct"] = round(100 * found.check_error, 2)
        return answer

    # ------------------------------------------------------------------ what it shows

    def status(self) -> CalibrationStatus | None:
        """For topic ``scale``; ``None`` while none is under way."""
        state = self.state
        if state.touched_s is None:
            return None
        found, empty = state.found, state.empty
        then: Next = "mass" if found is None else "check" if found.check_error is None else "accept"
        return CalibrationStatus(
            next=then,
            ends_at=state.touched_s + GIVEN_UP_S,
            said=state.said,
            counts_per_gram=None if found is None else round(found.counts_per_gram, 4),
            zero_counts=None if empty is None else round(empty.mean_counts),
        )

    def live(
        self, now_s: float, until_s: float, *, total_g: float | None, level_db: float | None
    ) -> LiveStatus:
        """For topic ``live``: the reading as it is now."""
        _, counts = self.readings.last(REST_S, now_s)
        return LiveStatus(
            at=now_s,
            until=until_s,
            raw_counts=self.readings.mean(now_s),
            noise_counts=noise_of(counts) if len(counts) >= 3 else None,
            still=self.readings.is_still(now_s),
            total_g=None if self.holds() else total_g,
            level_db=level_db,
        )


def _given_up() -> str:
    left = spoken_duration(GIVEN_UP_S)
    return f"the calibration was left for {left} and given up; what was before holds"
