from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.evaluation.growth_records import read_records
from calibration.evaluation.growth_rules import Fade, alerts_raised, first_alert_h
from monitor.core.growth.assessment import assess
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.growth.trend import Point
from monitor.data.shipped import shipped
from monitor.errors import InputError
from monitor.events import Baby, Weighing
from monitor.times import DAY_S

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T0 = 1_700_000_000.0
RECORDS = Path(__file__).parents[4] / "shared/data/weight/purrfectdata_kittens/kitten_growth.csv"


def daily(*grams: float) -> list[Point]:
    return [Point(T0 + k * DAY_S, g, 1.0) for k, g in enumerate(grams)]


def judge(points: list[Point], age_day: float = 8.0, species="kitten", **how):
    return assess(points, species, age_day, 5.0, **how)


def test_no_weighing_no_report_and_one_is_not_enough():
    assert judge([]) is None
    report = judge(daily(200.0))
    assert (report.verdict, report.gain_24h_g, report.p_losing) == ("not_enough_data", None, None)


def test_a_kitten_that_gains_is_left_in_peace():
    report = judge(daily(180, 192, 203, 216, 228))
    assert report.verdict == "gaining"
    assert report.concern is None
    assert report.gain_24h_g == pytest.approx(12.0)
    assert report.p_losing < 0.05


def test_five_per_cent_in_a_day_is_critical_at_once():
    report = judge(daily(200, 212, 201))
    assert report.concern.kind == "losing_weight"
    assert report.concern.severity == "critical"
    assert report.verdict == "losing"


def test_no_gain_in_two_days_counts_early_and_not_at_five_weeks():
    flat = daily(400, 412, 412, 412)
    assert judge(flat, age_day=10.0).concern.kind == "not_gaining"
    assert judge(flat, age_day=35.0).concern is None


def test_three_per_cent_once_is_an_accident_after_six_weeks():
    dip = daily(600, 612, 625, 605)
    assert judge(dip, age_day=18.0).concern is not None
    assert judge(dip, age_day=50.0).concern is None


def test_ten_per_cent_below_its_own_peak_is_told_as_such():
    report = judge(daily(200, 210, 209, 204, 199, 193, 187), age_day=9.0)
    assert "below its highest (209 g)" in report.concern.text


@pytest.mark.parametrize(
    ("species", "age_day", "now_g", "alarms"),
    [
        ("puppy", 2.0, 385, False),
        ("puppy", 2.0, 384, True),
        ("puppy", 9.0, 392, True),
        ("kitten", 0.9, 389, False),
        ("kitten", 0.9, 388, True),
        ("kitten", 4.0, 392, True),
    ],
)
def test_the_first_days_have_their_own_allowance(species, age_day, now_g, alarms):
    report = judge(daily(400, now_g), age_day=age_day, species=species)
    assert (report.concern is not None) == alarms


def test_a_guessed_age_excuses_nothing():
    points = daily(127, 125.5, 122.5, 118.6)
    assert judge(points, age_day=0.0, species="puppy", age_known=False).concern is not None


def test_a_coarse_scale_is_not_a_loss():
    record = BabyRecord(baby=Baby(id="a", name="A", species="puppy", born="2023-11-06"))
    for k, ounces in enumerate((17, 17, 18, 19, 18, 20, 22, 24, 23)):
        record.put(
            Weighing(
                step_id=f"w{k}", t_s=T0 + k * DAY_S, baby="A", weight_g=28.35 * ounces, sigma_g=1.0
            )
        )
        record.refresh(REFERENCE)
        assert record.report.concern is None


def test_a_digit_wrong_is_no_loss():
    record = BabyRecord(baby=Baby(id="a", name="A", species="kitten", born="2023-11-10"))
    for k, grams in enumerate((180, 192, 2040, 216, 228)):
        record.put(
            Weighing(step_id=f"w{k}", t_s=T0 + k * DAY_S, baby="A", weight_g=grams, sigma_g=1.0)
        )
    record.refresh(REFERENCE)
    assert record.report.concern is None
    assert record.report.verdict == "gaining"


def test_a_worry_ends_after_two_clean_weighings_not_one():
    record = BabyRecord(baby=Baby(id="a", name="A", species="kitten", born="2023-11-06"))
    seen = []
    for k, grams in enumerate((180, 192, 185, 196, 208, 219, 230)):
        record.put(
            Weighing(step_id=f"w{k}", t_s=T0 + k * DAY_S, baby="A", weight_g=grams, sigma_g=1.0)
        )
        record.refresh(REFERENCE)
        seen.append(record.concern_since_s is not None)
    assert seen == [False, False, True, True, False, False, False]


