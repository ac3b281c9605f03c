"""Servers for the system tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.mosquitto import BINARY, Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A fresh Mosquitto on a free loopback port."""
    if BINARY is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    server = Mosquitto(tmp_path / "mosquitto").start()
    yield server
    server.stop()
