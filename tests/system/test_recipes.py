"""The recipes in docs/design.md, followed to the letter in a copy of the tree."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
Edit = Callable[[str], str]

ROW = '    "damp": Kind(about="box", label="Too damp", news_for_s=HOUR_S),\n'
STATED = """

def _damp(now_s: float) -> Condition:
    return Condition(
        kind="damp", severity="warning", since_s=now_s, title="Air too damp", message="", why=""
    )
"""
KIND: dict[str, Edit] = {
    "monitor/alert_kinds.py": lambda text: replaced(
        replaced(text, '    "test",\n', '    "damp",\n    "test",\n'),
        '    "test": Kind(',
        f'{ROW}    "test": Kind(',
    ),
    "monitor/core/health/host.py": lambda text: (
        replaced(text, "        return found\n", "        return [*found, _damp(now_s)]\n") + STATED
    ),
    "docs/alerts.md": lambda text: replaced(
        text, "| `low_power` |", "| `damp` | the box | damp air | warning |\n| `low_power` |"
    ),
}  # fmt: skip


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def recipe(name: str) -> set[str]:
    """The files that the recipe of this name tells to touch."""
    page = (ROOT / "docs" / "design.md").read_text()
    section = page.split(f"### {name}\n")[1].split("\n##")[0]
    return set(re.findall(r"`((?:monitor|docs)/[\w/.]+\.\w+)`", section))


def edit(tree: Path, name: str, change: Edit) -> None:
    path = tree / name
    path.write_text(change(path.read_text()))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the program, its documents and the tests of its tables."""
    copy = tmp_path / "tree"
    for folder in ("monitor", "docs"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests").mkdir()
    for name in ("__init__.py", "test_alert_kinds.py"):
        shutil.copy(ROOT / "tests" / name, copy / "tests" / name)
    return copy


def check(tree: Path, test: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/{test}"],
        cwd=tree, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_new_kind_of_alert_needs_its_row_and_the_part_that_states_it(
    tree: Path, tmp_path: Path, broker: Mosquitto
) -> None:
    assert recipe("An alert kind") == set(KIND)
    for name, change in KIND.items():
        if name.startswith("monitor/"):
            edit(tree, name, change)
    scale = tmp_path / "scale.csv"
    scale.write_text("time_s,counts\n" + "".join(f"{t / 10},1000\n" for t in range(3000)))
    daemon = Daemon(
        tmp_path / "box",
        broker.port,
        more=f'[scale]\nsource = "csv"\nfile = "{scale}"\n',
        environment={"PYTHONPATH": str(tree)},
    )
    with Subscriber(broker.port, "#") as phone:
        daemon.start()
        try:
            unlisted = check(tree, "test_alert_kinds.py")
            assert re.findall(r"FAILED \S+::(\w+)", unlisted.stdout) == [
                "test_the_page_on_alerts_has_a_row_for_every_kind_and_for_no_other"
            ], unlisted.stdout
            edit(tree, "docs/alerts.md", KIND["docs/alerts.md"])
            listed = check(tree, "test_alert_kinds.py")
            assert listed.returncode == 0, listed.stdout

            wait_for(lambda: phone.last("nursery/test-box/problem/damp") == b"ON")
            told = wait_for(lambda: phone.json("nursery/test-box/alert"))[0]
            assert (told["kind"], told["title"]) == ("damp", "Air too damp")
            devices = [m.topic for m in list(phone.messages) if m.topic.endswith("/config")]
            found = [
                row for topic in devices for row in phone.json(topic)[-1]["components"].items()
            ]
            assert dict(found)["problem_damp"]["name"] == "Too damp"
            assert "damp" in dict(found)["alert"]["event_types"]
            assert "Air too damp" in daemon.log
            assert daemon.stop() == 0
        finally:
            daemon.stop(signal.SIGKILL)
    with sqlite3.connect(daemon.state_dir / "journal.sqlite") as journal:
        rows = journal.execute("SELECT kind, title FROM alerts").fetchall()
    assert ("damp", "Air too damp") in rows
