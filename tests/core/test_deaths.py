"""A baby dies, or leaves: what is said then, and that nobody reads that all is well."""

from __future__ import annotations

import pytest

from monitor.events import Alert, RosterChanged
from monitor.mqtt.topics import Topics, state_messages
from tests.core.test_alert_paths import HOUR, MINUTE, World
from tests.days import Day, T, hours, kitten

DIED = "Possum has died. Its history is kept."


def ended(told: list[Alert]) -> list[tuple[str, str]]:
    return [(a.title, a.message) for a in told if a.state == "cleared"]


def test_a_death_closes_what_was_said_of_the_baby():
    day = Day([kitten("Possum", 150.0), kitten("Bee", 210.0)])
    for k in range(2):
        day.box.feed(T + hours(0.5 + 2.5 * k), "Possum", 0.0, out_s=500.0)
    day.say(hours(4), "baby_retire", name="Possum", reason="died in the night")
    day.box.thing(T + hours(4.2), -150.0)  # it is taken out
    day.live(hours(4.5))
    assert not day.refused()
    assert ended(day.told("low_intake")) == [("Closed: Possum is drinking little", DIED)]
    assert {message for _, message in ended(day.told("bottle_overdue"))} <= {DIED}
    (left,) = [e for e in day.events if isinstance(e, RosterChanged)]
    assert left.baby.retired_reason == "died in the night"
    assert day.pipeline.scale_status(day.now_s).in_box == ["Bee"]
    assert [b.name for b in day.pipeline.status(day.now_s).babies] == ["Bee"]
    later = [e for e in day.events if isinstance(e, Alert) and e.t_s >= T + hours(4)]
    assert not [alert for alert in later if alert.is_all_clear]


def test_no_all_clear_over_a_box_that_has_gone_silent():
    """The only baby has died: taking it out is no sign of life."""
    world = World(limit_min=5)
    world.run(7 * MINUTE)
    assert [a.kind for a in world.told] == ["too_quiet"]
    told = world.say("baby_retire", name="Possum", reason="died")
    assert ended(told) == [("Closed: No sound or movement", DIED)]
    world.box.thing(T + 8 * MINUTE, -1.0)
    told = world.run(1 * HOUR)
    assert not told
    messages = state_messages(world.pipeline.status(world.pipeline.scale.state.now_s), Topics("b"))
    assert not [m for m in messages if m.payload == b"ON"]


def test_a_cry_that_ends_over_an_empty_nursery_is_closed_with_that_reason():
    world = World([(0, 900)], limit_min=90)
    world.run(2 * MINUTE)
    assert world.open("crying")
    world.say("baby_retire", name="Possum", reason="euthanised")
    world.run(20 * MINUTE)
    assert [message for title, message in ended(world.told) if "crying" in title] == [DIED]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (None, "Possum has left the nursery."),
        ("adopted", "Possum has left the nursery: adopted."),
        ("passed away", DIED),
        ("Put to sleep", DIED),
        ("found dead", DIED),
        ("moved to the shed", "Possum has left the nursery: moved to the shed."),
    ],
)
def test_why_it_left_is_said_in_its_own_words(reason, said):
    day = Day([kitten("Possum", 150.0), kitten("Bee", 210.0)])
    for k in range(2):
        day.box.feed(T + hours(0.5 + 2.5 * k), "Possum", 0.0, out_s=500.0)
    more = {} if reason is None else {"reason": reason}
    day.say(hours(3.5), "baby_retire", name="Possum", **more)
    day.live(hours(3.6))
    assert ended(day.told("low_intake")) == [("Closed: Possum is drinking little", said)]
