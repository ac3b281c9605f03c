"""No value in the journal stops a start: what is in a column is used, or kept aside and told."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from monitor.commands import SendTestAlert
from monitor.config import MqttConfig
from monitor.core.state import PARTS
from monitor.daemon.looking import Looking
from monitor.daemon.outputs import Outputs
from monitor.daemon.recorder import Recorder
from monitor.daemon.run_start import read_run_start
from monitor.daemon.shedding import Shedding
from monitor.events import (
    CallHeard,
    Candidate,
    CryEnded,
    Feed,
    HostReport,
    Note,
    RosterChanged,
    Tick,
    Unassigned,
    WeighIn,
)
from monitor.host.boot_clock import BootClock
from monitor.mqtt.bridge import Bridge
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.store.batch import Batch
from monitor.store.checked_rows import tables
from monitor.store.failover import open_journal
from monitor.store.journal import Journal
from monitor.store.outbox_message import OutboxMessage
from monitor.store.push_rows import PushRow
from monitor.store.schema import migrate
from monitor.timeshift import TimeShift
from tests.asking import asked
from tests.daemon.test_recorder import CONFIG, START_S
from tests.store.rows import rows

POISONS = (
    None, float("inf"), float("-inf"), 1e300, -1e300, -1.0, 0, 2**62, 2**63 - 1, "", "garbage",
    "nan", "cut\0off", b"", b"\xff\x00garbage", b"{}", b"[]", b"null", b'{"id": 1}', b"1e999",
    b"nan", b"\xff" * 70_000,
)  # fmt: skip
NEVER = {
    "REAL": (float("inf"), 1e300, -1e300, "garbage", b"\xff\x00garbage"),
    "INTEGER": (float("inf"), 1e300, 2**62, "garbage", b"\xff\x00garbage"),
    "TEXT": (b"\xff\x00garbage", b"{}", "cut\0off"),
    "BLOB": ("garbage", 0),
}
"""what a column of this type can never mean"""


def filled(path: Path) -> None:
    """A journal with something in every table, written by the monitor itself."""
    journal = Journal.open(path)
    babies = [
        SimBaby(name="Kangaroo", species="kitten", weight_g=181.0, born="2026-05-01"),
        SimBaby(name="Possum", species="puppy", weight_g=119.0),
    ]
    roster = [RosterChanged(t_s=START_S, baby=baby.as_baby()) for baby in babies]
    journal.write(Batch(events=roster))
    recorder, outputs = started(journal, START_S)
    box = SimulatedBox(5, START_S, babies)
    box.feed(START_S + 60, "Possum", 5.0, 60.0)
    for block in box.blocks(START_S, START_S + 200):
        recorder.handle(block)
        recorder.handle(Tick(block.t_s))
    recorder.handle(asked(START_S + 200, "test_alert"))
    weighed = WeighIn(
        t_s=START_S + 5, baby="Possum", move="lift", weight_g=119.0, sigma_g=0.4, confidence=0.9,
        step_id="w",
    )  # fmt: skip
    unnamed = Unassigned(
        t_s=START_S, move="lift", weight_g=119.0, sigma_g=1.0, candidates=[Candidate("Possum", 1)],
        step_id="u",
    )  # fmt: skip
    cried = CryEnded(t_s=START_S + 9, started_s=START_S, species="kitten", score=0.9)
    called = CallHeard(t_s=START_S + 20, species="kitten", score=0.95)
    fed = Feed(t_s=START_S, baby="Possum", net_g=5.0, sigma_g=0.6, out_s=60.0, step_id="f")
    noted = Note(t_s=START_S, step_id="n", baby="Possum", kind="medicine", value=0.1, text="x")
    again = msgspec.structs.replace(weighed, weight_g=120.0)
    journal.write(Batch(events=[weighed, again, unnamed, cried, called, fed, noted]))
    journal.inbox.submit(SendTestAlert())
    journal.save_state(
        clock=msgspec.json.encode(BootClock(boot_id="b", offset_s=0.0, began_s=1.0, known=True)),
        lost=msgspec.json.encode({"at": START_S, "file": "old.sqlite", "saved": {"babies": 1}}),
    )
    recorder.save(START_S + 200)
    outputs.close()
    alert = recorder.pipeline.policy.open[0]
    push = PushRow(alert=alert, to=["urls"], t_s=START_S, expires_s=START_S + 9e5, id=7)
    journal.write(Batch(pushes=[push]))
    journal.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO carried VALUES (1, x'80', 1)")
        for table in tables(db):
            if not db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:  # noqa: S608
                some_row(db, table)
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0], table  # noqa: S608


def some_row(db: sqlite3.Connection, table: str) -> None:
    """For a table that this test does not know yet: something of each column's type."""
    values = {"TEXT": "x", "REAL": START_S, "INTEGER": 1, "BLOB": b"{}"}
    row = [values[column[2]] for column in db.execute(f"PRAGMA table_info({table})")]
    db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608


