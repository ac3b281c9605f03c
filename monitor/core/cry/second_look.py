"""The second look at a candidate bout: does the same kind of call come again and again?

The network judges one second at a time, and what fools it once, a hinge, a bird, a far baby, is
over or goes on without a pause. When its windows would open a bout, the sound since the first of
them is cut into calls (``calls.py``) and weighed once. Costs as much as a second of hearing, some
times a night.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.core.cry.bouts import CALL_TAIL_S, CryWindow
from monitor.core.cry.calls import Calls, calls_in
from monitor.core.cry.features import STEP_S, Floats
from monitor.events import AUDIO_RATE_HZ

CONVINCED = -1.5
"""least evidence of a bout; with CLEAR_DB it cost no true bout at 30 to 3 dB over the room
(``calibration/evaluation/README.md``), at -1.0 two of 46"""
SURE_ENOUGH = 0.2
"""a window at or above this speaks of the candidate"""
CLEAR_DB, LEAST_CALLS = 20.0, 3
"""Fewer calls that stand so far out of the room cannot be judged, and the network's word holds:
pitches jump about in noise, and a faint cry in a loud room must not be taken for none."""
STEADY, JUMPY = 0.15, 1.3
"""semitones from frame to frame within a call. Half of the true bouts move less than 0.07 and one
in twenty more than 0.26, half of the false ones more than 0.27 (speech, barks, effects): each
doubling over STEADY costs 0.9"""
MOST_DUTY, DENSE, DENSEST = 0.55, 15.0, 1.5
"""calls of kittens (0.6 s) and puppies (0.1 to 0.8 s) leave pauses; true kittens and puppies were
at 0.23 to 0.57 of the time, sirens, music and a baby's crying at 0.6 and more. A yowl of two
seconds is dense, too, so it costs DENSEST at most"""
MACHINE_SEMITONES, MACHINE = 0.3, 4.0
"""a pitch that moves less within its calls is a machine's: kittens' move by 3 and more"""
MANY_VOICES_SEMITONES, MANY_VOICES = 9.0, 1.0
"""spread of the calls' pitches: one animal's, octave errors included, stay within 7"""
_FULL_SCALE = 32_767.0
"""kept as 16-bit numbers, as microphones give them: half the memory, nothing lost"""


def is_bout(windows: Sequence[CryWindow], calls: Calls) -> bool:
    """Whether a candidate is a pet crying, from its windows and the calls in them.

    True where the calls cannot be judged: doubt without evidence would be silence.
    """
    if np.count_nonzero(calls.above_db >= CLEAR_DB) < LEAST_CALLS:
        return True
    return evidence(windows, calls) >= CONVINCED


def evidence(windows: Sequence[CryWindow], calls: Calls) -> float:
    """How much speaks for a pet; the log odds of the windows, less what speaks against it.

    ``windows`` are those of the candidate in which a pet was heard, and those between.
    """
    heard = [w.pet for w in windows if w.pet >= SURE_ENOUGH]
    mean = min(max(sum(heard) / max(len(heard), 1), 0.005), 0.995)
    odds = math.log(mean / (1 - mean))
    known = np.isfinite(calls.steps)
    steps = float(np.median(calls.steps[known])) if known.any() else STEADY
    ranges = calls.range[np.isfinite(calls.range)]
    duty = float(calls.length_s.sum()) / (STEP_S * (len(windows) + 1))
    odds -= JUMPY * math.log(min(max(steps, STEADY / 3), 2.0) / STEADY)
    odds -= min(DENSEST, DENSE * max(0.0, duty - MOST_DUTY))
    if len(ranges) > 1 and np.median(ranges) < MACHINE_SEMITONES:
        odds -= MACHINE
    pitches = np.log2(calls.pitch_hz[np.isfinite(calls.pitch_hz)])
    if len(pitches) > 1 and 12 * pitches.std() > MANY_VOICES_SEMITONES:
        odds -= MANY_VOICES
    return odds


class SecondLook:
    """Keeps the last seconds of one stream and judges candidates in them."""

    def __init__(self, span_s: float) -> None:
        """``span_s``: the longest a candidate may be."""
        self._span = round((span_s + CALL_TAIL_S + STEP_S) * AUDIO_RATE_HZ)
        # One piece, written round and round: blocks that come and go leave holes in the heap.
        self._ring = np.empty(0, dtype=np.int16)
        self.reset()

    def reset(self) -> None:
        """What comes next does not follow on what came before."""
        self._next = self._count = 0
        self._end_s = 0.0

    def hear(self, samples: Floats, end_s: float) -> None:
        """The next samples of the stream, and when the last of them ends."""
        if max(samples.max(), -samples.min()) > 1:
            samples = np.clip(samples, -1, 1)
        if len(self._ring) < self._span + len(samples):
            self._widen(self._span + len(samples))
        whole = samples * np.float32(_FULL_SCALE)
        end, turn = self._next + len(whole), len(self._ring) - self._next
        self._ring[self._next : end] = whole[:turn]  # rounded towards zero
        self._ring[: max(0, len(whole) - turn)] = whole[turn:]
        self._next = end % len(self._ring)
        self._count = min(self._count + len(whole), len(self._ring))
        self._end_s = end_s

    def _widen(self, size: int) -> None:
        """Make room: a candidate in a longer block reaches as far back from its beginning."""
        known = self._piece(0, self._count)
        self._ring = np.empty(size, dtype=np.int16)
        self._ring[: len(known)] = known
        self._next = len(known)

    def convinces(self, windows: Sequence[CryWindow]) -> bool:
        """Whether these windows, from the first hit to the last, are a pet crying."""
        sound = self.between(windows[0].t_s - CALL_TAIL_S - STEP_S, windows[-1].t_s)
        return is_bout(windows, calls_in(sound))

    @property
    def kept_s(self) -> float:
        """How much sound is remembered."""
        return self._count / AUDIO_RATE_HZ

    def between(self, from_s: float, to_s: float) -> Floats:
        """The remembered sound of that time, shape (n,); shorter where it begins later."""
        skipped = max(0, round((self._end_s - to_s) * AUDIO_RATE_HZ))
        count = min(round((to_s - from_s) * AUDIO_RATE_HZ), max(0, self._count - skipped))
        sound = self._piece(skipped, count).astype(np.float32)
        sound /= np.float32(_FULL_SCALE)
        return sound

    def _piece(self, skipped: int, count: int) -> NDArray[np.int16]:
        """So many samples that end so many before the last one; both lie within ``_count``."""
        start = (self._next - skipped - count) % max(1, len(self._ring))
        turn = len(self._ring) - start
        parts = self._ring[start : start + count], self._ring[: max(0, count - turn)]
        return np.concatenate(parts)
