"""Out of the box: the nights on which a baby leaves it, and who is told what of it."""

from __future__ import annotations

import pytest

from monitor.config import NightConfig
from monitor.core.state import decoded, encoded
from monitor.events import Alert
from monitor.mqtt.topics import Topics, state_messages
from tests.days import Day, T, hours, kitten, minutes


def night(*, night=NightConfig(), weights=(150.0, 210.0), born="2025-12-22", seed=7) -> Day:  # noqa: B008 - frozen
    """Ash and Bee had a bottle each; the carer has gone to bed. It is half past ten."""
    day = Day(
        [kitten("Ash", weights[0], born=born), kitten("Bee", weights[1], born=born)],
        night=night, seed=seed,
    )  # fmt: skip
    day.box.feed(T + minutes(20), "Ash", 8.0, out_s=600.0)
    day.box.feed(T + minutes(40), "Bee", 8.0, out_s=600.0)
    return day


def climbs_out(day: Day, after_s: float, name: str) -> None:
    """Nobody is there: no hand presses."""
    day.box.lift(T + after_s, name, by_itself=True)


def after(alert: Alert) -> int:
    return round((alert.t_s - T) / 60.0)


def test_a_neonate_that_climbs_out_is_told_when_no_bottle_takes_so_long_also_at_night():
    day = night()
    climbs_out(day, hours(3) + minutes(40), "Ash")
    day.live(hours(4) + minutes(25))
    (alert,) = day.told("out_of_box")
    assert (alert.state, alert.severity, alert.baby) == ("raised", "critical", "Ash")
    assert after(alert) == 260
    assert round((alert.since - T) / 60.0) == 220
    assert alert.title == "Ash is out of the box"
    assert alert.message == (
        "Ash has been out of the box for 40 min and nobody is about: look for it now, and warm it "
        "before a bottle. If somebody has it, note it as away."
    )
    since_s = day.baby("Ash").out_since
    assert since_s == pytest.approx(T + hours(3) + minutes(40), abs=2.0)
    assert day.baby("Bee").out_since is None


def test_it_is_over_when_the_baby_is_back_and_the_escapade_was_no_bottle():
    day = night()
    climbs_out(day, hours(2), "Ash")
    day.box.put(T + hours(4), "Ash")
    day.live(hours(4) + minutes(5))
    cleared = day.told("out_of_box")[-1]
    assert (cleared.state, cleared.message) == ("cleared", "Ash is back in the box.")
    assert day.baby("Ash").out_since is None
    assert day.baby("Ash").in_box
    assert not day.told("low_intake")
    assert [round(f.net_g) for f in day.fed("Ash")] == [8]
    assert day.baby("Ash").last_feed_at == pytest.approx(T + minutes(30), abs=3.0)


def test_a_hand_over_the_box_does_not_end_it():
    day = night()
    climbs_out(day, hours(2), "Ash")
    day.box.feed(T + hours(2) + minutes(44), "Bee", 7.0, out_s=500.0)
    day.live(hours(3))
    assert [a.state for a in day.told("out_of_box")][:2] == ["raised", "reminded"]


def test_while_somebody_is_about_nothing_is_said():
    day = night()
    day.box.lift(T + hours(2), "Ash")
    for k in range(4):
        day.box.feed(T + hours(2) + minutes(5 + 12 * k), "Bee", 1.0, out_s=300.0)
    day.live(hours(2) + minutes(50))
    assert not day.told("out_of_box")


@pytest.mark.parametrize("out_min", [10, 20, 38])
def test_a_bottle_is_no_absence_even_a_slow_one(out_min):
    day = night()
    day.box.feed(T + hours(2), "Ash", 7.0, out_s=minutes(out_min))
    day.live(hours(3))
    assert not day.told("out_of_box")
    assert not day.told("low_intake")


def test_an_older_one_is_out_to_play_for_longer_and_it_is_no_emergency():
    day = night(born="2025-11-30", weights=(400.0, 520.0))
    climbs_out(day, hours(2), "Ash")
    day.live(hours(3) + minutes(28))
    assert not day.told("out_of_box")
    day.live(hours(3) + minutes(35))
    (alert,) = day.told("out_of_box")
    assert alert.severity == "info"  # a warning, at night


def test_one_of_two_look_alikes_is_out():
    """Nobody can say which; that one of them is, is certain."""
    day = night(weights=(151.4, 151.8))
    climbs_out(day, hours(2), "Ash")
    day.live(hours(3))
    alert = day.told("out_of_box")[0]
    assert (alert.severity, alert.baby) == ("critical", None)
    assert alert.title == "One of Ash and Bee is out of the box"
    assert {c.baby for c in alert.candidates} == {"Ash", "Bee"}
    assert day.baby("Ash").out_since is None  # nobody knows
    messages = state_messages(day.pipeline.status(day.now_s), Topics("box"))
    on = {m.topic.partition("problem/")[2] for m in messages if m.payload == b"ON"}
    assert {"out_of_box/ash", "out_of_box/bee"} <= on
    day.box.put(T + hours(3.5), "Ash")
    day.live(hours(3.6))
    assert day.told("out_of_box")[-1].message == "Ash and Bee are in the box."


