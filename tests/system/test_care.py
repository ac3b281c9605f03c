"""What one carer enters on a phone, another looks back at and takes back on the Pi."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber, wait_for
from tests.system.test_daemon import quiet_box

pytestmark = pytest.mark.system

BASE = "nursery/test-box"


@pytest.fixture
def daemon(broker: Mosquitto, tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(tmp_path / "box", broker.port, more=quiet_box(tmp_path / "s.csv", 900.0))
    yield made
    made.stop()


def test_a_bottle_from_a_phone_is_seen_and_taken_back_on_the_pi(
    broker: Mosquitto, daemon: Daemon
) -> None:
    with Subscriber(broker.port, "#") as phone:
        daemon.start()
        wait_for(lambda: phone.last(f"{BASE}/status") == b"online")
        daemon.nursery("baby", "add", "Possum", "--species", "puppy", "--weight", "112")
        wait_for(lambda: phone.json(f"{BASE}/baby/possum"))

        phone.send(f"{BASE}/cmd/feed", {"baby": "possum", "grams": "5 ml", "how": "tube"})
        result = wait_for(lambda: phone.json(f"{BASE}/cmd/feed/result"))[-1]
        assert result == {"ok": True, "understood": "5 g"}
        wait_for(lambda: phone.json(f"{BASE}/baby/possum")[-1]["last_feed_g"] == 5.0)
        assert phone.json(f"{BASE}/baby/possum")[-1]["bottle_due_at"] is not None
        told = wait_for(lambda: [e for e in phone.json(f"{BASE}/event") if e["event"] == "feed"])
        assert (told[0]["origin"], told[0]["how"]) == ("typed", "tube")

        phone.send(f"{BASE}/cmd/note", {"baby": "possum", "kind": "stool", "value": "soft"})
        wait_for(lambda: phone.json(f"{BASE}/cmd/note/result"))
        phone.send(f"{BASE}/cmd/history", {"limit": 1, "request_id": "h"})
        page = wait_for(lambda: phone.json(f"{BASE}/cmd/history/result"))[-1]
        assert (page["ok"], page["request_id"]) == (True, "h")
        assert [item["what"] for item in page["items"]] == ["note"]
        phone.send(f"{BASE}/cmd/history", {"limit": 1, "next": page["next"]})
        wait_for(lambda: len(phone.json(f"{BASE}/cmd/history/result")) == 2)
        (fed,) = phone.json(f"{BASE}/cmd/history/result")[-1]["items"]
        assert (fed["what"], fed["id"]) == ("feed", told[0]["step_id"])

        log = daemon.nursery("log")
        assert "Possum was fed, 5 g (tube), noted by hand" in log.stdout
        undone = daemon.nursery("undo", fed["id"])
        assert undone.returncode == 0, undone.stderr
        assert undone.stdout == "taken back: feed possum 5 g\n"
        wait_for(lambda: phone.json(f"{BASE}/baby/possum")[-1]["last_feed_at"] is None)
        phone.send(f"{BASE}/cmd/undo", {})
        last = wait_for(lambda: phone.json(f"{BASE}/cmd/undo/result"))[-1]
        assert last == {"ok": True, "understood": "taken back: note possum stool soft"}
    assert "Traceback" not in daemon.log
