"""Each rule at its edge: the last weight that is no reason to call, and the first that is."""

from __future__ import annotations

from statistics import NormalDist

import pytest

from monitor.core.growth.assessment import GrowthReport, assess
from monitor.core.growth.concern import Concern
from monitor.core.growth.resolution import resolutions_g
from monitor.core.growth.trend import Point, trend_of
from monitor.times import DAY_S, HOUR_S

T0 = 1_700_000_000.0


def daily(*grams: float) -> list[Point]:
    """By hand, once a day."""
    return [Point(T0 + k * DAY_S, g, 1.0) for k, g in enumerate(grams)]


def typed(*weights: tuple[float, float]) -> list[Point]:
    """By hand, at hours."""
    return [Point(T0 + hour * HOUR_S, g, 1.0) for hour, g in weights]


def lifted(*weights: tuple[float, float]) -> list[Point]:
    """Before a bottle, at hours."""
    return [Point(T0 + hour * HOUR_S, g, 1.0, typed=False) for hour, g in weights]


def on_its_scale(*grams: float) -> list[Point]:
    """By hand, once a day, with the division of the scale as the numbers show it."""
    divisions = resolutions_g(grams)
    return [
        Point(T0 + k * DAY_S, g, 1.0, True, division_g)
        for k, (g, division_g) in enumerate(zip(grams, divisions, strict=True))
    ]


def judge(points: list[Point], age_day: float = 8.0, species="kitten", **how) -> GrowthReport:
    report = assess(points, species, age_day, how.pop("gain_prior_pct", 5.0), **how)
    assert report is not None
    return report


def concern(points: list[Point], age_day: float = 8.0, species="kitten", **how) -> Concern | None:
    return judge(points, age_day, species, **how).concern


# ------------------------------------------------------------------ numbers


def test_the_report_is_of_the_last_weight():
    report = judge(daily(200.0, 210.0))
    assert (report.t_s, report.weight_g) == (T0 + DAY_S, 210.0)
    assert report.gain_24h_g == pytest.approx(10.0)
    assert report.gain_24h_pct == pytest.approx(5.0)
    one = judge(daily(200.0))
    assert (one.t_s, one.weight_g, one.gain_24h_pct, one.slope_pct_day) == (T0, 200.0, None, None)


def test_the_slope_and_the_probability_of_a_loss_are_those_of_the_trend():
    points = daily(200.0, 203.0, 201.0, 205.0)
    report, trend = judge(points, gain_prior_pct=1.0), trend_of(points, 1.0)
    assert report.slope_pct_day == pytest.approx(100.0 * trend.slope)
    assert report.p_losing == pytest.approx(NormalDist(trend.slope, trend.slope_sd).cdf(0.0))


def test_now_is_the_median_of_the_last_four_hours_and_a_bit():
    """By lifts: 3 h on either side of "then", 1.4 of that up to now."""
    report = judge(lifted((-26.1, 100.0), (-4.2, 110.0), (0.0, 120.0)))
    assert report.gain_24h_g == pytest.approx(15.0)
    report = judge(lifted((-26.15, 100.0), (-4.3, 90.0), (0.0, 120.0)))
    assert report.gain_24h_g == pytest.approx(20.0 * 24.0 / 26.15)


def test_then_is_the_median_of_what_lies_three_hours_around():
    report = judge(lifted((-27.0, 100.0), (-24.0, 104.0), (-21.0, 101.0), (0.0, 121.0)))
    assert report.gain_24h_g == pytest.approx(20.0)
    assert report.gain_24h_pct == pytest.approx(100.0 * 20.0 / 101.0)
    report = judge(lifted((-27.1, 100.0), (-24.0, 104.0), (-20.9, 101.0), (0.0, 124.0)))
    assert report.gain_24h_g == pytest.approx(20.0)


def test_weights_by_hand_several_times_a_day_are_averaged_over_longer():
    """Seven hours on either side; nearly ten up to now."""
    report = judge(typed((-35.0, 100.0), (-25.0, 110.0), (-9.8, 119.0), (0.0, 121.0)))
    # now: the mean of 119 and 121 at -4.9 h; then: of 100 and 110 at -30 h
    assert report.gain_24h_g == pytest.approx((120.0 - 105.0) * 24.0 / (30.0 - 4.9))


