"""The events of a decision, worded: names for indices, and why an earlier claim is taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitor.codec import converted
from monitor.core.scale.decision import Decision
from monitor.events import (
    Candidate,
    JointWeighIn,
    Move,
    ObjectMoved,
    ThingCandidate,
    Unassigned,
    WeighIn,
    Weighing,
)

TAKEN_OUT = "taken out by hand"
LIFT_TAKEN_BACK = "the lift before it was taken back"
OBJECT_G = 10.0
"""Smaller changes of the tare (urine, a shifted cable) are not worth an event."""
THING_ERRORS = 3.0
ThingName = Callable[[int], str | None]
"""what the thing with an id is called; ``None``: it was forgotten"""


def why_withdrawn(decision: Decision, answered: str | None, thing_name: ThingName) -> str:
    """Why what was published about this step no longer holds.

    ``answered``: the step of which a person said something, where it follows from that.
    """
    if decision.void:
        return TAKEN_OUT
    no_baby = decision.assigned and decision.kind in {"object", "nothing"}
    if no_baby and decision.step.step_id == answered:
        name = None if decision.thing is None else thing_name(decision.thing)
        return f"somebody said that it was {'' if name is None else f'the {name}, '}no baby"
    if answered is not None:
        return f"it follows from what somebody said of {answered}"
    return "later weighings contradict it"


def weighing_of(decision: Decision, name: str, *, only_weighed: bool) -> Weighing:
    """The weighing of a claim; ``only_weighed``: somebody said that it was no bottle."""
    return Weighing(
        step_id=decision.step.step_id,
        t_s=decision.step.t_s,
        baby=name,
        weight_g=decision.g,
        sigma_g=decision.sigma_g,
        move="lift" if decision.lifted else "return",
        confidence=1.0 if decision.assigned else decision.p,
        origin="assigned" if decision.assigned else "scale",
        stamp="clock" if decision.step.sure else "guess",
        only_weighed=only_weighed,
        by=decision.by,
    )


def joint(decision: Decision, names: Sequence[str]) -> JointWeighIn:
    """Two or more moved together; ``names`` by the tracker's index."""
    mask = decision.lifted | decision.returned
    return JointWeighIn(
        t_s=decision.step.t_s,
        babies=[name for i, name in enumerate(names) if mask >> i & 1],
        move="lift" if decision.lifted else "return",
        weight_g=decision.g,
        sigma_g=decision.sigma_g,
        step_id=decision.step.step_id,
    )


def object_moved(decision: Decision, thing_name: ThingName) -> ObjectMoved:
    """A thing moved, by its name where it is known."""
    return ObjectMoved(
        t_s=decision.step.t_s,
        delta_g=decision.g,
        name=None if decision.thing is None else thing_name(decision.thing),
        step_id=decision.step.step_id,
    )


def unassigned(decision: Decision, names: Sequence[str], thing_name: ThingName) -> Unassigned:
    """A question: who, or which of the known things, it may have been."""
    step = decision.step
    move: Move = "lift" if step.to_g < step.from_g else "return"
    return Unassigned(
        t_s=step.t_s,
        move=move,
        weight_g=decision.g,
        sigma_g=decision.sigma_g,
        candidates=[Candidate(names[i], round(p, 3)) for i, p in decision.candidates],
        step_id=step.step_id,
        gap=step.blind,
        things=[
            ThingCandidate(name, round(p, 3))
            for thing, p in decision.things
            if (name := thing_name(thing)) is not None
        ],
    )


def weigh_in(weighing: Weighing) -> WeighIn:
    """The event of a weighing."""
    return converted(WeighIn, weighing)


def is_thing(delta_g: float, sigma_g: float) -> bool:
    """Whether a change of the tare is worth an event: large enough, and larger than its error."""
    return abs(delta_g) >= max(OBJECT_G, THING_ERRORS * sigma_g)
