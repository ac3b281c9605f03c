"""A baby moves from box to box with its record: real boxes, a real broker, a real page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from monitor.config_file import load_config
from monitor.store.reading import JournalReader
from monitor.times import DAY_S, HOUR_S, rfc3339
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


@pytest.fixture
def failing(broker: Mosquitto, tmp_path: Path) -> Iterator[tuple[Daemon, Daemon, Phone]]:
    """Upstairs is Ash, who gained for five days and has drunk little and lost since yesterday."""
    first, second = (box(tmp_path / name, broker, name) for name in ("upstairs", "downstairs"))
    born = rfc3339(time.time() - 12 * DAY_S)[:10]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("baby_add", {"name": "Ash", "species": "kitten", "born": born, "weight_g": 150.0})
    ]
    for hours in range(144, 0, -3):
        poorly = hours <= 30
        grams = 150 + 0.45 * (144 - hours) if not poorly else 201.0 - 0.4 * (30 - hours)
        at = rfc3339(time.time() - (hours - 0.5) * HOUR_S)
        asked.append(("weigh", {"baby": "Ash", "grams": round(grams, 1), "at": at}))
        asked.append(("feed", {"baby": "Ash", "grams": 2.0 if poorly else 7.0, "at": at}))
    refused = submit_all(load_config(first.config), [request(v, a) for v, a in asked])
    assert not any(refused), refused
    with ExitStack() as running:
        page = running.enter_context(PageProcess(tmp_path / "page", broker.port))
        for daemon in (first, second):
            daemon.start()
            running.callback(daemon.stop)
        phone = page.phone("--name", "Mo")
        wait_for(lambda: known(phone, "upstairs").get("ash", {}).get("watch"))
        wait_for(lambda: phone.document("/api/boxes/downstairs").get("online"))
        yield first, second, phone


def told(phone: Phone, name: str) -> list[dict[str, Any]]:
    """The lives of a box's alerts about Ash, as far as history has them."""
    found = phone.document(f"/api/boxes/{name}/history?what=alerts&baby=Ash")
    return list(found.get("items", []))


def test_what_was_told_of_it_and_what_its_signs_mean_go_with_it(
    failing: tuple[Daemon, Daemon, Phone],
) -> None:
    first, second, phone = failing
    before = known(phone, "upstairs")["ash"]["watch"]
    assert before["level"] == "act"
    assert before["signs"]
    wait_for(lambda: any(each["kind"] == "fading" for each in told(phone, "upstairs")))
    assert phone.send("/api/boxes/upstairs/cmd/acknowledge", {}).json["ok"]
    wait_for(lambda: any(each.get("by") == "Mo" for each in told(phone, "upstairs")))
    own = told(phone, "upstairs")

    moved = first.nursery("baby", "move", "Ash", "--to", "downstairs")
    assert moved.returncode == 0, moved.stderr + moved.stdout
    wait_for(lambda: known(phone, "downstairs").get("ash", {}).get("watch") == before)
    there = [each for each in told(phone, "downstairs") if each.get("from") == "upstairs"]
    assert {(each["at"], each["state"], each["title"], each.get("by")) for each in own} == {
        (each["at"], each["state"], each["title"], each.get("by")) for each in there
    }
    wait_for(lambda: {"fading"} <= {a["kind"] for a in known_alerts(phone, "downstairs")})
    journal = JournalReader.open_for_reading(second.state_dir / "journal.sqlite")
    assert not [row["id"] for row in journal.open_alerts() if row["id"].endswith("@upstairs")]
    journal.close()

    back = second.nursery("baby", "move", "Ash", "--to", "upstairs")
    assert back.returncode == 0, back.stderr + back.stdout
    wait_for(lambda: any(each.get("from") == "downstairs" for each in told(phone, "upstairs")))
    home = [each for each in told(phone, "upstairs") if "from" not in each]
    keys = [(each["id"], each["state"], each["at"]) for each in home]
    assert len(keys) == len(set(keys))
    assert {(each["id"], each["state"], each["at"]) for each in own} <= set(keys)


def known_alerts(phone: Phone, name: str) -> list[dict[str, Any]]:
    """What is open in a box."""
    return list(phone.document(f"/api/boxes/{name}").get("alerts") or [])
