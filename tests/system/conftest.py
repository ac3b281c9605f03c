"""Servers for the system tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.mosquitto import BINARY, Mosquitto

LONGEST = (
    "test_campaign.py", "test_home_assistant.py", "test_home_assistant_alone.py",
    "test_intruder.py", "test_blind.py",
    "test_identity.py", "test_soak.py", "test_set_up.py", "test_sound_card.py", "test_dead_card.py",
)  # fmt: skip
"""files that begin first, so that tests side by side end together"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests keep their order within a file; longest files first."""
    order = {name: place for place, name in enumerate(LONGEST)}

    def place(item: pytest.Item) -> int:
        here = item.path.parent == Path(__file__).parent
        return order.get(item.path.name, len(order)) if here else len(order)

    items.sort(key=place)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A fresh Mosquitto on a free loopback port."""
    if BINARY is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    server = Mosquitto(tmp_path / "mosquitto").start()
    yield server
    server.stop()
