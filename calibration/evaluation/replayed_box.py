"""A scripted box through the scale half of the core, with what people say in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calibration.evaluation.scenario_parts import Box, Said
from monitor.config import ScaleConfig
from monitor.core.scale.weigher import Weigher
from monitor.data.shipped import growth_reference
from monitor.events import (
    AnyEvent,
    Command,
    Condition,
    ObjectMoved,
    ScaleBlock,
    Unassigned,
    WeighIn,
)
from monitor.times import HOUR_S, MINUTE_S
from monitor.written.requests import request

ANSWERED_WITHIN_S = 20.0
"""What is said is heard after at most this; of blocks alone the size makes no difference."""


def run(box: Box) -> list[AnyEvent]:
    """The events that the weigher makes of a box."""
    path, events = _weigher(box), list[AnyEvent]()
    block_s = ANSWERED_WITHIN_S if box.said else 600.0
    for observation in _observations(box, block_s, events):
        events.extend(path.observe(observation))
    return events


def follow(box: Box) -> Iterator[tuple[float, list[Condition]]]:
    """Minute by minute: the time, and what a person should know then."""
    path, events = _weigher(box), list[AnyEvent]()
    for observation in _observations(box, MINUTE_S, events):
        events.extend(path.observe(observation))
        if isinstance(observation, ScaleBlock):
            yield observation.t_s, path.conditions(observation.t_s)


def _weigher(box: Box) -> Weigher:
    sim = box.box
    config = ScaleConfig(counts_per_gram=sim.cell.counts_per_gram, zero_counts=sim.cell.zero_counts)
    later = box.registered_later
    babies = [baby.as_baby() for baby in sim.babies.values() if baby.name not in later]
    return Weigher(config, babies, start_s=sim.start_s, reference=growth_reference())


def _observations(
    box: Box, block_s: float, events: Sequence[AnyEvent]
) -> Iterator[ScaleBlock | Command]:
    """Blocks in order of time, and what was said once the block that covers its time is in.

    ``events`` are those so far: what is said of a step is said of one that was told.
    """
    sim, said = box.box, list(box.said)
    for block in sim.blocks(sim.start_s, sim.start_s + box.hours * HOUR_S, block_s):
        yield block
        while said and said[0].t_s <= block.t_s:
            each = said.pop(0)
            yield Command(t_s=block.t_s, request=request(each.verb, _arguments(each, events)))


def _arguments(said: Said, events: Sequence[AnyEvent]) -> dict[str, object]:
    args = dict(said.args)
    moved_s = args.pop("moved_s", None)
    if isinstance(moved_s, float):
        told = (e for e in events if isinstance(e, WeighIn | Unassigned | ObjectMoved))
        args["step_id"] = min(told, key=lambda e: abs(e.t_s - moved_s)).step_id
    return args
