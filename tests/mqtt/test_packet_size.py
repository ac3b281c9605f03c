"""How long a message may be is learned from what ended connections, and from nothing else."""

from __future__ import annotations

from typing import Literal

import pytest

from monitor.mqtt.packet_size import PacketSize, packet_bytes
from monitor.mqtt.topics import Message


@pytest.mark.parametrize(
    ("message", "protocol", "size"),
    [
        (Message(topic="a/b", payload=b"xyz", qos=0), "3.1.1", 2 + 5 + 3),
        (Message(topic="a/b", payload=b"xyz"), "3.1.1", 2 + 5 + 2 + 3),
        (Message(topic="a/b", payload=b"xyz"), "5", 2 + 5 + 2 + 1 + 3),
        (Message(topic="a/b", payload=b"xyz", expiry_s=9.0), "5", 2 + 5 + 2 + 6 + 3),
        (Message(topic="a/b", payload=b"x" * 200), "3.1.1", 3 + 5 + 2 + 200),
        (Message(topic="a/b", payload=b"x" * 20_000), "3.1.1", 4 + 5 + 2 + 20_000),
    ],
)
def test_a_packet_is_as_long_as_the_specification_says(
    message: Message, protocol: Literal["5", "3.1.1"], size: int
) -> None:
    assert packet_bytes(message, protocol) == size


def test_one_ended_connection_teaches_nothing_and_two_halve_the_doubt() -> None:
    size = PacketSize()
    size.passed(1000)
    assert size.suspect(11_000)
    assert size.limit is None
    assert size.suspect(11_000)
    assert size.limit == 6000
    assert not size.fits(6001)
    assert size.fits(6000)


def test_what_a_restart_forgets_is_learned_again_in_few_connections() -> None:
    """A box of six kB documents at a broker that takes four and does not say so."""
    size, ended, document = PacketSize(), 0, 6000
    size.passed(600)  # alerts leave first
    while size.fits(document):
        size.suspect(document)
        ended += 1
    assert ended == 2
    assert size.limit == 3300, "told entity by entity from here"


def test_what_passed_once_is_no_suspect() -> None:
    size = PacketSize()
    size.passed(11_000)
    assert not size.suspect(11_000)
    assert not size.suspect(5_000)
    assert size.limit is None


def test_a_longer_one_that_passes_clears_the_suspicion() -> None:
    size = PacketSize()
    size.suspect(11_000)
    size.passed(11_000)
    size.suspect(20_000)
    assert size.limit is None


def test_what_the_broker_says_is_certain_and_the_smaller_limit_counts() -> None:
    size = PacketSize()
    size.announced(10_000)
    assert size.limit == 10_000
    size.suspect(4000, certain=True)
    assert size.limit == 2000
    size.announced(None)
    assert size.limit == 2000
