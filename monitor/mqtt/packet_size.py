"""How long a packet this broker takes: as announced, or as learned from connections that ended.

MQTT 5 lets a broker announce its ``Maximum Packet Size``. Some do not: Mosquitto with
``message_size_limit`` throws longer messages away, and one that speaks 3.1.1 hangs up on them
without a word, so a box that sent the same document at every connection would never get anything
else through. What was sent last before a connection ended is therefore suspected when it was
longer than anything that got through; after the second time the limit is set half way between.

What was learned is not kept across a restart: it costs two ended connections for each halving, half
a second apart (``attempts.AT_ONCE_S``), alerts leave before documents, and another broker, or one
that was set up anew, would be judged by the old one's limit.
"""

from __future__ import annotations

from monitor.mqtt.connection_settings import ProtocolVersion
from monitor.mqtt.topics import Message

STRIKES = 2
"""one ended connection may be chance (a broker that restarts), two at this length are not"""


def packet_bytes(message: Message, protocol: ProtocolVersion) -> int:
    """Bytes of the whole PUBLISH packet that carries this message (MQTT 5, 3.3)."""
    body = 2 + len(message.topic.encode()) + len(message.payload)
    if message.qos:
        body += 2
    if protocol == "5":
        body += 1 + (5 if message.expiry_s is not None else 0)
    length = 1
    while body >> (7 * length):
        length += 1
    return 1 + length + body


class PacketSize:
    """``limit`` in bytes is None while none is known."""

    def __init__(self) -> None:
        self._announced: int | None = None
        self._learned: int | None = None
        self._passed = 0
        """the longest packet that was acknowledged"""
        self._strikes = 0

    @property
    def limit(self) -> int | None:
        """The smaller of what was announced and what was learned."""
        known = [size for size in (self._announced, self._learned) if size is not None]
        return min(known) if known else None

    def announced(self, size: int | None) -> None:
        """A new connection: what the broker says of itself."""
        self._announced = size

    def fits(self, size: int) -> bool:
        """Whether a packet of this many bytes may be sent."""
        return self.limit is None or size <= self.limit

    def passed(self, size: int) -> None:
        """The broker acknowledged a packet this long."""
        if size > self._passed:
            self._passed, self._strikes = size, 0

    def suspect(self, size: int, *, certain: bool = False) -> bool:
        """The connection ended, or nothing came back, after a packet this long.

        Returns whether the packet may be the reason. ``certain``: the broker said so.
        """
        if size <= self._passed:
            return False
        self._strikes += 1
        if certain or self._strikes >= STRIKES:
            self._strikes = 0
            self._learned = (self._passed + size) // 2
        return True
