"""Any sampling rate to the core's 16 kHz, as a stream, in numpy.

A windowed-sinc low-pass (Kaiser window; formulas for its order and shape: Oppenheim & Schafer,
Discrete-Time Signal Processing, section 7.6) in polyphase form. The output samples of one period
of the rate ratio are one matrix product of a stretch of input with a banded matrix, so the
work is done by BLAS instead of by a gather per sample. Every product has the same shape whatever
blocks arrive, so the result does not depend on how the stream was cut, not even in the last bit.
"""

from __future__ import annotations

from math import ceil, gcd, pi
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.core.cry.features import HIGH_HZ
from monitor.errors import InputError
from monitor.events import AUDIO_RATE_HZ

STOP_BAND_DB = 86.0
"""design attenuation; the 80 dB promised hold after rounding to single precision"""
PASS_FRACTION = 0.89
"""pass band as a part of the narrower Nyquist band: flat to 7.1 kHz when the input is wider"""
FOLDED_HZ = AUDIO_RATE_HZ - HIGH_HZ
"""from here on a wider input is stopped: what lies between 8 kHz and this folds to above 7.5 kHz,
where no band of the features listens, and so much more room makes the filter a third shorter"""

_MIN_OUTPUTS = 32
"""outputs per matrix row at least: short periods (48 kHz: one output) are repeated to fill it;
with more, most of the matrix is zeros: at 48 kHz 96 of them took twice as long"""
_MAX_PHASES = 1280
"""longest exact period (11.025 kHz has 640); odder rates interpolate between this many phases"""
_MOST_OUTPUTS = 40
"""outputs of one matrix at most: long periods (44.1 kHz: 160) become several matrices, each only of
the inputs that its outputs need"""
_PRODUCT_OUTPUTS, _MIN_ROWS = 1536, 4
"""outputs of one matrix product: 96 ms, small enough for a live stream; and rows at least"""

Samples = NDArray[np.float32]


class _Part(NamedTuple):
    """Some neighbouring outputs of a period and the stretch of input that they need."""

    outputs: slice
    first: int
    """input of the period where the stretch begins"""
    matrix: Samples
    """shape (inputs, outputs)"""
    rows: Samples
    """shape (rows, inputs): memory for the stretches of several periods"""

    @classmethod
    def of(cls, whole: Samples, first_output: int, rows: int) -> _Part:
        """The part of a period's matrix from ``first_output`` on."""
        outputs = slice(first_output, min(first_output + _MOST_OUTPUTS, whole.shape[1]))
        used = np.flatnonzero(whole[:, outputs].any(axis=1))
        first, last = int(used[0]), int(used[-1]) + 1
        matrix = np.ascontiguousarray(whole[first:last, outputs])
        return cls(outputs, first, matrix, np.empty((rows, last - first), dtype=np.float32))


