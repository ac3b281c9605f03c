"""What ``import monitor`` and ``nursery --help`` cost beyond the bare interpreter.

    python tests/bench/bench_import.py

Prints medians over interleaved rounds in one run; the bare interpreter is the reference.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
COMMANDS = {
    "bare interpreter": ["-c", "pass"],
    "import monitor": ["-c", "import monitor"],
    "nursery --help": ["-m", "monitor", "--help"],
    "import monitor.daemon.run": ["-c", "import monitor.daemon.run"],
}


def wall_s(arguments: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            taken[name].append(wall_s(arguments))
    bare_ms = 1000 * statistics.median(taken["bare interpreter"])
    print(f"{'':<24}{'median ms':>10}{'beyond bare':>13}{'ratio':>8}")
    for name, times in taken.items():
        ms = 1000 * statistics.median(times)
        print(f"{name:<24}{ms:>10.0f}{ms - bare_ms:>13.0f}{ms / bare_ms:>8.1f}")


if __name__ == "__main__":
    main()
