"""How far a box has been set up: by what it says of itself, and what can be seen of it sooner."""

from __future__ import annotations

from typing import get_args

import msgspec

from monitor.names import SET_UP_NEEDS, SetUpStep
from monitor.page.boxes import BoxDocument
from monitor.page.fields import Document, flag, table, text, texts
from monitor.page.seen import Answer

STEPS: tuple[SetUpStep, ...] = get_args(SetUpStep)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The set-up of one box."""

    known: bool
    """the box tells of its set-up; an older one does not, and counts as set up"""
    ready: bool
    """it watches somebody with all that it has"""
    steps: dict[SetUpStep, bool]
    """in order, and whether each is done"""
    missing: list[SetUpStep]
    """steps without which nobody is watched"""
    not_yet: list[str]
    """sources whose silence is no alert yet"""

    @property
    def next(self) -> SetUpStep | None:
        """The first step that is open."""
        return next((step for step, done in self.steps.items() if not done), None)

    def after(self, step: str) -> SetUpStep | None:
        """The first open step after this one; else the first open one before it."""
        place = STEPS.index(step) if step in STEPS else -1
        later = [each for each in STEPS[place + 1 :] if not self.steps[each]]
        return later[0] if later else next((e for e in STEPS[:place] if not self.steps[e]), None)


def progress(box: BoxDocument, said: Answer | None = None) -> Progress:
    """Of this box; ``said``: the answer to what this phone has just asked for."""
    told = table(box.health, "set_up")
    if not told:
        done: dict[SetUpStep, bool] = dict.fromkeys(STEPS, True)
        return Progress(known=False, ready=True, steps=done, missing=[], not_yet=[])
    steps = _steps(told, box, said)
    listed = texts(told, "missing") or SET_UP_NEEDS
    needed = [step for step in SET_UP_NEEDS if step in listed]
    return Progress(
        known=True,
        ready=flag(told, "ready") is not False,
        steps=steps,
        missing=[step for step in needed if not steps[step]] or needed,
        not_yet=texts(told, "not_yet"),
    )


def _steps(told: Document, box: BoxDocument, said: Answer | None) -> dict[SetUpStep, bool]:
    listed = table(told, "steps")
    steps: dict[SetUpStep, bool] = {step: flag(listed, step) is True for step in STEPS}
    if said is not None and said.ok and said.box == box.name and said.verb == "set_up":
        answered = table(said.result, "steps")
        steps = {step: done or flag(answered, step) is True for step, done in steps.items()}
    if flag(box.scale, "calibrated") is True and text(_source(box, "scale"), "state"):
        steps["scale"] = steps["calibration"] = True
    steps["babies"] |= bool(box.babies)
    return steps


def _source(box: BoxDocument, name: str) -> Document:
    return table(table(box.health, "sources"), name)
