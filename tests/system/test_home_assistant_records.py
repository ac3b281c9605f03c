"""A real Home Assistant hears that a shelter's records are not kept, and which rules apply."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.system.home_assistant.running import Core, mqtt_complaints, needed
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import wait_for
from tests.system.test_records import Records
from tests.system.victoria import VICTORIA, Victoria

pytestmark = [*needed, pytest.mark.skipif(VICTORIA is None, reason="make libraries")]
NOT_KEPT = "binary_sensor.nursery_records_not_kept"
RULES = "binary_sensor.nursery_records_rules"


@pytest.mark.parametrize("mode", ["device", "entity"])
def test_a_dead_database_and_a_dead_keeper_are_problems(
    tmp_path: Path, broker: Mosquitto, mode: str
) -> None:
    database = Victoria(tmp_path / "victoria")
    database.start()
    records = Records(tmp_path, broker.port, database.url, mqtt=f'discovery = "{mode}"',
                      late_s=4.0).start()  # fmt: skip
    core = Core(tmp_path, broker.port)
    try:
        core.becomes(NOT_KEPT, "off")
        core.becomes(RULES, "off")
        database.stop(signal.SIGKILL)
        core.becomes(NOT_KEPT, "on")
        why = f"cannot reach {database.url}: Connection refused"
        wait_for(lambda: core.shows(NOT_KEPT)["why"] == why)
        database.start()
        core.becomes(NOT_KEPT, "off")
        records.stop(signal.SIGKILL)
        core.becomes(NOT_KEPT, "on")
        records.forget()
        wait_for(lambda: NOT_KEPT not in core.entities())
        complaints = mqtt_complaints(core)
        assert complaints == [], complaints
    finally:
        core.close()
        records.stop()
        database.stop()
