"""How long the box waits for a broker; tests and simulations wait less."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.host.backoff import WAITS_S


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """All in seconds."""

    unanswered_s: float = 30.0
    """for an acknowledgement: brokers send it within milliseconds, over the worst mobile network
    within seconds"""
    back_within_s: float = 5.0
    """for a message to oneself (``echoes``): passed on within milliseconds, over the slowest
    network within seconds"""
    refused_s: float = 120.0
    """until a refused topic is tried again: short enough that repaired rights are found while
    somebody still waits for it, and thirty messages an hour are nothing to a broker"""
    birth_spread_s: float = 10.0
    """within which Home Assistant's start is answered: it makes every box answer, at any moment"""
    waits_s: Sequence[float] = WAITS_S
    """between attempts to connect: whoever restarts her router is connected within half a minute"""
