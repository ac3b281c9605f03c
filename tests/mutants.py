"""Would the tests notice? A seeded sample of mutants of ``monitor/core``, by mutmut.

    python -m tests.mutants [--sample 100] [--seed 1] [--least 90]

Each mutant is a small wrong change; the unit tests of the core that reach it must fail. The
sample of a seed is the same as long as the code is. Prints what stayed alive with its change;
exit 1 when fewer than ``--least`` per cent were killed. About twenty minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MUTANTS = ROOT / "mutants"
ALIVE = {0, 33}
"""mutmut's codes: every test passed, or no test reaches it"""
NOT_JUDGED = {None, 34, 35, 36}
"""not run, skipped, suspicious"""


def mutmut(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run mutmut in the repository's root, as configured in ``pyproject.toml``."""
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def results() -> dict[str, int | None]:
    """Every mutant of the core by name, with mutmut's exit code."""
    found: dict[str, int | None] = {}
    for path in sorted((MUTANTS / "monitor" / "core").rglob("*.meta")):
        found |= json.loads(path.read_text())["exit_code_by_key"]
    return found


def main() -> int:
    """Draw, run, report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sample", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--least", type=float, default=90.0, help="per cent killed")
    chosen = options.parse_args()

    mutmut("run", "--max-children", "2", "none.of.these")  # makes them, and times the tests
    names = sorted(results())
    if not names:
        print(mutmut("run", "none.of.these").stdout[-2000:])
        return 1
    sample = random.Random(chosen.seed).sample(names, min(chosen.sample, len(names)))
    mutmut("run", "--max-children", "2", *sample)
    codes = results()
    alive = [name for name in sample if codes[name] in ALIVE]
    left = [name for name in sample if codes[name] in NOT_JUDGED]
    for name in alive:
        print(mutmut("show", name).stdout)
    judged = len(sample) - len(left)
    killed_pct = 100 * (judged - len(alive)) / max(1, judged)
    print(f"{judged - len(alive)} of {judged} mutants killed ({killed_pct:.0f} %), of {len(names)}")
    if left:
        print(f"{len(left)} not judged: {', '.join(left)}")
    return 0 if killed_pct >= chosen.least and not left else 1


if __name__ == "__main__":
    sys.exit(main())
