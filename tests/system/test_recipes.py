"""The recipes in docs/design.md, followed to the letter in a copy of the tree."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.system.daemon import Daemon
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.sensor_recipe import SENSOR, Edits
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
BASE = "nursery/test-box"

KIND: Edits = {
    "monitor/alert_kinds.py": [
        ('    "test",\n', '    "damp",\n'),
        ('    "test": Kind(', '    "damp": Kind(about="box", label="Damp", news_for_s=HOUR_S),\n'),
    ],
    "monitor/core/health/host.py": [
        ("        report = self.state.report\n", "        found = [*found, _damp(now_s)]\n"),
        (
            "def _unsaid(",
            """
def _damp(now_s: float) -> Condition:
    return Condition(
        kind="damp", severity="warning", since_s=now_s, title="Air too damp", message="", why=""
    )


""",
        ),
    ],
    "docs/alerts.md": [("| `low_power` |", "| `damp` | the box | damp air | warning |\n")],
}
TOPIC: Edits = {
    "monitor/documents.py": [
        (
            "class BoxState(",
            "class Air(msgspec.Struct, frozen=True):\n    damp_pct: float | None = None\n\n\n",
        ),
        ("    cry: CryStatus\n", "    air: Air = Air()\n"),
    ],
    "monitor/core/pipeline.py": [
        ("from monitor.documents import", "from monitor.documents import Air\n"),
        ("            cry=self._crying.status(", "            air=Air(91.0),\n"),
    ],
    "monitor/mqtt/topics.py": [
        ('        self.cry = f"{base}/cry"', '        self.air = f"{base}/air"\n'),
        ("        _retained(topics.cry,", "        _retained(topics.air, document(state.air)),\n"),
    ],
    "monitor/mqtt/entities.py": [
        ('    rows["who"] = {', '    rows["damp"] = _sensor("Damp", topics.air, "damp_pct")\n'),
    ],
    "docs/mqtt.md": [("| `cry` |", "| `air` | JSON |\n")],
}
REQUEST = """class Whistle(Verb, frozen=True, tag="whistle"):
    loud: bool


"""
CARRIED_OUT = """        if isinstance(command.request, Whistle):
            return [], command.answer(None if command.request.loud else "too soft")
