"""Judges whether a stream of sound is alive; pure, so that it is tested without a microphone.

When a USB microphone is pulled out, PortAudio stays "active" for ever without an error and the
callbacks just stop; a muted one delivers zeros. So only what arrives counts: the age of the last
block, samples that are not all equal, and samples per second by the monotonic clock.
"""

from __future__ import annotations

from collections import deque

STALL_S = 3.0
"""without a block; blocks come every 0.1 s, at worst 0.11 s on an idle machine"""
FLAT_S = 10.0
"""all samples equal for so long; the noise of any working microphone moves the last bits"""
FLAT_RETRY_S = 60.0
"""flat for so long: try whether opening it again helps"""
RATE_WINDOW_S = 30.0
RATE_TOLERANCE = 0.02
"""crystals are good to 0.01 %: two per cent means that samples are lost"""
_SETTLE_S = 2.0
"""after opening, sound servers deliver in bursts"""


class SoundWatch:
    """Is told of every block; answers what is wrong, if anything."""

    def __init__(self, rate_hz: int, now_s: float) -> None:
        self._rate_hz = rate_hz
        self._opened_s = self._last_s = self._moved_s = now_s
        self._arrivals: deque[tuple[float, int]] = deque()
        self._frames = 0
        self.heard = False
        """whether the latest block carried any sound, so that silence is never passed on as calm"""

    def block(self, now_s: float, frames: int, flat: bool) -> None:
        """A block arrived; ``flat`` when all its samples are equal."""
        self._last_s = now_s
        self._frames += frames
        if not flat:
            self._moved_s = now_s
            self.heard = True
        elif now_s - self._moved_s > FLAT_S:
            self.heard = False
        if now_s - self._opened_s > _SETTLE_S:
            self._arrivals.append((now_s, self._frames))
        while self._arrivals and now_s - self._arrivals[0][0] > RATE_WINDOW_S:
            self._arrivals.popleft()

    def flat_s(self, now_s: float) -> float:
        """For how long every sample has been the same."""
        return now_s - self._moved_s

    def is_flat(self, now_s: float) -> bool:
        """Muted or dead, though blocks arrive."""
        return self.flat_s(now_s) > FLAT_S

    def fault(self, now_s: float, active: bool) -> str | None:
        """A reason to open the device again, or ``None``."""
        if not active:
            return "was closed by the sound system"
        if now_s - self._last_s > STALL_S:
            return "delivers no sound any more: check its plug"
        rate_hz = self.measured_rate_hz()
        if rate_hz is not None and abs(rate_hz / self._rate_hz - 1) > RATE_TOLERANCE:
            return (
                f"delivers {rate_hz:.0f} samples a second instead of "
                f"{self._rate_hz}: sound is lost; try another USB port, stop other programs"
            )
        return None

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
