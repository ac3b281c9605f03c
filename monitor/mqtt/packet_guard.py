"""A socket that hangs up on a packet that is too long, at its fixed header.

paho collects a packet in memory whatever its announced length: 256 MB at most. MQTT 5 lets a
client name its limit (``Maximum Packet Size``), 3.1.1 does not, so one retained message on a
command topic would fill a small computer's memory at every connection. The fixed header carries
the length (MQTT 3.1.1, 2.2), so the stream is followed here, packet by packet, and ends there.
"""

from __future__ import annotations

from typing import Any

from monitor.errors import BrokerError


class PacketGuard:
    """Wraps a connected socket; everything but ``recv`` is the socket's own.

    ``recv`` raises ``BrokerError`` (an ``OSError``, which paho takes for a lost connection) once a
    packet announces more than ``most_bytes``; ``too_long`` then holds the announced bytes.
    """

    def __init__(self, inner: Any, most_bytes: int) -> None:
        self._inner = inner
        self._most_bytes = most_bytes
        self._to_skip = 0
        """bytes of the present packet's body still to come"""
        self._length: int | None = None
        """the remaining length as far as it is known; None: the next byte begins a packet"""
        self._shift = 0
        self.too_long: int | None = None

    def recv(self, buffer_size: int) -> bytes:
        """As the socket's own, at most ``most_bytes`` at once."""
        data: bytes = self._inner.recv(min(buffer_size, self._most_bytes))
        self._follow(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _follow(self, data: bytes) -> None:
        position = 0
        while position < len(data):
            if self._to_skip:
                passed = min(self._to_skip, len(data) - position)
                self._to_skip -= passed
                position += passed
                continue
            byte = data[position]
            position += 1
            if self._length is None:
                self._length = self._shift = 0
                continue
            self._length |= (byte & 0x7F) << self._shift
            self._shift += 7
            if byte & 0x80:
                continue
            if self._length > self._most_bytes:
                self.too_long = self._length
                raise BrokerError(f"a packet of {self._length} bytes was announced")
            self._to_skip, self._length = self._length, None
