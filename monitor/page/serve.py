"""``nursery page``: the process, from its settings to its end."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TextIO

import msgspec

from monitor.config import MqttConfig, PageConfig, ShelterConfig
from monitor.host import systemd
from monitor.mqtt.connecting import connector
from monitor.page import security, words
from monitor.page.access import read_access
from monitor.page.app import build
from monitor.page.boxes import Boxes
from monitor.page.broker import Broker
from monitor.page.connections import Connections
from monitor.page.context import Page
from monitor.page.hub import Hub
from monitor.page.lately import Lately
from monitor.page.limits import Buckets
from monitor.page.links import page_url
from monitor.page.listening import Listeners
from monitor.page.moved import Moved
from monitor.page.moves import Moves
from monitor.page.own_certificate import OwnCertificate
from monitor.page.pairing import Pairing
from monitor.page.said import Said
from monitor.page.sessions import Sessions
from monitor.page.taps import Taps
from monitor.page.views import Views

END_S = 2.0
"""for answers that are on their way when the page is stopped"""


def page_broker(mqtt: MqttConfig, page: PageConfig) -> MqttConfig:
    """The broker as the page's own user sees it."""
    if page.username is None:
        return mqtt
    return msgspec.structs.replace(mqtt, username=page.username, password_file=page.password_file)


def assemble(
    mqtt: MqttConfig,
    settings: PageConfig,
    shelter: ShelterConfig = ShelterConfig(),  # noqa: B008 - frozen
    *,
    clock: Callable[[], float] = time.time,
) -> Page:
    """Everything that the handlers work with; nothing is connected yet.

    ``clock`` is the boxes' own: a simulated night has another than this machine.
    """
    own = page_broker(mqtt, settings)
    boxes, hub, pairing = Boxes(), Hub(), Pairing(settings.state_dir)
    moved = Moved(settings.state_dir)
    broker = Broker(connector(own), own.protocol, boxes, hub, clock, pairing.offer, moved.saw)
    return Page(
        boxes=boxes,
        hub=hub,
        broker=broker,
        moves=Moves(boxes, broker, hub),
        shelter=shelter,
        clock=clock,
        sessions=Sessions(settings.state_dir),
        pairing=pairing,
        said=Said(),
        taps=Taps(),
        moved=moved,
        views=Views(),
        lately=Lately(),
        access=partial(read_access, settings.access_file),
        languages=words.load(),
        names=security.own_names(settings.names),
        requests=Buckets(),
    )


def serve(
    mqtt: MqttConfig,
    settings: PageConfig,
    out: TextIO,
    shelter: ShelterConfig = ShelterConfig(),  # noqa: B008 - frozen
) -> int:
    """Serve until stopped; ``out`` gets the address.

    Raises:
        ConfigError: it can listen nowhere, or a certificate cannot be used.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=out)
    # It says a line for every malformed request: anybody could fill the journal with them.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    page = assemble(mqtt, settings, shelter)
    asyncio.run(_serve(page, settings, lambda text: print(text, file=out, flush=True)))
    return 0


async def _serve(page: Page, settings: PageConfig, say: Callable[[str], None]) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(page, settings, lambda url: say(f"the page: {url}"), stop)


async def run(
    page: Page, settings: PageConfig, answers: Callable[[str], None], stop: asyncio.Event
) -> None:
    """Serve until ``stop``; ``answers`` is told where, once it does.

    Raises:
        ConfigError: it can listen nowhere, or a certificate cannot be used.
    """
    certificate = None
    if settings.cert_file is not None:
        certificate = OwnCertificate(settings.cert_file, settings.key_file)
    connections = Connections(build(page))
    tls = certificate.context if certificate else None
    listeners = Listeners(settings.host, settings.port, connections, tls)
    await listeners.open()
    answers(page_url(listeners.addresses, listeners.port, settings))
    work = [page.broker.run(), page.moves.run(), _watched()]
    if certificate:
        work.append(certificate.follow())
    async with _running(*work):
        systemd.notify("READY=1")
        await stop.wait()
        systemd.notify("STOPPING=1")
        await listeners.close()
        page.hub.close()
        await connections.end(END_S)


async def _watched() -> None:
    """Tell systemd's watchdog that the event loop turns; without one do nothing."""
    while (period_s := systemd.watchdog_period_s()) is not None:
        systemd.notify("WATCHDOG=1")
        await asyncio.sleep(period_s)


@asynccontextmanager
async def _running(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
