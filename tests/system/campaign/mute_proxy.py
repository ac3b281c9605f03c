"""Between the box and its broker: passes everything on but the broker's acknowledgements.

It ends the box's TLS with the broker's own certificate and speaks plainly to the real Mosquitto, so
all but the missing PUBACKs is real: pings are answered, commands arrive, and so do the messages.
"""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

PUBACK = 4
"""packet type (MQTT 3.1.1, 2.2.1), the same in version 5"""


class MuteProxy:
    """Listens on ``port`` from ``start`` to ``stop``."""

    def __init__(self, port: int, to_port: int, certificate: Path, key: Path) -> None:
        self.swallowed = 0
        self._port, self._to_port = port, to_port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []

    def start(self) -> None:
        """Take connections."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """End them all, and take no more."""
        if self._listener is not None:
            _close(self._listener)
        for connection in self._open:
            _close(connection)
        self._listener = None
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                plain, _ = listener.accept()
                threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError):
            plain.settimeout(10.0)
            box = self._context.wrap_socket(plain, server_side=True)
            broker = socket.create_connection(("127.0.0.1", self._to_port))
            self._open += [box, broker]
            # One thread reads and writes the TLS side: OpenSSL wants it so.
            box.settimeout(0.02)
            broker.setblocking(False)
            self._pump(box, broker)

    def _pump(self, box: ssl.SSLSocket, broker: socket.socket) -> None:
        answers = b""
        try:
            while True:
                with suppress(TimeoutError, ssl.SSLWantReadError):
                    if not (asked := box.recv(65_536)):
                        return
                    broker.setblocking(True)
                    broker.sendall(asked)
                    broker.setblocking(False)
                with suppress(BlockingIOError):
                    if not (answered := broker.recv(65_536)):
                        return
                    answers += answered
                passed, answers = self._without_acknowledgements(answers)
                if passed:
                    box.settimeout(10.0)
                    box.sendall(passed)
                    box.settimeout(0.02)
        finally:
            _close(box)
            _close(broker)

    def _without_acknowledgements(self, stream: bytes) -> tuple[bytes, bytes]:
        """Whole packets of a stream that may pass, and what is no whole packet yet."""
        passed = b""
        while (length := _packet_length(stream)) is not None and len(stream) >= length:
            packet, stream = stream[:length], stream[length:]
            if packet[0] >> 4 == PUBACK:
                self.swallowed += 1
            else:
                passed += packet
        return passed, stream


def _packet_length(stream: bytes) -> int | None:
    """Of the packet a stream begins with, its header included; None: not known yet."""
    length, shift = 0, 0
    for place, byte in enumerate(stream[1:5], start=2):
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return place + length
    return None


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
