"""A broker that takes everything and acknowledges nothing, for tests of what is owed an answer."""

from __future__ import annotations

import socket
import threading

_CONNACK = {4: b"\x20\x02\x00\x00", 5: b"\x20\x03\x00\x00\x00"}


class SilentBroker:
    """Accepts connections, answers pings; ``published`` are topics.

    Subscriptions are granted, or refused ("not authorized") where ``grants`` is False.
    """

    def __init__(self, *, grants: bool = True) -> None:
        self._granted = b"\x01" if grants else b"\x87"
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.connections = 0
        self.published: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            version = 5
            while (head := client.recv(1)) != b"":
                body = self._body(client)
                kind = head[0] >> 4
                if kind == 1:
                    version = body[6]
                    client.sendall(_CONNACK[version])
                elif kind == 3:
                    length = int.from_bytes(body[:2])
                    self.published.append(body[2 : 2 + length].decode())
                elif kind == 8:
                    granted = body.count(b"\x01") or 1
                    answer = body[:2] + (b"\x00" if version == 5 else b"") + self._granted * granted
                    client.sendall(bytes([0x90, len(answer)]) + answer)
                elif kind == 12:
                    client.sendall(b"\xd0\x00")

    def _body(self, client: socket.socket) -> bytes:
        length = shift = 0
        while True:
            byte = client.recv(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        body = b""
        while len(body) < length:
            body += client.recv(length - len(body))
        return body
