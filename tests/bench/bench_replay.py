"""How fast ``nursery replay`` is, as multiples of real time, and what memory a long one takes.

    python tests/bench/bench_replay.py [--hours 6]

One process per row, one thread; user + system time of the child, whole process included. The
reference is real time itself; for a scale alone also ``WANTED``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import GOOD_CELL
from monitor.simulation.sounds import Room, bout

CONFIG = f"""
box = "bench"
[scale]
counts_per_gram = {GOOD_CELL.counts_per_gram}
zero_counts = {GOOD_CELL.zero_counts}
"""
WANTED = 12_000
"""times real time of a scale alone: 300 courses of ten days are then judged within six hours"""
BABIES = '[{"name": "Kangaroo", "species": "kitten", "born": "2026-05-01", "weight_g": 181}]'


def write_scale(path: Path, hours: float) -> int:
    box = SimulatedBox(1, 0.0, [SimBaby(name="Kangaroo", species="kitten", weight_g=181.0)])
    for begin in np.arange(0.4, hours, 3.0):
        box.feed(begin * 3600, "Kangaroo", 8.0)
    count = 0
    with path.open("w") as file:
        file.write("time_s,counts\n")
        for block in box.blocks(0.0, hours * 3600, block_s=60.0):
            np.savetxt(file, np.column_stack([block.times_s, block.counts]), "%.3f,%d")
            count += len(block.counts)
    return count


def write_audio(path: Path, hours: float) -> None:
    room, rng = Room(1, noise_db=-58.0), np.random.default_rng(1)
    for begin in np.arange(0.5, hours, 1.0):
        room.add(begin * 3600, bout("kitten", rng, 60.0, level_db=-32.0))
    with soundfile.SoundFile(path, "w", 16_000, 1, format="FLAC") as file:
        for second in range(int(hours * 3600)):
            file.write(room.render(second * 16_000, 16_000))


def measure(*inputs: str) -> tuple[float, float]:
    """CPU seconds and peak resident MB of one replay."""
    child = subprocess.Popen(
        [sys.executable, "-m", "monitor", "replay", "--json", *inputs],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit("the replay failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=6.0)
    hours = parser.parse_args().hours
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        (work / "n.toml").write_text(CONFIG)
        (work / "b.json").write_text(BABIES)
        write_scale(work / "s.csv", hours)
        write_audio(work / "a.flac", hours)
        samples = write_scale(work / "long.csv", 96.0)
        common = ("--config", f"{work}/n.toml", "--babies", f"{work}/b.json")
        rows = {
            f"scale, {hours:g} h": (hours, ["--scale", f"{work}/s.csv"]),
            f"audio, {hours:g} h": (hours, ["--audio", f"{work}/a.flac"]),
            f"audio + scale, {hours:g} h": (
                hours,
                ["--scale", f"{work}/s.csv", "--audio", f"{work}/a.flac"],
            ),
            f"scale, 96 h, {samples / 1e6:.1f} M samples": (96.0, ["--scale", f"{work}/long.csv"]),
        }
        print(f"{'':<32}{'CPU s':>8}{'x real time':>13}{f'of {WANTED:,}':>11}{'peak MB':>9}")
        for name, (long_h, inputs) in rows.items():
            cpu_s, peak_mb = measure(*common, *inputs)
            times = long_h * 3600 / cpu_s
            wanted = "" if "--audio" in inputs else f"{times / WANTED:.2f}"
            print(f"{name:<32}{cpu_s:>8.1f}{times:>13,.0f}{wanted:>11}{peak_mb:>9.0f}")


if __name__ == "__main__":
    main()
