"""A night of three babies, and the journal that a box kept of it.

Run in a checkout of the version whose journals shall be opened for ever (0.1.0-bytes.sqlite: the
last whose snapshots hold each part of the core as bytes of its own, 28 November 2026):

    PYTHONPATH=. python tests/store/journals/make.py tests/store/journals/VERSION.sqlite

Ash and Fern weigh the same, so who had which bottle is a question; Possum had hers and is out at
the end. A kitten cries; the heat is snoozed, the full disk acknowledged. Then the power is cut: the
last snapshot of the scale is twenty minutes old, that of the alerts one and a half.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from monitor.config import AlertsConfig, Config, MicrophoneConfig, NightConfig, ScaleConfig
from monitor.daemon.recorder import Recorder
from monitor.events import AUDIO_RATE_HZ, AudioBlock, HostReport, Observation, Tick
from monitor.host.boot_clock import locate_run
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.sounds import Room, bout
from monitor.store.journal import Journal
from tests.asking import asked

START_S = 1_778_266_800.0
SECONDS = 7200
END_S = START_S + SECONDS
BABIES = [
    SimBaby(name="Ash", species="kitten", weight_g=200.0, born="2026-04-22"),
    SimBaby(name="Fern", species="kitten", weight_g=200.6, born="2026-04-22"),
    SimBaby(name="Possum", species="puppy", weight_g=119.0),
]
CELL = SimulatedBox(5, START_S, BABIES).cell
CONFIG = Config(
    box="test",
    microphone=MicrophoneConfig(source="simulated"),
    scale=ScaleConfig(
        source="simulated",
        counts_per_gram=CELL.counts_per_gram,
        zero_counts=CELL.zero_counts,
    ),
    alerts=AlertsConfig(cry_after_s=5.0, night=NightConfig(from_="00:00", to="00:00")),
)


def night() -> Iterator[Observation]:
    """All that the box sees and is told, but for what depends on its answers."""
    box = SimulatedBox(5, START_S, BABIES)
    box.feed(START_S + 600.0, "Ash", 8.0, 300.0)
    box.thing(START_S + 1200.0, 412.0)
    box.feed(START_S + 1500.0, "Fern", 8.0, 300.0)
    box.feed(START_S + 3000.0, "Possum", 5.0, 300.0)
    box.box_off(START_S + 3900.0)
    box.box_on(START_S + 4000.0)
    box.lift(START_S + 6000.0, "Possum")
    room = Room(3, noise_db=-58.0)
    for begin_s in (5000.0, 7100.0):
        calls = bout("kitten", np.random.default_rng(3), 90.0, level_db=-30.0)
        room.add(begin_s, calls)
    scale = box.blocks(START_S, END_S)
    for second in range(SECONDS):
        now_s = START_S + second
        yield AudioBlock(now_s, room.render(second * AUDIO_RATE_HZ, AUDIO_RATE_HZ))
        if (block := next(scale, None)) is not None:
            yield block
        if second % 60 == 5:
            sick = second >= 6600
            yield HostReport(
                now_s,
                temperature_c=82.0 if sick else 50.0,
                disk_free_bytes=5_000_000 if sick else 9_000_000_000,
                under_voltage=False,
            )
        yield Tick(now_s + 1.0)


def live(recorder: Recorder) -> None:
    """Go through the night, with somebody who answers alerts; nothing is saved at its end."""
    described = [
        {"name": baby.name, "species": baby.species, "weight_g": baby.weight_g}
        | ({} if baby.born is None else {"born": baby.born})
        for baby in BABIES
    ]
    for number, args in enumerate(described):
        recorder.handle(asked(START_S + 0.1 * number, "baby_add", args))
    answered: set[str] = set()
    for observation in night():
        recorder.handle(observation)
        for alert in list(recorder.pipeline.policy.open):
            if alert.id in answered or ("Disk" not in alert.title and "hot" not in alert.title):
                continue
            answered.add(alert.id)
            verb, args = "acknowledge", {"id": alert.id}
            if "hot" in alert.title:
                verb, args = "snooze", {"id": alert.id, "minutes": 720}
            recorder.handle(asked(observation.t_s, verb, args))


def write(path: Path) -> Recorder:
    """Live through the night in a journal at ``path``; one file, with nothing beside it."""
    with TemporaryDirectory() as folder:
        journal = Journal.open(Path(folder) / "journal.sqlite")
        run = locate_run(
            None, boot_id="of-then", boot_s=20.0, unix_s=START_S, synced=True, last_s=0.0
        )
        recorder = Recorder(CONFIG, journal, run_start=run)
        live(recorder)
        journal.close()
        with closing(sqlite3.connect(journal.path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("PRAGMA journal_mode = DELETE")
            db.execute("VACUUM")
        path.write_bytes(journal.path.read_bytes())
    return recorder


if __name__ == "__main__":
    recorder = write(Path(sys.argv[1]))
    print(Path(sys.argv[1]).stat().st_size, "bytes")
    for alert in recorder.pipeline.open_alerts:
        print(alert)
