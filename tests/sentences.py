"""Every sentence that a phone may show, with its place: ``python -m tests.sentences``.

An alert's sentences are worded where its condition is known, so a second language has no single
file: this list is what a translator goes through. Placeholders stand in braces.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

READ_BY_A_PHONE = (
    "monitor/[!c]*.py", "monitor/commands.py", "monitor/written/*.py", "monitor/core/**/*.py",
    "monitor/mqtt/topics.py", "monitor/mqtt/entities.py",
)  # fmt: skip
"""what is worded elsewhere are errors of devices, card and broker, which alerts only quote, and
what the command line prints"""
NOT_SHOWN = {"InputError", "ConfigError", "ValueError", "AssertionError", "TypeError"}
"""exceptions whose sentences are for whoever started the program"""
PROSE = re.compile(
    r"[A-Za-z]{2,},? [a-z]{2,}|^an? [a-z]+$|[a-z]{2,} $|^ [a-z]{2,}|\} [a-z]{2,}|[a-z]{2,} \{"
)


class Sentence(NamedTuple):
    """One literal, or one f-string with its placeholders in braces."""

    path: str
    line: int
    text: str


def sentences() -> list[Sentence]:
    """All of them, by file and line."""
    files = {path for pattern in READ_BY_A_PHONE for path in ROOT.glob(pattern)}
    return [sentence for path in sorted(files) for sentence in _in_file(path)]


def _in_file(path: Path) -> Iterator[Sentence]:
    tree = ast.parse(path.read_text())
    left_out = set(_left_out(tree))
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        text = _text(node)
        if text is not None and PROSE.search(text):
            yield Sentence(str(path.relative_to(ROOT)), node.lineno, text)  # type: ignore[attr-defined]  # expressions have a line


def _left_out(tree: ast.AST) -> Iterator[int]:
    """Docstrings, parts of longer texts, descriptions of limits read by no phone, errors."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as docstring):
                yield id(docstring)
            case ast.JoinedStr(values=parts):
                yield from (id(part) for part in parts)
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name)) as call) if name in NOT_SHOWN:
                yield from (id(inner) for inner in ast.walk(call))


def _text(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_part, parts))
    return None


def _part(node: ast.expr) -> str:
    """Of an f-string: its text, or a placeholder."""
    if isinstance(node, ast.FormattedValue):
        return f"{{{ast.unparse(node.value)}}}"
    return _text(node) or ""


def main() -> None:
    """Print them."""
    for path, line, text in sentences():
        print(f"{path}:{line}: {text}")


if __name__ == "__main__":
    main()
