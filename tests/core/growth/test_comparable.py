from __future__ import annotations

from monitor.core.growth.comparable import birth_weight, comparable
from monitor.core.growth.feeding import FeedRecord
from monitor.core.growth.trend import Point
from monitor.events import Baby, Weighing
from monitor.times import HOUR_S


def weighed(hour: float, g: float, move=None, **more) -> Weighing:
    return Weighing(
        step_id=f"s{hour}", t_s=hour * HOUR_S, baby="A", weight_g=g, move=move,
        **{"sigma_g": 1.0} | more,
    )  # fmt: skip


def bottle(hour: float, net_g: float) -> FeedRecord:
    return FeedRecord(
        t_s=hour * HOUR_S, net_g=net_g, sigma_g=0.5, out_s=300, weight_g=200.0, step_id="f"
    )


def test_what_was_weighed_after_a_bottle_is_not_compared():
    weighings = [
        weighed(0.0, 200.0, "lift"), weighed(0.1, 209.0, "return"),
        weighed(0.6, 208.0, "lift"),  # out again half an hour after its bottle
        weighed(3.0, 202.0, "lift"), weighed(3.1, 202.0, "return"),
        weighed(3.5, 201.0, "lift"),  # that was no bottle
    ]  # fmt: skip
    points = comparable(weighings, [bottle(0.1, 9.0), bottle(3.1, 0.0)], None)
    assert [p.g for p in points] == [200.0, 202.0, 201.0]


def test_a_rough_lift_and_a_guessed_time_are_no_basis():
    rough = weighed(3.0, 200.0, "lift", sigma_g=4.1)
    guessed = weighed(6.0, 205.0, stamp="guess")
    assert comparable([rough, guessed, weighed(9.0, 210.0)], [], None)[0].g == 210.0


def test_typed_weights_carry_the_division_of_their_scale_and_lifts_none():
    typed = [weighed(24.0 * k, 28.35 * n) for k, n in enumerate((8, 8, 9))]
    points = comparable([*typed, weighed(60.0, 260.0, "lift")], [], Point(-24.0, 28.35 * 7, 1.0))
    assert [round(p.resolution_g, 2) for p in points] == [28.35] * 4 + [0.0]


def test_what_a_litters_weights_showed_of_the_scale_is_kept():
    """113 g alone may be grams; the error it came in with says that it was four ounces."""
    (point,) = comparable([weighed(0.0, 113.0, sigma_g=28.35 / 12**0.5)], [], None)
    assert round(point.resolution_g, 2) == 28.35
    (point,) = comparable([weighed(0.0, 113.0)], [], None)
    assert point.resolution_g == 0.0


def test_the_weight_of_registration_is_that_of_birth_for_a_newborn_only():
    baby = Baby(id="a", name="A", species="kitten", weight_g=90.0, registered_s=0.0)
    first = weighed(20.0, 92.0)
    assert birth_weight(baby, 0.6, first) == Point(0.0, 90.0, 1.0)
    assert birth_weight(baby, 1.1, first) is None  # registered on a later day
    assert birth_weight(baby, None, first) is None  # born nobody knows when
    assert birth_weight(baby, 0.6, weighed(0.0, 92.0)) is None  # weighed at once
    assert birth_weight(baby, 0.6, weighed(20.0, 9.2)) is None  # one of them is in other units
    assert birth_weight(baby, 0.6, None) is None