def started(
    journal: Journal, start_s: float = START_S + 300, log: list[str] | None = None
) -> tuple[Recorder, Outputs]:
    config = msgspec.structs.replace(CONFIG, mqtt=MqttConfig(host="127.0.0.1", port=1, tls=False))
    logged = [] if log is None else log
    recorder = Recorder(config, journal, start_s=start_s, log=logged.append)
    bridge = Bridge(config, journal, recorder, log=logged.append)
    outputs = Outputs(config, journal, recorder, Shedding(), bridge, dict, Looking(), lambda: None)
    return recorder, outputs


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "j.sqlite"
    filled(path)
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a folder: hundreds of starts need no real card."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(shutil.copy(whole, Path(folder) / "j.sqlite"))


def live(path: Path) -> tuple[Recorder, list[str], Journal]:
    """Start on this journal, as the daemon does, and go through a few turns."""
    log: list[str] = []
    journal = open_journal(path, log.append)
    read_run_start(journal, synced=True)
    read_run_start(journal, synced=False)
    recorder, outputs = started(journal, log=log)
    try:
        for second in range(1, 4):
            now_s = START_S + 300 + second
            recorder.handle(HostReport(now_s))
            outputs.handle_events(recorder.handle(Tick(now_s)))
            for command in journal.inbox.submitted(now_s):
                outputs.handle_events(recorder.handle(command))
            outputs.tick()
            outputs.pump()
        outputs.handle_events(recorder.handle(asked(START_S + 310, "test_alert")))
        recorder.save(START_S + 311)
    finally:
        outputs.close()
    journal.outbox.everything()
    journal.pushes.waiting()
    return recorder, log, journal


def columns() -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Every column of the schema: table, name, type, the table's primary key."""
    with closing(sqlite3.connect(":memory:")) as empty:
        migrate(empty)
        found = []
        for table in tables(empty):
            info = empty.execute(f"PRAGMA table_info({table})").fetchall()
            key = tuple(row[1] for row in info if row[5])
            found += [(table, row[1], row[2], key) for row in info if table != "state"]
    return found


def poison(path: Path, table: str, column: str, key: tuple[str, ...]) -> list[object]:
    """Add a copy of a sound row for each poison; returns the poisons that SQLite took."""
    taken = []
    with closing(sqlite3.connect(path)) as db, db:
        db.row_factory = sqlite3.Row
        row = dict(db.execute(f"SELECT * FROM {table}").fetchone())  # noqa: S608
        for number, value in enumerate(POISONS, 1):
            copy = dict(row)
            for name in key:
                old = copy[name]
                copy[name] = f"{old}{number}" if isinstance(old, str) else old + 1000 * number
            copy[column] = value
            marks = ", ".join("?" * len(copy))
            try:
                db.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(copy.values()))  # noqa: S608
                taken.append(value)
            except (sqlite3.Error, OverflowError):
                continue
    return taken


