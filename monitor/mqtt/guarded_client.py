"""paho's client with a guard on what it reads, one thread that writes and no listening socket.

paho has no public place for the first and the last; what is overridden here is held to a real
broker by tests/system/test_connection.py and test_intruder.py.
"""

from __future__ import annotations

import socket
from typing import Any

import paho.mqtt.client as mqtt

from monitor.mqtt.packet_guard import PacketGuard


class GuardedClient(mqtt.Client):
    """As ``paho.mqtt.client.Client``; a packet longer than ``most_bytes`` ends the connection."""

    def __init__(self, most_bytes: int, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._most_bytes = most_bytes
        self._guard: PacketGuard | None = None
        self._sockpairR, self._sockpairW = _waker()
        self.on_socket_register_write = _leave_it_to_the_network_thread
        self.max_inflight_messages_set(0)  # places in flight are the publisher's to give

    @property
    def too_long(self) -> int | None:
        """Announced bytes of the packet that ended the connection."""
        return self._guard.too_long if self._guard is not None else None

    def _create_socket(self) -> Any:
        self._guard = PacketGuard(super()._create_socket(), self._most_bytes)
        return self._guard


def _leave_it_to_the_network_thread(*_: object) -> None:
    """With this callback set, paho only queues what another thread publishes, and wakes its own.

    Left alone, paho writes to the socket in the thread that publishes whenever it did not start
    the network thread itself. OpenSSL must not read and write one connection in two threads at
    once: now and then a record went out broken, and the broker hung up ("bad record mac").
    """


def _waker() -> tuple[socket.socket, socket.socket]:
    """Two connected sockets by which paho's thread is woken.

    Left alone, paho makes its pair by listening on a loopback port for a moment at every
    connection; this daemon never listens anywhere (tests/system/test_intruder.py).
    """
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    return reader, writer
