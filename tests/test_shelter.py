"""What ships for a shelter's records: units, rules, a board and a Telegraf file, by their names."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest

from monitor.config_file import load_shelter_config
from monitor.records import samples as records

SHELTER = Path(__file__).parents[1] / "systemd/shelter"
EXPOSURE = {"nursery-records.service": 15, "nursery-vmalert.service": 60}
"""tenths, as systemd-analyze security counts them"""
NAME = re.compile(r"\bnursery_[a-z0-9_]+")


def kept() -> set[str]:
    """Every number that is kept, by the code that names it."""
    text = Path(records.__file__).read_text()
    fields = {
        "nursery_box": "expected online drops cpu_pct memory_mb clock_synced practice waiting "
        "ready acted_on_share",
        "nursery_problem": "on",
        "nursery_baby": "weight_g feed_g gain_24h_g gain_24h_pct intake_24h_g "
        "intake_24h_ml_per_kg in_box watch",
        "nursery_cry": "crying minutes_1h minutes_24h",
        "nursery_nest": "temperature_c",
        "nursery_source": "healthy",
        "nursery_alert": "changes",
        "nursery_alerts": "open info warning critical unanswered unanswered_since_s",
    }
    assert set(re.findall(r'"(nursery_[a-z]+)"', text)) == set(fields)
    for names in fields.values():
        missing = [name for name in names.split() if name not in text]
        assert missing == []
    return {f"{of}_{name}" for of, names in fields.items() for name in names.split()} | {
        "nursery_records_written",
        "nursery_records_refused",
        "nursery_records_hears",
    }


def test_the_rules_ask_for_what_is_kept() -> None:
    asked = set(NAME.findall((SHELTER / "rules.yml").read_text()))
    assert len(asked) >= 6
    assert asked <= kept()


def test_the_board_asks_for_what_is_kept_and_says_that_it_was_not_run() -> None:
    board = json.loads((SHELTER / "grafana-board.json").read_text())
    asked = set(NAME.findall(json.dumps([board["panels"], board["templating"]])))
    assert len(asked) >= 10
    assert asked <= kept()
    assert "Not run here" in board["description"]
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)


def test_telegrafs_file_is_one_and_says_that_it_was_not_run() -> None:
    text = (SHELTER / "telegraf.conf").read_text()
    found = tomllib.loads(text)
    assert "NOT RUN HERE" in text
    consumers = found["inputs"]["mqtt_consumer"]
    assert [consumer["topics"] for consumer in consumers] == [
        ["nursery/+/baby/+"], ["nursery/+/health"],
    ]  # fmt: skip
    assert {consumer["name_override"] for consumer in consumers} == {"nursery_baby", "nursery_box"}


def test_the_shelters_file_is_valid() -> None:
    mqtt, shelter = load_shelter_config(SHELTER / "shelter.toml")
    assert (mqtt.username, shelter.records_url) == ("records", "http://127.0.0.1:8428")
    assert msgspec.structs.asdict(shelter)["rooms"] == {}


@pytest.mark.system
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
@pytest.mark.parametrize("name", EXPOSURE)
def test_systemd_has_no_complaint(name: str, tmp_path: Path) -> None:
    unit = tmp_path / name
    text = (SHELTER / name).read_text()
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/sh", text))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True,
                          check=False, timeout=60)  # fmt: skip
    assert done.stdout + done.stderr == ""
    found = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE[name]}",
         str(unit)], capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout[-300:]
