"""What of this box has been set up: nothing is lost that was never there.

A new box has no calibration, nobody in it, and perhaps no microphone yet. That is told as "not set
up yet" and is no alert. A scale is watched from its first calibration on, also when that is gone
again; everything else from the moment it has worked, or somebody is registered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import get_args

import msgspec

from monitor.config import Config, ScaleConfig
from monitor.documents import SetUpStatus
from monitor.events import Baby, Command, CommandResult, Condition, Weighing
from monitor.names import SET_UP_NEEDS, SetUpStep, SourceName
from monitor.written.setup_requests import SetUp

STEPS: tuple[SetUpStep, ...] = get_args(SetUpStep)
LOST_CALIBRATION = (
    'has lost its calibration: calibrate it again on the page or with "nursery calibrate scale"'
)
"""follows "Scale" """


class SetUpState(msgspec.Struct, kw_only=True):
    """What has ever been set up; it outlives a restart."""

    box: str = ""
    """its name when it was new"""
    worked: list[SourceName] = []
    """sources that have delivered for a while"""
    calibrated: bool = False
    somebody: bool = False
    """a baby was registered"""
    said: list[SetUpStep] = []
    """steps that a person has gone through, or left out"""


class SettingUp:
    """``observe`` what works, ``carry_out`` what a person says; ``status`` for ``health``."""

    def __init__(
        self, config: Config, babies: Sequence[Baby] = (), history: Sequence[Weighing] = ()
    ) -> None:
        """A box in which somebody lives or was weighed has been set up before."""
        self._config = config
        self._sources = config.sources
        self._scale = config.scale
        self.unsaved = False
        """whether a restart must know more than was saved"""
        self.state = SetUpState(box=config.box, calibrated=config.scale.calibrated)
        if babies or history:
            self.was_there()
            self.state.calibrated |= any(each.origin == "scale" for each in history)

    def was_there(self) -> None:
        """This box is older than what is remembered here: all of it is watched."""
        state = self.state
        state.worked, state.somebody, state.said = list(self._sources), True, list(STEPS)

    def resume(self, state: SetUpState) -> None:
        """Go on from what an earlier run left."""
        state.calibrated |= self.state.calibrated
        state.somebody |= self.state.somebody
        self.state = state

    # ------------------------------------------------------------------ what it sees

    @property
    def learns(self) -> bool:
        """Whether ``observe`` can tell it anything that it does not know."""
        state = self.state
        return not state.somebody or any(name not in state.worked for name in self._sources)

    def observe(self, worked: Collection[SourceName], babies: Sequence[Baby]) -> None:
        """Once a second: what has proven itself in this run, and who is here."""
        state = self.state
        new = [name for name in worked if name not in state.worked]
        somebody = bool(babies) and not state.somebody
        if not new and not somebody:
            return
        state.worked += new
        state.somebody |= somebody
        self.unsaved = True

    def calibrated(self, scale: ScaleConfig) -> None:
        """A calibration was accepted."""
        self._scale = scale
        self.state.calibrated = self.unsaved = True

    @property
    def lost_calibration(self) -> str | None:
        """Why a scale that weighed once cannot now, as the end of a sentence."""
        lost = self._has_scale and self.state.calibrated and not self._scale.calibrated
        return LOST_CALIBRATION if lost else None

    def alarming(self, found: Iterable[Condition]) -> list[Condition]:
        """``found`` without the blindness of a source that was never set up."""
        quiet = set(self._not_yet())
        return [c for c in found if c.kind != "monitor_blind" or c.key not in quiet]

    def _not_yet(self) -> list[SourceName]:
        state = self.state
        new = self._is_new()
        return [
            name
            for name in self._sources
            if (not state.calibrated if name == "scale" else new and name not in state.worked)
        ]

    def _is_new(self) -> bool:
        """Nobody lives here yet, and the scale is not calibrated or somebody is setting it up."""
        state = self.state
        if state.somebody:
            return False
        under_way = bool(state.said) and "microphone" not in state.said
        return under_way or (self._has_scale and not state.calibrated)

    # ------------------------------------------------------------------ what a person says

    def carry_out(self, command: Command, asked: SetUp) -> CommandResult:
        """Tick a step off, or take that back; the answer says what is left."""
        said = [step for step in self.state.said if step != asked.step]
        if asked.step is not None and asked.done:
            said.append(asked.step)
        if said != self.state.said:
            self.state.said, self.unsaved = said, True
        status = self.status()
        answer = {"next": status.next, "steps": status.steps}
        return msgspec.structs.replace(command.answer(said=spoken(status)), answer=answer)

    def status(self) -> SetUpStatus:
        """What is done, what is next, and what keeps the box from watching."""
        state, has_scale, calibrated = self.state, self._has_scale, self._scale.calibrated
        steps: dict[SetUpStep, bool] = {step: step in state.said for step in STEPS}
        steps["name"] |= self._config.box != state.box
        steps["scale"] |= has_scale and (calibrated or "scale" in state.worked)
        steps["calibration"] = calibrated if has_scale else steps["scale"]
        steps["babies"] |= state.somebody
        hears = self._config.microphone.source != "sounddevice" or "microphone" in state.worked
        fine = steps | {"microphone": hears or steps["microphone"]}
        if not has_scale:
            fine |= {"scale": True, "calibration": True}
        missing = [step for step in SET_UP_NEEDS if not fine[step]]
        return SetUpStatus(
            ready=not missing,
            next=next((step for step in STEPS if not steps[step]), None),
            steps=steps,
            missing=missing,
            not_yet=self._not_yet(),
        )

    @property
    def _has_scale(self) -> bool:
        return "scale" in self._sources


def spoken(status: SetUpStatus) -> str:
    """What is done and what is left, in words."""
    done = ", ".join(step for step in STEPS if status.steps[step]) or "nothing yet"
    left = ", ".join(step for step in STEPS if not status.steps[step])
    return f"set up: {done}; still to do: {left}" if left else "everything is set up"
