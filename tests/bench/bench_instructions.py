"""What a second costs in instructions: a figure that other work on the machine does not move.

    python tests/bench/bench_instructions.py [CASE ...] [--arm64 DIR] [--yamnet yamnet.tflite]

Each case runs twice in a process of its own, for a few seconds and for more; the difference is
divided by the seconds between. On x86-64 valgrind counts (``apt-get install valgrind``; its
processor has AVX2). ``--arm64`` counts for a Cortex-A53, the core of a Zero 2 W, with qemu's
plugin interface: DIR is what ``tools/test-arm64 DIR`` has made, ``qemu-user`` and ``gcc`` must be
there. ``--yamnet`` counts YAMNet first, at its usual hop on ai-edge-litert (under ``DIR/site`` for
ARM), and prints what part of it each case is. Counts repeat within a thousandth; ``BUDGETS`` holds
them for CI (tests/system/test_instructions.py).
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

CASES: dict[str, tuple[int, int]] = {
    "hearing, always something": (10, 40),
    "hearing, quiet room": (40, 160),
    "weighing, at rest": (60, 360),
    "daemon, idle": (20, 80),
}
"""name: seconds of the short and of the long run"""
YAMNET = "YAMNet, hop 0.48 s"
YAMNET_SECONDS = (4, 12)
BUDGETS = {
    "hearing, always something": 3.45,
    "hearing, quiet room": 1.65,
    "weighing, at rest": 0.194,
    "daemon, idle": 3.88,
}
"""million instructions a second on x86-64 when last measured; a change of 3 % must be meant"""

# The same kernels on every machine, the same order of sets, one thread, no bytecode written.
STEADY = {
    "OPENBLAS_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONWARNINGS": "ignore",
}
VALGRIND = (
    "valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
)  # fmt: skip
START_S = 1_700_000_000.0


def hearing(seconds: int, *, quiet: bool) -> Callable[[], None]:
    """The detector on blocks of one second."""
    from monitor.core.cry.model import CryModel
    from monitor.data.shipped import cry_model_bytes
    from monitor.events import AUDIO_RATE_HZ
    from monitor.simulation.sounds import Room
    from tests.bench.bench_cry import detector_run, stirring_sound

    count = seconds * AUDIO_RATE_HZ
    sound = Room(2).render(0, count) if quiet else stirring_sound()[:count]
    return detector_run(CryModel.from_bytes(cry_model_bytes(None)), sound)


def weighing(seconds: int) -> Callable[[], None]:
    """The scale path on blocks of one second with a tick each; two babies sleep."""
    from monitor.events import Tick
    from tests.bench.bench_scale import new_path
    from tests.demo_box import demo_box

    box = demo_box(1, START_S, 0.2)
    path, blocks = new_path(box), list(box.blocks(START_S, START_S + seconds, 1.0))

    def run() -> None:
        for block in blocks:
            path.observe(block)
            path.observe(Tick(block.t_s))
            path.conditions(block.t_s)

    return run


def idle(seconds: int) -> Callable[[], None]:
    """The daemon's own loop in a still box and a quiet room, its broker out of reach.

    The sources' threads, reading from ALSA and GPIO, and waiting are not in it.
    """
    from tests.bench.idle_daemon import IdleDaemon

    return IdleDaemon(START_S, seconds).run


def work(case: str, seconds: int, yamnet: Path | None) -> Callable[[], None]:
    """What a case does; everything it needs is made before."""
    if yamnet is not None:
        from monitor.events import AUDIO_RATE_HZ
        from tests.bench.bench_cry import stirring_sound, yamnet_run

        return yamnet_run(yamnet, stirring_sound()[: seconds * AUDIO_RATE_HZ])
    if case.startswith("hearing"):
        return hearing(seconds, quiet="quiet" in case)
    return weighing(seconds) if case.startswith("weighing") else idle(seconds)


def counted(case: str, seconds: int, arm64: Path | None, yamnet: Path | None = None) -> int:
    """Instructions of a whole process that does a case, or YAMNet, for so long."""
    words = [str(Path(__file__).resolve()), "--work", case, "--seconds", str(seconds)]
    words += ["--yamnet", str(yamnet.resolve())] if yamnet else []
    if arm64 is None:
        done = _run([*VALGRIND, sys.executable, *words], os.environ | STEADY)
        found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    else:
        done = _run(_emulated(arm64, words), dict(os.environ))
        found = re.search(r"instructions: (\d+)", done.stderr)
    if done.returncode or not found:
        raise SystemExit(f"{case}: {done.stderr[-600:]}")
    return int(found[1].replace(",", ""))


def _run(words: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=environment, check=False, capture_output=True, text=True)


def _emulated(root: Path, words: Sequence[str]) -> list[str]:
    """The same as a 64-bit ARM program; see ``tools/test-arm64``."""
    plugin = root / "count_arm64.so"
    source = Path(__file__).with_name("count_arm64.c")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", plugin, source], check=True)
    settings = STEADY | {
        "LD_LIBRARY_PATH": f"{root}/root/usr/lib/aarch64-linux-gnu",
        "PYTHONHOME": f"{root}/root/usr",
        "PYTHONPATH": f"{ROOT}:{root}/site",
        "OPENBLAS_CORETYPE": "CORTEXA53",
    }
    qemu = [os.environ.get("QEMU_AARCH64", "qemu-aarch64"), "-cpu", "cortex-a53"]
    qemu += ["-plugin", str(plugin), "-d", "plugin", "-L", f"{root}/root"]
    qemu += [part for k, v in settings.items() for part in ("-E", f"{k}={v}")]
    return [*qemu, f"{root}/root/usr/bin/python3.11", *words]


def per_second(case: str, arm64: Path | None = None, yamnet: Path | None = None) -> float:
    """Million instructions a second of a case, what starting takes left out."""
    short, long = YAMNET_SECONDS if yamnet else CASES[case]
    less, more = (counted(case, seconds, arm64, yamnet) for seconds in (short, long))
    return (more - less) / (long - short) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--arm64", type=Path, help="made by tools/test-arm64")
    parser.add_argument("--yamnet", type=Path, help="yamnet.tflite, to compare with")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        run = work(given.work, given.seconds, given.yamnet)
        random.seed(0)  # the waits between attempts to reach the broker
        run()
        return
    if given.arm64 is None and not shutil.which("valgrind"):
        raise SystemExit('valgrind is missing: run "sudo apt-get install valgrind" and try again')
    machine = "Cortex-A53" if given.arm64 else "x86-64"
    print(f"{machine:<32}{'million instructions a second':>30}")
    reference = None
    if given.yamnet:
        reference = per_second(YAMNET, given.arm64, given.yamnet)
        print(f"{YAMNET:<32}{reference:>30.3f}", flush=True)
    for case in given.cases or CASES:
        count = per_second(case, given.arm64)
        part = f"  1/{reference / count:.1f} of YAMNet" if reference else ""
        print(f"{case:<32}{count:>30.3f}{part}", flush=True)


if __name__ == "__main__":
    main()