def test_the_next_look_alike_that_is_fed_is_no_long_absence():
    """The group is out again within seconds: since then, not since the first of them."""
    day = night(weights=(151.4, 151.8))
    day.box.feed(T + hours(2), "Ash", 6.0, out_s=minutes(29))
    day.box.feed(T + hours(2) + minutes(29) + 8.0, "Bee", 6.0, out_s=minutes(29))
    day.live(hours(3.2))
    assert not day.told("out_of_box")


def test_while_the_box_is_off_its_scale_nobody_can_tell():
    day = night()
    climbs_out(day, hours(2), "Ash")
    day.live(hours(2.6))
    day.box.box_off(T + hours(2.7))
    day.box.box_on(T + hours(3.2))
    day.live(hours(3.1))
    assert day.baby("Ash").out_since is None
    day.live(hours(3.4))
    assert "cleared" not in [a.state for a in day.told("out_of_box")]


# --------------------------------------------------------------------------- away on purpose


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("note", {"kind": "away", "text": "in the carrier"}),
        ("note", {"kind": "stool"}),
        ("feed", {"grams": 8.0}),
        ("feed", {}),
    ],
)
def test_any_note_or_feed_that_names_it_says_that_somebody_has_it(verb, args):
    """The carrier overnight: told once, then silence until it is back, and it is fed in there."""
    day = night()
    day.box.lift(T + hours(2), "Ash")
    day.say(hours(2.75), verb, baby="Ash", **args)
    day.box.put(T + hours(9), "Ash", intake_g=4.0)
    day.live(hours(8.9))
    assert not day.refused()
    states = [(a.state, a.title, a.message) for a in day.told("out_of_box")]
    assert [state for state, *_ in states] == ["raised", "cleared"]
    assert states[1][1:] == (
        "Closed: Ash is out of the box",
        "Ash is with somebody, as was noted.",
    )
    assert day.baby("Ash").out_since == pytest.approx(T + hours(2), abs=2.0)
    day.live(hours(9.2))
    assert day.baby("Ash").out_since is None
    assert not day.told("low_intake")
    overdue = [a for a in day.told("bottle_overdue") if a.baby == "Ash"]
    assert not [a for a in overdue if a.severity == "critical"]
    climbs_out(day, hours(9.5), "Ash")  # that is another absence
    day.live(hours(10.25))
    assert day.told("out_of_box")[-1].state == "raised"


def test_away_may_be_said_just_before_it_is_taken():
    day = night()
    day.say(hours(2) - minutes(5), "note", baby="Ash", kind="away")
    day.box.lift(T + hours(2), "Ash")
    day.live(hours(5))
    assert not day.told("out_of_box")


def test_a_note_of_another_kind_before_it_left_says_nothing():
    day = night()
    day.say(hours(2) - minutes(5), "note", baby="Ash", kind="stool")
    day.say(hours(2) + minutes(5), "note", baby="Bee", kind="away")
    day.say(hours(2) + minutes(9), "note", kind="other", text="all well")
    climbs_out(day, hours(2), "Ash")
    day.live(hours(3))
    assert day.told("out_of_box")


def test_one_of_two_look_alikes_is_with_somebody():
    day = night(weights=(151.4, 151.8))
    day.box.lift(T + hours(2), "Ash")
    day.say(hours(2.8), "note", baby="Ash", kind="away")
    day.live(hours(5))
    assert [a.state for a in day.told("out_of_box")] == ["raised", "cleared"]
    assert day.told("out_of_box")[-1].message == "Ash is with somebody, as was noted."


def test_a_refused_bottle_is_no_longer_spoken_of_while_somebody_has_the_baby():
    day = night()
    for k in range(2):
        day.box.feed(T + hours(2 + 2 * k), "Ash", 0.0, out_s=500.0)
    day.box.lift(T + hours(5), "Ash")
    day.say(hours(5.1), "note", baby="Ash", kind="carer", text="takes it home")
    day.live(hours(5.3))
    last = day.told("low_intake")[-1]
    assert last.state == "cleared"
    assert last.title == "Closed: Ash is drinking little"
    assert last.message == "Ash is with somebody: what it drinks there is not seen."


def test_a_restart_forgets_neither_who_is_out_nor_who_has_it():
    day = night()
    day.box.lift(T + hours(2), "Ash")
    day.say(hours(2.2), "note", baby="Ash", kind="away")
    climbs_out(day, hours(2.3), "Bee")
    day.live(hours(2.5))
    scale = day.pipeline.scale
    scale.resume(decoded("scale", encoded(scale.state)))
    day.live(hours(3.2))
    raised = [a for a in day.told("out_of_box") if a.state == "raised"]
    assert [a.baby for a in raised] == ["Bee"]
    assert round((raised[0].since - T) / 60.0) == 138
