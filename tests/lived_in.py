"""A box that has been lived in for twenty minutes, on the card as the daemon leaves it.

Possum was fed. Cas was lifted out, and a hot-water bottle of the same weight was put in instead.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

from monitor.config import Config
from monitor.config_file import parse_config
from monitor.daemon.recorder import Recorder
from monitor.daemon.run_start import certain
from monitor.events import RosterChanged, Tick, WeighIn
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import GOOD_CELL
from monitor.store.batch import Batch
from monitor.store.journal import Journal

CONFIG = f"""
box = "kangaroo-and-possum"
state_dir = "state"
[scale]
source = "hx711"
counts_per_gram = {GOOD_CELL.counts_per_gram}
zero_counts = {GOOD_CELL.zero_counts}
"""
LIVED_S = 1_200.0


class Steps(NamedTuple):
    """Moves that an example may name."""

    possum: str
    """it was put back after its bottle"""
    thing: str
    """taken for Cas"""


def live_in(folder: Path) -> Steps:
    """Write the journal into ``folder``/state, which ends now."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        return _live(parse_config(CONFIG.encode(), "nursery.toml"))
    finally:
        os.chdir(here)


def _live(config: Config) -> Steps:
    start_s = time.time() - LIVED_S
    babies = [
        SimBaby(name="Kangaroo", species="kitten", weight_g=181.0, born="2026-05-01"),
        SimBaby(name="Possum", species="puppy", weight_g=119.0, born="2026-04-28"),
        SimBaby(name="Cas", species="kitten", weight_g=262.0, born="2026-04-20"),
    ]
    box = SimulatedBox(5, start_s, babies)
    box.feed(start_s + 120, "Possum", 5.0, 300.0)
    box.lift(start_s + 600, "Cas")
    box.thing(start_s + 800, 262.0)
    Path(config.state_dir).mkdir()
    journal = Journal.open(config.journal_path)
    try:
        known = [RosterChanged(t_s=start_s, baby=baby.as_baby()) for baby in box.babies.values()]
        journal.write(Batch(events=[*known]))
        recorder = Recorder(config, journal, run_start=certain(start_s))
        steps = {}
        for block in box.blocks(start_s, start_s + LIVED_S):
            for event in [*recorder.handle(block), *recorder.handle(Tick(block.t_s))]:
                if isinstance(event, WeighIn):
                    steps[event.baby] = event.step_id
        recorder.save(start_s + LIVED_S)
    finally:
        journal.close()
    return Steps(possum=steps["Possum"], thing=steps["Cas"])
