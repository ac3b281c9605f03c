"""What the box listens to, and what it leaves out after a message too long for anything."""

from __future__ import annotations

import pytest

from monitor.mqtt.connection_events import Subscribed
from monitor.mqtt.listening import AFTER_TOO_LONG_S, UNHEARD, Listening

COMMANDS, HOUSE, ECHO, ALWAYS = "nursery/a/cmd/+", "zigbee2mqtt/nest", "nursery/a/alert", "other"


class Wire:
    """Counts what is subscribed."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.asked = 0

    def subscribe(self, topics: list[str], *, of_others: object = ()) -> int:
        self.topics |= set(topics)
        self.asked += 1
        return self.asked

    def unsubscribe(self, topics: list[str]) -> None:
        self.topics -= set(topics)


def listening(others: list[str] | None = None) -> Listening:
    return Listening(
        commands=[COMMANDS],
        echoes=[ECHO],
        always=[ALWAYS],
        others=[HOUSE] if others is None else [],
    )


def connected(one: Listening, now_s: float = 0.0) -> Wire:
    wire = Wire()
    one.begin(wire, now_s, flooded=False, hear_itself=True)  # type: ignore[arg-type]
    one.tend_others(wire, flooded=False)  # type: ignore[arg-type]
    return wire


def test_all_of_it_is_heard() -> None:
    assert connected(listening()).topics == {COMMANDS, HOUSE, ECHO, ALWAYS}


def test_a_message_too_long_is_the_houses_first_and_commands_go_on() -> None:
    one = listening()
    one.too_long(0.0)
    assert connected(one).topics == {COMMANDS, ECHO, ALWAYS}
    assert one.refused == {HOUSE: UNHEARD}
    assert one.hears_commands()[0] is not False


def test_one_more_leaves_out_the_commands_and_another_everything() -> None:
    one = listening()
    one.too_long(0.0)
    one.too_long(1.0)
    assert connected(one).topics == {ECHO, ALWAYS}
    assert one.hears_commands()[0] is False
    one.too_long(2.0)
    assert connected(one).topics == set()
    again_s = 3.0 + AFTER_TOO_LONG_S
    assert connected(one, again_s).topics >= {COMMANDS, HOUSE}
    assert connected(one, again_s).topics == {COMMANDS, HOUSE, ECHO, ALWAYS}
    assert one.refused == {}


def test_without_a_thermometer_of_the_house_the_commands_are_the_first() -> None:
    one = listening([])
    one.too_long(0.0)
    assert connected(one).topics == {ECHO, ALWAYS}


def test_a_flood_from_the_house_is_not_listened_to_for_a_while() -> None:
    one = listening()
    wire = connected(one)
    one.tend_others(wire, flooded=True)  # type: ignore[arg-type]
    assert wire.topics == {COMMANDS, ECHO, ALWAYS}
    one.tend_others(wire, flooded=False)  # type: ignore[arg-type]
    assert HOUSE in wire.topics


@pytest.mark.parametrize("why", [None, "Not authorized"])
def test_rules_that_forbid_the_thermometer_make_nobody_deaf(why: str | None) -> None:
    one = listening()
    connected(one)
    one.answered(Subscribed(3, (why,)))
    assert one.refused == ({} if why is None else {HOUSE: "may not be heard: not authorized"})
    assert one.hears_commands()[0] is not False
