"""The preloaded clock and card do what they say, and nothing else."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.system.fake_host import FakeHost, missing

pytestmark = pytest.mark.system


@pytest.fixture
def host(tmp_path):
    if (reason := missing()) is not None:
        pytest.skip(reason)
    (tmp_path / "card").mkdir()
    return FakeHost(tmp_path, tmp_path / "card")


def run(host: FakeHost, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env=os.environ | host.environment, timeout=60, cwd=host.preload.parent,
    )  # fmt: skip


def test_only_the_wall_clock_is_moved(host):
    code = (
        "import threading, time; print(time.gmtime().tm_year, time.monotonic());"
        "threading.Event().wait(0.01)"
    )
    host.show_1970()
    began_s = time.monotonic()
    year, monotonic_s = run(host, code).stdout.split()
    assert year == "1970"
    assert began_s <= float(monotonic_s) <= time.monotonic()
    host.synchronise()
    host.jump(3 * 366 * 86_400)
    assert int(run(host, code).stdout.split()[0]) == time.gmtime().tm_year + 3


def test_the_card_refuses_and_a_process_dies_in_a_write(host, tmp_path):
    path = tmp_path / "card" / "a.sqlite"
    code = (
        "import sqlite3; db = sqlite3.connect('card/a.sqlite');"
        "db.execute('PRAGMA journal_mode=WAL'); db.execute('CREATE TABLE IF NOT EXISTS t (a)');"
        "db.execute('INSERT INTO t VALUES (zeroblob(30000))'); db.commit()"
    )
    assert run(host, code).returncode == 0
    host.set(card_errno=errno.EROFS)
    assert "OperationalError" in run(host, code).stderr
    host.set(card_errno=0, kill_at=3)
    assert run(host, code).returncode == -9
    assert host.get("kill_at") == 0
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