"""
COMMAND: Edits = {
    "monitor/commands.py": [
        ("class Tare(Verb", REQUEST),
        ("Acknowledge | Snooze | NotACry | SendTestAlert\n", "Whistle | "),
    ],
    "monitor/core/alerts/policy.py": [
        ("from monitor.config import", "from monitor.commands import Whistle\n"),
        ("        try:\n            alerts, error = self._obey(command), None\n", CARRIED_OUT),
    ],
    "docs/mqtt.md": [("| `tare` |", "| `whistle` | `loud` |\n")],
}
RECIPES = {
    "An alert kind": KIND,
    "A command": COMMAND,
    "A retained topic": TOPIC,
    "A sensor": SENSOR,
}
CHECKS = ["tests/test_alert_kinds.py", "tests/mqtt/test_mqtt_page.py"]


class Built(NamedTuple):
    """A box that runs the edited copy, and what a phone has seen of it."""

    daemon: Daemon
    phone: Subscriber
    before: str
    """what the checks of the documents said while those had not been edited"""
    after: str


def recipe(name: str) -> set[str]:
    """The files that the recipe of this name tells to touch."""
    page = (ROOT / "docs" / "design.md").read_text()
    section = page.split(f"### {name}\n")[1].split("\n##")[0]
    return set(re.findall(r"`((?:monitor|docs)/[\w/.]+\.\w+)`", section))


def follow(tree: Path, folder: str) -> None:
    """Make those edits of every recipe that lie in this folder."""
    for edits in RECIPES.values():
        for name, changes in edits.items():
            if name.startswith(folder):
                path = tree / name
                if isinstance(changes, str):
                    path.write_text(changes)
                    continue
                for before, new in changes:
                    text = path.read_text()
                    assert before in text, f"{name}: {before}"
                    path.write_text(text.replace(before, new + before, 1))


def checked(tree: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHECKS],
        cwd=tree, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program, its documents and the tests of its tables."""
    copy = tmp_path_factory.mktemp("recipes") / "tree"
    for folder in ("monitor", "docs"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests" / "mqtt").mkdir(parents=True)
    for name in ("tests/__init__.py", "tests/mqtt/__init__.py", *CHECKS):
        shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def built(tree: Path) -> Iterator[Built]:
    if BINARY is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    follow(tree, "monitor")
    scale = tree.parent / "scale.csv"
    scale.write_text("time_s,counts\n" + "".join(f"{t / 10},1000\n" for t in range(3000)))
    broker = Mosquitto(tree.parent / "mosquitto").start()
    daemon = Daemon(
        tree.parent / "box",
        broker.port,
        more=f'[scale]\nsource = "csv"\nfile = "{scale}"\n[hygrometer]\nsource = "fake"\n',
        environment={"PYTHONPATH": str(tree)},
    )
    try:
        with Subscriber(broker.port, "#") as phone:
            daemon.start()
            before = checked(tree)
            follow(tree, "docs")
            after = checked(tree)
            wait_for(lambda: phone.last(f"{BASE}/status") == b"online")
            yield Built(daemon, phone, before, after)
    finally:
        daemon.stop(signal.SIGKILL)
        broker.stop()


def entities(phone: Subscriber) -> dict[str, dict[str, object]]:
    """The box's own, as Home Assistant is told of them."""
    (device,) = {m.topic for m in list(phone.messages) if m.topic.endswith("/config")}
    found: dict[str, dict[str, object]] = phone.json(device)[-1]["components"]
    return found


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_names_exactly_the_files_that_are_touched(name: str) -> None:
    assert recipe(name) == {n for n, made in RECIPES[name].items() if not isinstance(made, str)}


def test_the_pages_must_follow(built: Built) -> None:
    assert set(re.findall(r"FAILED \S+::(\w+)", built.before)) == {
        "test_the_page_on_alerts_has_a_row_for_every_kind_and_for_no_other",
        "test_the_page_has_a_line_for_the_topic",
        "test_the_page_has_a_line_for_the_command_with_everything_it_takes",
    }, built.before
    assert "FAILED" not in built.after, built.after
    assert " passed" in built.after or "[100%]" in built.after


def test_a_new_kind_of_alert_is_raised_shown_logged_and_written_down(built: Built) -> None:
    phone = built.phone
    wait_for(lambda: phone.last(f"{BASE}/problem/damp") == b"ON")
    titles = wait_for(lambda: [a["title"] for a in phone.json(f"{BASE}/alert")])
    assert "Air too damp" in titles
    shown = entities(phone)
    assert shown["problem_damp"]["name"] == "Damp"
    assert "damp" in shown["alert"]["event_types"]  # type: ignore[operator]
    assert "Air too damp" in built.daemon.log
    with sqlite3.connect(built.daemon.state_dir / "journal.sqlite") as journal:
        rows = journal.execute("SELECT kind, title FROM alerts").fetchall()
    assert ("damp", "Air too damp") in rows


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"loud": True}, None),
        ({"loud": False}, "too soft"),
        ({}, 'whistle needs "loud"'),
        ({"loud": 3}, 'whistle: "loud" must be true or false'),
    ],
)
def test_a_new_command_is_read_strictly_and_answered(
    built: Built, sent: dict[str, object], error: str | None
) -> None:
    phone, answers = built.phone, f"{BASE}/cmd/whistle/result"
    known = len(phone.payloads(answers))
    phone.send(f"{BASE}/cmd/whistle", sent)
    wait_for(lambda: len(phone.payloads(answers)) > known)
    answer = phone.json(answers)[-1]
    assert answer.get("error") == error
    assert answer["ok"] is (error is None)


def test_a_new_retained_topic_is_published_and_shown(built: Built) -> None:
    assert wait_for(lambda: built.phone.json(f"{BASE}/air"))[-1] == {"damp_pct": 91.0}
    assert entities(built.phone)["damp"]["state_topic"] == f"{BASE}/air"


def test_a_new_sensor_is_judged_reported_and_shown(built: Built) -> None:
    phone = built.phone
    wait_for(lambda: "Box too damp" in [alert["title"] for alert in phone.json(f"{BASE}/alert")])
    wait_for(lambda: "hygrometer" in phone.json(f"{BASE}/health")[-1]["sources"])
    source = phone.json(f"{BASE}/health")[-1]["sources"]["hygrometer"]
    assert source["state"] == "healthy"
    assert entities(phone)["hygrometer_alive"]["name"] == "Hygrometer"
