"""Passes one node's connections on from the node's own address, so that they can be cut."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress

from tests.system.cluster.engine import PORT


class Relay:
    """Whoever connects to ``port`` of ``source`` talks to ``target``, as if it were ``source``.

    Mosquitto 2.0 opens a bridge from any address, whatever ``bridge_bind_address`` says.
    """

    def __init__(self, source: str, port: int, target: tuple[str, int], own: str = "") -> None:
        """``own``: the address that the target sees, where it is not ``source``."""
        self._source, self._target = own or source, target
        self._server = socket.create_server((source, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
                far = socket.create_connection(self._target, 5, source_address=(self._source, 0))
            except OSError:
                if self._server.fileno() < 0:
                    return
                with suppress(OSError, UnboundLocalError):
                    near.close()
                continue
            far.settimeout(None)
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
            end.close()


if __name__ == "__main__":
    here, there = sys.argv[1:]
    Relay(here, PORT, (there, PORT))
    threading.Event().wait()
