"""Where the page listens: one socket for each address in the home network, as they come and go.

The Wi-Fi may come minutes after the page, and its address may change; an address of the Internet,
should the machine get one, is never listened on.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from monitor.errors import ConfigError
from monitor.page.addresses import Address, changes, home_addresses

log = logging.getLogger(__name__)

BACKLOG = 64
SETTLE_S = 1.0
"""after a change: an interface gets several addresses one after the other"""
HANDSHAKE_S = 10.0


class Listeners:
    """``open`` once, then it follows the addresses by itself until ``close``."""

    def __init__(
        self,
        host: str,
        port: int,
        make: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``host``: an address to listen on, or "" for those of the home network."""
        self._host, self._make, self._tls = host, make, tls
        self.port = port
        """0: a free one, found by ``open``"""
        self._servers: dict[Address, asyncio.Server] = {}
        self._changes: socket.socket | None = None
        self._again: asyncio.TimerHandle | None = None
        self._following: asyncio.Task[None] | None = None

    @property
    def addresses(self) -> list[Address]:
        """Where it listens now."""
        return list(self._servers)

    async def open(self) -> None:
        """Listen.

        Raises:
            ConfigError: nowhere: the port is taken, or the address is not this machine's.
        """
        error = await self._follow()
        if not self._servers and error is not None:
            raise ConfigError(error)
        if not self._host and (link := changes()) is not None:
            self._changes = link
            asyncio.get_running_loop().add_reader(link.fileno(), self._changed)

    async def close(self) -> None:
        """Listen no more; connections go on."""
        if self._changes is not None:
            asyncio.get_running_loop().remove_reader(self._changes.fileno())
            self._changes.close()
        if self._again is not None:
            self._again.cancel()
        if self._following is not None:
            self._following.cancel()
        for server in self._servers.values():
            server.close()

    def _changed(self) -> None:
        with suppress(OSError):
            while self._changes is not None and self._changes.recv(65_536):
                pass
        if self._again is None:
            self._again = asyncio.get_running_loop().call_later(SETTLE_S, self._look_again)

    def _look_again(self) -> None:
        self._again = None
        self._following = asyncio.get_running_loop().create_task(self._followed())

    async def _followed(self) -> None:
        if (error := await self._follow()) is not None:
            log.warning("%s", error)

    async def _follow(self) -> str | None:
        """Open and close what has changed; returns why one of them could not be opened."""
        wanted = [Address(self._host)] if self._host else home_addresses()
        for address in [each for each in self._servers if each not in wanted]:
            self._servers.pop(address).close()
        error = None
        for address in wanted:
            if address not in self._servers:
                try:
                    self._servers[address] = await self._listen(address)
                except OSError as refused:
                    error = self._reason(address, refused)
        return error

    async def _listen(self, address: Address) -> asyncio.Server:
        family = socket.AF_INET6 if address.is_v6 else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if address.is_v6:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                opened.bind((address.host, self.port, 0, address.scope))
            else:
                opened.bind((address.host, self.port))
            opened.setblocking(False)
            self.port = opened.getsockname()[1]
            handshake_s = HANDSHAKE_S if self._tls is not None else None
            return await asyncio.get_running_loop().create_server(
                self._make, sock=opened, backlog=BACKLOG, ssl=self._tls,
                ssl_handshake_timeout=handshake_s,
            )  # fmt: skip
        except OSError:
            opened.close()
            raise

    def _reason(self, address: Address, error: OSError) -> str:
        return (
            f"cannot listen on {address.in_url}, port {self.port}: {error.strerror or error}: "
            'see "page.host" and "page.port"'
        )
