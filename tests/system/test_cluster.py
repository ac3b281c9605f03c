"""Brokers of several nodes: what the table of ``docs/fleet.md`` says of them is what they do."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.system.cluster import network
from tests.system.cluster.needs import NEEDS
from tests.system.daemon import ROOT
from tests.system.mosquitto import BINARY

FOUND = tomllib.loads((ROOT / "tests" / "system" / "cluster" / "found.toml").read_text())
QUICK = (
    "rights for each box", "alerts cross nodes", "retained on every node",
    "last will on every node", "alerts kept for an absent listener",
)  # fmt: skip

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(BINARY is None, reason="mosquitto is not installed"),
    pytest.mark.skipif(not network.available(), reason="no network namespace for this user"),
]


def is_met(cell: str) -> bool:
    return cell.startswith("yes")


@pytest.mark.parametrize("engine", ["pair", "ejabberd"])
def test_an_engine_does_what_the_table_says(engine: str, tmp_path: Path) -> None:
    if engine == "ejabberd" and shutil.which("ejabberdctl", path="/usr/sbin") is None:
        pytest.skip("ejabberd is not installed: apt-get install ejabberd")
    words = ["-m", "tests.system.cluster", "--engine", engine, "--json", str(tmp_path / "said")]
    done = subprocess.run(
        network.in_own([*words, "--need", *QUICK]),
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads((tmp_path / "said").read_text())[engine]
    answers = {need: is_met(said[need]) for need in QUICK}
    assert answers == {need: is_met(FOUND[engine][need]) for need in QUICK}, done.stdout


def test_every_need_stands_in_the_table_for_every_engine() -> None:
    for engine, cells in FOUND.items():
        assert set(NEEDS) <= set(cells), engine


def test_the_table_of_the_documents_is_what_was_found() -> None:
    text = (ROOT / "docs" / "fleet.md").read_text()
    for need in next(iter(FOUND.values())):
        row = f"| {need} | " + " | ".join(cells[need] for cells in FOUND.values()) + " |"
        assert row in text, row
