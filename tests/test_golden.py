"""Whole nights against their kept text (see ``tests/golden/nights.py``)."""

import pytest

from tests.golden.nights import HERE, NIGHTS, text


@pytest.mark.parametrize("name", NIGHTS)
def test_a_night_is_told_as_it_was(name: str) -> None:
    kept = (HERE / f"{name}.txt").read_text()
    assert text(name) == kept, 'what the monitor says has changed: "make golden", read the diff'
