"""What the raw codes of a live converter never do: leave its range, repeat for ever, become few.

Seen in the data alone, also without a calibration; what they weigh is judged in
``scale.converter``.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.events import ScaleBlock
from monitor.timeshift import Moment
from monitor.units import SATURATED_CODES

LEAST_HZ = 0.8
"""Values a second from a recording: the contract's slowest is 1 Hz, and clocks differ."""
LEAST_HX711_HZ = 3.0
"""... from an HX711, which makes 10 or 80 (datasheet): two frames in three were refused then, and
half-second windows of one value cannot lose a spike"""
RATE_S = 20.0
"""They are counted over so long; a computer that was busy for a second is none the worse"""
BREAK_S = 3.0
"""No value for longer is a break: the stall is told as such, and the counting begins anew"""
OFFSET_BINARY = 2**23
"""A converter that counts from 0 (offset binary, as the kernel's IIO driver delivers it) has its
zero here, where a signed one ends"""
WILD_CODES = 2
"""so many codes in a row at an end of the range may be a spike, which every converter makes now and
then; in a source of one value a second they are blocks of their own"""
FLAT_SCALE_S = 60.0
"""equal codes over a minute: an HX711 at gain 128 has tens of codes of noise (datasheet:
50 nV RMS at 10 samples a second, 1 code = 2.3 nV), so two equal codes in a row are rare"""
FLAT_SCALE_CHANCE = 1e-9
"""... and so unlikely by how often this converter repeated itself before: a coarse recording, where
most values repeat, needs a longer run to be called stuck"""
FLAT_SCALE_CREDIT = 60
"""repeats taken for granted: before it has shown its noise, a converter may be a coarse one"""


class CodeWatch(msgspec.Struct):
    """What the raw codes of a live converter never do, and this one does."""

    least_hz: float = LEAST_HZ
    # the present run of one and the same code, and how usual repeats are on this converter
    code: float = math.nan
    code_since_s: Moment = 0.0
    run: int = 0
    repeats_before: int = 0
    values_before: int = 0
    saturated: int = 0
    """so many of the newest codes, whole blocks of them, are at an end of the range"""
    # values a second
    last_s: Moment | None = None
    counted: int = 0
    counted_for: float = 0.0
    """seconds, breaks left out"""
    hz: float | None = None

    def observe(self, block: ScaleBlock) -> str:
        """Take a block with at least one value; why it cannot be weighed, empty when it can."""
        self._count(block)
        codes: list[float] = block.counts.tolist()  # of a second: quicker than arrays
        repeats = self._repeats(codes, block)
        if max(codes) >= OFFSET_BINARY and (offset := offset_binary(block.counts)) is not None:
            return offset
        if codes[0] in SATURATED_CODES and all(code in SATURATED_CODES for code in codes):
            self.saturated += len(codes)
        else:
            self.saturated = 0
        if self.saturated > WILD_CODES:
            return "is saturated: check the load cell's four wires and the load"
        if repeats:
            return "repeats one and the same reading: check the load cell's four wires"
        if self.hz is not None and self.hz < self.least_hz:
            return (
                f"delivers only {self.hz:.1f} values a second, {self.least_hz:.0f} are the fewest "
                "that can be weighed: check its wires, and what else keeps the computer busy"
            )
        return ""

    def _count(self, block: ScaleBlock) -> None:
        """Values a second over the last RATE_S of data."""
        times_s = block.times_s
        last_s, end_s = self.last_s, float(times_s[-1])
        self.last_s = end_s
        first_s = float(times_s[0])
        if last_s is None or first_s - last_s > BREAK_S:
            self.counted, self.counted_for, self.hz, last_s = -1, 0.0, None, first_s
        span_s = end_s - last_s
        if span_s > BREAK_S:
            steps_s = np.diff(times_s, prepend=last_s)
            span_s -= float(steps_s[steps_s > BREAK_S].sum())
        self.counted += len(times_s)
        self.counted_for += span_s
        if self.counted_for >= RATE_S:
            self.hz = self.counted / self.counted_for
            self.counted, self.counted_for = 0, 0.0

    def _repeats(self, codes: list[float], block: ScaleBlock) -> bool:
        """Whether the run of one code is too long to be chance."""
        changes, last, before = 0, 0, self.code
        for i, code in enumerate(codes):
            if code != before:
                changes, last, before = changes + 1, i, code
        if changes == 0:
            self.run += len(codes)
        else:
            self.values_before += self.run + last
            self.repeats_before += self.run + last - changes
            self.code, self.code_since_s = before, float(block.times_s[last])
            self.run = len(codes) - last
        if block.t_s - self.code_since_s < FLAT_SCALE_S:
            return False
        repeats = max(0, self.repeats_before) + FLAT_SCALE_CREDIT
        repeat_p = repeats / (self.values_before + FLAT_SCALE_CREDIT + 2)
        return self.run * math.log(repeat_p) < math.log(FLAT_SCALE_CHANCE)


def offset_binary(counts: NDArray[np.float64]) -> str | None:
    """What to say of codes that no signed converter has; ``None`` when most are in its range."""
    highest = float(counts.max())
    if highest < OFFSET_BINARY or np.count_nonzero(counts >= OFFSET_BINARY) * 2 <= len(counts):
        return None
    return (
        f"delivers offset-binary codes ({highest:.0f}; a signed 24-bit converter ends at 8388607): "
        "subtract 8388608 from every value"
    )
