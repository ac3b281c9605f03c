"""The page in a thread of a process that has something else to do: the demo over which it lies."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from monitor.config import MqttConfig, PageConfig
from monitor.errors import ConfigError, NurseryError
from monitor.page.context import Page
from monitor.page.pairing import Pairing
from monitor.page.serve import assemble, run

START_S = 20.0
STOP_S = 5.0
IN_USE_S = 30.0
"""after the last stream has closed: a phone that goes from one screen to the next has none"""


class PageBeside:
    """``start`` it, and it answers until ``stop``."""

    def __init__(self, mqtt: MqttConfig, settings: PageConfig, clock: Callable[[], float]) -> None:
        """``clock`` is what the boxes call now: a simulated night has a time of its own."""
        self._mqtt, self._settings, self._clock = mqtt, settings, clock
        self.url = ""
        """where it answers, once it does"""
        self._page: Page | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._listening = threading.Event()
        self._error: Exception | None = None
        self._used_s = float("-inf")
        self._thread = threading.Thread(target=self._run, name="page", daemon=True)

    def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: it cannot.
        """
        self._thread.start()
        if not self._listening.wait(START_S) or self._error is not None:
            raise ConfigError(f"the page did not start: {self._error or 'no answer'}")

    def stop(self) -> None:
        """End within a few seconds."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOP_S)

    def pairing_code(self) -> str:
        """A fresh code, ``XXXX-XXXX``; the one before it holds no more."""
        return Pairing(self._settings.state_dir).open("carer", time.time()).written

    def is_in_use(self) -> bool:
        """Whether somebody has it open, or had until a moment ago."""
        now_s = time.monotonic()
        if self._page is not None and len(self._page.hub):
            self._used_s = now_s
        return now_s - self._used_s < IN_USE_S

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except (OSError, NurseryError) as error:
            self._error = error
        finally:
            self._listening.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._page = assemble(self._mqtt, self._settings, clock=self._clock)
        await run(self._page, self._settings, self._answers, self._stop)

    def _answers(self, url: str) -> None:
        self.url = url
        self._listening.set()
