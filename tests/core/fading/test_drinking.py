from __future__ import annotations

import pytest

from monitor.core.fading.curve import Curve
from monitor.core.fading.drinking import Rate, drinking, rate, refusals, refusing
from monitor.core.growth.feeding import FeedRecord
from monitor.times import DAY_S, HOUR_S

T = 1_700_000_000.0
NEED = Curve.of([T - DAY_S, T + 9 * DAY_S], [200.0, 200.0])


def bottles(*grams: float | None, every_h: float = 3.0) -> list[FeedRecord]:
    return [
        FeedRecord(
            t_s=T + k * every_h * HOUR_S, net_g=g, sigma_g=0.3, out_s=500.0, weight_g=200.0,
            step_id=str(k),
        )
        for k, g in enumerate(grams)
    ]  # fmt: skip


def of(record: list[FeedRecord], since_h: float, need: Curve = NEED) -> Rate | None:
    return rate(record, need, T - HOUR_S, T + since_h * HOUR_S)


def test_a_rate_is_milk_for_the_time_before_it_wherever_the_window_begins():
    record = bottles(*[6.0] * 16, *[3.0] * 6)
    a, b = of(record, 45.5), of(record, 47.5)
    assert a is not None
    assert a == b
    assert a.change == pytest.approx(-0.5)
    assert drinking(a, []).text == "drank 18 g in 18 h, 50 % of its usual"
    assert drinking(a, []).evidence > 1.0


def test_fewer_larger_bottles_are_as_much():
    record = bottles(*[6.0] * 16)
    record += [
        FeedRecord(t_s=T + (45 + 6 * k) * HOUR_S, net_g=12.0, sigma_g=0.3, out_s=500.0,
                   weight_g=200.0, step_id=f"l{k}")
        for k in range(1, 5)
    ]  # fmt: skip
    found = of(record, 45.5)
    assert found is not None
    assert abs(found.change) < 0.01


def test_a_bottle_of_unknown_amount_leaves_its_time_out_too():
    record = bottles(*[6.0] * 16, None, 6.0, None, 6.0, 6.0)
    found = of(record, 45.5)
    assert found is not None
    assert abs(found.change) < 0.01


def test_too_few_bottles_say_nothing():
    assert of(bottles(*[6.0] * 5), 9.5) is None
    assert of(bottles(*[6.0] * 16), 44.0) is None
    assert refusals(bottles(*[6.0] * 5), T - HOUR_S, T + 9 * HOUR_S) is None


def test_need_that_falls_with_age_is_no_sign():
    falling = Curve.of([T, T + 2 * DAY_S, T + 3 * DAY_S], [200.0, 200.0, 100.0])
    record = bottles(*[6.0] * 16, *[4.0] * 6)
    weaned, flat = of(record, 45.5, falling), of(record, 45.5)
    assert weaned is not None
    assert flat is not None
    assert drinking(weaned, []).evidence < drinking(flat, []).evidence


def test_what_all_of_its_litter_do_is_nobodys_own():
    found = of(bottles(*[6.0] * 16, *[3.0] * 6), 45.5)
    assert found is not None
    assert drinking(found, [found, found]).evidence < 0.0 < drinking(found, []).evidence


def test_three_refused_of_four_speak_unless_the_litter_refuses_as_well():
    found = refusals(bottles(*[6.0] * 16, 0.0, 0.0, 6.0, 0.0), T - HOUR_S, T + 46 * HOUR_S)
    assert found is not None
    sign = refusing(found, [])
    assert sign.evidence > 3.0
    assert sign.text == "took next to nothing in 3 of the last 4 bottles"
    assert refusing(found, [found]).evidence < 1.0


def test_bottles_of_a_baby_that_eats_say_nothing():
    weaned = Curve.of([T, T + 9 * DAY_S], [30.0, 30.0])
    assert of(bottles(*[6.0] * 16, *[3.0] * 6), 45.5, weaned) is None