def test_once_a_day_the_last_stands_alone():
    report = judge(typed((-42.0, 90.0), (-24.0, 110.0), (0.0, 120.0)))
    assert report.gain_24h_g == pytest.approx(10.0)
    report = judge(typed((-30.0, 90.0), (-24.0, 110.0), (-18.0, 110.0), (0.0, 120.0)))
    assert report.gain_24h_g == pytest.approx(10.0)


def test_without_a_weight_of_a_day_ago_the_nearest_counts_by_its_distance():
    assert judge(daily(200.0)).gain_24h_g is None
    early = lifted((-38.0, 100.0), (0.0, 119.0))
    assert judge(early).gain_24h_g == pytest.approx(12.0)
    late = lifted((-18.0, 100.0), (0.0, 118.0))
    assert judge(late).gain_24h_g == pytest.approx(24.0)
    both = lifted((-37.0, 90.0), (-19.0, 100.0), (0.0, 119.0))
    assert judge(both).gain_24h_g == pytest.approx(24.0)


def test_less_than_eighteen_hours_are_no_day():
    assert judge(lifted((-17.9, 100.0), (0.0, 118.0))).verdict == "not_enough_data"


def test_after_days_without_a_weight_the_last_one_counts_for_a_week():
    report = judge(lifted((-90.0, 80.0), (-72.0, 100.0), (0.0, 130.0)))
    assert report.gain_24h_g == pytest.approx(10.0)
    assert judge(lifted((-8 * 24.0, 100.0), (0.0, 180.0))).gain_24h_g == pytest.approx(10.0)
    assert judge(lifted((-8 * 24.0 - 0.1, 100.0), (0.0, 180.0))).gain_24h_g is None


# ------------------------------------------------------------------ verdict


@pytest.mark.parametrize(
    ("then_g", "gain_prior_pct", "verdict"),
    [
        (202.0, 0.0, "gaining"),
        (201.9, 0.0, "steady"),
        (201.9, 12.0, "steady"),  # a loss has 12 %
        (201.9, 20.0, "gaining"),
        (200.0, 9.0, "steady"),
    ],
)
def test_one_per_cent_a_day_is_a_gain_and_less_where_it_is_sure(then_g, gain_prior_pct, verdict):
    assert judge(daily(200.0, then_g), gain_prior_pct=gain_prior_pct).verdict == verdict


def test_a_worry_is_the_verdict():
    assert judge(daily(1000.0, 1000.0, 1000.0)).verdict == "not_gaining"
    assert judge(daily(1000.0, 980.0)).verdict == "losing"


# ------------------------------------------------------------------ below its own peak


def test_ten_per_cent_below_its_peak_and_five():
    ten = concern(daily(200.0, 200.0, 200.0, 180.0))
    assert (ten.kind, ten.severity) == ("losing_weight", "critical")
    assert ten.text == "180 g, 10 % below its highest (200 g)"
    assert ten.why == "10 % or more below its own peak"
    five = concern(daily(200.0, 200.0, 200.0, 190.0))
    assert (five.kind, five.severity) == ("losing_weight", "critical")
    assert five.text == "190 g, 5 % below its highest (200 g)"
    assert five.why == "5 % or more below its own peak (never seen in 39 healthy kittens)"
    assert "5 % or more" in concern(daily(200.0, 200.0, 200.0, 181.0)).why
    assert "below its own peak" not in concern(daily(200.0, 200.0, 200.0, 190.5)).why


def test_a_peak_needs_two_weights_and_is_forgotten_after_twelve_days():
    rising = (150.0, 152.0, 154.0, 157.0, 160.0, 163.0, 165.0, 168.0, 171.0, 173.0)
    once = daily(170.0, 200.0, *rising, 174.0, 175.0)
    assert concern(once, age_day=50.0) is None
    twice = daily(200.0, 200.0, 200.0, *rising, 175.0)  # the last two of them within 12 days
    assert concern(twice, age_day=50.0) is None
    sooner = [*twice[:-1], Point(twice[-1].t_s - HOUR_S, 175.0, 1.0)]
    assert concern(sooner, age_day=50.0).why == "10 % or more below its own peak"


