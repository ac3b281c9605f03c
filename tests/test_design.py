"""The page that a stranger reads first says what is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MONITOR = ROOT / "monitor"
PAGE = (ROOT / "docs" / "design.md").read_text()
MOST_HOPS = 10
MOST_WORDS = 30

Hop = tuple[str, str]
"""file below ``monitor``, function"""


def section(heading: str) -> str:
    """What stands below a heading, up to the next one of any level."""
    return re.split(r"\n#+ ", PAGE.split(f"\n{heading}\n")[1])[0]


def ways() -> dict[str, list[Hop]]:
    chapter = PAGE.split("\n## Four ways through the rooms\n")[1].split("\n## ")[0]
    row = re.compile(r"^\d+\. `([\w/]+\.py)` `([\w.]+)`", re.MULTILINE)
    parts = chapter.split("\n### ")[1:]
    return {part.partition("\n")[0]: row.findall(part) for part in parts}


WAYS = ways()


def defined(path: Path) -> set[str]:
    """Functions and classes of a file, and its methods as ``Class.method``."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
            methods = (n for n in node.body if isinstance(n, ast.FunctionDef))
            found |= {f"{node.name}.{method.name}" for method in methods}
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return found


def used_in(room: Path) -> set[str]:
    """Every name and attribute that the files of a room mention."""
    found = set()
    for path in room.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                found.add(node.attr.lstrip("_"))
            elif isinstance(node, ast.Name):
                found.add(node.id.lstrip("_"))
    return found


def test_there_are_four_ways() -> None:
    assert list(WAYS) == [
        "One block of sound",
        "One block of the scale",
        "One command",
        "One alert",
    ]


@pytest.mark.parametrize("name", WAYS)
def test_a_way_has_few_hops_and_each_is_a_function_of_its_file(name: str) -> None:
    assert 5 <= len(WAYS[name]) <= MOST_HOPS
    for file, function in WAYS[name]:
        assert function in defined(MONITOR / file), f"{file} has no {function}"


@pytest.mark.parametrize("name", WAYS)
def test_a_way_never_returns_to_a_room_that_it_has_left(name: str) -> None:
    rooms = [str(Path(file).parent) for file, _ in WAYS[name]]
    entered = [room for before, room in zip([None, *rooms], rooms, strict=False) if room != before]
    assert len(entered) == len(set(entered)), entered


@pytest.mark.parametrize("name", WAYS)
def test_each_hop_is_called_from_a_room_before_it(name: str) -> None:
    known: set[str] = set()
    for file, function in WAYS[name]:
        called = function.rpartition(".")[2].lstrip("_")
        assert not known or called in known, f"nobody before calls {function}"
        known |= used_in((MONITOR / file).parent)


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:[\w]+/)*\w+\.(?:py|md|toml))`", PAGE))
    assert len(named) > 30
    missing = {n for n in named if not (ROOT / n).exists() and not (MONITOR / n).exists()}
    assert missing == set()


def test_every_room_is_on_the_page() -> None:
    rooms = {f"`monitor/{path.parent.name}/`" for path in MONITOR.glob("*/__init__.py")}
    assert {room for room in rooms if room not in section("## Rooms")} == set()


def test_every_name_of_the_recipes_is_in_the_file_beside_it() -> None:
    steps = re.findall(r"^\d\. `(monitor/[\w/]+\.py)`: (.*)$", PAGE, re.MULTILINE)
    assert len(steps) >= 10
    for file, text in steps:
        for name in re.findall(r"`(\w+)`", text):
            assert re.search(rf"\b{name}\b", (ROOT / file).read_text()), f"{file} has no {name}"


def test_the_glossary_is_short_and_in_order() -> None:
    words = re.findall(r"^\* \*\*([\w-]+)\*\*: ", section("## Glossary"), re.MULTILINE)
    assert words == sorted(words)
    assert 15 <= len(words) <= MOST_WORDS


BY_HAND = {"by_s", "covers", "moment"}
"""of a ``TimeShift``: who asks for these shifts something by hand"""


def test_what_is_shifted_by_hand_is_named_with_its_reason() -> None:
    """Everything else follows the marks in its types (``timeshift.py``)."""
    rows = [line for line in section("## Beside the state tree").splitlines() if " shift" in line]
    named = {name for row in rows for name in re.findall(r"`([\w/]+\.py)`", row)}
    found = {
        str(path.relative_to(ROOT))
        for path in MONITOR.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in BY_HAND)
        or (isinstance(node, ast.Name) and node.id == "by_s")
    }
    assert found - {"monitor/timeshift.py"} == named
