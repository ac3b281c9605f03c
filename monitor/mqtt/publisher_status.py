"""What topic ``health`` says about the link to the broker."""

from __future__ import annotations

import msgspec

from monitor.mqtt.connection_events import Limits


class PublisherStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Of the moment, and counts since the start."""

    connected: bool
    protocol: str
    why: str
    """why it is not connected"""
    waiting: int
    """outbox rows not yet acknowledged, but for those on ``unheard`` topics"""
    expired: int
    """alerts that were no longer news when the connection returned, since the start"""
    commands_ignored: int = 0
    """commands thrown away because there were too many, since the start"""
    refused: dict[str, str] = {}
    """topics that the broker does not take, or does not let the box hear, with the reason"""
    unheard: list[str] = []
    """alert topics that nobody had subscribed to at the last message"""
    unacknowledged_s: float | None = None
    """for how long the oldest unanswered message has waited"""
    limits: Limits = Limits()
    """what the broker announced; ``maximum_packet_bytes`` also as it was learned"""
    certificate_days: int | None = None
    """how long what it shows to phones is valid; None: not known, or it shows none"""
