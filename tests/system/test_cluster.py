"""Brokers of several nodes: what the table of ``docs/fleet.md`` says of them is what they do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.system.cluster import network
from tests.system.cluster.needs import NEEDS
from tests.system.daemon import ROOT
from tests.system.mosquitto import BINARY

FOUND = tomllib.loads((ROOT / "tests" / "system" / "cluster" / "found.toml").read_text())
QUICK = (
    "rights for each box", "alerts cross nodes", "retained on every node",
    "last will on every node", "told that nobody listens", "alerts kept for an absent listener",
)  # fmt: skip

pytestmark = [
    pytest.mark.system,
    pytest.mark.optional,  # without network namespaces, or without the servers
    pytest.mark.skipif(BINARY is None, reason="mosquitto is not installed"),
    pytest.mark.skipif(not network.available(), reason="no network namespace for this user"),
]


def is_met(cell: str) -> bool:
    return cell.startswith("yes")


def asked(folder: Path, *words: str) -> dict[str, Any]:
    """What the program wrote of each engine."""
    more = ["-m", "tests.system.cluster", "--json", str(folder / "said"), *words]
    done = subprocess.run(
        network.in_own(more), cwd=ROOT, capture_output=True, text=True, check=False, timeout=500
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads((folder / "said").read_text()))


@pytest.mark.parametrize("engine", ["pair", "ejabberd"])
def test_an_engine_does_what_the_table_says(engine: str, tmp_path: Path) -> None:
    if engine == "ejabberd" and shutil.which("ejabberdctl", path="/usr/sbin") is None:
        pytest.skip("ejabberd is not installed: apt-get install ejabberd")
    said = asked(tmp_path, "--engine", engine, "--need", *QUICK)[engine]
    answers = {need: is_met(said[need]) for need in QUICK}
    assert answers == {need: is_met(FOUND[engine][need]) for need in QUICK}, said


@pytest.mark.optional
@pytest.mark.skipif("NURSERY_CLUSTER_TEST" not in os.environ, reason='"make cluster" runs it')
@pytest.mark.parametrize("storm", ["killed", "cut", "frozen", "back", "split"])
def test_the_reserve_takes_over_and_no_box_is_told_wrongly(storm: str, tmp_path: Path) -> None:
    said = asked(tmp_path, "--engine", "reserve", "--storm", storm)["reserve"][storm]
    assert said["raised"] > 800
    assert (said["never_sent"], said["differ"], said["untrue"]) == (0, 0, 0), said
    assert said["away_max_s"] < 30.0, said
    assert said["lost"]["moves"] == 0, said


@pytest.mark.optional
@pytest.mark.skipif("NURSERY_CLUSTER_TEST" not in os.environ, reason='"make cluster" runs it')
def test_page_watch_and_home_assistant_find_the_box_at_the_reserve(tmp_path: Path) -> None:
    said = asked(tmp_path, "--engine", "reserve", "--programs")["reserve"]
    cells = {name: cell for name, cell in said.items() if name.endswith("at another node")}
    assert cells
    assert all(map(is_met, cells.values())), cells


def test_every_need_stands_in_the_table_for_every_engine() -> None:
    for engine, cells in FOUND.items():
        assert set(NEEDS) <= set(cells), engine


@pytest.mark.parametrize("document", ["docs/fleet.md", "tests/system/cluster/README.md"])
def test_the_table_of_a_document_is_what_was_found(document: str) -> None:
    rows = [row.strip("| ").split(" | ") for row in (ROOT / document).read_text().splitlines()
            if row.startswith("| ")]  # fmt: skip
    titles = {found["title"]: found for found in FOUND.values()}
    engines = [titles[title] for title in next(row for row in rows if row[0] in titles)]
    of_needs = {row[0]: row[1:] for row in rows if row[0] in engines[0]}
    assert "retained on every node" in of_needs
    for name, cells in of_needs.items():
        assert cells == [found[name] for found in engines], name
