from __future__ import annotations

import pytest

from monitor.core.growth.group_bottles import (
    GroupBottle,
    GroupMove,
    all_fed_s,
    group_bottles,
    refused_run,
)
from monitor.times import HOUR_S, MINUTE_S

BOTH = ("Ash", "Bee")


def out(minute: float, g: float, *names: str, weighed: bool = False) -> GroupMove:
    return moved(minute, g, *names, lift=True, weighed=weighed)


def back(minute: float, g: float, *names: str) -> GroupMove:
    return moved(minute, g, *names, lift=False)


def moved(minute: float, g: float, *names: str, lift: bool, weighed: bool = False) -> GroupMove:
    return GroupMove(
        t_s=minute * MINUTE_S, lift=lift, g=g, sigma_g=0.2, step_id=f"{minute:g}",
        babies=frozenset(names or BOTH), only_weighed=weighed,
    )  # fmt: skip


def drunk(*moves: GroupMove) -> list[tuple[str | None, float]]:
    return [(b.baby, round(b.feed.net_g or 0.0, 1)) for b in group_bottles(moves)]


def test_one_out_and_back_is_one_bottle_of_one_of_them():
    assert drunk(out(0, 151.4), back(9, 151.4)) == [(None, 0.0)]


def test_of_two_out_at_once_the_pairing_with_the_fewest_refusals_counts():
    """7 g went into the two of them: it is not certain that one had nothing, unless it must be."""
    assert drunk(out(0, 150.0), out(1, 153.0), back(9, 153.5), back(10, 156.5)) == [
        (None, 3.5), (None, 3.5),
    ]  # fmt: skip
    assert sorted(g for _, g in drunk(out(0, 150.0), out(1, 150.0), back(9, 150.0),
                                      back(10, 157.0))) == [0.0, 7.0]  # fmt: skip


def test_a_half_that_has_a_name_names_the_bottle():
    assert drunk(out(0, 151.4, "Ash"), back(9, 158.4)) == [("Ash", 7.0)]
    moves = [out(0, 151.4, "Ash"), out(1, 150.0), back(8, 150.0, "Bee"), back(9, 158.4)]
    assert drunk(*moves) == [("Bee", 0.0), ("Ash", 7.0)]


def test_what_has_names_throughout_is_told_by_name():
    assert drunk(out(0, 151.4, "Ash"), back(9, 151.4, "Ash")) == []


def test_an_announced_weighing_is_no_bottle():
    assert drunk(out(0, 151.4, weighed=True), back(9, 151.4)) == []


def test_a_move_that_was_missed_spoils_nothing_later():
    assert drunk(back(0, 151.4), out(5, 151.4), back(9, 158.4)) == [(None, 7.0)]
    late = 7 * 60
    assert drunk(out(0, 151.4), out(late, 151.4), back(late + 9, 158.4)) == [(None, 7.0)]


def bottle(hour: float, g: float, baby: str | None = None) -> GroupBottle:
    (found,) = group_bottles([out(hour * 60 - 8, 151.0), back(hour * 60, 151.0 + g)])
    return GroupBottle(feed=found.feed, baby=baby)


@pytest.mark.parametrize(
    ("bottles", "refused"),
    [
        ([bottle(0, 0), bottle(3, 0), bottle(6, 0)], 3),  # only ever one is taken out
        ([bottle(0, 7), bottle(0.3, 0), bottle(3, 7), bottle(3.3, 0)], 2),  # its twin drinks
        ([bottle(0, 0), bottle(3, 7), bottle(3.3, 7)], 0),  # both have drunk since
        ([bottle(0, 0), bottle(3, 7, "Ash"), bottle(6, 7, "Ash")], 1),  # Bee has not
        ([bottle(0, 7), bottle(0.3, 7), bottle(0.8, -1)], 0),  # cleaned after both had drunk
        ([bottle(0, 0), bottle(0.3, 0)], 1),  # one round
    ],
)
def test_refused_bottles_count_by_the_round_until_everybody_may_have_drunk(bottles, refused):
    assert len(refused_run(bottles, 2)) == refused


def test_since_when_all_may_have_been_fed():
    fed = [bottle(0, 7), bottle(0.3, 7), bottle(3, 7)]
    assert all_fed_s(fed, 2) == pytest.approx(0.3 * HOUR_S)
    assert all_fed_s([*fed, bottle(3.3, 7)], 2) == pytest.approx(3 * HOUR_S)
    assert all_fed_s([*fed, bottle(3.3, 0)], 2) == pytest.approx(0.3 * HOUR_S)
    assert all_fed_s([bottle(0, 7, "Ash"), bottle(3, 7, "Ash")], 2) is None
