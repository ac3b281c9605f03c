"""By which ways a person could be told, and when; written down as things break and are mended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from tests.system.campaign.silence import Span


class Way:
    """One way to a person; it works while nothing blocks it.

    ``recovers_s`` after the last block is gone the box must have found it again; until then it
    counts as blocked.
    """

    def __init__(self, recovers_s: float) -> None:
        self._recovers_s = recovers_s
        self._blocks: set[str] = set()
        self._spans: list[Span] = []
        self._from_s: float | None = None

    def block(self, reason: str) -> None:
        """Something stands in the way from now on."""
        now_s = time.monotonic()
        if self._from_s is not None and self._from_s < now_s:
            self._spans.append(Span(self._from_s, now_s))
        self._from_s = None
        self._blocks.add(reason)

    def unblock(self, reason: str) -> None:
        """It is gone."""
        if reason in self._blocks and not self._blocks - {reason}:
            self._from_s = time.monotonic() + self._recovers_s
        self._blocks.discard(reason)

    def proven(self) -> None:
        """It was seen to work just now."""
        if not self._blocks:
            self._from_s = min(self._from_s or float("inf"), time.monotonic())

    @property
    def spans(self) -> list[Span]:
        """When it worked; the last may be open."""
        return [*self._spans, *([Span(self._from_s)] if self._from_s is not None else [])]


class Lives:
    """When the daemon watched, as whoever looks after it knows."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._from_s: float | None = None

    def began(self) -> None:
        """It watches from now on; nothing new when it is thought to watch already."""
        self._from_s = self._from_s or time.monotonic()

    def ended(self) -> None:
        """It was killed on purpose."""
        if self._from_s is not None:
            self._spans.append(Span(self._from_s, time.monotonic()))
        self._from_s = None

    @property
    def watches(self) -> bool:
        """Whether it is thought to watch."""
        return self._from_s is not None

    @property
    def spans(self) -> list[Span]:
        """All lives; the last may be going on."""
        return [*self._spans, *([Span(self._from_s)] if self._from_s is not None else [])]


class Ear:
    """Listens for the buzzer: ``rises`` counts how often it was switched on."""

    PATTERN_S = 6.0
    """the buzzer sounds every 5 s while something critical waits (``devices.panel.BUZZ``)"""

    def __init__(self, rises: Callable[[], int]) -> None:
        self._rises = rises
        self._spans: list[Span] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="ear", daemon=True)

    def __enter__(self) -> Ear:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(5.0)

    def _listen(self) -> None:
        heard = self._rises()
        while not self._stop.wait(0.2):
            count, now_s = self._rises(), time.monotonic()
            if count == heard:
                continue
            heard = count
            if self._spans and now_s < self._spans[-1].end_s:
                now_s, last = self._spans[-1].begin_s, now_s
                self._spans[-1] = Span(now_s, last + self.PATTERN_S)
            else:
                self._spans.append(Span(now_s, now_s + self.PATTERN_S))

    @property
    def spans(self) -> list[Span]:
        """When it sounded, the pauses of its pattern included."""
        return list(self._spans)
