"""Servers for the system tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.installed import pi
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.victoria import Victoria

__all__ = ["broker", "pi"]

FIRST = (
    "test_campaign.py", "test_home_assistant.py", "test_home_assistant_alone.py", "test_blind.py",
    "test_identity.py", "test_soak.py", "test_set_up.py", "test_sound_card.py", "test_dead_card.py",
)  # fmt: skip
"""the longest, so that tests side by side end together"""
LAST = ("test_load.py", "test_intruder.py")
"""they keep a processor busy, which makes others late"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the files here; the tests of one keep their order."""
    order = {name: place - len(FIRST) for place, name in enumerate(FIRST)}
    order |= {name: place + 1 for place, name in enumerate(LAST)}
    here = Path(__file__).parent
    items.sort(key=lambda item: order.get(item.path.name, 0) if item.path.parent == here else 0)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A fresh Mosquitto on a free loopback port."""
    if BINARY is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    server = Mosquitto(tmp_path / "mosquitto").start()
    yield server
    server.stop()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Victoria]:
    """A fresh VictoriaMetrics on a free loopback port."""
    server = Victoria(tmp_path / "victoria")
    server.start()
    yield server
    server.stop()
