"""A failed heat source: told by the curve, and not by an open box, a hand or the thermostat."""

from __future__ import annotations

import math

import pytest

from monitor.core.warmth.cooling import Cooling, Hands, fit

LOW_C = 29.0
T0 = 1_700_000_000.0


class Curve:
    """A nest read once a minute."""

    def __init__(self, *, scale: bool = False) -> None:
        self.cooling, self.minute, self.scale = Cooling(), 0, scale
        self.hands_s = -math.inf
        self.told: list[int] = []

    def at(self, *values: float, hands: bool = False) -> Curve:
        for celsius in values:
            t_s = T0 + 60.0 * self.minute
            self.hands_s = t_s if hands else self.hands_s
            self.cooling.observe(t_s, celsius, LOW_C, Hands(self.scale, self.hands_s))
            if self.cooling.fall is not None:
                self.told.append(self.minute)
            self.minute += 1
        return self

    def ripple(self, minutes: int, low: float = 30.1, high: float = 30.9) -> Curve:
        middle, swing = (low + high) / 2, (high - low) / 2
        return self.at(*(middle + swing * math.sin(i / 2) for i in range(minutes)))


def falling(minutes: int, tau_min: float = 40.0, room_c: float = 18.0, from_c: float = 30.5):
    return [room_c + (from_c - room_c) * math.exp(-i / tau_min) for i in range(minutes)]


def test_a_heat_source_that_fails_is_told_after_a_quarter_of_an_hour() -> None:
    curve = Curve().ripple(180)
    began = curve.minute
    curve.at(*falling(30))
    assert curve.told
    assert 14 <= curve.told[0] - began <= 18


def test_a_scale_that_saw_no_hand_halves_that() -> None:
    curve = Curve(scale=True).ripple(180)
    began = curve.minute
    curve.at(*falling(30))
    assert 5 <= curve.told[0] - began <= 9
    fall = curve.cooling.fall
    assert fall is not None
    assert fall.from_c == pytest.approx(30.9, abs=0.2)


def test_a_box_that_is_open_for_twelve_minutes_is_none() -> None:
    curve = Curve().ripple(180).at(*falling(12, tau_min=10.0)).at(*[27.0, 28.5, 29.5]).ripple(60)
    assert curve.told == []


def test_hands_in_the_box_are_the_reason_where_the_scale_sees_them() -> None:
    curve = Curve(scale=True).ripple(180).at(*falling(12, tau_min=10.0), hands=True)
    assert curve.at(28.0, 29.5).ripple(30).told == []


def test_a_probe_in_the_hand_falls_faster_than_any_nest() -> None:
    assert Curve(scale=True).ripple(180).at(24.0, 20.0, 19.2, 19.0, 19.0, 19.0).told == []


def test_a_slow_thermostat_teaches_how_long_its_pauses_are() -> None:
    def cycle() -> list[float]:
        return falling(25, tau_min=120.0, from_c=31.0) + [29.0 + 0.2 * i for i in range(10)]

    curve = Curve()
    for _ in range(6):
        curve.at(*cycle())
    assert curve.told == []


def test_a_fall_that_levels_off_above_the_limit_is_none() -> None:
    assert Curve().ripple(180).at(*falling(44, tau_min=10.0, room_c=29.3)).told == []


def test_it_is_over_when_the_nest_is_warmed_again() -> None:
    curve = Curve().ripple(180).at(*falling(25))
    assert curve.cooling.fall is not None
    curve.at(*[curve.cooling.state.curve[-1][1] + 0.3 * i for i in range(4)])
    assert curve.cooling.fall is None


def test_the_curve_says_when_the_limit_is_crossed() -> None:
    points = [(60.0 * i, c) for i, c in enumerate(falling(12, tau_min=60.0, from_c=32.0))]
    crosses_s = fit(points, LOW_C)
    assert crosses_s is not None
    assert crosses_s / 60 == pytest.approx(60.0 * math.log(14.0 / 11.0), abs=2.0)
