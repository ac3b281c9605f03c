"""One soak: the real loop, journal and publisher, a phone, a month that is played to them."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from monitor.config import Config, MicrophoneConfig, MqttConfig, ScaleConfig
from monitor.core.cry.detector import CryModel
from monitor.daemon.loop import Loop
from monitor.data.shipped import cry_model_bytes
from monitor.events import Alert, AnyEvent, CryEnded, RosterChanged
from monitor.mqtt.bridge import Bridge
from monitor.simulation.cell import GOOD_CELL
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.reading import MinuteRow
from monitor.times import DAY_S, HOUR_S, parse_rfc3339
from tests.spared_detector import SparedDetector
from tests.store.soundness import damage
from tests.system.mosquitto import Mosquitto
from tests.system.soak.found import Found, Sample, line
from tests.system.soak.month import Month
from tests.system.soak.phone import SoakPhone

START_S = parse_rfc3339("2026-03-02T00:00:00Z")
BOX = "soak"
OUTAGES = ((3, 9.0, 4.0), (10, 2.0, 8.0), (17, 20.0, 1.5), (24, 6.0, 12.0))
"""(day, hour, hours long): the broker is killed"""


def soak(
    hours: float, sample_h: float, *, seed: int, state_dir: Path, device: str | None,
    out: TextIO | None = None,
) -> Found:  # fmt: skip
    """Live through ``hours``; prints a line per sample to ``out``."""
    with tempfile.TemporaryDirectory(prefix="nursery-soak-") as scratch:
        broker = Mosquitto(Path(scratch) / "mosquitto").start()
        try:
            run = _Soak(hours, sample_h, seed, state_dir, device, broker)
            run.out = out
            return run.run()
        finally:
            broker.stop(signal.SIGKILL)


class _Soak:
    def __init__(
        self, hours: float, sample_h: float, seed: int, state_dir: Path, device: str | None,
        broker: Mosquitto,
    ) -> None:  # fmt: skip
        self._hours, self._sample_h = hours, sample_h
        self._device, self._broker = device, broker
        self.out: TextIO | None = None
        self._config = Config(
            box=BOX,
            state_dir=str(state_dir),
            microphone=MicrophoneConfig(source="simulated"),
            scale=ScaleConfig(
                source="simulated",
                counts_per_gram=GOOD_CELL.counts_per_gram,
                zero_counts=GOOD_CELL.zero_counts,
            ),
            mqtt=MqttConfig(host="127.0.0.1", port=broker.port, tls=False, keepalive_s=5),
        )
        self._journal = Journal.open(self._config.journal_path)
        self._month = Month(self._config, START_S, hours=hours, sample_h=sample_h, seed=seed)
        _fill(self._journal, self._month)
        self._phone = SoakPhone(broker.port, BOX)
        self._bridge: Bridge
        self._app = Loop(
            self._config, self._journal, [self._month], start_s=START_S, open_bridge=self._opened
        )
        model = CryModel.from_bytes(cry_model_bytes(self._config.microphone.model))
        self._app.recorder.pipeline.detector = SparedDetector(model, self._month.awake)
        self._samples: list[Sample] = []
        self._written_mb = 0.0
        self._stopping = threading.Event()

    def _opened(self, *settings: Any, **more: Any) -> Bridge:
        self._bridge = Bridge(*settings, **more)
        return self._bridge

    def run(self) -> Found:
        self._month.attach(
            ready=lambda: self._app.connected and self._phone.subscribed,
            backlog=lambda: self._app.backlog,
            sampled=self._sample,
            ended=self._app.stop,
        )
        began_s = time.monotonic()
        self._written_mb = self._written()
        weather = threading.Thread(target=self._outages, name="outages", daemon=True)
        weather.start()
        with self._phone:
            self._app.run()
            self._stopping.set()
            weather.join(10.0)
            self._phone.caught_up()
        return self._found(time.monotonic() - began_s)

    def _outages(self) -> None:
        for day, hour, hours in OUTAGES:
            begin_s = day * DAY_S + hour * HOUR_S
            if not self._until(begin_s):
                return
            self._broker.stop(signal.SIGKILL)
            self._until(begin_s + hours * HOUR_S)
            self._broker.start()

    def _until(self, passed_s: float) -> bool:
        """Wait for a moment of the month; False when the soak ended before."""
        while self._month.passed_s < passed_s:
            if self._stopping.wait(0.02):
                return False
        return True

    def _sample(self, hours: float) -> None:
        if self._device is not None:
            os.sync()
        written_mb = self._written()
        sample = Sample(
            hours=hours,
            rss_mb=_rss_mb(),
            threads=threading.active_count(),
            descriptors=_descriptors(),
            journal_mb=_size_mb(self._config.journal_path),
            written_mb=(written_mb - self._written_mb) * 24.0 / self._sample_h,
            alerts=self._phone.alerts,
        )
        self._written_mb = written_mb
        self._samples.append(sample)
        if self.out is not None:
            print(line(sample), file=self.out, flush=True)

    def _written(self) -> float:
        if self._device is None:
            fields = Path("/proc/self/io").read_text().splitlines()
            line = next(line for line in fields if line.startswith("write_bytes:"))
            return int(line.split()[1]) / 1e6
        sectors = Path(f"/sys/block/{self._device}/stat").read_text().split()[6]
        return int(sectors) * 512 / 1e6

    def _found(self, took_s: float) -> Found:
        journal = self._journal
        alerts = [row for row in journal.alerts(START_S) if row["state"] == "raised"]
        found = Found(
            hours=self._hours,
            counted=COUNTED[self._device is not None],
            samples=self._samples,
            raised=len(alerts),
            raised_by_kind=dict(Counter(str(row["kind"]) for row in alerts)),
            delivered=self._phone.raised,
            expired=self._bridge.status().expired,
            acknowledged=self._phone.answered,
            feeds=len(journal.feeds(START_S)),
            cries=len(journal.cries(START_S)),
            took_s=took_s,
            damage=damage(journal.path),
        )
        journal.close()
        return found


COUNTED = {
    False: "write_bytes of /proc/self/io: pages written by this process, without the file "
    "system's own journal",
    True: "sectors written to the block device under an ext4 of its own, so write-ahead log, "
    "fsyncs and the file system's journal are included; what the card does inside is not",
}


def _fill(journal: Journal, month: Month) -> None:
    """Babies, and as much past as retention keeps."""
    journal.write(
        Batch(events=[RosterChanged(t_s=START_S, baby=baby.as_baby()) for baby in month.babies])
    )
    minutes = (START_S - 60.0 * n for n in range(1, 31 * 1440))
    journal.record_minutes(
        [
            MinuteRow(t_s=t_s, cry_s=0.0, activity=0.1, level_db=-58.0,
                      in_box="kangaroo possum quoll wombat")
            for t_s in minutes
        ]
    )  # fmt: skip
    past: list[AnyEvent] = []
    for hour in range(364 * 24):
        t_s = START_S - hour * HOUR_S - 60.0
        past.append(CryEnded(t_s=t_s, started_s=t_s - 40.0, species="kitten", score=0.9))
        if hour % 2 == 0:
            past += [_old_alert(t_s, state) for state in ("raised", "acknowledged", "cleared")]
    journal.write(Batch(events=past))


def _old_alert(t_s: float, state: str) -> Alert:
    return Alert(
        t_s=t_s, id=f"crying-{t_s:.0f}", kind="crying", state=state, severity="warning",  # type: ignore[arg-type]  # three of its states
        baby=None, since=t_s - 60.0, title="Kitten crying", box=BOX,
        message="A kitten has been crying for 3 min: Possum's bottle was due 20 min ago.",
        why="34 s of calls in 180 s, score 0.93, context bottle_due",
    )  # fmt: skip


def _descriptors() -> int:
    """The least of several looks: what is open only while a chart is drawn does not stay."""
    looks = []
    for _ in range(5):
        looks.append(len(list(Path("/proc/self/fd").iterdir())))
        time.sleep(0.05)
    return min(looks)


def _rss_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def _size_mb(path: Path) -> float:
    total = 0
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            total += path.with_name(path.name + ending).stat().st_size
    return total / 1e6
