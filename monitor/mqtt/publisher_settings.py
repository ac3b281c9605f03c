"""What a publisher is given: how long to wait for a broker, and how to reach its owner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from monitor.events import Command, ProbeReading
from monitor.host.backoff import WAITS_S
from monitor.mqtt.connection_events import Received

CameIn = Command | ProbeReading
"""what a broker brings for the core"""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long it waits for a broker, in seconds; tests and simulations wait less."""

    unanswered_s: float = 30.0
    """for an acknowledgement: brokers send it within milliseconds, over the worst mobile network
    within seconds"""
    back_within_s: float = 5.0
    """for a message to oneself (``echoes``): passed on within milliseconds, over the slowest
    network within seconds"""
    refused_s: float = 120.0
    """until a refused topic is tried again: short enough that repaired rights are found while
    somebody still waits for it, and thirty messages an hour are nothing to a broker"""
    unheard_waits_s: Sequence[float] = WAITS_S
    """until an alert that nobody had subscribed to is offered again: listeners come back seconds
    after a broker, and two messages in half a minute are nothing where none ever comes"""
    birth_spread_s: float = 10.0
    """within which Home Assistant's start is answered: it makes every box answer, at any moment"""
    waits_s: Sequence[float] = WAITS_S
    """between attempts to connect: whoever restarts her router is connected within half a minute"""


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What a publisher asks of its owner, and tells it."""

    receive: Callable[[Received], Command | None]
    """reads a command; None when it was refused"""
    overhear: Callable[[Received], ProbeReading | None] = lambda _received: None
    """reads a message on a topic of ``others``"""
    others: Sequence[str] = ()
    """topics that are neither the box's own nor meant for it: a thermometer of the house"""
    others_flooded: Callable[[float], bool] = lambda _now_s: False
    """whether there is so much on them (at this monotonic time) that they are not listened to"""
    complain: Callable[[str, str], None] = lambda _topic, _text: None
    """told of a flood of commands: topic and sentence"""
    resized: Callable[[], None] = lambda: None
    """told when the longest packet that the broker takes has changed (``most_bytes``); documents
    may be set anew from there"""
    emptied: Callable[[str], None] = lambda _topic: None
    """told of each topic that the broker has emptied"""
    may_open: Callable[[], bool] = lambda: True
    """whether to connect now"""
