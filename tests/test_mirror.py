"""The tests lie as the rooms do: a stranger finds the test of a file, and the file of a test."""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent
NOT_ROOMS = {"bench", "fuzz", "golden", "system"}

UNIT = [path.relative_to(HERE) for path in sorted(HERE.rglob("test_*.py"))
        if path.relative_to(HERE).parts[0] not in NOT_ROOMS]  # fmt: skip


def file_of(test: Path) -> Path:
    """The file that a unit test of this name is about."""
    room = test.parent
    above = ROOT if room.parts[:1] == ("calibration",) else ROOT / "monitor"
    return above / room / test.name.removeprefix("test_")


def test_the_tests_are_found() -> None:
    assert len(UNIT) > 80
    assert sum(file_of(test).exists() for test in UNIT) > 50


@pytest.mark.parametrize("test", UNIT, ids=str)
def test_a_unit_test_has_the_name_of_its_file_or_says_whose_behaviour_it_holds(test: Path) -> None:
    assert file_of(test).parent.is_dir(), "there is no such room"
    about = file_of(test)
    is_there = about.exists() or about.with_suffix("").is_dir()
    assert is_there or ast.get_docstring(ast.parse((HERE / test).read_text()))


@pytest.mark.parametrize("test", UNIT, ids=str)
def test_a_unit_test_needs_nothing_of_the_system_tests(test: Path) -> None:
    for node in ast.walk(ast.parse((HERE / test).read_text())):
        names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not [name for name in names if name.startswith("tests.system")]
