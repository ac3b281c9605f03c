"""A baby moves from box to box with its record: real boxes, a real broker, a real page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from monitor.config_file import load_config
from monitor.store.reading import JournalReader
from monitor.times import rfc3339
from monitor.verbs.local import submit_all
from monitor.written.requests import request
from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import PageProcess, Phone
from tests.system.subscriber import wait_for
from tests.system.test_daemon import quiet_box

pytestmark = pytest.mark.system

BEGAN_S = 1_790_000_000.0


def box(directory: Path, broker: Mosquitto, name: str) -> Daemon:
    directory.mkdir(parents=True)
    daemon = Daemon(directory, broker.port, box=name, more=quiet_box(directory / "s.csv", 900.0))
    daemon.config.write_text("trust_clock = true\n" + daemon.config.read_text())
    return daemon


def registered(daemon: Daemon, name: str, weighings: int) -> None:
    """A baby with so many weighings, a bottle and a note, before its box is started."""
    config = load_config(daemon.config)
    asked = [
        ("baby_add", {"name": name, "species": "kitten", "weight_g": 95.0}),
        ("feed", {"baby": name, "grams": 8.0, "how": "tube"}),
        ("note", {"baby": name, "kind": "stool", "value": "soft", "text": "a little yellow"}),
    ]
    for i in range(weighings):
        told = {"baby": name, "grams": 100 + i * 0.25, "at": rfc3339(BEGAN_S + i * 3600)}
        asked.append(("weigh", told | {"confirm": True}))
    refused = submit_all(config, [request(verb, args) for verb, args in asked])
    assert not any(refused), refused


def record(daemon: Daemon, name: str) -> dict[str, Any]:
    """What the journal of a box knows of a baby."""
    journal = JournalReader.open_for_reading(daemon.state_dir / "journal.sqlite")
    try:
        return {
            "babies": [b for b in journal.babies(retired=True) if b.name == name],
            "weighings": [(w.t_s, w.weight_g, w.origin) for w in journal.weighings(baby=name)],
            "ids": [w.step_id for w in journal.weighings(baby=name)],
            "feeds": [(f.net_g, f.how) for f in journal.feeds(baby=name)],
            "notes": [(n.kind, n.value, n.text) for n in journal.notes(baby=name)],
        }
    finally:
        journal.close()


@pytest.fixture
def ward(broker: Mosquitto, tmp_path: Path) -> Iterator[tuple[Daemon, Daemon, Phone]]:
    """Two boxes on one broker, and a phone."""
    first, second = (box(tmp_path / name, broker, name) for name in ("upstairs", "downstairs"))
    registered(first, "Possum", 150)
    registered(second, "Kangaroo", 3)
    with ExitStack() as running:
        page = running.enter_context(PageProcess(tmp_path / "page", broker.port))
        for daemon in (first, second):
            daemon.start()
            running.callback(daemon.stop)
        phone = page.phone()
        wait_for(lambda: "possum" in known(phone, "upstairs"))
        wait_for(lambda: "kangaroo" in known(phone, "downstairs"))
        yield first, second, phone


def known(phone: Phone, name: str) -> dict[str, Any]:
    """The babies of a box, as the page knows them."""
    found: dict[str, Any] = phone.document(f"/api/boxes/{name}").get("babies") or {}
    return found


def test_a_baby_moves_with_all_that_is_known_of_it_and_back(
    ward: tuple[Daemon, Daemon, Phone],
) -> None:
    first, second, phone = ward
    before = record(first, "Possum")
    moved = first.nursery("baby", "move", "Possum", "--to", "downstairs")
    assert moved.returncode == 0, moved.stderr + moved.stdout
    assert "Possum is in downstairs now, with its record" in moved.stdout
    there = record(second, "Possum")
    for what in ("weighings", "feeds", "notes"):
        assert there[what] == before[what]
    assert {key.rpartition("@")[2] for key in there["ids"]} == {"upstairs"}
    (baby,) = there["babies"]
    assert baby.id == before["babies"][0].id
    assert baby.arrival.origin == "upstairs"
    (left,) = record(first, "Possum")["babies"]
    assert left.retired_reason == "moved to downstairs"
    wait_for(lambda: "possum" not in known(phone, "upstairs"))
    wait_for(lambda: known(phone, "downstairs").get("possum", {}).get("came_from") == "upstairs")

    weighed = second.nursery("weigh", "Possum", "141", "--confirm")
    assert weighed.returncode == 0, weighed.stderr
    back = phone.send("/api/boxes/downstairs/cmd/baby_move", {"name": "Possum", "to": "upstairs"})
    assert back.json["ok"], back.text
    wait_for(lambda: "possum" in known(phone, "upstairs"))
    wait_for(lambda: "possum" not in known(phone, "downstairs"))
    home = record(first, "Possum")
    assert home["weighings"][:-1] == before["weighings"]
    assert home["weighings"][-1][1] == 141.0
    assert home["ids"][:-1] == before["ids"]
    assert len(home["babies"]) == 1
