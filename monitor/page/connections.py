"""One connection of a phone: uvicorn's HTTP/1.1, with an end for whoever is slow on purpose.

uvicorn waits for ever for the rest of a request, and for a reader that does not read. Here each
has its time, after which the connection is cut off without another word.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import h11
import msgspec
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from monitor.page.limits import Doors, neighbour

MOST_HEAD = 16_384
"""bytes of a request line with its headers"""
SEND_BUFFER = 131_072


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that a connection has for each."""

    request_s: float = 15.0
    """from the first byte of a request to its last; a form on a poor Wi-Fi takes one"""
    idle_s: float = 45.0
    """until it asks again"""
    unread_s: float = 30.0
    """for which a phone may leave unread what fills all buffers"""


class Protocol(H11Protocol):
    """As uvicorn's; ``doors`` counts who is inside."""

    def __init__(
        self, config: Config, state: ServerState, doors: Doors, patience: Patience
    ) -> None:
        super().__init__(config, state, {})
        self.timeout_keep_alive = patience.idle_s  # type: ignore[assignment]  # for call_later
        self._doors, self._patience = doors, patience
        self._address: str | None = None
        self._asking: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Let it in, or cut it off."""
        peer = transport.get_extra_info("peername")
        address = neighbour(str(peer[0])) if peer else ""
        if not self._doors.enter(address):
            transport.abort()
            return
        self._address = address
        _tune(transport.get_extra_info("socket"), self._patience.unread_s)
        super().connection_made(transport)
        self._asking = self._later(self._patience.request_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        if self._address is None:
            return
        self._doors.leave(self._address)
        self._address = None
        _cancel(self._asking)
        self._asking = None
        _cancel(self._unread)
        self._unread = None
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A part of a request, which must be whole in time."""
        if self._address is None:
            return
        is_long = len(data) > MOST_HEAD and b"\r\n\r\n" not in data[:MOST_HEAD]
        if is_long and self.conn.their_state is h11.IDLE:  # h11 counts only what is incomplete
            self.send_400_response("The request is too long.")
            return
        super().data_received(data)
        theirs = self.conn.their_state
        is_partial = theirs is h11.SEND_BODY or (theirs is h11.IDLE and self.conn.trailing_data[0])
        if not is_partial:
            _cancel(self._asking)
            self._asking = None
        elif self._asking is None:
            self._asking = self._later(self._patience.request_s)

    def pause_writing(self) -> None:
        """It does not read."""
        super().pause_writing()
        self._unread = self._unread or self._later(self._patience.unread_s)

    def resume_writing(self) -> None:
        """It reads again."""
        super().resume_writing()
        _cancel(self._unread)
        self._unread = None

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more was asked; what it has not read by now it will not read."""
        super().timeout_keep_alive_handler()
        self._later(1.0)

    def _later(self, seconds: float) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds, self._cut_off)

    def _cut_off(self) -> None:
        if self._address is not None:
            self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def _tune(opened: socket.socket | None, unread_s: float) -> None:
    """A phone that has gone without a word is noticed, and what waits for it is little."""
    if opened is None:
        return
    with suppress(OSError):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(unread_s * 1000))


class Connections:
    """Every connection that is open; called, it makes the protocol of one more."""

    def __init__(self, app: ASGIApp, patience: Patience = Patience()) -> None:  # noqa: B008 - frozen
        self._config = Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=MOST_HEAD,
        )
        self._config.load()
        self._patience = patience
        self._state, self._doors = ServerState(), Doors()

    def __call__(self) -> Protocol:
        """For one more connection."""
        return Protocol(self._config, self._state, self._doors, self._patience)

    async def end(self, within_s: float) -> None:
        """Let what is being answered be answered, then end them all."""
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(list(self._state.tasks), timeout=within_s)
