"""``nursery page``: the process, from its settings to its end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TextIO

import msgspec
import uvicorn

from monitor.config import MqttConfig, PageConfig
from monitor.mqtt.connecting import connector
from monitor.page import security, words
from monitor.page.app import build
from monitor.page.boxes import Boxes
from monitor.page.broker import Broker
from monitor.page.context import Page
from monitor.page.hub import Hub
from monitor.page.pairing import Pairing
from monitor.page.said import Said
from monitor.page.sessions import Sessions
from monitor.page.views import Views


def page_broker(mqtt: MqttConfig, page: PageConfig) -> MqttConfig:
    """The broker as the page's own user sees it."""
    if page.username is None:
        return mqtt
    return msgspec.structs.replace(mqtt, username=page.username, password_file=page.password_file)


def assemble(mqtt: MqttConfig, settings: PageConfig) -> Page:
    """Everything that the handlers work with; nothing is connected yet."""
    own = page_broker(mqtt, settings)
    boxes, hub = Boxes(), Hub()
    return Page(
        boxes=boxes,
        hub=hub,
        broker=Broker(connector(own), own.protocol, boxes, hub),
        sessions=Sessions(settings.state_dir),
        pairing=Pairing(settings.state_dir),
        said=Said(),
        views=Views(),
        languages=words.load(),
        names=security.own_names(settings.names),
    )


def serve(mqtt: MqttConfig, settings: PageConfig, out: TextIO) -> int:
    """Serve until stopped; ``out`` gets the address."""
    asyncio.run(_serve(mqtt, settings, lambda text: print(text, file=out, flush=True)))
    return 0


async def _serve(mqtt: MqttConfig, settings: PageConfig, say: Callable[[str], None]) -> None:
    page = assemble(mqtt, settings)
    config = uvicorn.Config(
        build(page),
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
        ssl_certfile=settings.cert_file,
        ssl_keyfile=settings.key_file,
    )
    opened = socket.create_server((settings.host or "127.0.0.1", settings.port), backlog=128)
    scheme = "https" if settings.cert_file else "http"
    say(f"the page: {scheme}://{settings.host or 'localhost'}:{opened.getsockname()[1]}/")
    async with _running(page.broker):
        await uvicorn.Server(config).serve(sockets=[opened])


@asynccontextmanager
async def _running(broker: Broker) -> AsyncIterator[None]:
    task = asyncio.create_task(broker.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
