"""No test reaches for what is private: what it needs to see or replace is given to the object."""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent

PATCHING = {"setattr", "getattr", "delattr"}
OF_NAMED_TUPLES = {"_replace", "_asdict"}
"""public, with a line in front so that no field can be called the same"""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in OF_NAMED_TUPLES


def reaches(node: ast.AST) -> bool:
    """Whether it names something private of another object or module."""
    if isinstance(node, ast.Attribute):
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        return is_private(node.attr) and owner not in {"self", "cls", "os"}  # os._exit is public
    if isinstance(node, ast.ImportFrom):
        return any(is_private(name.name) for name in node.names)
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else called
        words = [a.value for a in node.args if isinstance(a, ast.Constant)]
        names = [word.rpartition(".")[2] for word in words if isinstance(word, str)]
        return called in PATCHING and any(is_private(name) for name in names)
    return False


def pokes(path: Path) -> list[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return [f"{path}:{node.lineno}: {ast.unparse(node)}" for node in nodes if reaches(node)]  # type: ignore[attr-defined]  # those that reach have a line


PLACES = [path.name for path in sorted(HERE.iterdir())
          if path.suffix == ".py" or (path.is_dir() and any(path.rglob("*.py")))]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_what_is_private_is_left_alone(place: str) -> None:
    path = HERE / place
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    found = [poke for file in files for poke in pokes(file)]
    assert not found, "\n".join(found)


def test_every_way_of_reaching_is_seen() -> None:
    lines = [
        "box._secret", "box._secret.value = 1", "a.b()._c", "from box import _secret",
        'monkeypatch.setattr(box, "_secret", 1)', 'monkeypatch.setattr("a.b._secret", 1)',
        'getattr(box, "_secret")',
    ]  # fmt: skip
    for line in lines:
        assert any(reaches(node) for node in ast.walk(ast.parse(line))), line
    for line in ("self._own", "box.__doc__", "from __future__ import x", 'print("_x")'):
        assert not any(reaches(node) for node in ast.walk(ast.parse(line))), line
