"""A day out of the scale's sight, told of and not."""

from __future__ import annotations

from calibration.evaluation.carers_days import Overdue, day


def test_a_bottle_in_the_nest_is_never_overdue_once_it_is_told_of():
    told, untold = day(1000, told=True), day(1000, told=False)
    assert told.bottles == untold.bottles > 6
    assert told.false == 0
    assert untold.false > 0, "the box shows nothing that telling could prevent"


def test_counts_of_boxes_are_summed():
    total = Overdue(1, 2, 1)
    total.add(Overdue(3, 4, 2))
    assert total == Overdue(4, 6, 3)
