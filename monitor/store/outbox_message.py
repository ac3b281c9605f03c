"""One message that waits in the outbox, and its place among the others."""

from __future__ import annotations

import msgspec

from monitor.codec import restamped
from monitor.timeshift import Deadline, Moment, TimeShift, shifted_fields


class OutboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message on its way."""

    topic: str
    payload: bytes
    qos: int = 1
    expires_s: Deadline
    """Unix seconds after which it is no longer news"""
    t_s: Moment = 0.0
    """when it became news"""
    id: int = 0
    """row number, given by the outbox; negative while the message is held in memory"""
    alert_id: str = ""
    """the incident it tells of (``Alert.incident``): an all-clear must not come after the alert
    that the same thing raised since"""
    urgency: int = 0
    """0 information, 1 warning, 2 critical"""
    is_reminder: bool = False
    """it says only that the alert is still true: whatever is said later replaces it"""
    latest_s: Moment | None = None
    """``t_s`` of the newest message of the same alert; given by the outbox"""

    def shifted(self, shift: TimeShift) -> OutboxMessage:
        """The times that its payload tells are shifted with its own."""
        message = shifted_fields(self, shift)
        if not shift.covers(self.t_s):
            return message
        return msgspec.structs.replace(message, payload=restamped(self.payload, shift))


def take_places(messages: dict[int, OutboxMessage], newest: OutboxMessage) -> None:
    """The same as ``Outbox._follow`` for messages in memory."""
    for i, earlier in list(messages.items()):
        if earlier.alert_id != newest.alert_id:
            continue
        if earlier.is_reminder and earlier.topic == newest.topic:
            del messages[i]
        else:
            messages[i] = msgspec.structs.replace(
                earlier, urgency=newest.urgency, latest_s=newest.t_s
            )


def order_of(message: OutboxMessage) -> tuple[int, float, bool, int]:
    """Most urgent alert first, then the latest; within one alert as it was said.

    Rows were said before what is held in memory, where the numbers run downwards.
    """
    latest_s = message.t_s if message.latest_s is None else message.latest_s
    return -message.urgency, -latest_s, message.id < 0, abs(message.id)
