from __future__ import annotations

import stat
from pathlib import Path

import pytest

from monitor.store.push_buttons import FILE, VALID_S, PushButtons

NOW = 1_795_000_000.0
KEY = "crying-20261129T031200Z"


@pytest.fixture
def buttons(tmp_path: Path) -> PushButtons:
    return PushButtons(tmp_path, "attic")


def test_a_token_stands_for_its_alert_once(buttons: PushButtons):
    token = buttons.token(KEY, NOW)
    assert buttons.alert_of(token, NOW + 60.0) == KEY
    assert buttons.alert_of(token, NOW + 61.0) is None


def test_it_is_used_up_across_a_restart_and_the_key_stays(tmp_path: Path, buttons: PushButtons):
    used, fresh = buttons.token(KEY, NOW), buttons.token(KEY, NOW + 600.0)
    assert buttons.alert_of(used, NOW) == KEY
    again = PushButtons(tmp_path, "attic")
    assert again.alert_of(used, NOW + 60.0) is None
    assert again.alert_of(fresh, NOW + 660.0) == KEY


def test_it_ends_after_two_hours_and_one_of_the_future_does_not_hold(buttons: PushButtons):
    assert buttons.alert_of(buttons.token(KEY, NOW), NOW + VALID_S) is None
    assert buttons.alert_of(buttons.token(KEY, NOW), NOW + VALID_S - 1.0) == KEY
    assert buttons.alert_of(buttons.token(KEY, NOW + 9 * VALID_S), NOW) is None


def test_a_token_of_another_box_or_alert_or_with_a_longer_life_is_no_good(
    tmp_path: Path, buttons: PushButtons
):
    until, mark, key = buttons.token(KEY, NOW).split(".")
    later = f"{int(until, 16) + 60:x}"
    wrong = [
        f"{until}.{mark}.other-{key}", f"{later}.{mark}.{key}", f"{until}..{key}", "", ".", "..",
        f"{until}.{mark}", f"x.{mark}.{key}", f"{until}.{mark}.{key}\u00e9", "a" * 5000,
        PushButtons(tmp_path, "cellar").token(KEY, NOW),
    ]  # fmt: skip
    assert [buttons.alert_of(each, NOW) for each in wrong] == [None] * len(wrong)
    assert buttons.alert_of(f"{until}.{mark}.{key}", NOW) == KEY


def test_its_file_is_the_boxs_alone(tmp_path: Path, buttons: PushButtons):
    buttons.token(KEY, NOW)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{}", b'{"key":"zz"}', b'{"key":""}', b"\xff"])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes):
    path = tmp_path / FILE
    path.touch(0o600)
    path.write_bytes(content)
    buttons = PushButtons(tmp_path, "attic")
    assert buttons.alert_of(buttons.token(KEY, NOW), NOW) == KEY


def test_a_card_that_refuses_keeps_no_button_from_working(tmp_path: Path):
    buttons = PushButtons(tmp_path / "is" / "not" / "there", "attic")
    token = buttons.token(KEY, NOW)
    assert buttons.alert_of(token, NOW) == KEY
    assert buttons.alert_of(token, NOW) is None


def test_used_marks_are_forgotten_when_they_would_not_hold_any_more(
    tmp_path: Path, buttons: PushButtons
):
    for hours in range(50):
        t_s = NOW + hours * 3600.0
        assert buttons.alert_of(buttons.token(KEY, t_s), t_s) == KEY
    assert len((tmp_path / FILE).read_bytes()) < 400
