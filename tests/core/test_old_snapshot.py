"""Snapshots of earlier versions, part by part; ``daemon/test_old_journals.py`` goes on from one."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.activity import ActivityState
from monitor.core.alerts.memory import AlertMemory
from monitor.core.cry.incident import CryingState
from monitor.core.old_snapshot import parts_of
from monitor.core.scale.state import WeigherState
from monitor.errors import InputError

JOURNAL = Path(__file__).parent.parent / "store" / "journals" / "0.1.0-bytes.sqlite"


def row(key: str) -> bytes:
    with closing(sqlite3.connect(f"{JOURNAL.as_uri()}?immutable=1", uri=True)) as journal:
        return bytes(journal.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()[0])


def test_a_whole_one_has_every_part() -> None:
    parts = parts_of(row("pipeline"))
    assert {name: type(part) for name, part in parts.items()} == {
        "scale": WeigherState,
        "alerts": AlertMemory,
        "crying": CryingState,
        "activity": ActivityState,
    }


def test_a_light_one_has_all_but_the_scale_s() -> None:
    assert set(parts_of(row("pipeline_light"))) == {"alerts", "crying", "activity"}


def test_it_holds_what_was_open_and_what_was_cried() -> None:
    parts = parts_of(row("pipeline_light"))
    kinds = sorted(kind for kind, _ in parts["alerts"].lives)
    assert kinds == ["crying", "monitor_blind", "monitor_blind", "who_is_it", "who_is_it"]
    assert parts["crying"].incident is not None
    assert all(end_s > start_s for start_s, end_s in parts["crying"].bouts)


@pytest.mark.parametrize(
    "spoilt",
    [b"", b"garbage", zlib.compress(b"garbage"), zlib.compress(b"\x80"), row("pipeline")[:-20]],
    ids=["empty", "no zlib", "no struct", "nothing in it", "cut off"],
)
def test_one_that_cannot_be_read_is_refused_in_a_sentence(spoilt: bytes) -> None:
    with pytest.raises(InputError, match="the saved state cannot be read"):
        parts_of(spoilt)
