from __future__ import annotations

import pytest

from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import shipped
from monitor.events import Baby, Feed, Weighing
from monitor.report.growth import growth_of, verdict
from monitor.times import DAY_S, HOUR_S

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T0 = 1_767_600_000.0
POSSUM = Baby(id="p", name="Possum", species="kitten", born="2025-12-20")


def bottle(hour: float, before_g: float, drank_g: float) -> list[Weighing]:
    return [
        Weighing(
            step_id=f"{move}{hour}", t_s=T0 + hour * HOUR_S + late, baby="Possum", weight_g=g,
            sigma_g=0.6, move=move,
        )
        for move, late, g in (("lift", 0.0, before_g), ("return", 500.0, before_g + drank_g))
    ]  # fmt: skip


def judged(*bottles: tuple[float, float, float], feeds: list[Feed] | None = None, from_s=0.0):
    weighings = [w for each in bottles for w in bottle(*each)]
    return growth_of(POSSUM, weighings, feeds or [], REFERENCE, from_s)


def test_before_a_bottle_is_compared_with_before_a_bottle():
    """After its last bottle it weighs 5 g more than before the first; it has lost 5 g."""
    growth = judged((0.0, 220.0, 9.0), (24.0, 219.0, 9.0), (60.0, 215.0, 10.1))
    assert growth.change.grams == pytest.approx(-5.0)
    assert growth.change.days == pytest.approx(2.5)
    assert growth.change.before_bottle
    assert verdict("Possum", growth) == "Possum is not gaining: 215 g, no more than 60 h ago."


def test_one_that_gains_is_told_as_the_status_has_it():
    growth = judged(*[(6.0 * k, 200.0 + 2.5 * k, 9.0) for k in range(9)])
    assert verdict("Possum", growth) == (
        f"Possum is gaining: {growth.report.gain_24h_g:+.1f} g "
        f"({growth.report.gain_24h_pct:+.1f} %) in 24 h."
    )
    assert growth.report.gain_24h_g == pytest.approx(10.0, abs=1.0)


def test_a_change_is_that_of_the_time_shown():
    bottles = [(24.0 * k, 200.0 + 10 * k, 9.0) for k in range(5)]
    assert judged(*bottles).change.grams == pytest.approx(40.0)
    assert judged(*bottles, from_s=T0 + 2 * DAY_S).change.grams == pytest.approx(20.0)
    assert judged(*bottles, from_s=T0 + 4 * DAY_S).change is None


def test_a_bottle_told_by_hand_counts_as_one():
    """A lift half an hour after it is no weight before a bottle."""
    fed = Feed(
        t_s=T0 + 23.5 * HOUR_S, baby="Possum", net_g=9.0, sigma_g=None, out_s=None,
        step_id="h", origin="typed",
    )  # fmt: skip
    bottles = [(0.0, 200.0, 9.0), (20.0, 208.0, 9.0), (24.0, 219.0, 0.0)]
    assert judged(*bottles).change.grams == pytest.approx(19.0)
    assert judged(*bottles, feeds=[fed]).change.grams == pytest.approx(8.0)


def test_nothing_and_too_little_are_said():
    assert verdict("Possum", judged()) == "Possum has not been weighed yet."
    assert verdict("Possum", judged((0.0, 200.0, 9.0))) == (
        "Possum: not enough weights yet to say how it is going."
    )
