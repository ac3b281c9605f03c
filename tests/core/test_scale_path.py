from __future__ import annotations

import numpy as np

from monitor.config import ScaleConfig
from monitor.core.reference import GrowthReference
from monitor.core.scale_path import ScalePath
from monitor.devices.simulated import demo_box
from monitor.events import AnyEvent, Feed, ScaleBlock, Unassigned, WeighIn
from monitor.resources import shipped

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
START_S = 1_700_000_000.0


def path_for(box, **kwargs) -> ScalePath:
    config = ScaleConfig(counts_per_gram=box.cell.counts_per_gram, zero_counts=box.cell.zero_counts)
    babies = [baby.as_baby() for baby in box.babies.values()]
    return ScalePath(
        config,
        babies,
        start_s=box.start_s,
        reference=REFERENCE,
        **kwargs,
    )


def run(path: ScalePath, box, hours: float, block_s: float = 60.0) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    for block in box.blocks(box.start_s, box.start_s + hours * 3600.0, block_s):
        events.extend(path.update(block))
    return events


def test_a_night_with_two_babies_is_weighed_and_named():
    box = demo_box(3, START_S)
    events = run(path_for(box), box, 8.0)
    claims = [e for e in events if isinstance(e, WeighIn)]
    moves = [t for t in box.truth if t.kind != "object" and t.t_s < START_S + 8 * 3600.0]
    assert [c.baby for c in claims] == [m.babies[0] for m in moves]
    assert np.allclose([c.weight_g for c in claims], [m.weight_g for m in moves], atol=1.0)
    assert np.allclose([c.t_s for c in claims], [m.t_s for m in moves], atol=3.0)
    assert not [e for e in events if isinstance(e, Unassigned)]
    assert len([e for e in events if isinstance(e, Feed)]) == len(moves) // 2


def test_the_size_of_blocks_changes_nothing():
    box = demo_box(5, START_S)
    whole = run(path_for(box), box, 2.0, block_s=600.0)
    pieces = run(path_for(box), box, 2.0, block_s=0.3)
    assert whole == pieces


def test_an_uncalibrated_scale_says_nothing():
    box = demo_box(3, START_S)
    path = ScalePath(
        ScaleConfig(),
        [b.as_baby() for b in box.babies.values()],
        start_s=START_S,
        reference=REFERENCE,
    )
    assert run(path, box, 1.0) == []
    assert path.scale_status(START_S + 3600.0).total_g is None


def test_the_clock_of_blocks_is_the_samples():
    block = ScaleBlock(np.array([1.0, 2.0]), np.array([5.0, 6.0]))
    assert block.t_s == 2.0
