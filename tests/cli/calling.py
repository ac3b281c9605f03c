"""Calls of the command line for tests."""

import pytest

from monitor.cli import main


def fails(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    """Exit code and the one sentence of a call that must not succeed."""
    code = main(list(argv))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    assert captured.err.startswith("nursery: ")
    return code, captured.err
