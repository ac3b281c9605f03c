"""A night of three babies, and the scale's snapshot at its end.

Run in a checkout of the version whose snapshots shall be read for ever:

    PYTHONPATH=. python tests/core/scale/snapshots/make.py tests/core/scale/snapshots/VERSION.zlib

Ash and Fern weigh the same, so one of the two bottles stays a question; Possum is out at the end;
Wombat was registered, weighed by hand, and has left again. Possum's return was corrected by hand.
"""

from __future__ import annotations

import importlib
import sys
import zlib
from pathlib import Path
from typing import Any

START_S = 1_700_000_000.0
END_S = START_S + 5400.0


def found(*places: str) -> Any:
    """The first of ``module:name`` that this version has."""
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise SystemExit(f"none of these is here: {places}")


def night() -> tuple[Any, bytes]:
    """The weigher after the night, and its snapshot."""
    shipped = found("monitor.data.shipped:shipped", "monitor.resources:shipped")
    reference = found(
        "monitor.core.growth.reference:GrowthReference", "monitor.core.reference:GrowthReference"
    )
    new_weigher = found(
        "monitor.core.scale.weigher:Weigher",
        "monitor.core.scale.weigher:ScalePath",
        "monitor.core.scale_path:ScalePath",
    )
    sim_baby = found("monitor.simulation.box:SimBaby", "monitor.devices.simulated:SimBaby")
    simulated_box = found(
        "monitor.simulation.box:SimulatedBox", "monitor.devices.simulated:SimulatedBox"
    )
    scale_config = found("monitor.config:ScaleConfig")
    command = found("tests.asking:asked", "monitor.events:Command")
    babies = [
        sim_baby(name="Ash", species="kitten", weight_g=200.0, born="2023-11-04"),
        sim_baby(name="Fern", species="kitten", weight_g=200.6, born="2023-11-04"),
        sim_baby(name="Possum", species="puppy", weight_g=119.0),
    ]
    box = simulated_box(5, START_S, babies)
    box.feed(START_S + 600.0, "Ash", 8.0, 300.0)
    box.feed(START_S + 1500.0, "Fern", 8.0, 300.0)
    box.thing(START_S + 2400.0, 412.0)
    box.feed(START_S + 3000.0, "Possum", 5.0, 300.0)
    box.box_off(START_S + 3900.0)
    box.box_on(START_S + 4000.0)
    box.lift(START_S + 4800.0, "Possum")
    weigher = new_weigher(
        scale_config(counts_per_gram=box.cell.counts_per_gram, zero_counts=box.cell.zero_counts),
        [baby.as_baby() for baby in box.babies.values()],
        start_s=START_S,
        reference=reference.parse(shipped("growth.toml")),
    )
    commands: dict[float, tuple[str, dict[str, Any]]] = {
        START_S + 110.0: ("baby_add", {"name": "Wombat", "species": "puppy", "weight_g": 300.0}),
        START_S + 170.0: ("weigh", {"baby": "Wombat", "grams": 310.0}),
        START_S + 230.0: ("baby_retire", {"name": "Wombat"}),
        START_S + 3500.0: ("correct", {"grams": 124.5}),
        START_S + 5330.0: ("weigh_in", {}),
    }
    observe = getattr(weigher, "observe", None) or weigher.update
    newest = ""
    for block in box.blocks(START_S, END_S, 60.0):
        for event in observe(block):
            newest = event.step_id if type(event).__name__ == "WeighIn" else newest
        for t_s in [t_s for t_s in commands if t_s <= block.t_s]:
            verb, args = commands.pop(t_s)
            if verb == "correct":
                args["step_id"] = newest
            observe(command(t_s=block.t_s, verb=verb, args=args))
    if hasattr(weigher, "snapshot"):
        return weigher, weigher.snapshot()
    return weigher, found("monitor.core.state:encoded")(weigher.state)


if __name__ == "__main__":
    weigher, snapshot = night()
    Path(sys.argv[1]).write_bytes(zlib.compress(snapshot, 9))
    print(len(snapshot), "bytes")
    for status in weigher.baby_statuses(END_S):
        print(status)
    print(weigher.scale_status(END_S))
    for each in weigher.conditions(END_S):
        print(each)
