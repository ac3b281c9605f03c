"""Whole nights, simulated with the truth known, as the pipeline tells them.

The text of each is kept beside this file and is the review of every change in what the monitor
decides: ``make golden`` writes it anew, ``test_golden.py`` compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from monitor.config import Config, MicrophoneConfig, ScaleConfig
from monitor.core.cry.model import CryModel
from monitor.core.growth.reference import GrowthReference
from monitor.core.pipeline import Pipeline
from monitor.daemon.event_text import plain
from monitor.data.shipped import shipped
from monitor.events import AUDIO_RATE_HZ, AudioBlock, Tick
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import CHEAP_CELL, GOOD_CELL, Cell
from monitor.simulation.sounds import Room, bout
from monitor.times import parse_rfc3339, rfc3339

START_S = parse_rfc3339("2026-05-08T19:00:00Z")
MINUTE_S, HOUR_S = 60.0, 3600.0
HERE = Path(__file__).parent

Deaf = list[tuple[float, float]]


def kangaroo() -> SimBaby:
    return SimBaby(name="Kangaroo", species="kitten", weight_g=181.0, born="2026-05-01")


def possum() -> SimBaby:
    return SimBaby(name="Possum", species="puppy", weight_g=119.0)


def tell(
    box: SimulatedBox, hours: float, *, cell: Cell = GOOD_CELL, room: Room | None = None,
    deaf: Deaf | None = None,
) -> Iterator[str]:  # fmt: skip
    """Lines of the night: what the pipeline said, by the clock."""
    config = Config(
        box="golden",
        microphone=MicrophoneConfig(source="none" if room is None else "simulated"),
        scale=ScaleConfig(
            source="simulated",
            counts_per_gram=cell.counts_per_gram,
            zero_counts=cell.zero_counts,
        ),
    )
    pipeline = Pipeline(
        config,
        babies=[baby.as_baby() for baby in box.babies.values()],
        history=(),
        model=None if room is None else CryModel.from_bytes(shipped("cry.npz")),
        reference=GrowthReference.parse(shipped("growth.toml")),
        start_s=START_S,
        local_minute=lambda t_s: int(t_s // 60) % 1440,
    )
    scale = {round(b.t_s - START_S): b for b in box.blocks(START_S, START_S + hours * HOUR_S)}
    for second in range(int(hours * HOUR_S)):
        events = []
        if room is not None:
            samples = room.render(second * AUDIO_RATE_HZ, AUDIO_RATE_HZ)
            if any(begin <= second < end for begin, end in deaf or []):
                samples = np.zeros_like(samples)
            events += pipeline.observe(AudioBlock(START_S + second, samples))
        if (block := scale.get(second + 1)) is not None:
            events += pipeline.observe(block)
        events += pipeline.observe(Tick(START_S + second + 1.0))
        for event in events:
            yield f"{rfc3339(round(event.t_s))[11:19]}  {plain(event)}"


def two_bottles() -> Iterator[str]:
    """Two feeds, a heat pad put in, nothing wrong: nothing may be alerted."""
    box = SimulatedBox(11, START_S, [kangaroo(), possum()])
    box.feed(START_S + 20 * MINUTE_S, "Kangaroo", 8.0)
    box.feed(START_S + 35 * MINUTE_S, "Possum", 5.0)
    box.thing(START_S + 60 * MINUTE_S, 412.0)
    return tell(box, 2.0)


def cries_in_context() -> Iterator[str]:
    """A cry after a full feed, a deaf microphone, and a cry when the bottle is due."""
    box = SimulatedBox(12, START_S, [kangaroo(), possum()])
    room = Room(12, noise_db=-58.0)
    rng = np.random.default_rng(12)
    box.feed(START_S + 20 * MINUTE_S, "Kangaroo", 8.0)
    box.feed(START_S + 35 * MINUTE_S, "Possum", 5.0)
    room.add(90 * MINUTE_S, bout("kitten", rng, 90.0, level_db=-32.0))
    room.add(225 * MINUTE_S, bout("kitten", rng, 90.0, level_db=-32.0))
    return tell(box, 4.0, room=room, deaf=[(120 * MINUTE_S, 130 * MINUTE_S)])


def twins() -> Iterator[str]:
    """Two of nearly the same weight: asked, not guessed; both lifted at once."""
    castor = SimBaby(name="Castor", species="kitten", weight_g=150.0, born="2026-05-02")
    pollux = SimBaby(name="Pollux", species="kitten", weight_g=150.6, born="2026-05-02")
    box = SimulatedBox(13, START_S, [castor, pollux])
    box.feed(START_S + 20 * MINUTE_S, "Castor", 7.0)
    box.lift(START_S + 60 * MINUTE_S, "Castor", "Pollux")
    box.put(START_S + 70 * MINUTE_S, "Castor", "Pollux")
    return tell(box, 1.5)


def rough_scale() -> Iterator[str]:
    """A cheap creeping cell, a hand on the box, a washing machine, the box lifted for cleaning."""
    box = SimulatedBox(14, START_S, [kangaroo(), possum()], cell=CHEAP_CELL)
    box.lean(START_S + 10 * MINUTE_S, START_S + 12 * MINUTE_S, 300.0)
    box.vibrate(START_S + 30 * MINUTE_S, START_S + 50 * MINUTE_S, 6.0, 11.0)
    box.feed(START_S + 60 * MINUTE_S, "Kangaroo", 8.0)
    box.box_off(START_S + 90 * MINUTE_S)
    box.box_on(START_S + 95 * MINUTE_S)
    box.feed(START_S + 120 * MINUTE_S, "Possum", 5.0)
    return tell(box, 2.5, cell=CHEAP_CELL)


NIGHTS: dict[str, Callable[[], Iterator[str]]] = {
    night.__name__: night for night in (two_bottles, cries_in_context, twins, rough_scale)
}


def text(name: str) -> str:
    """The whole night, headed by what it is about."""
    night = NIGHTS[name]
    return f"# {night.__doc__}\n" + "".join(line + "\n" for line in night())
