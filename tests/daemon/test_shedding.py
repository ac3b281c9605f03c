"""What is let go of when the processor is short, in which order, and when it comes back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.daemon.shedding import (
    CALM_S,
    CALMEST_FACTOR,
    LAG_S,
    LASTING_S,
    ORDER,
    RELAPSE_FACTOR,
    Shedding,
)


def live(shedding, lags, step_s=0.25, start_s=1000.0):
    """Levels after each of the lags, ``step_s`` apart."""
    levels = []
    for k, lag_s in enumerate(lags):
        shedding.observe(start_s + k * step_s, lag_s)
        levels.append(shedding.level)
    return levels


def test_nothing_is_let_go_of_while_it_keeps_up():
    shedding = Shedding()
    assert set(live(shedding, [0.0, 0.3, 1.9] * 200)) == {0}
    assert shedding.status().shed == []


def test_one_stall_that_is_worked_off_changes_nothing():
    shedding = Shedding()
    backlog = [9.0 - 0.1 * k for k in range(90)]  # a nine-second stall, gone within a second
    assert set(live(shedding, [0.0] * 40 + backlog + [0.0] * 40, step_s=0.01)) == {0}


def test_lag_that_lasts_takes_one_thing_after_the_other():
    shedding = Shedding()
    turns = ((k * 0.25, k * 0.125) for k in range(200))  # half a second further behind a second
    shed = [
        (at_s, shedding.status().shed[-1]) for at_s, lag_s in turns if shedding.observe(at_s, lag_s)
    ]
    assert [what for _, what in shed] == list(ORDER)
    for (at_s, _), lag_s in zip(shed, LAG_S, strict=True):
        assert at_s == pytest.approx(2 * lag_s + LASTING_S, abs=0.3)


def test_a_huge_lag_still_goes_step_by_step():
    shedding = Shedding()
    changed_s = [k * 0.25 for k in range(100) if shedding.observe(k * 0.25, 60.0)]
    assert len(changed_s) == len(ORDER)
    assert all(b - a >= LASTING_S for a, b in pairwise(changed_s))


def test_everything_comes_back_in_the_opposite_order():
    shedding = Shedding()
    live(shedding, [20.0] * 40)
    assert shedding.status().shed == list(ORDER)
    back = [
        (k * 0.25, shedding.level) for k in range(1000) if shedding.observe(2000 + k * 0.25, 0.1)
    ]
    assert [level for _, level in back] == [2, 1, 0]
    assert back[0][0] >= CALM_S
    assert all(b[0] - a[0] >= CALM_S for a, b in pairwise(back))


def test_a_lag_that_holds_its_own_changes_nothing():
    """Between calm and the next limit: what is shed is just enough."""
    shedding = Shedding()
    live(shedding, [3.0] * 40)
    assert shedding.level == 1
    assert set(live(shedding, [1.5, 3.9] * 1000, start_s=1010.0)) == {1}


def test_what_overloads_it_again_stays_away_longer_each_time():
    shedding = Shedding()
    now_s, waits = 0.0, []
    for _ in range(8):
        while shedding.level < len(ORDER):
            shedding.observe(now_s, 20.0)
            now_s += 0.25
        began_s = now_s
        while shedding.level == len(ORDER):
            shedding.observe(now_s, 0.0)
            now_s += 0.25
        waits.append(now_s - began_s)
    assert waits[0] == pytest.approx(CALM_S, abs=1)
    assert waits[1] == pytest.approx(2 * CALM_S, abs=1)
    assert max(waits) == pytest.approx(CALMEST_FACTOR * CALM_S, abs=1)


def test_after_a_good_while_the_patience_is_new():
    shedding = Shedding()
    live(shedding, [20.0] * 40)
    live(shedding, [0.0] * 800, start_s=1100.0)
    live(shedding, [20.0] * 40, start_s=1100.0 + 200 + RELAPSE_FACTOR * CALM_S)
    before = shedding.level
    live(shedding, [0.0] * round(4 * (CALM_S + 1)), start_s=2000.0)
    assert shedding.level == before - 1


@given(st.lists(st.tuples(st.floats(0.01, 5.0), st.floats(0.0, 100.0)), max_size=200))
def test_it_never_skips_a_step_and_never_leaves_its_range(turns):
    shedding, now_s = Shedding(), 0.0
    for step_s, lag_s in turns:
        now_s += step_s
        before = shedding.level
        changed = shedding.observe(now_s, lag_s)
        assert abs(shedding.level - before) == int(changed)
        assert 0 <= shedding.level <= len(ORDER)
        assert shedding.status().shed == [what for what in ORDER if shedding.sheds(what)]
