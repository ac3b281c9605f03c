from __future__ import annotations

import math

import pytest

from monitor.core.fading.curve import Curve
from monitor.core.fading.gaining import Bend, bend, gaining
from monitor.core.growth.trend import Point
from monitor.times import DAY_S

T = 1_700_000_000.0


def curve(first: float = 0.05, last: float = 0.05) -> Curve:
    return Curve.of([T, T + 6 * DAY_S], [first, last])


def weights(*, days: float = 5.0, turn: float = 4.0, gain: float = 0.05, then: float = 0.05):
    """Eight a day, from 200 g; another gain from ``turn`` on."""
    times = [k / 8.0 for k in range(int(days * 8) + 1)]
    logs = [gain * min(d, turn) + then * max(d - turn, 0.0) for d in times]
    return [
        Point(T + d * DAY_S, 200.0 * math.exp(y), 0.3, False)
        for d, y in zip(times, logs, strict=True)
    ]


def turned(**how: float) -> Bend:
    found = bend(weights(**how), curve(), T - 1.0, T + 4 * DAY_S)
    assert found is not None
    return found


def test_a_line_drawn_on_has_no_bend():
    found = turned()
    assert found.change == pytest.approx(0.0, abs=1e-6)
    assert found.usual == pytest.approx(0.05, abs=1e-6)
    assert gaining(found, []).evidence < 0.0


def test_a_gain_that_becomes_a_loss_is_told_in_grams():
    found = turned(then=-0.03)
    assert found.change == pytest.approx(-0.08, abs=1e-3)
    sign = gaining(found, [])
    assert sign.evidence > 3.0
    assert sign.text == "loses 7 g a day of late, usually gains 12 g"


def test_growth_that_slows_with_age_as_the_reference_does_is_no_bend():
    slowing = curve(0.10, 0.02)
    at = [T + k / 8.0 * DAY_S for k in range(41)]
    points = [Point(t, 200.0 * math.exp(float(slowing.sum_at(t))), 0.3, False) for t in at]  # type: ignore[arg-type]
    found = bend(points, slowing, T - 1.0, T + 4 * DAY_S)
    assert found is not None
    assert abs(found.change) < 0.005


def test_too_few_weights_before_or_since_say_nothing():
    assert bend(weights(days=4.05), curve(), T - 1.0, T + 4 * DAY_S) is None
    assert bend(weights(), curve(), T + 3.5 * DAY_S, T + 4 * DAY_S) is None


def test_what_all_of_its_litter_do_is_nobodys_own():
    found = turned(then=-0.03)
    assert gaining(found, [found]).evidence < 0.0
