"""What capture costs: processor, memory and time to the first reading, on real libraries.

Runs the sources on PortAudio over a private PulseAudio and on lgpio over the preloaded chip, then
the whole daemon on the same, in the environment of the service's unit, and prints each figure
beside what the project promises. The reference for processor time is PortAudio alone: the same
stream with an empty callback. Memory is the sum of what both processes have resident, libraries
that they share counted twice, and beside it the same with every ALSA plug-in of this machine.

    python tests/bench/bench_capture.py [--seconds 20]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.system.fake_gpiochip import FakeChip
from tests.system.sound_server import SoundServer

REPOSITORY = Path(__file__).parents[2]
SLICES = 4
"""the machine has other work: the quietest slice is the one that tells"""

EMPTY_CALLBACK = """
import sounddevice, time
stream = sounddevice.RawInputStream(samplerate=48000, blocksize=4800, channels=1, dtype="int16",
    device="pulse", latency="high", callback=lambda *a: None)
stream.start()
time.sleep(600)
"""
SOURCES = """
import sys, time
from monitor.config import ScaleConfig
from monitor.devices.load_cell import LoadCell
from monitor.devices.microphone import Microphone
from monitor.events import AudioBlock, ScaleBlock
from monitor.host.timeline import Timeline
timeline = Timeline.from_wall_clock()
began, seen = time.monotonic(), set()
def put(item):
    if type(item) not in seen and isinstance(item, AudioBlock | ScaleBlock):
        seen.add(type(item))
        print(type(item).__name__, time.monotonic() - began, flush=True)
sources = []
if "microphone" in sys.argv:
    sources.append(Microphone("pulse", timeline))
if "scale" in sys.argv:
    sources.append(LoadCell(ScaleConfig(source="hx711"), timeline))
for source in sources:
    source.start(put)
time.sleep(600)
"""
CONFIG = """
box = "bench"
state_dir = "{state}"
[microphone]
source = "sounddevice"
device = "pulse"
[scale]
source = "hx711"
counts_per_gram = 412.7
zero_counts = 84213
[mqtt]
port = 9
"""


PANEL = """
[panel]
led_pin = 17
buzzer_pin = 27
button_pin = 22
"""
UNIT = REPOSITORY / "systemd/nursery.service"
PLUGINS = Path("/usr/lib").glob("*/alsa-lib/libasound_module_*_pulse.so")
"""the stand-in for a microphone needs these; one on the board or on USB needs none"""


def service_environment(runtime: Path) -> dict[str, str]:
    """What the unit sets, and where the plug-ins are that this bench cannot do without."""
    plugins = runtime / "alsa"
    plugins.mkdir()
    for library in PLUGINS:
        (plugins / library.name).symlink_to(library)
    words = " ".join(re.findall(r"^Environment=(.*)$", UNIT.read_text(), re.MULTILINE)).split()
    found = dict(word.split("=", 1) for word in words)
    return {name: value for name, value in found.items() if "%t" not in value} | {
        "ALSA_PLUGIN_DIR": str(plugins)
    }


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    threads = [
        child
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [pid, *{p for child in {*children, *threads} for p in family(int(child))}]


def cpu_s(pid: int) -> float:
    total = 0.0
    for member in family(pid):
        for task in Path(f"/proc/{member}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0]) / 1e9
    return total


def memory_mb(pid: int) -> tuple[float, float]:
    """(resident, proportional) megabytes of a process and its children."""
    totals = {"Rss": 0, "Pss": 0}
    for member in family(pid):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in totals:
                totals[name] += int(rest.split()[0])
    return totals["Rss"] * 1024 / 1e6, totals["Pss"] * 1024 / 1e6


def start(words: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    compiled = {name: value for name, value in os.environ.items() if "BYTECODE" not in name}
    return subprocess.Popen(
        [sys.executable, *words], env=compiled | environment, cwd=REPOSITORY, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def one_slice(pid: int, seconds: float) -> float:
    before_s, began_s = cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    return 1000 * (cpu_s(pid) - before_s) / (time.monotonic() - began_s)


def measure(words: list[str], environment: dict[str, str], seconds: float) -> dict[str, float]:
    """Milliseconds of processor per second in the steady state, and memory at its end."""
    process = start(words, environment)
    try:
        time.sleep(6)  # started, settled
        slices = [one_slice(process.pid, seconds / SLICES) for _ in range(SLICES)]
        resident_mb, proportional_mb = memory_mb(process.pid)
        per_s = min(slices)
        return {"cpu_ms": per_s, "resident_mb": resident_mb, "proportional_mb": proportional_mb}
    finally:
        process.kill()
        process.wait()


def first_readings(environment: dict[str, str]) -> dict[str, float]:
    """Seconds from starting Python to the first block of each source."""
    began_s = time.monotonic()
    process = start(["-c", SOURCES, "microphone", "scale"], environment)
    found: dict[str, float] = {}
    assert process.stdout is not None
    for line in process.stdout:
        found[line.split()[0]] = time.monotonic() - began_s
        if len(found) == 2:
            break
    process.kill()
    process.wait()
    return found


def report(name: str, value: float, unit: str, promised: float | None, note: str = "") -> None:
    verdict = "" if promised is None else f"  promised {promised:g}: {value / promised:.2f} of it"
    print(f"{name:46} {value:8.2f} {unit}{verdict}{note}", flush=True)


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="nb") as folder:
        root = Path(folder)
        (root / "pulse").mkdir()
        (root / "chip").mkdir()
        server, chip = SoundServer(root / "pulse"), FakeChip(root / "chip")
        chip.set(code=84_213, noise=60)
        server.start()
        server.play(700.0, 600.0, level=0.02)
        environment = server.environment | chip.environment | service_environment(root)
        try:
            first = first_readings(environment)
            report("first weight after start", first["ScaleBlock"], "s", 3.0)
            report("first sound after start", first["AudioBlock"], "s", None, "  (null sink: 1 s)")
            alone = measure(["-c", EMPTY_CALLBACK], environment, seconds)
            report("PortAudio alone, empty callback (reference)", alone["cpu_ms"], "ms/s", None)
            for names in (["microphone"], ["scale"], ["microphone", "scale"]):
                found = measure(["-c", SOURCES, *names], environment, seconds)
                promised = 10.0 if len(names) == 2 else None
                ratio = f"  ({found['cpu_ms'] / alone['cpu_ms']:.2f} x reference)"
                report(f"capture: {' and '.join(names)}", found["cpu_ms"], "ms/s", promised, ratio)
            config = root / "nursery.toml"
            config.write_text(CONFIG.format(state=root / "state"))
            words = ["-m", "monitor", "run", "--config", str(config)]
            whole = measure(words, environment, seconds)
            report("whole daemon", whole["cpu_ms"], "ms/s", None)
            report("whole daemon, resident memory", whole["resident_mb"], "MB", 80.0)
            report("whole daemon, proportional memory", whole["proportional_mb"], "MB", None)
            with config.open("a") as file:
                file.write(PANEL)
            panel = measure(words, environment, SLICES)
            report("... resident with LED, buzzer, button", panel["resident_mb"], "MB", None)
            del environment["ALSA_PLUGIN_DIR"]
            every = measure(words, environment, SLICES)
            report("... and with every ALSA plug-in", every["resident_mb"], "MB", None)
            print(json.dumps({"daemon": whole, "first": first}))
        finally:
            server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement (20)")
    main(parser.parse_args().seconds)
