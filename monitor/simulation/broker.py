"""An MQTT broker inside this process, for the demo and nothing else.

amqtt speaks only MQTT 3.1.1, so the demo also exercises the publisher's fallback from version 5.
It listens on loopback alone.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading

from monitor.errors import ConfigError
from monitor.host.extras import install_command

START_WITHIN_S = 20.0


class DemoBroker:
    """amqtt in a thread of its own; ``port`` 0 picks a free one."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or _free_port()
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="demo-broker", daemon=True)

    def start(self) -> None:
        """Start and wait until it listens.

        Raises:
            ConfigError: amqtt is not installed, or the port is taken.
        """
        try:
            import amqtt.broker  # noqa: F401 - found out here, where it can be said in a sentence
        except ImportError as error:
            raise ConfigError(
                f'the demo needs its small broker: {install_command("demo")}; or just "make demo"'
            ) from error
        if not _is_free(self.port):
            raise ConfigError(f"--port: {self.port} is taken: choose another or leave it out")
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.CRITICAL)
        self._thread.start()
        if not self._ready.wait(START_WITHIN_S) or self._error is not None:
            raise ConfigError(f"the demo's broker did not start: {self._error or 'no answer'}")

    def stop(self) -> None:
        """Stop it within a few seconds."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(5.0)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - the starter is waiting and must hear of it
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        from amqtt.broker import Broker

        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        # It logs a connection cut off in mid-greeting (our version 5 try) as a crash.
        self._loop.set_exception_handler(lambda *_: None)
        broker = Broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{self.port}"}},
                "plugins": {
                    "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
                },
            }
        )
        await broker.start()
        self._ready.set()
        await self._stop.wait()
        await broker.shutdown()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