@pytest.mark.parametrize(
    ("species", "age_day", "critical_pct"),
    [("puppy", 6.9, 10.0), ("puppy", 7.0, 5.0), ("kitten", 1.9, 7.0), ("kitten", 2.0, 5.0)],
)
def test_from_which_loss_on_somebody_is_called_at_once(species, age_day, critical_pct):
    lost_g = 10.0 * critical_pct
    at_limit = concern(daily(1000.0, 1000.0, 1000.0, 1000.0 - lost_g), age_day, species)
    assert (at_limit.kind, at_limit.severity) == ("losing_weight", "critical")
    within = concern(daily(1000.0, 1000.0, 1000.0, 1001.0 - lost_g), age_day, species)
    assert (within.kind, within.severity) == ("losing_weight", "warning")


@pytest.mark.parametrize(("age_day", "limit_g"), [(6.9, 40), (7.0, 20)])
def test_a_newborn_puppys_loss_in_a_day_has_its_allowance(age_day, limit_g):
    assert concern(daily(1000.0, 1000.0 - limit_g), age_day, "puppy").kind == "losing_weight"
    assert concern(daily(1000.0, 1001.0 - limit_g), age_day, "puppy") is None


def test_what_a_newborn_lost_of_yesterdays_weight_counts_as_well():
    """At birth 1000 g, a day later 1080 g: 4 % of that."""
    assert concern(daily(1000.0, 1080.0, 1036.0), 1.9).why == "lost 4.0 % or more"
    assert concern(daily(1000.0, 1080.0, 1037.0), 1.9) is None


def test_a_guessed_age_is_taken_as_a_week():
    assert concern(daily(1000.0, 980.0), 0.5, age_known=False).why == "lost 2.0 % or more"
    assert concern(daily(1000.0, 980.0), 20.0, age_known=False) is None
    assert concern(daily(1000.0, 980.0), 0.5) is None


# ------------------------------------------------------------------ one division of a coarse scale


def test_one_division_of_a_coarse_scale_is_no_loss_and_two_are():
    grown = (150, 160, 170, 180, 190, 195, 200)
    assert concern(on_its_scale(*grown, 195)) is None
    day = concern(on_its_scale(*grown, 190))
    assert day.text == "190 g, 10 g (5.0 %) less than 24 h ago"
    assert day.why == ("lost 2.0 % or more; its scale shows steps of 5 g, and that is allowed for")
    assert day.severity == "warning"  # 2.5 % of them are certain
    peak = concern(on_its_scale(150, 160, 170, 180, 190, 195, 200, 200, 200, 185))
    assert peak.why.startswith("5 % or more below its own peak")


def test_a_fine_scale_is_believed_to_the_gram():
    assert concern(daily(150, 160, 170, 180, 190, 195, 200, 195)).why == "lost 2.0 % or more"


def test_ounces_written_in_whole_grams_are_divisions_too():
    assert concern(on_its_scale(454, 482, 510, 539, 567, 595, 567)) is None


def test_a_scale_of_whole_ounces_is_given_the_time_to_show_a_gain():
    """At 5 % a day 85 g take a day and a third more for an ounce than the two of the rule..."""
    ounce_g = 28.35
    level = [ounce_g * n for n in (9, 9, 10, 10, 10, 10, 10)]
    assert [concern(on_its_scale(*level[: k + 1])) is None for k in range(2, 6)] == [True] * 4
    found = concern(on_its_scale(*level))
    assert found.kind == "not_gaining"
    assert found.why == (
        "no gain in 96 h; its scale shows steps of 28.3 g, and that is allowed for"
    )


# ------------------------------------------------------------------ a loss in a day or two


