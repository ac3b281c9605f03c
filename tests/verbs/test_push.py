from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from monitor.store.settings import BoxSettings
from monitor.verbs.push import show_push
from monitor.written.setup_requests import SubscribePhone


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def box(tmp_path: Path) -> BoxSettings:
    pytest.importorskip("apprise", reason='the "notify" extra is not installed')
    found = BoxSettings(f'box = "attic"\nstate_dir = "{tmp_path}"\n'.encode(), "nursery.toml")
    found.load()
    return found


def said(box: BoxSettings, out: io.StringIO | None = None, **asked) -> str:
    out = out or io.StringIO()
    assert show_push(box, SubscribePhone(**asked), as_json=False, out=out) == 0
    return out.getvalue()


def test_a_topic_is_shown_in_letters_and_stays_the_same(box: BoxSettings) -> None:
    first = said(box, page_url="http://nursery.local:8080")
    (topic,) = [line.strip() for line in first.splitlines() if line.startswith("  nursery-")]
    assert f"open ntfy://ntfy.sh/{topic}" in first
    assert "A push opens http://nursery.local:8080" in first
    assert topic in said(box)
    assert topic not in said(box, new=True)


def test_on_a_terminal_it_is_a_picture_that_fits_80_columns(box: BoxSettings) -> None:
    pytest.importorskip("segno", reason='the "page" extra is not installed')
    text = said(box, Terminal())
    assert "point the camera at this" in text
    assert "█" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_server_of_ones_own_is_told_to_the_iphone(box: BoxSettings) -> None:
    text = said(box, server="http://nursery.local:2586")
    assert "with http://nursery.local:2586 as another server" in text
    assert "A push opens no page yet" in text


def test_for_a_program_it_is_one_object(box: BoxSettings) -> None:
    out = io.StringIO()
    show_push(box, SubscribePhone(), as_json=True, out=out)
    found = json.loads(out.getvalue())
    assert found["web"] == f"https://ntfy.sh/{found['topic']}"
    assert found["page_url"] is None
