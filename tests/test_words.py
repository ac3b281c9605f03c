"""One word for one thing: what the code was called in a dialect of its own does not come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path.relative_to(ROOT)
    for room in ("monitor", "calibration")
    for path in (ROOT / room).rglob("*.py")
)

NAMES = {
    "believe": "accept",
    "board": "boxes",
    "come_home": "fail_back",
    "confess": "report",
    "confessed": "reported",
    "figures": "metrics",
    "harmless": "strip_control",
    "like_parent": "inherit_owner",
    "mood": "shown",
    "retell": "publish",
    "stand_in": "fail_over",
    "trouble": "error",
}
"""parts of a name, and the word of the field"""

PHRASES = (
    "confess",
    "eat the memory",
    "food",
    "let go of",
    "nobody again",
    "on credit",
    "reason to live",
    "goodbye",
    "stands in for",
    "vouch",
)
"""what no docstring and no comment says"""

Place = tuple[int, str]


def names(tree: ast.AST) -> Iterator[Place]:
    """Every name that a file gives to something, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name


def parts(name: str) -> str:
    """``_like_parent`` and ``LikeParent`` as ``_like_parent_``."""
    return f"_{re.sub(r'(?<=[a-z])(?=[A-Z])', '_', name).lower().strip('_')}_"


def prose(source: str) -> Iterator[Place]:
    """Every docstring and every comment, with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, " ".join(text.split())
    for number, line in enumerate(source.splitlines(), 1):
        _, mark, comment = line.partition("# ")
        if mark:
            yield number, comment


@pytest.mark.parametrize("path", FILES, ids=str)
def test_things_are_called_by_the_words_of_the_field(path: Path) -> None:
    found = [
        f"{path}:{line}: {name}: say {better}"
        for line, name in names(ast.parse((ROOT / path).read_text()))
        for word, better in NAMES.items()
        if f"_{word}_" in parts(name)
    ]
    assert not found


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_docstring_is_no_story(path: Path) -> None:
    found = [
        f"{path}:{line}: {phrase!r}"
        for line, text in prose((ROOT / path).read_text())
        for phrase in PHRASES
        if re.search(rf"\b{phrase}", text)
    ]
    assert not found


@pytest.mark.parametrize("path", [path for path in FILES if path.name != "times.py"], ids=str)
def test_hours_and_days_are_spelled_once(path: Path) -> None:
    """``HOUR_S`` and ``DAY_S`` of ``monitor/times.py``."""
    found = [
        f"{path}:{node.lineno}"
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Constant) and node.value in (3600, 86_400)
    ]
    assert not found
