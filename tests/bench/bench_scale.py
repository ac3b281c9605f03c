"""Cost of the scale path.

    python tests/bench/bench_scale.py [--hours 24]

Prints how many times faster than real time a box of two babies is followed at 10 samples a
second on one core, in big blocks (a replay) and in blocks of one second with a tick each (live);
the reference is one ``numpy.median`` per second of the same samples, the least a despiking scale
could do. Also the size of the state as the hours go by, and the cost of a tick.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core, before numpy starts its threads

import argparse
import time

import numpy as np

from monitor.config import ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.weigher import Weigher
from monitor.core.state import encoded
from monitor.data.shipped import shipped
from monitor.events import ScaleBlock, Tick
from monitor.simulation.box import SimulatedBox
from tests.demo_box import demo_box

START_S = 1_700_000_000.0


def new_path(box: SimulatedBox) -> Weigher:
    config = ScaleConfig(counts_per_gram=box.cell.counts_per_gram, zero_counts=box.cell.zero_counts)
    babies = [baby.as_baby() for baby in box.babies.values()]
    reference = GrowthReference.parse(shipped("growth.toml"))
    return Weigher(config, babies, start_s=START_S, reference=reference)


def blocks(box: SimulatedBox, hours: float, block_s: float) -> list[ScaleBlock]:
    return list(box.blocks(START_S, START_S + hours * 3600.0, block_s))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=24.0, help="of a simulated box (24)")
    hours = parser.parse_args().hours
    box = demo_box(1, START_S, hours)
    big, small = blocks(box, hours, 600.0), blocks(box, hours, 1.0)

    path, began = new_path(box), time.process_time()
    for block in big:
        path.observe(block)
    took = time.process_time() - began
    print(f"big blocks:     {hours * 3600 / took:10,.0f} times real time")

    path, began = new_path(box), time.process_time()
    for block in small:
        path.observe(block)
        path.observe(Tick(block.t_s))
        path.conditions(block.t_s)
    took = time.process_time() - began
    print(f"1 s and a tick: {hours * 3600 / took:10,.0f} times real time")

    began = time.process_time()
    for block in small:
        np.median(block.counts)
    took = time.process_time() - began
    print(f"np.median only: {hours * 3600 / took:10,.0f} times real time (reference)")

    end_s = small[-1].t_s
    began = time.process_time()
    for k in range(20_000):
        path.observe(Tick(end_s + k))
        path.conditions(end_s + k)
    took = time.process_time() - began
    print(f"a tick:         {1e6 * took / 20_000:10.1f} us")

    path = new_path(box)
    for k, block in enumerate(big, start=1):
        path.observe(block)
        if k in {len(big) // 8, len(big) // 4, len(big) // 2, len(big)}:
            size = len(encoded(path.state))
            print(f"state after {k * 600 / 3600:5.1f} h: {size / 1024:7.1f} KiB")


if __name__ == "__main__":
    main()
