"""Times as people write them, at a morning in Berlin."""

from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.written.days import AmbiguousDayError, LocalNow
from monitor.written.moments import parse_moment, spoken_moment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = LocalNow(datetime(2026, 11, 28, 8, 0, tzinfo=BERLIN).timestamp(), BERLIN)


def at(text, **how):
    return datetime.fromtimestamp(parse_moment(text, NOW, **how), BERLIN).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("07:30", "2026-11-28 07:30"),
        ("7:15 PM", "2026-11-27 19:15"),
        ("7:15 a.m.", "2026-11-28 07:15"),
        ("12:30 am", "2026-11-28 00:30"),
        ("7pm", "2026-11-27 19:00"),
        ("7.30 Uhr", "2026-11-28 07:30"),
        ("07h30", "2026-11-28 07:30"),
        ("8:05", "2026-11-28 08:05"),
        ("23:10", "2026-11-27 23:10"),
        ("today 07:30", "2026-11-28 07:30"),
        ("yesterday 23:10", "2026-11-27 23:10"),
        ("Yesterday at 7 am", "2026-11-27 07:00"),
        ("23:10 yesterday", "2026-11-27 23:10"),
        ("Friday 19:00", "2026-11-27 19:00"),
        ("Sat 07:00", "2026-11-28 07:00"),
        ("3 days ago 05:00", "2026-11-25 05:00"),
        ("now", "2026-11-28 08:00"),
        ("20 min ago", "2026-11-28 07:40"),
        ("1 h 20 min ago", "2026-11-28 06:40"),
        ("2026-11-27 05:00", "2026-11-27 05:00"),
        ("2026-11-27 5:00 PM", "2026-11-27 17:00"),
        ("2026-11-27T05:00:00Z", "2026-11-27 06:00"),
        ("2026-11-27T05:00+02:00", "2026-11-27 04:00"),
        ("27.11. 05:00", "2026-11-27 05:00"),
        ("27.11.2026, 05:00", "2026-11-27 05:00"),
        ("27.11.26 05:00", "2026-11-27 05:00"),
        ("31.12. 10:00", "2025-12-31 10:00"),
        ("27 Nov 05:00", "2026-11-27 05:00"),
        ("Nov 27, 2026 5:00 AM", "2026-11-27 05:00"),
        ("27th of November at 05:00", "2026-11-27 05:00"),
        ("11/27/2026 05:00", "2026-11-27 05:00"),
        ("27/11/2026 05:00", "2026-11-27 05:00"),
        ("2026-07-01 12:00", "2026-07-01 12:00"),
        ("gestern 23:10", "2026-11-27 23:10"),
        ("Gestern um 23 Uhr", "2026-11-27 23:00"),
        ("23:10 gestern", "2026-11-27 23:10"),
        ("heute 7.30 Uhr", "2026-11-28 07:30"),
        ("7 Uhr 30", "2026-11-28 07:30"),
        ("vorgestern 5 Uhr", "2026-11-26 05:00"),
        ("Freitag 19:00", "2026-11-27 19:00"),
        ("Fr. 19 Uhr", "2026-11-27 19:00"),
        ("So, 07:00", "2026-11-22 07:00"),
        ("vor 20 Minuten", "2026-11-28 07:40"),
        ("vor 1 Std 20 min", "2026-11-28 06:40"),
        ("vor einer Stunde", "2026-11-28 07:00"),
        ("vor 2 Tagen 05:00", "2026-11-26 05:00"),
        ("jetzt", "2026-11-28 08:00"),
        ("1. März 05:00", "2026-03-01 05:00"),
        ("3. Okt. 2026 05:00", "2026-10-03 05:00"),
        ("24. Dezember 2025 18:00", "2025-12-24 18:00"),
        ("3. Mai 7 am", "2026-05-03 07:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(text, moment):
    assert at(text) == moment


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("yesterday", "has no time of day"),
        ("gestern", "has no time of day"),
        ("gestern Abend", "is no time: 'gestern Abend'"),
        ("2026-11-27", "has no time of day"),
        ("27.11.", "has no time of day"),
        ("", "is no time"),
        ("5", "is no time"),
        ("0730", "is no time"),
        ("25:00", "is no time"),
        ("13:00 pm", "is no time"),
        ("soon", "is no time"),
        ("tomorrow 07:00", "is no date"),
        ("30 Feb 2026 07:00", "is no date"),
        ("3/4/2026 05:00", "can be 3 Apr or 4 Mar"),
    ],
)
def test_what_is_no_time_is_refused(text, says):
    with pytest.raises(ValueError, match=says):
        parse_moment(text, NOW)


def test_who_knows_the_order_of_day_and_month_says_so():
    assert at("3/4/2026 05:00", day_first=True) == "2026-04-03 05:00"
    assert at("3/4/2026 05:00", day_first=False) == "2026-03-04 05:00"
    with pytest.raises(AmbiguousDayError):
        parse_moment("3/4/2026 05:00", NOW)


def test_a_time_is_local_on_its_own_day():
    summer = parse_moment("2026-07-01 12:00", NOW)
    winter = parse_moment("2026-01-01 12:00", NOW)
    assert (summer % 86_400, winter % 86_400) == (10 * 3600, 11 * 3600)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("07:30", "today 07:30"),
        ("23:10", "yesterday 23:10"),
        ("20 Nov 05:00", "20 Nov 05:00"),
        ("31.12. 10:00", "31 Dec 2025 10:00"),
    ],
)
def test_what_was_understood_is_said_back(text, said):
    assert spoken_moment(parse_moment(text, NOW), NOW) == said


def test_while_the_clock_is_not_set_the_date_is_said_back():
    adrift = NOW._replace(clock_known=False)
    assert spoken_moment(parse_moment("07:30", adrift), adrift) == "28 Nov 2026 07:30"


@given(st.text(max_size=30))
def test_no_text_raises_anything_but_a_refusal(text):
    with suppress(ValueError):
        parse_moment(text, NOW)
