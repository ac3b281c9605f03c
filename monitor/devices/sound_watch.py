"""Judges whether a stream of sound must be opened again; pure, so that it needs no microphone.

When a USB microphone is pulled out, PortAudio stays "active" for ever without an error and the
callbacks just stop. So only what arrives counts: the age of the last block, and samples per second
by the monotonic clock. Whether what arrives is sound is judged in ``core.sound_plausibility``; here
long silence and lost samples are only reasons to open the device again, now and then: some come
back from that, most need a person.
"""

from __future__ import annotations

from collections import deque

from monitor.core.health.sound import SILENT
from monitor.times import HOUR_S

STALL_S = 3.0
"""without a block; blocks come every 0.1 s, at worst 0.11 s on an idle machine"""
AGAIN_S = (60.0, 600.0, HOUR_S)
"""silent or short of samples for so long: the device is opened again. Each time the wait is longer,
since an attempt that does not help costs a second of sound"""
RATE_WINDOW_S = 30.0
RATE_TOLERANCE = 0.02
"""crystals are good to 0.01 %: two per cent means that samples are lost"""
_SETTLE_S = 2.0
"""after opening, sound servers deliver in bursts"""


class Retries:
    """Spaces the attempts that may not help; survives the stream that it closes."""

    def __init__(self) -> None:
        self._tried = 0

    @property
    def wait_s(self) -> float:
        """How long to wait before the next attempt."""
        return AGAIN_S[min(self._tried, len(AGAIN_S) - 1)]

    def tried(self) -> None:
        """The device is opened again."""
        self._tried += 1

    def healthy(self) -> None:
        """It delivers what it should."""
        self._tried = 0


class SoundWatch:
    """Observes every block; says what is wrong, if anything."""

    def __init__(self, rate_hz: int, now_s: float) -> None:
        self._rate_hz = rate_hz
        self._opened_s = self._last_s = self._moved_s = self._steady_s = now_s
        self._arrivals: deque[tuple[float, int]] = deque()
        self._frames = 0

    def block(self, now_s: float, frames: int, flat: bool) -> None:
        """A block arrived; ``flat`` when all its samples are equal."""
        self._last_s = now_s
        self._frames += frames
        if not flat:
            self._moved_s = now_s
        if now_s - self._opened_s > _SETTLE_S:
            self._arrivals.append((now_s, self._frames))
        while self._arrivals and now_s - self._arrivals[0][0] > RATE_WINDOW_S:
            self._arrivals.popleft()
        if not self.loses:
            self._steady_s = now_s

    @property
    def loses(self) -> bool:
        """Whether samples are missing, or too many come, by the clock."""
        rate_hz = self.measured_rate_hz()
        return rate_hz is not None and abs(rate_hz / self._rate_hz - 1) > RATE_TOLERANCE

    @property
    def loss(self) -> str:
        """How many samples are missing, as a phrase."""
        share = (self.measured_rate_hz() or 0.0) / self._rate_hz
        return (
            f"delivers {100 * share:.0f} % of the samples that it should: sound is lost; "
            "try another USB port, stop other programs"
        )

    def fault(self, now_s: float, active: bool, wait_s: float) -> str | None:
        """A reason to open the device again, or ``None``.

        ``wait_s``: how long silence and missing samples are borne.
        """
        if not active:
            return "was closed by the sound system"
        if now_s - self._last_s > STALL_S:
            return "delivers no sound any more: check its plug"
        if now_s - self._steady_s > wait_s:
            return self.loss
        if now_s - self._moved_s > wait_s:
            return SILENT
        return None

    @property
    def is_healthy(self) -> bool:
        """Sound moved and the rate was right when it could last be judged."""
        return (
            self._moved_s == self._last_s
            and self._steady_s == self._last_s
            and (self.measured_rate_hz() is not None)
        )

    def measured_rate_hz(self) -> float | None:
        """Samples per second over the window, ``None`` until two thirds of it have passed."""
        if not self._arrivals:
            return None
        (first_s, first), (last_s, last) = self._arrivals[0], self._arrivals[-1]
        span_s = last_s - first_s
        return (last - first) / span_s if span_s > RATE_WINDOW_S * 2 / 3 else None


class StreamClock:
    """Times for a stream whose blocks arrive late by varying amounts, never early.

    The earliest of the recent arrivals fixes when the stream began; small corrections follow the
    crystal's drift, a large one forward means that samples were lost. Never backward in a jump.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._frames = 0
        self._begins_s: deque[float] = deque(maxlen=10)
        self.begin_s: float | None = None
        """clock reading of the stream's first sample"""

    def block(self, arrival_s: float, frames: int) -> None:
        """A block of ``frames`` was complete at ``arrival_s``."""
        self._frames += frames
        self._begins_s.append(arrival_s - self._frames / self._rate_hz)
        earliest_s = min(self._begins_s)
        if self.begin_s is None:
            self.begin_s = earliest_s
        elif earliest_s - self.begin_s > 0.3:
            self.begin_s = earliest_s
            self._begins_s.clear()
        else:
            self.begin_s += 0.02 * max(earliest_s - self.begin_s, -0.3)
