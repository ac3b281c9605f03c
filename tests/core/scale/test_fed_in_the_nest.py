"""Fed in the nest: a day of tube feeds that the scale cannot see, told of by the carer."""

from __future__ import annotations

import pytest

from monitor.events import Feed, Retraction, WeighIn
from monitor.times import rfc3339
from tests.days import Day, T, hours, kitten, minutes

EVERY_H = (0.5, 3.0, 5.5, 8.0)


def tube_day(*, told: bool, grams: float | None = 6.0) -> Day:
    """Ash (150 g) is tube-fed in the nest every two and a half hours, Bee drinks on the scale."""
    day = Day([kitten("Ash", 150.0), kitten("Bee", 215.0)])
    for hour in EVERY_H:
        day.box.feed_inside(T + hours(hour), "Ash", 6.0)
        amount = {} if grams is None else {"grams": grams}
        if told:
            day.say(hours(hour) + minutes(2), "feed", baby="Ash", how="tube", **amount)
        day.box.feed(T + hours(hour) + minutes(10), "Bee", 9.0, out_s=600.0)
    return day


def feeds(day: Day, baby: str, origin: str) -> list[float | None]:
    return [
        e.net_g for e in day.events if isinstance(e, Feed) and (e.baby, e.origin) == (baby, origin)
    ]


def test_what_nobody_tells_of_is_a_false_alarm_all_day():
    day = tube_day(told=False)
    day.live(hours(9))
    assert {alert.baby for alert in day.told("bottle_overdue")} == {"Ash"}


def test_a_day_of_tube_feeds_that_are_told_of_is_a_quiet_one_with_the_right_numbers():
    day = tube_day(told=True)
    day.live(hours(9))
    assert day.refused() == []
    assert not [a for kind in ("bottle_overdue", "low_intake") for a in day.told(kind)]
    ash, bee = day.baby("Ash"), day.baby("Bee")
    assert (ash.last_feed_g, ash.intake_24h_g) == (6.0, 24.0)
    assert ash.last_feed_at == T + hours(8) + minutes(2)
    assert ash.bottle_due_at is not None
    assert hours(2) < ash.bottle_due_at - (ash.last_feed_at or 0.0) < hours(3.5)
    assert bee.last_feed_g == pytest.approx(9.0, abs=1.0)
    assert feeds(day, "Ash", "scale") == []
    assert feeds(day, "Bee", "typed") == []
    assert {e.baby for e in day.events if isinstance(e, WeighIn)} == {"Bee"}


def test_without_amounts_the_clock_runs_and_the_intake_stays_unknown():
    day = tube_day(told=True, grams=None)
    day.live(hours(9))
    assert not day.told("bottle_overdue")
    ash = day.baby("Ash")
    assert (ash.last_feed_g, ash.intake_24h_g) == (None, None)
    assert ash.bottle_due_at is not None


def test_a_cry_after_such_a_bottle_is_not_about_the_bottle():
    day = tube_day(told=True)
    day.live(hours(8.6))
    soon = day.pipeline.scale.cry_context(T + hours(8.6), "kitten")
    assert soon == ("just_fed", "everyone was fed 16 min ago")
    later, why = day.pipeline.scale.cry_context(T + hours(9.5), "kitten")
    assert later == "unexplained"
    assert "after Bee's full feed" in why


def test_it_is_overdue_again_when_no_other_follows_and_says_that_the_last_was_noted():
    day = tube_day(told=True)
    day.live(hours(12.5))
    alert = next(a for a in day.told("bottle_overdue") if a.baby == "Ash")
    assert alert.message.startswith("Ash: last bottle noted ")
    day.say(hours(12.5) + 5.0, "feed", baby="Ash", at=rfc3339(T + hours(12.4)))
    day.live(hours(12.5) + 60.0)
    assert (
        next(a for a in reversed(day.told("bottle_overdue")) if a.baby == "Ash").state == "cleared"
    )


def test_a_bottle_typed_for_the_wrong_one_is_taken_back_and_the_clock_with_it():
    day = tube_day(told=True)
    day.say(hours(8.5), "feed", baby="Bee", grams=7.0)
    day.say(hours(8.5) + 20.0, "undo")
    day.live(hours(8.5) - 1.0)
    before = day.baby("Bee")
    day.live(hours(8.6))
    assert day.baby("Bee") == before
    assert [e.step_id for e in day.events if isinstance(e, Retraction)] == [
        e.step_id for e in day.events if isinstance(e, Feed) and (e.baby, e.net_g) == ("Bee", 7.0)
    ]


def test_a_bottle_on_the_scale_that_is_also_typed_counts_once():
    day = Day([kitten("Ash", 150.0), kitten("Bee", 215.0)])
    day.box.feed(T + hours(1), "Ash", 6.0, out_s=600.0)
    day.say(hours(1) + minutes(12), "feed", baby="Ash", grams=6.5)
    day.live(hours(1.5))
    ash = day.baby("Ash")
    assert ash.intake_24h_g == pytest.approx(6.0, abs=1.0)
    assert ash.intake_24h_g == ash.last_feed_g
