from __future__ import annotations

import random

from monitor.core.fading.hours import Hour
from monitor.core.fading.judgement import (
    ACT,
    MOST,
    Considered,
    Course,
    Judgement,
    considered,
    decide,
    judge,
)
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import shipped
from monitor.events import Baby, Weighing
from monitor.times import DAY_S, HOUR_S

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T = 1_700_000_000.0


def raised(days: float, *, seed: int = 1, fading_h: float = 0.0, name: str = "Ash") -> Course:
    """Eight bottles a day for so many days; the last hours a third of each and no gain."""
    rng = random.Random(seed)
    record = BabyRecord(baby=Baby(id=name, name=name, species="kitten", weight_g=180.0))
    end_s, t_s, grams = T + days * DAY_S, T, 180.0
    while t_s < end_s:
        fades = t_s > end_s - fading_h * HOUR_S
        milk_g = grams * 0.045 * (0.3 if fades else 1.0) * rng.uniform(0.8, 1.2)
        for move, g, later_s in (("lift", grams, 0.0), ("return", grams + milk_g, 600.0)):
            key, at_s = f"{t_s + later_s:.0f}", t_s + later_s
            record.put(
                Weighing(step_id=key, t_s=at_s, baby=name, weight_g=g, sigma_g=0.2, move=move)
            )
        grams *= (1.0 + (-0.02 if fades else 0.05) / 8.0) * rng.uniform(0.997, 1.003)
        t_s += 3 * HOUR_S
    record.refresh(REFERENCE)
    return Course.of(record, (), end_s, REFERENCE)


def test_nothing_can_be_said_of_a_baby_that_has_just_come():
    assert judge([raised(0.5)], T + 0.5 * DAY_S) == [None]


def test_a_baby_that_drinks_and_gains_is_well():
    (found,) = judge([raised(6)], T + 6 * DAY_S)
    assert (found.level, found.signs) == ("well", [])


def test_less_milk_and_less_gain_agree():
    (found,) = judge([raised(6, fading_h=21)], T + 6 * DAY_S)
    assert found.level == "act"
    assert {sign.group for sign in found.signs} == {"gain", "drinking"}
    assert all(sign.evidence > 0 for sign in found.signs)


def test_the_most_evidence_is_the_answer_and_signs_that_agree_come_first():
    def said(baby: int, level: str, score: float) -> Considered:
        here = Judgement(level=level, score=score, agree=level == "act", since_s=T, signs=[])  # type: ignore[arg-type]
        return Considered(baby, [], here)

    found = decide(3, [said(0, "watch", 4.0), said(0, "watch", 5.0), said(0, "well", 1.0),
                       said(1, "act", ACT), said(1, "watch", ACT + 3.0)])  # fmt: skip
    assert [each and each.score for each in found] == [5.0, ACT, None]


def test_a_box_that_falls_silent_and_still_is_told_of_nobody_who_drinks_and_gains():
    course, end_s = raised(6), T + 6 * DAY_S
    hours = [
        Hour(end_s - k * HOUR_S, 1, 50, 2.0 if k < 36 else 20.0, heard_min=50)
        for k in range(130, 0, -1)
    ]
    still = course._replace(hours=hours)
    most = max(each.judgement.score for each in considered([still], end_s))
    (found,) = judge([still], end_s)
    assert (found.level, found.score) == ("well" if most < 3.5 else "watch", most)
    assert most <= MOST["moving"]
