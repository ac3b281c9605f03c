"""Boxes that push; their tests need the extra "notify"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.config import NotifyConfig
from tests.daemon.pushing import Box, Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Box]]:
    pytest.importorskip("apprise", reason='the "notify" extra is not installed')
    boxes: list[Box] = []

    def made(config: NotifyConfig, **options: Any) -> Box:
        boxes.append(Box(tmp_path / "j.sqlite", config, **options))
        return boxes[-1]

    yield made
    for box in boxes:
        box.close()
