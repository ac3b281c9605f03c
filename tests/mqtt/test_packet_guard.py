"""A packet too long for us ends the connection before it is in memory."""

from __future__ import annotations

import pytest

from monitor.errors import BrokerError
from monitor.mqtt.packet_guard import PacketGuard

LIMIT = 300


class Stream:
    """A socket with this to read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.taken = 0

    def recv(self, size: int) -> bytes:
        found = self._data[self.taken : self.taken + size]
        self.taken += len(found)
        return found


def packet(length: int) -> bytes:
    head, rest = b"\x30", length
    while True:
        rest, low = divmod(rest, 128)
        head += bytes([low | (0x80 if rest else 0)])
        if not rest:
            return head + b"x" * min(length, 1000)


def read_all(guard: PacketGuard, step: int) -> bytes:
    read = b""
    while chunk := guard.recv(step):
        read += chunk
    return read


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100, 10_000])
def test_packets_up_to_the_limit_pass_however_they_are_cut(step: int) -> None:
    data = b"".join(map(packet, [0, 1, 127, 128, 200, 300, 0, 300]))
    guard = PacketGuard(Stream(data), LIMIT)
    assert read_all(guard, step) == data
    assert guard.too_long is None


@pytest.mark.parametrize("length", [301, 20_000, 120_000_000, 268_435_455])
@pytest.mark.parametrize("step", [1, 5])
def test_a_longer_one_ends_at_its_fixed_header(length: int, step: int) -> None:
    stream = Stream(packet(20) + packet(length))
    guard = PacketGuard(stream, LIMIT)
    with pytest.raises(BrokerError):
        read_all(guard, step)
    assert guard.too_long == length
    assert stream.taken <= 22 + 5 + step


def test_no_read_asks_for_more_than_the_limit() -> None:
    stream = Stream(packet(100) * 100)
    assert len(PacketGuard(stream, LIMIT).recv(1_000_000)) == LIMIT
