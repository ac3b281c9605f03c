"""Newcomers: registered in the hand, put in before anybody registered them, or asked about."""

from __future__ import annotations

import pytest

from monitor.events import Unassigned
from tests.days import Day, T, hours, kitten, minutes

PUT_IN, REGISTERED = minutes(60), minutes(66)


def newcomer_day(grams: float, put_in_s: float, *, seed: int = 7) -> Day:
    """Cas comes to Ash and Bee, and is fed with them from then on."""
    cas = kitten("Cas", grams)
    day = Day([kitten("Ash", 150.0), kitten("Bee", 210.0)], seed=seed)
    day.box.feed(T + minutes(20), "Ash", 7.0, out_s=500.0)
    day.box.bring(T + put_in_s, cas)
    day.box.feed(T + minutes(90), "Bee", 9.0, out_s=500.0)
    day.box.feed(T + minutes(110), "Cas", 8.0, out_s=500.0)
    day.box.feed(T + minutes(130), "Ash", 8.0, out_s=500.0)
    day.box.feed(T + minutes(250), "Cas", 8.0, out_s=500.0)
    return day


def test_registered_in_the_hand_and_put_in_minutes_later():
    day = newcomer_day(180.0, REGISTERED)
    day.say(PUT_IN, "baby_add", name="Cas", species="kitten", weight_g=180.0)
    day.live(hours(4.5))
    assert day.weighed("Cas") == [
        ("return", 66), ("lift", 110), ("return", 118), ("lift", 250), ("return", 258),
    ]  # fmt: skip
    assert [round(f.net_g) for f in day.fed("Cas")] == [8, 8]
    assert day.pipeline.scale_status(day.now_s).in_box == ["Ash", "Bee", "Cas"]
    assert not day.told("who_is_it")
    assert not day.told("out_of_box")


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_put_in_before_it_was_registered(seed):
    """What was a thing at first is its first weighing."""
    day = newcomer_day(180.0, PUT_IN, seed=seed)
    day.say(REGISTERED, "baby_add", name="Cas", species="kitten", weight_g=182.0)
    day.live(hours(4.5))
    assert day.weighed("Cas") == [
        ("return", 60), ("lift", 110), ("return", 118), ("lift", 250), ("return", 258),
    ]  # fmt: skip
    assert [round(f.net_g) for f in day.fed("Cas")] == [8, 8]
    assert len(day.fed("Ash")) == 2
    assert len(day.fed("Bee")) == 1


@pytest.mark.parametrize(("grams", "born"), [(180.0, None), (120.0, "2025-12-22")])
def test_put_in_and_registered_without_a_weight_it_is_asked_about_once(grams, born):
    day = newcomer_day(grams, PUT_IN)
    day.say(
        REGISTERED, "baby_add", name="Cas", species="kitten", **({"born": born} if born else {})
    )
    day.live(hours(1.6))
    assert day.weighed("Cas") == []  # it may have been a bottle of warm water
    day.live(hours(4.5))
    assert ("return", 118) in day.weighed("Cas")
    assert day.weighed("Cas")[-2:] == [("lift", 250), ("return", 258)]
    assert [round(f.net_g) for f in day.fed("Cas")][-1] == 8
    assert len([a for a in day.told("who_is_it") if a.state == "raised"]) == 1


def test_an_unknown_baby_is_seen_and_registered_when_the_box_asks():
    """It weighs what Ash does: "Who was it?" is answered with a name that is new."""
    day = newcomer_day(157.5, PUT_IN)
    day.live(minutes(64))
    asked = [e for e in day.events if isinstance(e, Unassigned)]
    assert [round(e.weight_g) for e in asked] == [157]
    day.say(minutes(65), "baby_add", name="Cas", species="kitten")
    day.say(minutes(66), "assign", step_id=asked[0].step_id, baby="Cas")
    day.live(minutes(70))
    assert not day.refused()
    assert day.weighed("Cas") == [("return", 60)]
    assert day.pipeline.scale_status(day.now_s).in_box == ["Ash", "Bee", "Cas"]
    day.live(hours(4.5))
    assert not day.told("out_of_box")


def test_a_thing_of_its_weight_that_was_taken_out_again_is_no_newcomer():
    day = Day([kitten("Ash", 150.0), kitten("Bee", 210.0)])
    day.box.thing(T + minutes(30), 180.0)
    day.box.thing(T + minutes(50), -180.0)
    day.box.bring(T + REGISTERED, kitten("Cas", 180.0))
    day.say(PUT_IN, "baby_add", name="Cas", species="kitten", weight_g=180.0)
    day.live(hours(1.5))
    assert ("return", 30) not in day.weighed("Cas")
    asked = [e for e in day.events if isinstance(e, Unassigned)]
    assert [round((e.t_s - T) / 60.0) for e in asked] == [66]  # the thing again, or Cas
