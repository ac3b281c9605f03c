"""Numbers and times as a reader of each language says them."""

import pytest

from monitor.page.spoken import Spoken, local_day, midnights
from monitor.times import DAY_S, HOUR_S, MINUTE_S
from tests.page.seeing import DE, EN, NOW

SAY = Spoken(EN, NOW)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_numbers_have_the_decimals_of_a_scale_and_a_real_minus():
    assert plain(SAY.grams(198.44)) == "198.4 g"
    assert plain(SAY.grams(234.0)) == "234 g"
    assert plain(SAY.grams(1843.2)) == "1843 g"
    assert plain(SAY.grams(-4.2, signed=True)) == "\u22124.2 g"
    assert plain(SAY.grams(9.8, signed=True)) == "+9.8 g"
    assert plain(SAY.grams(-0.01, signed=True)) == "0 g"
    assert plain(Spoken(DE, NOW).grams(198.44)) == "198,4 g"


def test_unknown_is_said_and_never_nought():
    assert SAY.grams(None) == "unknown"
    assert SAY.when(None) == "unknown"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (12.0, "12 s"),
        (90.0, "2 min"),
        (HOUR_S, "1 h"),
        (12_000.0, "3 h 20 min"),
        (200_000.0, "2 days"),
    ],
)
def test_spans_are_as_precise_as_a_tired_person_needs(seconds, said):
    assert SAY.span(seconds) == said


def test_what_is_near_needs_no_day_over_midnight_either():
    assert [SAY.near(NOW + h * HOUR_S) for h in (0, 11.9, -11.9)] == ["12:14", "00:08", "00:20"]
    midnight = Spoken(EN, NOW + 11.5 * HOUR_S)
    assert midnight.near(NOW + 13 * HOUR_S) == "01:14"
    assert midnight.near(NOW + 24 * HOUR_S) == "tomorrow 12:14"


def test_moments_name_the_day_where_it_is_not_today():
    assert SAY.when(NOW) == "12:14"
    assert SAY.when(NOW - DAY_S) == "yesterday 12:14"
    assert SAY.when(NOW + DAY_S) == "tomorrow 12:14"
    assert SAY.when(NOW - 5 * DAY_S) == "24 Nov 12:14"
    assert SAY.on_day(NOW - 365 * DAY_S) == "29 Nov 2025"
    assert Spoken(DE, NOW).when(NOW - 5 * DAY_S) == "24. Nov. 12:14"


def test_ages_of_what_is_shown():
    assert SAY.ago(NOW - 3) == "just now"
    assert SAY.ago(NOW - 10 * MINUTE_S) == "10 min ago"
    assert Spoken(DE, NOW).ago(NOW - 3 * DAY_S) == "vor 3 Tagen"


@pytest.mark.parametrize(
    ("born", "said"),
    [("2026-11-29", "born today"), ("2026-11-28", "1 day old"), ("2026-11-20", "9 days old"),
     ("2026-09-01", "12 weeks old"), ("2026-12-24", None), ("soon", None), (None, None)],
)  # fmt: skip
def test_the_age_of_a_baby_is_said_where_it_is_known(born, said):
    assert SAY.age(born) == said


def test_every_midnight_between_two_moments():
    found = midnights(NOW - 3 * DAY_S, NOW)
    assert len(found) == 3
    assert all(SAY.clock(t_s) == "00:00" for t_s in found)
    assert local_day(found[-1]) == local_day(NOW)
    assert len(midnights(0.0, 1e10)) == 400
    assert midnights(NOW, NOW + HOUR_S) == []
