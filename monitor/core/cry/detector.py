"""Hearing a kitten or puppy cry: a stream of sound becomes windows with probabilities, and bouts.

Level-free log-mel pictures (``features.py``) go through a small convolutional network
(``network.py``) that names what the last second held; a rule over those windows (``bouts.py``)
decides what is a bout. Work is done in blocks of 1.92 s, which is where the speed comes from.
Blocks in which nothing stands out of the background are not shown to the network at all.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import groupby
from typing import NamedTuple

import msgspec
import numpy as np

from monitor.core.cry.bouts import BoutEvent, Bouts, BoutsState, CryWindow
from monitor.core.cry.features import (
    FRAME,
    HOP,
    STEP_FRAMES,
    STEP_S,
    STEP_SAMPLES,
    SURVEY_EVERY,
    Floats,
    Survey,
    Surveyor,
    log_mel,
    log_mel_between,
    picture,
)
from monitor.core.cry.lone_calls import LoneCalls, LoneCallsState
from monitor.core.cry.model import SPECIES, CryModel
from monitor.core.cry.network import Net
from monitor.core.cry.second_look import SecondLook
from monitor.events import AUDIO_RATE_HZ, AudioBlock, CallHeard, CryStarted
from monitor.timeshift import Moment

BLOCK_STEPS = 4
"""steps computed at once: 1.92 s, the longest that still tells a cry within two seconds"""
GAP_S = 0.05
"""block times may disagree by this much before the stream counts as interrupted"""

_BLOCK_SAMPLES = BLOCK_STEPS * STEP_SAMPLES
_BLOCK_FRAMES = BLOCK_STEPS * STEP_FRAMES
_BLOCKS_AT_ONCE = 4
"""when more has arrived than a block (a file), so many go through together: cheaper per second"""
_LOOK_AHEAD = FRAME - HOP
_UNSTIRRED_P = {"kitten": 5e-5, "puppy": 5e-5, "human": 1e-4, "other": 1 - 2e-4}
"""nothing stood out of the background: below every score the network gives"""


class Heard(NamedTuple):
    """What a block of audio made certain."""

    windows: list[CryWindow]
    bouts: list[BoutEvent]
    calls: list[CallHeard]
    """strong ones that stayed alone"""


@cache
def _ones() -> Floats:
    """BLAS adds along rows three times as fast as ``np.add.reduce``."""
    return np.ones(STEP_SAMPLES, dtype=np.float32)


class _View(NamedTuple):
    """Whole blocks of sound as far as the survey has looked at them."""

    samples: Floats
    surveyed: Floats
    survey: Survey

    def part(self, first: int, last: int) -> _View:
        """Blocks ``first`` to before ``last``."""
        frames = slice(first * _BLOCK_FRAMES // SURVEY_EVERY, last * _BLOCK_FRAMES // SURVEY_EVERY)
        samples = slice(first * _BLOCK_SAMPLES, last * _BLOCK_SAMPLES + _LOOK_AHEAD)
        steps = slice(first * BLOCK_STEPS, last * BLOCK_STEPS)
        return _View(self.samples[samples], self.surveyed[frames], self.survey.part(steps))

    def picture(self) -> Floats:
        """What the network is shown; computes the frames that the survey left out."""
        return picture(log_mel_between(self.samples, self.surveyed), self.survey)


class DetectorState(msgspec.Struct):
    """The times of the stream; the sound under way is counted in samples from its end."""

    end_s: Moment | None = None
    """of the newest block"""
    bouts: BoutsState = msgspec.field(default_factory=BoutsState)
    calls: LoneCallsState = msgspec.field(default_factory=LoneCallsState)


LARGE_OFFSET = 1e-3
"""an offset's share of the power: subtracting so little costs no digit of single precision; a
larger offset is taken from the samples first"""


class CryDetector:
    """Audio blocks in, windows and bouts out; one per stream."""

    level_db: float | None = None
    """RMS of the last half second in dBFS; ``None`` before it is complete"""
    floor_db: float | None = None
    """the same for the background: the quiet quarter of the last ten seconds"""

    def __init__(self, model: CryModel) -> None:
        self._model = model
        self._net = Net(model)
        self._second_look = SecondLook(model.card.rule.span_s)
        self.state = DetectorState()
        self._pending: list[Floats]
        self._waiting: int
        self._restart()

    @property
    def state(self) -> DetectorState:
        """What is remembered with a time."""
        return self._state

    @state.setter
    def state(self, state: DetectorState) -> None:
        self._state = state
        self._bouts = Bouts(self._model.card.rule, state.bouts, self._second_look.convinces)
        self._calls = LoneCalls(self._model.card.rule, state.calls)

    @property
    def crying(self) -> CryStarted | None:
        """The bout that is open now."""
        return self._bouts.crying

    def observe(self, block: AudioBlock) -> Heard:
        """Fold in the next block, of any size.

        A block that does not follow on the last one (by more than GAP_S) starts a new stretch:
        sound before the gap is never joined to sound after it. One that is earlier by more than a
        bout's span begins another stream, as after ``flush``.
        """
        heard = Heard([], [], [])
        before_s = self._state.end_s
        if before_s is not None and block.t_s < before_s - self._model.card.rule.span_s:
            heard, before_s = self.flush(), None
        if before_s is not None and abs(block.t_s - before_s) > GAP_S:
            self._tell(self._finish(), heard)
            self._second_look.reset()
        self._state.end_s = end_s = block.end_s
        self._pending.append(block.samples)
        self._waiting += len(block.samples)
        if self._waiting < _BLOCK_SAMPLES + _LOOK_AHEAD:
            return heard
        pending = np.concatenate(self._pending)
        while (blocks := (len(pending) - _LOOK_AHEAD) // _BLOCK_SAMPLES) > 0:
            start_s = end_s - len(pending) / AUDIO_RATE_HZ
            done = min(blocks, _BLOCKS_AT_ONCE) * _BLOCK_SAMPLES
            self._tell(self._hear(pending[: done + _LOOK_AHEAD], start_s), heard)
            pending = pending[done:]
        # Copied: what is left of a long block must not keep the whole of it.
        self._pending, self._waiting = [pending.copy()], len(pending)
        return heard

    def flush(self) -> Heard:
        """The stream is over: score what is left, close an open bout, forget all of it."""
        heard = Heard([], [], [])
        self._tell(self._finish(), heard)
        self._second_look.reset()
        heard.bouts.extend(self._bouts.flush())
        self.state = DetectorState()
        return heard

    def _tell(self, windows: list[CryWindow], heard: Heard) -> None:
        """Fold windows into bouts while the second look still remembers their sound."""
        heard.windows.extend(windows)
        for window in windows:
            heard.bouts.extend(self._bouts.observe(window))
            call = self._calls.observe(window, crying=self._bouts.crying is not None)
            heard.calls.extend([call] if call else [])

    def _restart(self) -> None:
        self._pending, self._waiting = [], 0
        self._heard_samples = 0
        self._surveyor = Surveyor()
        self._net.reset()
        self._skipped: _View | None = None
        self._levels_db: list[float] = []

    def _finish(self) -> list[CryWindow]:
        """Score the rest of a stretch, padded with silence, and forget it."""
        windows: list[CryWindow] = []
        left, end_s = self._waiting, self._state.end_s
        if end_s is not None and left and (left > _LOOK_AHEAD or not self._heard_samples):
            start_s = end_s - left / AUDIO_RATE_HZ
            padded = np.zeros(_BLOCK_SAMPLES + _LOOK_AHEAD, dtype=np.float32)
            padded[:left] = np.concatenate(self._pending)
            steps = min(BLOCK_STEPS, -(-left // STEP_SAMPLES))
            windows = self._hear(padded, start_s)[:steps]
        self._restart()
        return windows

    def _hear(self, samples: Floats, start_s: float) -> list[CryWindow]:
        """Whole blocks (and their look-ahead) to BLOCK_STEPS windows each."""
        whole = samples[: len(samples) - _LOOK_AHEAD]
        self._measure_level(whole)
        self._second_look.hear(whole, start_s + len(whole) / AUDIO_RATE_HZ)
        self._heard_samples += len(samples) - _LOOK_AHEAD
        surveyed = log_mel(samples, SURVEY_EVERY)
        survey = self._surveyor.survey(surveyed)
        view_of_all = _View(samples, surveyed, survey)
        blocks = survey.stirring.reshape(-1, BLOCK_STEPS).max(axis=1)
        windows: list[CryWindow] = []
        first = 0
        for stirring, run in groupby(blocks.tolist()):
            count = len(list(run))
            view = view_of_all.part(first, first + count)
            seen_s = start_s + len(windows) * STEP_S
            windows += self._look(view, seen_s) if stirring else self._skip(view, count, seen_s)
            first += count
        return windows

    def _look(self, view: _View, start_s: float) -> list[CryWindow]:
        if self._skipped is not None:  # wake up with the last block as context
            self._net.reset()
            self._net.logits(self._skipped.picture())
            self._skipped = None
        rows = self._model.probabilities(self._net.logits(view.picture())).tolist()
        named = (dict(zip(SPECIES, row, strict=True)) for row in rows)
        return [CryWindow(start_s + (k + 1) * STEP_S, p) for k, p in enumerate(named)]

    def _skip(self, view: _View, blocks: int, start_s: float) -> list[CryWindow]:
        self._skipped = view.part(blocks - 1, blocks)
        return [
            CryWindow(start_s + (k + 1) * STEP_S, dict(_UNSTIRRED_P))
            for k in range(blocks * BLOCK_STEPS)
        ]

    def _measure_level(self, samples: Floats) -> None:
        steps = samples.reshape(-1, STEP_SAMPLES)
        energies, sums = np.vecdot(steps, steps).tolist(), (steps @ _ones()).tolist()
        self._levels_db += map(_level_db, steps, energies, sums)
        del self._levels_db[:-20]
        self.level_db = self._levels_db[-1]
        self.floor_db = sorted(self._levels_db)[len(self._levels_db) // 4]


def _level_db(step: Floats, energy: float, total: float) -> float:
    """RMS in dBFS of a step whose squares and samples add up to so much; a constant is no sound."""
    offset = total * total / STEP_SAMPLES
    if offset > LARGE_OFFSET * energy:
        moving = step - np.float32(total / STEP_SAMPLES)
        energy, offset = float(np.vecdot(moving, moving)), 0.0
    return 10 * math.log10((energy - offset) / STEP_SAMPLES + 1e-11)
