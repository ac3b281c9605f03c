"""The night in words reaches phone, Pi and Home Assistant, the same on every way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber, wait_for
from tests.system.test_daemon import quiet_box

pytestmark = pytest.mark.system

BASE = "nursery/test-box"


def test_the_last_hours_are_told_in_words_on_every_way(broker: Mosquitto, tmp_path: Path) -> None:
    daemon = Daemon(tmp_path / "box", broker.port, more=quiet_box(tmp_path / "s.csv", 900.0))
    try:
        with Subscriber(broker.port, "#") as phone:
            daemon.start()
            wait_for(lambda: phone.last(f"{BASE}/status") == b"online")
            nothing = {"text": None, "from": None, "to": None}
            assert wait_for(lambda: phone.json(f"{BASE}/summary"))[-1] == nothing
            daemon.nursery("baby", "add", "Possum", "--species", "puppy", "--weight", "112")
            phone.send(f"{BASE}/cmd/feed", {"baby": "possum", "grams": 5})
            wait_for(lambda: phone.json(f"{BASE}/cmd/feed/result"))

            phone.send(f"{BASE}/cmd/summary", {"hours": 2, "request_id": "s"})
            told = wait_for(lambda: phone.json(f"{BASE}/cmd/summary/result"))[-1]
            assert (told["ok"], told["request_id"]) == (True, "s")
            assert "Possum: drank 1 bottle, 5 g" in told["text"]
            assert 60 <= len(told["text"].split()) <= 150
            kept = {key: told[key] for key in ("text", "from", "to")}
            wait_for(lambda: phone.json(f"{BASE}/summary")[-1] == kept)

            printed = daemon.nursery("summary", "--json")
            assert printed.returncode == 0, printed.stderr
            said = json.loads(printed.stdout)
            assert "Possum: drank 1 bottle, 5 g" in said["text"]
            wait_for(lambda: phone.json(f"{BASE}/summary")[-1] == said)
            shown = daemon.nursery("summary", "--hours", "3").stdout
            assert max(map(len, shown.splitlines())) <= 80

            devices = {m.topic for m in list(phone.messages) if m.topic.endswith("/config")}
            found = [phone.json(device)[-1]["components"] for device in devices]
            (row,) = [components["summary"] for components in found if "summary" in components]
            assert row["state_topic"] == row["json_attributes_topic"] == f"{BASE}/summary"
            health = wait_for(lambda: phone.json(f"{BASE}/health"))[-1]
            assert health["acted_on"]["last_7_days"]["all"]["alerts"] == 0

            wait_for(lambda: phone.json(f"{BASE}/summary")[-1]["from"] != said["from"])
            last = phone.json(f"{BASE}/summary")[-1]
            daemon.stop()
            without = daemon.nursery("summary", "--json")  # answered by the command itself
            assert json.loads(without.stdout)["text"] != ""
        assert last["text"] is not None
        with Subscriber(broker.port, f"{BASE}/summary") as later:
            assert wait_for(lambda: later.json(f"{BASE}/summary"))[-1] == last  # retained
    finally:
        daemon.stop()
