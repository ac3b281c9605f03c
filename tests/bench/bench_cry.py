"""What hearing costs: CPU against YAMNet in the same run, listen's speed, memory, delay.

    python tests/bench/bench_cry.py [--yamnet yamnet.tflite] [--rounds 7]

One thread, interleaved rounds, medians. CPU is the process's own time per second of sound. The
reference is YAMNet at its usual hop of 0.48 s on ai-edge-litert; without the file the ratios
are left out.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from monitor.core.cry.detector import CryDetector
from monitor.core.cry.model import CryModel
from monitor.data.shipped import cry_model_bytes
from monitor.events import AUDIO_RATE_HZ, AudioBlock, CryStarted
from monitor.simulation import sounds as synth
from monitor.verbs.listen import listen

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
SECONDS = 60
QUIET_CALLS_PER_HOUR = 6
MEMORY = """
import numpy as np
np.fft.rfft(np.zeros(512, dtype=np.float32)); np.ones((8, 8)) @ np.ones((8, 8))
def resident_kb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
before = resident_kb()
import msgspec
from monitor.core.cry.detector import CryDetector
from monitor.core.cry.model import CryModel
from monitor.events import AudioBlock
from monitor.data.shipped import cry_model_bytes
detector = CryDetector(CryModel.from_bytes(cry_model_bytes(None)))
sweep = np.sin(np.cumsum(np.linspace(0.2, 0.7, 16000))).astype(np.float32) * 0.01
for k in range(600):
    detector.observe(AudioBlock(float(k), sweep))
print((resident_kb() - before) / 1024)
"""


def stirring_sound() -> np.ndarray:
    """Calls without end over a changing room: nothing is ever skipped."""
    rng = np.random.default_rng(0)
    sound = synth.Room(1, noise_db=-50).render(0, SECONDS * AUDIO_RATE_HZ)
    for start in range(0, SECONDS, 5):
        kind: synth.CallKind = ("kitten", "puppy", "human", "bark")[start // 5 % 4]
        part = synth.bout(kind, rng, 5, level_db=-25)
        sound[start * AUDIO_RATE_HZ : (start + 5) * AUDIO_RATE_HZ] += part
    return sound


def quiet_hour() -> np.ndarray:
    """Ten minutes of a quiet room with one call in it: what most of a night is."""
    room = synth.Room(2, noise_db=-60)
    rng = np.random.default_rng(0)
    for k in range(1, 1 + QUIET_CALLS_PER_HOUR // 6):
        room.add(600 * k / 2, synth.at_level(synth.call("kitten", rng), -35))
    return room.render(0, 600 * AUDIO_RATE_HZ)


def detector_run(model: CryModel, sound: np.ndarray) -> Callable[[], None]:
    def run() -> None:
        detector = CryDetector(model)
        for start in range(0, len(sound), AUDIO_RATE_HZ):
            block = sound[start : start + AUDIO_RATE_HZ]
            detector.observe(AudioBlock(start / AUDIO_RATE_HZ, block))
        detector.flush()

    return run


def yamnet_run(path: Path, sound: np.ndarray) -> Callable[[], None]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]

    def run() -> None:
        for start in range(0, len(sound) - 15_600, 7_680):
            interpreter.set_tensor(source, sound[start : start + 15_600])
            interpreter.invoke()
            interpreter.get_tensor(target)

    return run


def listen_run(path: Path) -> Callable[[], None]:
    def run() -> None:
        listen([path], as_json=True, windows=False, plot=None, out=io.StringIO(), err=sys.stderr)

    return run


def delays_s(model: CryModel) -> list[float]:
    """From the end of the third call to the report, over synthetic bouts."""
    found = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        room, at_s, ends = synth.Room(seed, noise_db=-58), 20.0, []
        kind: synth.CallKind = "kitten" if seed % 2 else "puppy"
        for _ in range(8):
            call = synth.at_level(synth.call(kind, rng), -30)
            room.add(at_s, call)
            ends.append(at_s + len(call) / AUDIO_RATE_HZ)
            at_s = ends[-1] + rng.uniform(0.3, 1.5)
        sound, detector = room.render(0, 60 * AUDIO_RATE_HZ), CryDetector(model)
        for start in range(0, len(sound), 1_600):
            heard = detector.observe(AudioBlock(start / 16_000, sound[start : start + 1_600]))
            if any(isinstance(e, CryStarted) for e in heard.bouts):
                found.append((start + 1_600) / 16_000 - ends[2])
                break
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yamnet", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # read when numpy is loaded: start again
        environment = os.environ | dict.fromkeys(ONE_THREAD, "1")
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)  # noqa: S606  # itself
    import soundfile

    model = CryModel.from_bytes(cry_model_bytes(None))
    busy, quiet = stirring_sound(), quiet_hour()
    with tempfile.TemporaryDirectory() as folder:
        long = np.tile(busy, 10)
        soundfile.write(Path(folder, "16.wav"), long, 16_000, subtype="PCM_16")
        faster = np.repeat(long, 3)
        soundfile.write(Path(folder, "48.wav"), faster, 48_000, subtype="PCM_16")
        runs: dict[str, tuple[Callable[[], None], float]] = {
            "detector, always something to hear": (detector_run(model, busy), SECONDS),
            "detector, quiet room": (detector_run(model, quiet), 600),
            "listen, 10 min at 16 kHz": (listen_run(Path(folder, "16.wav")), 600),
            "listen, 10 min at 48 kHz": (listen_run(Path(folder, "48.wav")), 600),
        }
        if given.yamnet:
            reference = yamnet_run(given.yamnet, busy[: 20 * AUDIO_RATE_HZ])
            runs = {"YAMNet, hop 0.48 s": (reference, 20)} | runs
        taken: dict[str, list[float]] = {name: [] for name in runs}
        walls: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(given.rounds):
            for name, (run, seconds) in runs.items():
                wall, cpu = time.perf_counter(), time.process_time()
                run()
                taken[name].append((time.process_time() - cpu) / seconds * 1e3)
                walls[name].append((time.perf_counter() - wall) / seconds)
    base = statistics.median(taken["YAMNet, hop 0.48 s"]) if given.yamnet else None
    print(f"{'':38}{'CPU ms per s':>13}{'of YAMNet':>11}{'x real time (CPU / wall)':>26}")
    for name, values in taken.items():
        ms, wall_s = statistics.median(values), statistics.median(walls[name])
        ratio = f"1/{base / ms:.1f}" if base else ""
        print(f"{name:38}{ms:13.3f}{ratio:>11}{1000 / ms:>15.0f} / {1 / wall_s:.0f}")
    grown = subprocess.run(
        [sys.executable, "-c", MEMORY], check=True, capture_output=True, text=True
    ).stdout
    print(f"resident memory over Python with numpy: {float(grown):.1f} MB")
    late = delays_s(model)
    print(
        f"report after the third call's end: median {np.median(late):+.2f} s, "
        f"latest {max(late):+.2f} s, {len(late)} of 12 bouts"
    )


if __name__ == "__main__":
    main()