@pytest.mark.parametrize(
    ("age_day", "limit_pct"),
    [(14.0, 2.0), (14.1, 2.5), (28.0, 2.5), (28.1, 3.0), (42.0, 3.0), (42.1, 5.0)],
)
def test_a_loss_in_a_day_weighed_once_a_day(age_day, limit_pct):
    lost = 10.0 * limit_pct
    found = concern(daily(1000.0, 1000.0 - lost), age_day)
    assert found.kind == "losing_weight"
    assert found.severity == ("critical" if limit_pct == 5.0 else "warning")
    assert found.text == f"{1000 - lost:.0f} g, {lost:.0f} g ({limit_pct:.1f} %) less than 24 h ago"
    assert found.why == f"lost {limit_pct:.1f} % or more"
    assert concern(daily(1000.0, 1001.0 - lost), age_day) is None


def test_five_per_cent_in_a_day_is_critical_and_less_a_warning():
    assert concern(daily(1000.0, 950.0)).severity == "critical"
    assert concern(daily(1000.0, 951.0)).severity == "warning"
    assert concern(daily(1000.0, 900.0), 5.0, "puppy").severity == "critical"
    assert concern(daily(1000.0, 901.0), 5.0, "puppy").severity == "warning"


def test_what_was_lost_in_two_days_counts_as_well():
    found = concern(daily(1000.0, 985.0, 972.0))
    assert found.text == "972 g, 28 g (2.8 %) less than 48 h ago"
    assert found.severity == "warning"
    assert concern(daily(1000.0, 990.0, 981.0), age_day=14.1).kind == "not_gaining"


@pytest.mark.parametrize(
    ("age_day", "by_hand", "limit_pct"),
    [
        (14.0, False, 2.9),
        (14.1, False, 3.4),
        (28.0, False, 3.4),
        (28.1, False, 3.7),
        (42.0, False, 3.7),
        (42.1, False, 5.4),
        (14.0, True, 2.5),
        (14.1, True, 3.0),
        (28.1, True, 3.3),
        (42.1, True, 5.0),
    ],
)
def test_one_weighing_of_several_a_day_must_show_more(age_day, by_hand, limit_pct):
    now_g = 1000.0 - 10.0 * limit_pct
    make = typed if by_hand else lifted
    found = concern(make((-24.0, 1000.0), (-12.0, now_g - 1), (0.0, now_g - 1)), age_day)
    assert found.why == f"lost {limit_pct:.1f} % or more"
    assert concern(make((-24.0, 1000.0), (-12.0, now_g + 1), (0.0, now_g + 1)), age_day) is None


def test_several_weighings_on_either_side_leave_less_to_chance():
    both = lifted((-26.0, 1000.0), (-24.0, 1000.0), (-2.0, 960.0), (0.0, 960.0))
    assert concern(both).why == "lost 2.5 % or more"
    now_twice = lifted((-25.0, 1000.0), (-2.0, 960.0), (0.0, 960.0))
    assert concern(now_twice).why == "lost 2.7 % or more"
    then_three = lifted((-25.0, 1e3), (-24.0, 1e3), (-23.0, 1e3), (-12.0, 960.0), (0.0, 960.0))
    assert concern(then_three).why == "lost 2.6 % or more"


def test_once_a_day_is_eighteen_hours_or_more_before():
    assert concern(lifted((-24.0, 1e3), (-18.1, 1e3), (0.0, 980.0))).why == "lost 2.0 % or more"
    assert concern(lifted((-24.0, 1e3), (-18.0, 1e3), (0.0, 980.0))) is None


# ------------------------------------------------------------------ several weighings agree


def falling(grams: float, *, hours: float, every: float = 3.0) -> list[Point]:
    """Two days of gain, then a slow loss, lifted every three hours."""
    gained = [(-h, 500.0 - 0.9 * (h - hours)) for h in range(60, int(hours), -3)]
    lost = [(-hours + k * every, 500.0 - grams * k) for k in range(int(hours / every) + 1)]
    return lifted(*gained, *lost)