@pytest.mark.parametrize("species", ["kitten", "puppy"])
@pytest.mark.parametrize("age_day", [8.0, 18.0, 30.0])
@pytest.mark.parametrize(("rate", "within_h"), [(-5.0, 24.0), (-2.5, 48.0)])
@pytest.mark.parametrize("bottles", [5.0, 8.0])
def test_a_fading_baby_weighed_at_each_bottle_is_told_in_time(
    species, age_day, rate, within_h, bottles
):
    fade = Fade(
        species=species, age_day=age_day, weight_g=300.0, gain_pct_day=4.0, then_pct_day=rate,
        feeds_a_day=bottles,
    )  # fmt: skip
    for seed in range(6):
        hours = first_alert_h(fade, seed)
        assert hours is not None
        assert 0.0 < hours <= within_h


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("age_day", [3.0, 18.0, 38.0])
def test_one_that_gains_is_never_reported(age_day, by_hand):
    fade = Fade(
        species="kitten", age_day=age_day, weight_g=250.0, gain_pct_day=4.0, days=8.0,
        by_hand=by_hand,
    )  # fmt: skip
    assert [first_alert_h(fade, seed) for seed in range(8)] == [None] * 8


def real_kittens() -> dict[str, list[tuple[float, float]]]:
    if not RECORDS.exists():
        pytest.skip("the real kitten records are not beside this repository")
    return read_records(RECORDS)


def test_healthy_real_kittens_raise_few_alerts():
    early = late = early_days = late_days = 0.0
    for rows in real_kittens().values():
        span = (rows[-1][0] - rows[0][0]) / DAY_S
        early_days += min(span, 14.0)
        late_days += max(min(span, 42.0) - 14.0, 0.0)
        ages = [age for age, _ in alerts_raised(rows, "kitten")]
        early += sum(age < 14 for age in ages)
        late += sum(14 <= age < 42 for age in ages)
    assert early / early_days <= 0.005
    assert late / late_days <= 0.02


@pytest.mark.parametrize("rate_pct_day", [-5.0, -2.5, -1.0])
def test_a_real_kitten_that_fades_is_always_caught(rate_pct_day):
    """Each record is bent downwards from day 6, with its own scatter kept."""
    for name, rows in real_kittens().items():
        t = np.array([row[0] for row in rows])
        grams = np.array([row[1] for row in rows])
        turn = t[0] + 6 * DAY_S
        trend = np.polyval(np.polyfit(t - t[0], np.log(grams), 3), t - t[0])
        own = np.log(grams) - trend
        at_turn = np.interp(turn, t, trend)
        bent = at_turn + rate_pct_day / 100.0 * (t - turn) / DAY_S + own
        faded = np.where(t <= turn, grams, np.exp(bent))
        keep = t <= turn + 5.2 * DAY_S
        bent_rows = list(zip(t[keep], faded[keep], strict=True))
        ages = [age for age, _ in alerts_raised(bent_rows, "kitten")]
        assert ages, name
        assert ages[0] >= 5.5, name


def test_the_reference_knows_its_sources_and_refuses_nonsense():
    raw = shipped("growth.toml")
    with pytest.raises(InputError, match="no table for puppy"):
        GrowthReference.parse(raw.replace(b'species = "puppy"', b'species = "kitten"'))
    with pytest.raises(InputError, match=r"growth\.toml"):
        GrowthReference.parse(b"table = 3")
    with pytest.raises(InputError, match="unknown field"):
        GrowthReference.parse(raw.replace(b"n_animals", b"animals"))


@pytest.mark.parametrize(("weight_g", "low", "high"), [(84.0, 0.0, 1.0), (265.0, 13.0, 15.0)])
def test_an_unknown_age_is_read_off_the_weight(weight_g, low, high):
    kitten = Baby(id="a", name="A", species="kitten")
    expected = REFERENCE.expected(kitten, None, weight_g)
    assert not expected.age_known
    assert low <= expected.age_day <= high


def test_an_unknown_breed_is_the_class_nearest_to_the_weight():
    puppy = Baby(id="a", name="A", species="puppy")
    small = REFERENCE.expected(puppy, 14.0, 400.0)
    large = REFERENCE.expected(puppy, 14.0, 1000.0)
    assert small.weight_g[1] == 376.0
    assert large.weight_g[1] == 894.0
