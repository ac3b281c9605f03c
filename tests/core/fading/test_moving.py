from __future__ import annotations

import numpy as np

from monitor.core.fading.hours import Hour
from monitor.core.fading.moving import hour_signs
from monitor.times import DAY_S, HOUR_S

T = 1_700_006_400.0


def lived(
    hours: int = 120, *, since_h: int = 24, lively: float = 0.2, later: float = 0.2,
    without: float = 0.0, without_later: float = 0.0, cries: float = 1.0, cries_later: float = 1.0,
    company: int = 1,
) -> list[Hour]:  # fmt: skip
    """So many hours; the last ``since_h`` of them as lively as ``later``."""
    r = np.random.default_rng(3)
    out = []
    for k in range(hours):
        late = k >= hours - since_h
        scatter = float(r.uniform(0.7, 1.3))
        out.append(Hour(
            T + k * HOUR_S, company, 50, 50 * (later if late else lively) * scatter,
            4 if company > 1 else 0, 4 * (without_later if late else without), 20, 50,
            (cries_later if late else cries) * scatter, 0.0,
        ))  # fmt: skip
    return out


def signs(hours: list[Hour], since_h: float = 24.0):
    now_s = hours[-1].t_s + HOUR_S
    since_s = now_s - since_h * HOUR_S
    found = hour_signs(hours, since_s - 4 * DAY_S, since_s, now_s)
    return {sign.name: sign for sign in found}


def test_a_box_as_lively_as_ever_speaks_against_fading():
    assert signs(lived())["lively"].evidence < 0.0


def test_half_as_lively_speaks_for_it_and_says_so():
    sign = signs(lived(later=0.1))["lively"]
    assert sign.evidence > 1.0
    assert "as lively as usual for 24 h" in sign.text


def test_of_two_it_is_not_the_one_without_whom_the_box_is_as_much_quieter():
    mine = signs(lived(company=2, later=0.1, without=0.1, without_later=0.1))["lively"]
    all_of_us = signs(lived(company=2, later=0.1, without=0.1, without_later=0.05))["lively"]
    assert mine.evidence > all_of_us.evidence
    assert "without it 50 %" in all_of_us.text


def test_hours_of_another_company_are_not_compared():
    hours = lived(96, company=2, lively=0.4, later=0.4, without=0.1, without_later=0.1)
    alone = [Hour(h.t_s + 96 * HOUR_S, 1, h.in_min, 10.0) for h in hours[:24]]
    assert "lively" not in signs([*hours, *alone])


def test_what_was_not_seen_or_heard_is_missing():
    deaf = [Hour(h.t_s, 1, h.in_min, h.in_lively) for h in lived()]
    assert {"cries", "fed_cries"}.isdisjoint(signs(deaf))
    assert hour_signs([], T, T, T) == []
    assert signs(lived(20)) == {}


def test_calls_that_cease_and_calls_that_double_both_speak():
    assert signs(lived(cries_later=0.05))["cries"].evidence > 1.0
    assert signs(lived(cries_later=2.5))["cries"].evidence > 1.0
    assert signs(lived())["cries"].evidence < 0.0


def test_a_box_of_five_that_is_half_as_lively_has_more_than_one_that_is_quiet():
    all_of_us = signs(lived(company=5, lively=0.3, later=0.15))["lively"]
    assert all_of_us.evidence < 1.0
    assert signs(lived(lively=0.3, later=0.15))["lively"].evidence > 1.0  # alone: it is that one
