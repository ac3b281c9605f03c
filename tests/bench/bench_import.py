"""What ``import monitor`` and ``nursery --help`` cost beyond the bare interpreter.

    python tests/bench/bench_import.py

User and system time of processes of their own, in milliseconds, medians over interleaved rounds in
one run; the bare interpreter is the reference. Compiled files are there from the second round on,
as after an installation. Also what the daemon's imports spend, by the package that is loaded.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 15
MOST_SHOWN = 12
DAEMON = "import monitor.daemon.run"
COMMANDS = {
    "bare interpreter": ["-c", "pass"],
    "import monitor": ["-c", "import monitor"],
    "nursery --help": ["-m", "monitor", "--help"],
    DAEMON: ["-c", DAEMON],
}
_LINE = re.compile(r"import time: +(\d+) \| +\d+ \| +([\w.]+)")
"""of ``-X importtime``: microseconds of the module itself"""


def cpu_ms(arguments: list[str], environment: dict[str, str]) -> float:
    child = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, env=environment
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{arguments} failed")
    return 1000 * (usage.ru_utime + usage.ru_stime)


def spenders(environment: dict[str, str]) -> dict[str, float]:
    """Milliseconds by package: the least that each module took in some rounds."""
    least: dict[str, int] = {}
    for _ in range(ROUNDS):
        told = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", DAEMON],
            check=True, capture_output=True, text=True, env=environment,
        ).stderr  # fmt: skip
        for microseconds, module in _LINE.findall(told):
            least[module] = min(int(microseconds), least.get(module, int(microseconds)))
    found: dict[str, float] = {}
    for module, microseconds in least.items():
        package = module.partition(".")[0]
        found[package] = found.get(package, 0.0) + microseconds / 1000
    return dict(sorted(found.items(), key=lambda item: -item[1])[:MOST_SHOWN])


def main() -> None:
    kept = {name: value for name, value in os.environ.items() if "BYTECODE" not in name}
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as compiled:
        environment = kept | {"PYTHONPYCACHEPREFIX": compiled, "OPENBLAS_NUM_THREADS": "1"}
        for _ in range(1 + ROUNDS):
            for name, arguments in COMMANDS.items():
                taken[name].append(cpu_ms(arguments, environment))
        most = spenders(environment)
    bare_ms = statistics.median(taken["bare interpreter"][1:])
    print(f"{'':<26}{'CPU ms':>8}{'beyond bare':>13}{'ratio':>8}")
    for name, times in taken.items():
        ms = statistics.median(times[1:])
        print(f"{name:<26}{ms:>8.0f}{ms - bare_ms:>13.0f}{ms / bare_ms:>8.1f}")
    print(f"{DAEMON}: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in most.items()))


if __name__ == "__main__":
    main()
