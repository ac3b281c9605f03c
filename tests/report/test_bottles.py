"""A bottle that was seen and told of stands once in a report."""

from __future__ import annotations

from monitor.events import Feed, Weighing
from monitor.report.bottles import each_once

WEIGHED = [Weighing(step_id="w", t_s=0.0, baby="Ash", weight_g=200.0, sigma_g=0.4, move="lift")]


def seen(t_s: float, net_g: float) -> Feed:
    return Feed(t_s=t_s, baby="Ash", net_g=net_g, sigma_g=0.5, out_s=600.0, step_id=f"s{t_s}")


def told(t_s: float, net_g: float | None) -> Feed:
    return Feed(
        t_s=t_s, baby="Ash", net_g=net_g, sigma_g=None, out_s=None, step_id=f"t{t_s}",
        origin="typed",
    )  # fmt: skip


def test_the_grams_of_the_scale_hold_where_it_measured_a_bottle():
    feeds = [seen(1000.0, 8.0), told(1200.0, 8.5), told(9000.0, None)]
    assert each_once(feeds, WEIGHED) == [feeds[0], feeds[2]]


def test_the_word_of_a_person_holds_where_the_scale_saw_nothing_drunk():
    feeds = [seen(1000.0, 0.1), told(1200.0, 8.5)]
    assert each_once(feeds, WEIGHED) == [feeds[1]]


def test_without_a_weight_nothing_is_lost():
    feeds = [told(1200.0, 8.5), told(9000.0, None)]
    assert each_once(feeds, []) == feeds
