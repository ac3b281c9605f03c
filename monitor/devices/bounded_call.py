"""A call that is given up when it takes too long.

PortAudio's open, close and even initialise can hang for ever behind a stuck sound server or
driver, and no Python code can interrupt C. So each call runs in a thread of its own; one that is
given up may still return later, and until it does no other call is made.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from monitor.errors import DeviceError

T = TypeVar("T")


class CallHangsError(DeviceError):
    """The call has not returned within its limit."""


class Pending(Generic[T]):
    """A call in flight."""

    def __init__(self, call: Callable[[], T], name: str) -> None:
        self.name = name
        self.started_s = time.monotonic()
        self._call = call
        self._result: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 - handed to the caller by ``result``
            self._error = error

    def result(self, limit_s: float) -> T:
        """What the call returned or raised; raises CallHangsError after ``limit_s`` seconds."""
        self._thread.join(limit_s)
        if self._thread.is_alive():
            raise CallHangsError(f"{self.name} has not returned for {limit_s:g} s")
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # set, or the call returned None
