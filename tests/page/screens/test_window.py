"""What phones ask a box about, they ask alike."""

from monitor.page.screens.window import STEP_S, window
from monitor.times import DAY_S, parse_rfc3339
from tests.page.seeing import NOW

BEGIN = NOW - NOW % STEP_S


def test_two_phones_within_a_minute_ask_the_same() -> None:
    asked = [window(t_s - DAY_S, t_s, t_s) for t_s in (BEGIN + 1, BEGIN + 60)]
    assert asked[0] == asked[1]
    assert "until" not in asked[0], "what happens now belongs to it"


def test_nothing_of_the_time_shown_is_left_out() -> None:
    asked = window(NOW - DAY_S, NOW - 60.5, NOW)
    assert parse_rfc3339(asked["since"]) <= NOW - DAY_S
    assert parse_rfc3339(asked["until"]) == NOW - 60.5