@pytest.mark.parametrize(("table", "column", "kind", "key"), columns())
def test_no_value_of_any_column_stops_the_start(
    path: Path, table: str, column: str, kind: str, key: tuple[str, ...]
) -> None:
    taken = poison(path, table, column, key)
    recorder, log, journal = live(path)
    assert [baby.name for baby in journal.babies()][:2] == ["Kangaroo", "Possum"]
    impossible = [value for value in taken if value in NEVER[kind] and value is not None]
    any_will_do = (table, column) == ("rejected", "id")
    if journal.set_aside is None and impossible and not any_will_do:
        kept = rows(path, "SELECT * FROM rejected WHERE table_name = ?", (table,))
        assert len(kept) >= len(impossible)
        assert recorder.report.rejected[table] >= len(impossible)
        assert any(f"unusable rows of {table} were set aside" in line for line in log)
        told = {alert.title for alert in recorder.pipeline.policy.open}
        assert "Stored values were damaged" in told
    journal.close()


def keys() -> list[str]:
    return [
        *(f"core_{part}" for part in PARTS),
        "clock", "pipeline", "pipeline_light", "pipeline_at", "identity", "discovery_mode",
        "discovery_box", "lost", "generation", "opened_at", "pushed", "handover",
        "entities", "machine", "found", "looked",
    ]  # fmt: skip


def test_the_list_of_keys_is_complete(whole: Path) -> None:
    with closing(sqlite3.connect(whole)) as db:
        assert {row[0] for row in db.execute("SELECT key FROM state")} <= set(keys())


@pytest.mark.parametrize(
    "value", [float("inf"), 2**62, "", "nan", b"", b"\xff\x00", b"null", b"[]", b"1e999"], ids=repr
)
@pytest.mark.parametrize("key", keys())
def test_no_value_of_any_key_stops_the_start(path: Path, key: str, value: object) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))
    recorder, _, journal = live(path)
    if not isinstance(value, bytes) and key != "opened_at":  # which the start itself writes
        assert recorder.report.rejected == {"state": 1}
    if value in (b"", b"\xff\x00") and key in (
        *(f"core_{part}" for part in PARTS),
        "clock",
        "pipeline",
        "pipeline_light",
        "pipeline_at",
    ):
        told = {alert.title for alert in recorder.pipeline.policy.open}
        assert "Stored values were damaged" in told, "in this run already, not after the next start"
    assert [baby.name for baby in journal.babies()] == ["Kangaroo", "Possum"]
    journal.close()


def test_what_is_null_and_must_not_be_costs_its_own_row(path: Path) -> None:
    """SQLite refuses it; a torn page does not ask."""
    with closing(sqlite3.connect(path)) as db:
        schema = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')")
        db.commit()
    for table, column, _, key in columns():
        if column not in key:
            with closing(sqlite3.connect(path)) as db, db:
                db.row_factory = sqlite3.Row
                row = dict(db.execute(f"SELECT * FROM {table}").fetchone())  # noqa: S608
                for name in key:
                    old = row[name]
                    row[name] = f"{old}{column}" if isinstance(old, str) else old + len(column)
                row[column] = None
                marks = ", ".join("?" * len(row))
                insert = f"INSERT OR IGNORE INTO {table} VALUES ({marks})"  # noqa: S608
                db.execute(insert, tuple(row.values()))
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = ON")
        for name, sql in schema:
            db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (sql, name))
        db.commit()
    recorder, _, journal = live(path)
    assert [baby.name for baby in journal.babies()] == ["Kangaroo", "Possum"]
    told = {alert.title for alert in recorder.pipeline.policy.open}
    assert told & {"Journal was damaged", "Stored values were damaged"}
    journal.close()


def test_a_message_with_a_time_that_is_none_survives_a_set_clock(path: Path) -> None:
    journal = Journal.open(path)
    body = b'{"event":"alert","at":"no time","since":7}'
    journal.write(
        Batch(messages=[OutboxMessage(topic="a", payload=body, expires_s=START_S + 9, t_s=START_S)])
    )
    journal.write(Batch(shifts=[TimeShift(by_s=60.0)]))
    assert body in [row.payload for row in journal.outbox.everything()]
    journal.close()