class Resampler:
    """A stream at ``rate_hz`` becomes a stream at 16 kHz, time-aligned with the input.

    Output sample k is the input at k / 16000 s: the filter's delay is compensated, ``flush``
    gives the last samples. The total is ceil(inputs * 16000 / rate_hz).

    Raises:
        InputError: for a rate outside 1 kHz to 1 MHz.
    """

    def __init__(self, rate_hz: int) -> None:
        if not 1_000 <= rate_hz <= 1_000_000:
            raise InputError(f"a sampling rate of {rate_hz} Hz is not usable: record at 16000 Hz")
        common = gcd(rate_hz, AUDIO_RATE_HZ)
        self._up = AUDIO_RATE_HZ // common
        self._down = rate_hz // common
        self._plain = rate_hz == AUDIO_RATE_HZ
        self._received = 0
        self._emitted = 0
        if self._plain:
            return
        taps = _low_pass_length(rate_hz)
        self._half = taps // 2
        self._exact = self._up <= _MAX_PHASES
        repeats = ceil(_MIN_OUTPUTS / self._up) if self._exact else 1
        self._outputs = self._up * repeats if self._exact else AUDIO_RATE_HZ // 100
        self._advance = self._down * repeats
        if self._exact:
            self._rows = max(_MIN_ROWS, _PRODUCT_OUTPUTS // self._outputs)
            matrix = _period_matrix(rate_hz, taps, self._up, self._down, self._outputs)
            self._span = len(matrix)
            self._parts = [_Part.of(matrix, k, self._rows) for k in _firsts(self._outputs)]
        else:
            self._table = _phase_table(rate_hz, taps, _MAX_PHASES)
        self._pending = np.zeros(self._half, dtype=np.float32)

    def process(self, samples: Samples) -> Samples:
        """Take input of shape (n,), return the output it completes, shape (m,); m may be 0."""
        samples = np.asarray(samples, dtype=np.float32)
        self._received += len(samples)
        if self._plain:
            return samples
        self._pending = np.concatenate([self._pending, samples])
        return self._drain() if self._exact else self._drain_interpolated()

    def flush(self) -> Samples:
        """End of the stream: the samples still in the filter; the object is then used up."""
        if self._plain:
            return np.zeros(0, dtype=np.float32)
        wanted = -(-self._received * self._up // self._down) - self._emitted
        period = self._advance * self._rows if self._exact else self._down
        chunks: list[Samples] = []
        received = self._received
        while sum(map(len, chunks)) < wanted:
            chunks.append(self.process(np.zeros(period + self._half, dtype=np.float32)))
        self._received = received
        return np.concatenate([*chunks, np.zeros(0, dtype=np.float32)])[:wanted]

    def _drain(self) -> Samples:
        span = self._span
        rows, step = self._rows, self._advance * self._rows
        need = self._advance * (rows - 1) + span
        count = max(0, (len(self._pending) - need) // step + 1)
        out = np.empty((count, rows, self._outputs), dtype=np.float32)
        if count == 0:
            return out.ravel()
        pending = self._pending
        each = pending.itemsize
        for k in range(count):
            for part in self._parts:
                # overlapping rows of one buffer; ``sliding_window_view`` takes longer
                start, strides = (k * step + part.first) * each, (self._advance * each, each)
                stretches: Samples = np.ndarray(
                    part.rows.shape, np.float32, pending, start, strides
                )
                np.copyto(part.rows, stretches)
                np.matmul(part.rows, part.matrix, out=out[k, :, part.outputs])
        self._pending = self._pending[count * step :].copy()
        self._emitted += out.size
        return out.ravel()

    def _drain_interpolated(self) -> Samples:
        """Rates with no short common period: linear interpolation between neighbouring phases.

        1280 phases keep the interpolation error below the stop band; tested at 44,101 Hz.
        """
        taps = self._table.shape[1]
        base = self._emitted * self._down // self._up
        free = len(self._pending) - taps
        count = max(0, ((base + free + 1) * self._up - 1) // self._down - self._emitted)
        ticks = (self._emitted + np.arange(count, dtype=np.int64)) * self._down
        whole, rest = np.divmod(ticks, self._up)
        phase = rest * (_MAX_PHASES / self._up)
        lower = phase.astype(np.int64)
        blend = (phase - lower).astype(np.float32)[:, None]
        out = np.empty(count, dtype=np.float32)
        if count == 0:
            return out
        windows = np.lib.stride_tricks.sliding_window_view(self._pending, taps)
        for at in range(0, count, self._outputs):
            part = slice(at, at + self._outputs)
            kernel = self._table[lower[part]] * (1 - blend[part])
            kernel += self._table[lower[part] + 1] * blend[part]
            out[part] = np.einsum("ij,ij->i", windows[whole[part] - base], kernel)
        self._emitted += count
        self._pending = self._pending[self._emitted * self._down // self._up - base :].copy()
        return out


def _firsts(outputs: int) -> range:
    return range(0, outputs, _MOST_OUTPUTS)


def _edges_hz(rate_hz: int) -> tuple[float, float]:
    """Where the pass band ends and the stop band begins."""
    nyquist_hz = min(rate_hz, AUDIO_RATE_HZ) / 2
    stop_hz = min(FOLDED_HZ, rate_hz / 2) if rate_hz > AUDIO_RATE_HZ else nyquist_hz
    return nyquist_hz * PASS_FRACTION, stop_hz


def _low_pass_length(rate_hz: int) -> int:
    """Taps (odd) of a Kaiser low-pass with the transition band and attenuation above."""
    pass_hz, stop_hz = _edges_hz(rate_hz)
    width = 2 * pi * (stop_hz - pass_hz) / rate_hz
    return ceil((STOP_BAND_DB - 8) / (2.285 * width) / 2) * 2 + 1


def _kernel(rate_hz: int, taps: int, offset: NDArray[np.float64]) -> NDArray[np.float64]:
    """The low-pass's impulse response at ``offset`` input samples from its centre."""
    cutoff = sum(_edges_hz(rate_hz)) / 2 / rate_hz
    beta = 0.1102 * (STOP_BAND_DB - 8.7)
    reach = taps / 2 + 0.5
    inside = np.clip(1 - (offset / reach) ** 2, 0, None)
    window = np.i0(beta * np.sqrt(inside)) / np.i0(beta) * (inside > 0)
    response: NDArray[np.float64] = 2 * cutoff * np.sinc(2 * cutoff * offset) * window
    return response


def _period_matrix(rate_hz: int, taps: int, up: int, down: int, outputs: int) -> Samples:
    """Shape (inputs, outputs): column k weighs the input stretch for output k of a period."""
    span = (outputs - 1) * down // up + taps + 1
    centre = np.arange(outputs) * down / up + taps // 2
    return _kernel(rate_hz, taps, np.arange(span)[:, None] - centre[None, :]).astype(np.float32)


def _phase_table(rate_hz: int, taps: int, phases: int) -> Samples:
    """Shape (phases + 1, taps + 1): kernels for an output between two inputs."""
    fraction = np.arange(phases + 1)[:, None] / phases
    offset = np.arange(taps + 1)[None, :] - (taps // 2 + fraction)
    return _kernel(rate_hz, taps, offset).astype(np.float32)
