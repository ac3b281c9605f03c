"""A card that fails reads, too, ends neither the watch nor an alert."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import MQTTMessage

from monitor.store.reading import JournalReader
from tests.system.daemon import Daemon
from tests.system.dead_card import DeadCard, missing
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber, wait_for
from tests.system.test_daemon import quiet_box

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
    again = f"db = sqlite3.connect(f'{{card}}/d'); {attempt}"
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
        f"{'' if 'rename' in attempt or 'unlink' in attempt else again}\n"
    )
    done = run(card, tmp_path, code)
    assert "refused" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------ the daemon on such a card

BASE = "nursery/test-box"


@pytest.fixture
def start(tmp_path: Path, broker: Mosquitto, card: DeadCard) -> Iterator[Callable[[], Daemon]]:
    running: list[Daemon] = []
    (tmp_path / "run").mkdir()

    def begin() -> Daemon:
        environment = card.environment | {"RUNTIME_DIRECTORY": str(tmp_path / "run")}
        scale = quiet_box(tmp_path / "s.csv", 900.0)
        daemon = Daemon(tmp_path / "box", broker.port, more=scale, environment=environment)
        running.append(daemon)
        return daemon.start()

    yield begin
    for daemon in running:
        daemon.stop(signal.SIGKILL)


def told(phone: Subscriber, title: str, state: str = "raised") -> list[object]:
    return [a for a in phone.json(f"{BASE}/alert") if a["title"] == title and a["state"] == state]


def announcements(phone: Subscriber) -> list[MQTTMessage]:
    """The discovery documents."""
    return [m for m in list(phone.messages) if m.topic.startswith("homeassistant/device")]


def ring(phone: Subscriber) -> None:
    """Something new that must reach the phone."""
    before = len(phone.json(f"{BASE}/alert"))
    phone.send(f"{BASE}/cmd/test_alert", {})
    wait_for(lambda: len(phone.json(f"{BASE}/alert")) > before)


def test_a_card_that_dies_in_mid_run_keeps_no_alert_and_gets_everything_back(
    broker: Mosquitto, card: DeadCard, start: Callable[[], Daemon]
) -> None:
    with Subscriber(broker.port, "nursery/#") as phone:
        daemon = start()
        wait_for(lambda: phone.last(f"{BASE}/status") == b"online")
        assert daemon.nursery("baby", "add", "Possum", "--species", "puppy").returncode == 0
        card.die()
        ring(phone)
        wait_for(lambda: told(phone, "Journal cannot be written"))
        phone.send(f"{BASE}/cmd/weigh", {"baby": "Possum", "grams": 114, "request_id": "dead"})
        said = {"ok": True, "request_id": "dead", "understood": "114 g"}
        wait_for(lambda: said in phone.json(f"{BASE}/cmd/weigh/result"))
        daemon.stop(signal.SIGKILL)
        daemon.start()  # the copy in memory still knows who is here
        wait_for(lambda: daemon.log.count("running on a copy") == 1)
        ring(phone)
        card.revive()
        wait_for(lambda: "the journal is written on the card again" in daemon.log)
        assert daemon.stop() == 0
    assert "Traceback" not in daemon.log
    journal = JournalReader.open_for_reading(daemon.state_dir / "journal.sqlite")
    assert [baby.name for baby in journal.babies()] == ["Possum"]
    assert [weighing.weight_g for weighing in journal.weighings()] == [114.0]
    assert {row["kind"] for row in journal.alerts()} >= {"test", "monitor_blind"}
    journal.close()


def test_a_card_that_is_dead_at_the_start_is_watched_without_and_taken_up_later(
    broker: Mosquitto, card: DeadCard, start: Callable[[], Daemon]
) -> None:
    with Subscriber(broker.port, "#") as phone:
        daemon = start()
        wait_for(lambda: phone.last(f"{BASE}/status") == b"online")
        assert daemon.nursery("baby", "add", "Possum", "--species", "puppy").returncode == 0
        wait_for(lambda: any(b"Possum" in m.payload for m in announcements(phone)))
        documents = {m.topic for m in announcements(phone)}
        assert daemon.stop() == 0
        card.die()
        daemon.start()
        (lost,) = wait_for(lambda: told(phone, "Watching without the list of babies"))
        assert lost["severity"] == "critical"
        ring(phone)
        wait_for(lambda: phone.json(f"{BASE}/health")[-1]["roster_known"] is False)
        phone.messages.clear()
        card.revive()
        wait_for(lambda: phone.json(f"{BASE}/baby/possum"))
        assert daemon.stop() == 0
        phone.caught_up()
        after = {m.topic for m in announcements(phone)}
        assert after <= documents  # no entity twice, under another identity
    assert "Traceback" not in daemon.log
    journal = JournalReader.open_for_reading(daemon.state_dir / "journal.sqlite")
    assert [baby.name for baby in journal.babies()] == ["Possum"]
    assert "Watching without the list of babies" in {row["title"] for row in journal.alerts()}
    journal.close()
