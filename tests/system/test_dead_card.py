"""A card that fails reads, too, ends neither the watch nor an alert."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.dead_card import DeadCard, missing

pytestmark = pytest.mark.system


@pytest.fixture
def card(tmp_path: Path) -> DeadCard:
    if (reason := missing()) is not None:
        pytest.skip(reason)
    return DeadCard(tmp_path, tmp_path / "box" / "state")


def run(card: DeadCard, folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60,
        env=os.environ | card.environment, cwd=folder,
    )  # fmt: skip


@pytest.mark.parametrize(
    "attempt",
    [
        "open(f'{card}/a').read()",
        "open(f'{card}/a', 'w')",
        "held.read()",
        "os.stat(f'{card}/a')",
        "os.listdir(card)",
        "os.statvfs(card)",
        "os.rename(f'{card}/a', f'{card}/b')",
        "os.unlink(f'{card}/a')",
        "db.execute('SELECT * FROM t').fetchall()",
        "db.execute('INSERT INTO t VALUES (2)')",
    ],
)
def test_every_call_on_a_dead_card_fails_and_none_on_another(
    card: DeadCard, tmp_path: Path, attempt: str
) -> None:
    (tmp_path / "box" / "state").mkdir(parents=True)
    code = (
        "import os, pathlib, sqlite3\n"
        f"card, flag = {card.environment['DEAD_CARD']!r}, {card.environment['DEAD_CARD_FLAG']!r}\n"
        "open(f'{card}/a', 'w').write('x' * 9); held = open(f'{card}/a', buffering=1)\n"
        "db = sqlite3.connect(f'{card}/d'); db.execute('CREATE TABLE t (a)'); db.commit()\n"
        "open(flag, 'w').close()\n"
        "open('elsewhere', 'w').write('still works'); open('elsewhere').read()\n"
        "try:\n"
        f"    {attempt}\n"
        "except (OSError, sqlite3.DatabaseError) as error:\n"  # SQLite calls it "malformed"
        "    print('refused', error)\n"
        "os.remove(flag)\n"
        f"{'' if 'rename' in attempt or 'unlink' in attempt else attempt}\n"
    )
    done = run(card, tmp_path, code)
    assert "refused" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0, done.stderr
