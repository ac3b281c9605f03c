from __future__ import annotations

from monitor.core.fading.hours import KEPT_H, Hour, HourLog, Minute
from monitor.times import HOUR_S, MINUTE_S

T = 1_700_006_400.0  # a whole hour


def minute(k: int, **how) -> Minute:
    known = {"inside": ("a", "b"), "lively": 0.2, "quiet": False, "heard": True}
    return Minute(t_s=T + k * MINUTE_S, **known | how)


def log() -> HourLog:
    return HourLog({}, {})


def test_an_hour_is_written_down_when_it_is_over():
    hours = log()
    ended = [hours.note(minute(k), ("a", "b")) for k in range(61)]
    assert ended == [False] * 60 + [True]
    (hour,) = hours.hours["a"]
    assert (hour.t_s, hour.company, hour.in_min, hour.heard_min) == (T, 2, 60, 60)
    assert hour.in_lively == 12.0


def test_minutes_with_it_in_and_without_it_are_kept_apart():
    hours = log()
    for k in range(61):
        hours.note(minute(k, inside=("b",) if k < 10 else ("a", "b")), ("a", "b"))
    (own,), (other,) = hours.hours["a"], hours.hours["b"]
    assert (own.out_min, own.in_min, own.heard_min) == (10, 50, 50)
    assert (other.out_min, other.in_min) == (0, 60)


def test_what_nobody_sees_counts_for_nothing():
    hours = log()
    for k in range(60):
        hours.note(minute(k, lively=None if k < 20 else 0.2, heard=k >= 20), ("a",))
    for k in range(60, 121):
        hours.note(minute(k, inside=None), ("a",))
    (hour,) = hours.hours["a"]
    assert (hour.in_min, hour.heard_min) == (40, 40)


def test_calls_are_shared_by_those_who_may_have_called_and_of_four_nobody_can_tell():
    hours = log()
    hours.note(minute(0), ("a", "b"))
    hours.called(60.0, ["a", "b"], {"a"})
    hours.called(60.0, ["a", "b", "c", "d"], set())
    for k in range(1, 61):
        hours.note(minute(k), ("a", "b"))
    (own,), (other,) = hours.hours["a"], hours.hours["b"]
    assert (own.cry_min, own.fed_cry_min) == (0.5, 0.5)
    assert (other.cry_min, other.fed_cry_min) == (0.5, 0.0)


def test_company_that_changes_begins_another_row_and_whoever_left_is_forgotten():
    hours = log()
    for k in range(30):
        hours.note(minute(k), ("a", "b"))
    for k in range(30, 61):
        hours.note(minute(k), ("a",))
    assert [(h.company, h.in_min) for h in hours.hours["a"]] == [(2, 30), (1, 30)]
    assert "b" not in hours.hours


def test_six_days_are_kept():
    hours = HourLog({"a": [Hour(T - HOUR_S, 1, in_min=60)] * KEPT_H}, {})
    for k in range(61):
        hours.note(minute(k), ("a",))
    assert len(hours.hours["a"]) == KEPT_H
    assert hours.hours["a"][-1].t_s == T
