"""A daemon that has too much to do: what it lets go of, that it says so, that it still hears."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from monitor.daemon.shedding import ORDER
from monitor.events import AUDIO_RATE_HZ
from monitor.simulation.sounds import Room, bout
from tests.system.daemon import ROOT, Daemon
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system
BASE = "nursery/test-box"
MINUTES = 10
LIMIT_S = 200.0
"""... for what a busy machine does late. How everything comes back is tested in
``daemon/test_shedding.py``: only an idle machine would ever be calm here."""


def nursery_at_work(folder: Path) -> str:
    """A still box; nothing to hear for 8 s, then a kitten that cries for 4 s in every 9."""
    times = np.arange(0, MINUTES * 60, 0.1)
    noise = np.random.default_rng(1).normal(0, 40, len(times))
    counts = np.round(1000 + 400 * 900 + noise).astype(int)
    lines = "\n".join(f"{t:.1f},{c}" for t, c in zip(times, counts, strict=True))
    (folder / "s.csv").write_text(f"time_s,counts\n{lines}\n")
    rng, room = np.random.default_rng(2), Room(2, noise_db=-60)
    room.add(4.0, bout("kitten", rng, 4.0, level_db=-28.0))
    once = room.render(0, 9 * AUDIO_RATE_HZ)
    quiet = Room(3, noise_db=-60).render(0, 4 * AUDIO_RATE_HZ)
    sound = np.concatenate([quiet, np.tile(once, MINUTES * 60 // 9)])
    soundfile.write(folder / "a.wav", sound, AUDIO_RATE_HZ)
    return (
        f'[scale]\nsource = "csv"\nfile = "{folder}/s.csv"\n'
        "counts_per_gram = 400.0\nzero_counts = 1000\n"
        f'[microphone]\nsource = "wav"\nfile = "{folder}/a.wav"\n[alerts]\ncry_after_s = 2\n'
    )


class Slow(Daemon):
    """The daemon under ``slow_daemon``; ``slow`` is its lever."""

    def start(self) -> Daemon:
        self.flag = self.config.parent / "slow"
        words = [str(self.flag), "run", "--config", str(self.config)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.system.slow_daemon", *words],
                stdout=log, stderr=log, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        return self

    def slow(self, on: bool) -> None:
        if on:
            self.flag.touch()
        else:
            self.flag.unlink(missing_ok=True)


def levels(phone):
    """The levels that ``health`` told, without repetitions."""
    told = [health["load"]["level"] for health in phone.json(f"{BASE}/health")]
    return [level for k, level in enumerate(told) if k == 0 or told[k - 1] != level]


def health(phone):
    return phone.json(f"{BASE}/health")[-1]


def cries(phone):
    return [e for e in phone.json(f"{BASE}/event") if e["event"] in {"cry_started", "cry_ended"}]


def test_telemetry_goes_first_then_charts_then_weights_and_cries_never(tmp_path, broker):
    with Subscriber(broker.port, f"{BASE}/#") as phone:
        daemon = Slow(tmp_path, broker.port, more=nursery_at_work(tmp_path))
        daemon.start()
        try:
            wait_for(lambda: [s for s in phone.json(f"{BASE}/scale") if s["total_g"] is not None])
            wait_for(lambda: phone.json(f"{BASE}/health") and health(phone)["load"])
            daemon.slow(True)
            wait_for(lambda: health(phone)["load"]["level"] == len(ORDER), LIMIT_S)
            assert list(ORDER) in [told["load"]["shed"] for told in phone.json(f"{BASE}/health")]
            before = len(cries(phone))
            wait_for(lambda: "paused" in health(phone)["sources"]["scale"]["why"], LIMIT_S)
            wait_for(lambda: len(cries(phone)) > before, LIMIT_S)  # it begins, or goes on and ends
            wait_for(
                lambda: [a for a in phone.json(f"{BASE}/alert") if a["kind"] == "crying"], LIMIT_S
            )
            assert health(phone)["load"]["level"] > 0
            told = levels(phone)
            assert all(abs(b - a) == 1 for a, b in pairwise(told)), told
            assert max(told) == len(ORDER)
        finally:
            daemon.slow(False)  # it finishes what waits before it ends
            daemon.stop()
        assert "leaves out: telemetry, charts, weights" in daemon.log
        assert "Traceback" not in daemon.log
