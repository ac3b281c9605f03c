"""Every test that a page names exists, so that no promise outlives its proof."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_named_tests_exist() -> None:
    page = (ROOT / "docs" / "intruder.md").read_text()
    named = set(re.findall(r"`(?:test_\w+\.py::)?(test_\w+)`", page))
    files = set(re.findall(r"\b(test_\w+\.py)", page))
    tests = {path.name: path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    assert files <= set(tests)
    defined = set(re.findall(r"^def (test_\w+)", "\n".join(tests.values()), re.MULTILINE))
    assert len(named) >= 20
    assert named <= defined, named - defined


def test_the_tests_that_show_what_survives_are_there() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    named = set(re.findall(r"`((?:\w+/)*test_\w+\.py|fuzz/)`", page))
    assert len(named) >= 20
    assert {name for name in named if not (ROOT / "tests" / name).exists()} == set()
