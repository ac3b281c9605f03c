"""What a push says, and what comes back from its button."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.daemon.push_message import PushMessage, message_of
from tests.daemon.pushing import alert
from tests.hostile import BASE, Box, as_json
from tests.ntfy_server import NtfyServer

PAGE = "http://nursery.local:8080"


@pytest.fixture
def ntfy() -> Iterator[NtfyServer]:
    server = NtfyServer()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def box(tmp_path: Path, ntfy: NtfyServer) -> Iterator[Box]:
    pytest.importorskip("apprise", reason='the "notify" extra is not installed')
    more = f'[notify]\nurls = ["{ntfy.address()}"]\npage_url = "{PAGE}"\n'
    opened = Box(tmp_path, more=more)
    yield opened
    opened.close()


def test_a_message_without_a_page_has_neither_link_nor_button():
    message = message_of(alert(), page_url="", token="x", local_minute=None)
    assert message == PushMessage(
        title="Kitten crying (box)", body="box: Kitten crying since 00:00 UTC. Look.",
        kind="warning", loudness="high",
    )  # fmt: skip


def until(box: Box, true: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        box.turn()
        time.sleep(0.01)


def open_alerts(box: Box) -> list[dict[str, Any]]:
    box.tick()
    told = [m.payload for m in box.connection.published if m.topic == f"{BASE}/alerts"]
    found: list[dict[str, Any]] = msgspec.json.decode(told[-1])
    return found


def test_its_button_acknowledges_that_alert_once(box: Box, ntfy: NtfyServer):
    box.send("test_alert", b"{}")
    until(box, lambda: ntfy.shown)
    token = ntfy.shown[0].actions[0]["body"]
    (answer,) = box.send("acknowledge", as_json({"token": token, "request_id": "r"}))
    assert answer == {"ok": True, "request_id": "r"}
    assert [each["state"] for each in open_alerts(box)] == ["acknowledged"]
    (again,) = box.send("acknowledge", as_json({"token": token}))
    assert again["ok"] is False
    assert again["error"] == "this button has been used, or is too old: open the page"


def test_a_token_that_was_made_up_acknowledges_nothing(box: Box, ntfy: NtfyServer):
    box.send("test_alert", b"{}")
    until(box, lambda: ntfy.shown)
    (found,) = open_alerts(box)
    for token in (f"ffffffff.{'A' * 22}.{found['id']}", "", "all", found["id"], "x" * 300):
        (answer,) = box.send("acknowledge", as_json({"token": token}))
        assert answer["ok"] is False, token
    (both,) = box.send("acknowledge", as_json({"token": "x", "id": found["id"]}))
    assert "not two" in both["error"]
    assert [each["state"] for each in open_alerts(box)] == ["raised"]


def test_a_box_without_pushes_refuses_every_button(tmp_path: Path):
    plain = Box(tmp_path)
    plain.send("test_alert", b"{}")
    (answer,) = plain.send("acknowledge", as_json({"token": "x"}))
    assert answer["ok"] is False
    assert [each["state"] for each in open_alerts(plain)] == ["raised"]
    plain.close()
