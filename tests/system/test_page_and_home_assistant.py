"""Home Assistant and the page tell the same truth at the same moment: the retained topics'."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.documents import CryStatus
from tests.system.home_assistant.box import BOX, KANGAROO, POSSUM
from tests.system.home_assistant.running import Box, Core, crying, needed
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import PageProcess, Phone
from tests.system.subscriber import Subscriber, wait_for

pytestmark = needed
PREFIX = "nursery_kangaroo_and_possum"


class Truth:
    """One broker with a scripted box, and the three who listen to it."""

    def __init__(self, folder: Path) -> None:
        self.broker = Mosquitto(folder / "mosquitto").start()
        self.box = Box(folder / "box", self.broker.port)
        self.core = Core(folder, self.broker.port)
        self.page = PageProcess(folder / "page", self.broker.port).start()
        self.phone: Phone = self.page.phone()
        self.topics = Subscriber(self.broker.port, "nursery/#").__enter__()

    def close(self) -> None:
        self.topics.__exit__(None, None, None)
        self.page.stop()
        self.core.close()
        self.box.close()
        self.broker.stop()

    def retained(self) -> dict[str, Any]:
        """What the broker keeps of the box, as JSON documents; the status is a word."""
        found = {}
        for key in ("status", "cry", "scale", "alerts", "baby/kangaroo", "baby/possum"):
            payload = self.topics.last(f"nursery/{BOX}/{key}")
            if not payload:
                return {}
            found[key] = payload.decode() if key == "status" else msgspec.json.decode(payload)
        return found

    def on_the_page(self) -> dict[str, Any]:
        reply = self.phone.get(f"/api/boxes/{BOX}")
        if reply.status != 200:  # it has not heard of the box yet
            return {}
        document = reply.json
        found = {key: document[key] for key in ("status", "cry", "scale", "alerts")}
        babies = {f"baby/{slug}": baby for slug, baby in document["babies"].items()}
        for alert in found["alerts"]:
            assert alert["box"] == BOX
        return found | babies

    def in_home_assistant(self) -> dict[str, Any]:
        """The same, read back from what the entities show."""
        states = {key: entity["state"] for key, entity in self.core.entities().items()}
        alerts = self.core.ask("state", entity_id=f"sensor.{PREFIX}_open_alerts")["attributes"]
        return {
            "total_g": states[f"sensor.{PREFIX}_total_g"],
            "crying": states[f"binary_sensor.{PREFIX}_crying"],
            "level_db": states[f"sensor.{PREFIX}_level_db"],
            "alerts": sorted(alert["id"] for alert in alerts.get("alerts") or []),
            "babies": {
                name: (
                    states[f"sensor.{name}_weight_g"],
                    states[f"sensor.{name}_gain_24h_g"],
                    states[f"sensor.{name}_intake_24h_g"],
                    _moment(states[f"sensor.{name}_bottle_due_at"]),
                    states[f"sensor.{name}_verdict"],
                )
                for name in ("kangaroo", "possum")
            },
        }

    def agree(self) -> bool:
        """Whether all three say the same now."""
        kept = self.retained()
        if not kept or self.on_the_page() != kept:
            return False
        return self.in_home_assistant() == _as_shown(kept)


def _as_shown(kept: dict[str, Any]) -> dict[str, Any]:
    return {
        "total_g": _number(kept["scale"]["total_g"]),
        "crying": {True: "on", False: "off", None: "unknown"}[kept["cry"]["crying"]],
        "level_db": _number(kept["cry"]["level_db"]),
        "alerts": sorted(alert["id"] for alert in kept["alerts"]),
        "babies": {
            name: (
                _number(kept[f"baby/{name}"]["weight_g"]),
                _number(kept[f"baby/{name}"]["gain_24h_g"]),
                _number(kept[f"baby/{name}"]["intake_24h_g"]),
                _moment(kept[f"baby/{name}"]["bottle_due_at"]),
                kept[f"baby/{name}"]["verdict"],
            )
            for name in ("kangaroo", "possum")
        },
    }


def _number(value: float | None) -> str:
    return "unknown" if value is None else str(float(value))


def _moment(text: str) -> int:
    """Whole seconds: Home Assistant shows no fractions."""
    return int(datetime.fromisoformat(text).timestamp())


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Truth]:
    everything = Truth(tmp_path_factory.mktemp("truth"))
    everything.core.becomes("sensor.possum_weight_g", "112.4", 60)
    yield everything
    everything.close()


def test_both_show_what_the_topics_say_whatever_happens(truth: Truth) -> None:
    wait_for(truth.agree)
    truth.box.play(conditions=[crying()], cry=CryStatus(crying=True, level_db=-20.0))
    wait_for(lambda: len(truth.retained().get("alerts", [])) == 1)
    wait_for(truth.agree)
    told = truth.phone.get(f"/boxes/{BOX}").text
    assert "A kitten has been crying for 3 min: the bottle was due 20 min ago." in told
    truth.box.play(cry=CryStatus(crying=None))
    wait_for(lambda: truth.retained()["cry"]["crying"] is None)
    wait_for(truth.agree)
    truth.box.play(babies=[msgspec.to_builtins(KANGAROO), msgspec.to_builtins(POSSUM)])
    wait_for(truth.agree)


def test_what_is_done_on_the_page_is_so_in_home_assistant(truth: Truth) -> None:
    truth.box.play(conditions=[crying()])
    truth.core.becomes(f"sensor.{PREFIX}_open_alerts", "1")
    (alert,) = wait_for(lambda: truth.on_the_page().get("alerts"))
    answer = truth.phone.send(f"/api/boxes/{BOX}/cmd/acknowledge", {"id": alert["id"]})
    assert answer.json["ok"] is True
    seen = truth.core.ask(
        "wait", entity_id=f"event.{PREFIX}_alert", attribute=["state", "acknowledged"]
    )
    assert seen["hit"]
    wait_for(truth.agree)
    truth.box.play(conditions=[])
    truth.core.becomes(f"sensor.{PREFIX}_open_alerts", "0")
    wait_for(truth.agree)


def is_offline(document: dict[str, Any]) -> bool:
    return (document["status"], document["online"]) == ("offline", False)


def test_neither_shows_a_current_value_of_a_box_that_has_vanished(truth: Truth) -> None:
    truth.box.kill()
    truth.core.becomes("sensor.possum_weight_g", "unavailable", 60)
    wait_for(lambda: is_offline(truth.phone.document(f"/api/boxes/{BOX}")))
    told = truth.phone.get(f"/boxes/{BOX}").text
    assert "All is well" not in told
    truth.box.start()
    truth.core.becomes("sensor.possum_weight_g", "112.4", 60)
    wait_for(truth.agree)
