"""Two trees side by side: every number that a bench prints, as after / before, with its spread.

    python tests/bench/compare.py BEFORE AFTER [bench_scale bench_replay ...] [--rounds 5]
    python tests/bench/compare.py BEFORE AFTER bench_scale -- --hours 6

BEFORE and AFTER are working trees with a ``.venv`` each; every tree runs its own script, by turns
(before, after, after, before, ...), so that a machine that slows down slows both. What follows
``--`` goes to the scripts. Rows are matched by their label; a row or a number that only one side
prints is left out. Printed: medians of both, the median of the ratios within a round, their range.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

USUAL = ("bench_import", "bench_scale", "bench_cry", "bench_replay", "bench_capture")
_ROW = re.compile(r"(?P<label>\S.*?)(?::\s+|\s{2,})(?P<rest>-?[\d.,]*\d\b.*)")
_NUMBER = re.compile(r"(?<![\w/.])-?\d[\d,]*(?:\.\d+)?")

Numbers = dict[tuple[str, int], float]
"""by the row's label and the number's place in it"""


def numbers(printed: str) -> Numbers:
    """Every number of every row that begins with a label."""
    found: Numbers = {}
    for line in printed.splitlines():
        row = _ROW.fullmatch(line.strip())
        if row is not None:
            for place, number in enumerate(_NUMBER.findall(row["rest"])):
                found[row["label"], place] = float(number.replace(",", ""))
    return found


def run(tree: Path, bench: str, words: list[str]) -> Numbers:
    """One run of the tree's own script."""
    script = tree / "tests" / "bench" / f"{bench}.py"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [tree / ".venv" / "bin" / "python", script, *words],
        cwd=tree, env=kept | {"OPENBLAS_NUM_THREADS": "1"}, check=False, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    if done.returncode:
        print(f"{script} failed", file=sys.stderr)
    return numbers(done.stdout)


def compare(trees: tuple[Path, Path], bench: str, rounds: int, words: list[str]) -> None:
    """Run both by turns; print a line for each number."""
    taken: list[list[Numbers]] = [[], []]
    for turn in range(rounds):
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            taken[side].append(run(trees[side], bench, words))
    pairs = list(zip(*taken, strict=True))
    shared = [key for key in pairs[0][1] if all(key in one for pair in pairs for one in pair)]
    print(f"== {bench}, {rounds} rounds\n{'':<48}{'before':>10}{'after':>10}{'ratio':>8}   range")
    for label, place in shared:
        before, after = ([side[label, place] for side in each] for each in zip(*pairs, strict=True))
        ratios = sorted(b / a for a, b in zip(before, after, strict=True) if a)
        if not ratios:
            continue
        name = label if place == 0 else f"  {label} ({place + 1})"
        print(
            f"{name:<48.48}{statistics.median(before):>10.4g}{statistics.median(after):>10.4g}"
            f"{statistics.median(ratios):>8.2f}   {ratios[0]:.2f} to {ratios[-1]:.2f}",
            flush=True,
        )


def main() -> None:
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("benches", nargs="*", default=USUAL, metavar="bench")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(sys.argv[1:split])
    trees = given.before.resolve(), given.after.resolve()
    for bench in given.benches:
        compare(trees, bench, given.rounds, sys.argv[split + 1 :])


if __name__ == "__main__":
    main()