def test_several_weighings_that_agree_on_a_loss_are_enough():
    found = concern(falling(1.5, hours=18))
    assert (found.kind, found.severity) == ("losing_weight", "warning")
    assert found.text == "491 g, falling 2.3 % a day for 18 h"
    assert found.why == "6 weighings agree on a loss (p 0.99)"
    assert concern(falling(1.5, hours=18), age_day=42.0) is not None
    assert concern(falling(1.5, hours=18), age_day=42.1) is None


def test_a_newborn_may_lose_that_much():
    assert concern(falling(1.5, hours=18), age_day=1.5) is None
    assert concern(falling(1.5, hours=18), age_day=2.0) is not None


# ------------------------------------------------------------------ no gain


@pytest.mark.parametrize(
    ("species", "age_day", "told"), [("puppy", 5.9, False), ("puppy", 6.0, True)]
)
def test_no_gain_in_two_days_is_told_from_its_day_on(species, age_day, told):
    assert (concern(daily(1000.0, 1000.0, 1000.0), age_day, species) is not None) == told


def test_no_gain_in_two_days_in_words():
    found = concern(daily(1000.0, 1000.0, 1000.0))
    assert (found.kind, found.severity) == ("not_gaining", "warning")
    assert found.text == "1000 g, no more than 48 h ago"
    assert found.why == "no gain in 48 h"
    assert concern(daily(1000.0, 1000.0, 1001.0)) is None


def test_older_than_two_weeks_a_fraction_less_is_no_gain():
    assert concern(daily(1000.0, 1000.0, 1000.0), age_day=14.0) is not None
    assert concern(daily(1000.0, 1000.0, 998.0), age_day=14.1) is None
    assert concern(daily(1000.0, 1000.0, 997.0), age_day=14.1).why == "no gain in 48 h"


@pytest.mark.parametrize(
    ("age_day", "days", "hours"),
    [(21.0, 2, 48), (21.1, 3, 72), (42.0, 3, 72), (42.1, 5, 120)],
)
def test_the_older_the_longer_without_a_gain(age_day, days, hours):
    flat = daily(1000.0, *[999.0] * (days - 1), 997.0)
    found = concern(flat, age_day)
    assert found.why == f"no gain in {hours} h"
    assert found.text == f"997 g, no more than {hours} h ago"
    assert concern(daily(*[1000.0] * days), age_day) is None


def test_a_trend_of_three_days_below_half_a_per_cent_is_told_to_two_weeks():
    slow = daily(1000.0, 1002.0, 1004.0, 1006.0)
    found = concern(slow, age_day=14.0)
    assert (found.kind, found.severity) == ("not_gaining", "warning")
    assert found.text == "1006 g, +0.2 % a day over three days"
    assert found.why == "three-day trend below 0.5 % a day"
    assert concern(slow, age_day=14.1) is None
    assert concern(daily(1000.0, 1006.0, 1012.0, 1018.0), age_day=14.0) is None


def test_a_falling_trend_of_three_days_is_told_to_three_weeks():
    falls = daily(1000.0, 985.0, 980.0, 986.0)
    assert concern(falls, age_day=14.1).text == "986 g, -0.5 % a day over three days"
    assert concern(falls, age_day=21.0).why == "three-day trend below 0.0 % a day"
    assert concern(falls, age_day=21.1).why == "no gain in 72 h"
    level = daily(1000.0, 999.0, 1000.0, 1000.0)
    assert concern(level, age_day=15.0) is None


def test_a_trend_of_three_days_needs_three_weights_over_two_and_a_half():
    assert concern(typed((-60.0, 1000.0), (-30.0, 1001.0), (0.0, 1002.0))) is not None
    assert concern(typed((-59.9, 1000.0), (-30.0, 1001.0), (0.0, 1002.0))) is None
    assert concern(typed((-60.0, 1000.0), (0.0, 1002.0))) is None


def test_what_is_older_than_three_days_and_a_bit_is_no_part_of_that_trend():
    later = ((-48.0, 1000.0), (-24.0, 1001.0), (0.0, 1002.0))
    assert concern(typed((-79.2, 1000.0), *later)) is not None
    assert concern(typed((-79.3, 1000.0), *later)) is None
