"""The calls in some seconds of sound: where they begin and end, how high and how steady they are.

The second look at a candidate bout (``second_look.py``) asks what the network cannot see in one
second: whether the same kind of call comes again. Computed only when a bout is about to be told.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.core.cry.features import Floats
from monitor.events import AUDIO_RATE_HZ

FRAME, HOP = 512, 160
"""32 ms every 10 ms: two periods of the lowest pitch looked for"""
HOP_S = HOP / AUDIO_RATE_HZ
LOWEST_HZ, HIGHEST_HZ = 220.0, 3_200.0
"""of newborns' and adult cats' lowest calls (shared numbers: 240 to 1,700 Hz), and whines' lines"""
VOICED = 0.5
"""normalised autocorrelation from which a frame counts as a tone"""
_ABOVE_FLOOR_DB, _BELOW_PEAK_DB = 9.0, 26.0
_CLOSED_S, _SHORTEST_S = 0.06, 0.06
"""gaps that belong to a call, and what is too short to be one"""
_AT_ONCE = 96
"""frames: a call of twelve seconds would take 10 MB at once"""
_SIZE = 576
"""of the transforms, which take such numbers fastest: at the longest lag what wraps around lies
under the ends of the window, a hundred millionth of a frame"""


class Calls(NamedTuple):
    """One row for each call, in order; times in seconds from the first sample."""

    start_s: Floats
    length_s: Floats
    pitch_hz: Floats
    """median over the voiced frames; NaN where there is none"""
    voiced: Floats
    """part of its frames that are tones"""
    steps: Floats
    """median move of the pitch from frame to frame, semitones; NaN without two voiced frames"""
    range: Floats
    """10 to 90 % of the pitch within the call, semitones"""
    above_db: Floats
    """its loudest frame over the floor of the sound"""


def calls_in(samples: Floats) -> Calls:
    """The calls in ``samples``, shape (n,) at 16 kHz."""
    if len(samples) < FRAME:
        return Calls(*(np.zeros(0, dtype=np.float32) for _ in Calls._fields))
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    power = np.vecdot(frames, frames) / FRAME
    level_db = 10 * np.log10(power + 1e-12)
    floor_db = np.partition(level_db, len(level_db) // 5)[len(level_db) // 5]
    above_db = level_db - floor_db
    spans = _spans(above_db)
    loud = np.concatenate([np.zeros(0, dtype=int), *(np.arange(*span) for span in spans)])
    pitch_hz, strength = np.empty((2, len(loud)))
    for at in range(0, len(loud), _AT_ONCE):
        part = slice(at, at + _AT_ONCE)
        pitch_hz[part], strength[part] = _pitch(frames[loud[part]])
    rows, at = [], 0
    for first, last in spans:
        part = slice(at, at := at + last - first)
        rows.append(_row(first, pitch_hz[part], strength[part], above_db[first:last]))
    table = np.array(rows, dtype=np.float32).reshape(-1, len(Calls._fields))
    return Calls(*table.T)


def _spans(above_db: NDArray[np.floating]) -> list[tuple[int, int]]:
    """First and last frame of each stretch that stands out of the floor."""
    least_db = max(_ABOVE_FLOOR_DB, above_db.max() - _BELOW_PEAK_DB)
    loud = np.concatenate([[False], above_db >= least_db, [False]])
    edges = np.flatnonzero(loud[1:] != loud[:-1])
    spans: list[tuple[int, int]] = []
    for first, last in edges.reshape(-1, 2).tolist():
        if spans and (first - spans[-1][1]) * HOP_S < _CLOSED_S:
            spans[-1] = spans[-1][0], last
        else:
            spans.append((first, last))
    return [(a, b) for a, b in spans if (b - a) * HOP_S >= _SHORTEST_S]


def _pitch(frames: Floats) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Fundamental in hertz and normalised autocorrelation there, per frame."""
    related = _related(_windowed(frames))
    shortest, longest = (int(AUDIO_RATE_HZ / hz) for hz in (HIGHEST_HZ, LOWEST_HZ))
    looked_at = slice(shortest, longest + 1)
    lags = np.arange(shortest, longest + 1)
    normal = related[:, looked_at] / (related[:, :1] + 1e-20)
    normal *= _of_window()[0] / _of_window()[looked_at]
    # Of equal peaks the shortest lag: a tone is as like itself two periods later.
    best = normal.max(axis=1, keepdims=True)
    peak = normal.copy()
    peak[:, 1:-1] = np.where(
        (normal[:, 1:-1] >= normal[:, :-2]) & (normal[:, 1:-1] >= normal[:, 2:]),
        normal[:, 1:-1],
        -1.0,
    )
    rows = np.arange(len(frames))
    first = np.clip(np.argmax(peak >= 0.88 * best, axis=1), 1, len(lags) - 2)
    before, here, after = (normal[rows, first + k] for k in (-1, 0, 1))
    bend = np.minimum(before - 2 * here + after, -1e-6)
    lag = lags[first] + np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    return AUDIO_RATE_HZ / lag, here


def _windowed(frames: Floats) -> Floats:
    """Rows of FRAME samples without their means, in the window, shape (rows, _SIZE)."""
    # numpy's own padding takes longer than the transform.
    padded = np.zeros((len(frames), _SIZE), dtype=np.float32)
    moving = padded[:, :FRAME]
    means = np.vecdot(frames, _ones()) / np.float32(FRAME)
    np.subtract(frames, means[:, None], out=moving)
    moving *= _window()
    return padded


def _related(windowed: Floats) -> Floats:
    """Autocorrelation of each row, good up to the longest lag, shape (rows, _SIZE)."""
    spectra = np.empty((len(windowed), _SIZE // 2 + 1), dtype=np.complex64)
    # numpy transforms in single precision only with a norm there and from complex numbers back.
    np.fft.rfft(windowed, norm="forward", out=spectra)  # type: ignore[arg-type]
    spectra *= spectra.conj()
    related: Floats = np.fft.irfft(spectra, _SIZE).astype(np.float32, copy=False)
    return related


@cache
def _of_window() -> Floats:
    """What the window alone makes of the autocorrelation, shape (_SIZE,)."""
    related: Floats = _related(np.pad(_window(), (0, _SIZE - FRAME))[None])[0]
    return related


@cache
def _ones() -> Floats:
    return np.ones(FRAME, dtype=np.float32)


@cache
def _window() -> Floats:
    return np.hanning(FRAME).astype(np.float32)


def _row(
    first: int,
    pitch_hz: NDArray[np.floating],
    strength: NDArray[np.floating],
    above_db: NDArray[np.floating],
) -> tuple[float, ...]:
    tones = strength >= VOICED
    heights = 12 * np.log2(pitch_hz[tones])
    follows = np.diff(np.flatnonzero(tones)) == 1
    moves = np.abs(np.diff(heights))[follows]
    low, middle, high = _quantiles(heights, (0.1, 0.5, 0.9))
    return (
        first * HOP_S,
        len(pitch_hz) * HOP_S,
        float(2 ** (middle / 12)),
        float(tones.mean()),
        float(_quantiles(moves, (0.5,))[0]),
        float(high - low),
        float(above_db.max()),
    )


def _quantiles(values: NDArray[np.floating], parts: tuple[float, ...]) -> NDArray[np.floating]:
    """As ``np.quantile``, which takes longer than the transforms of a call; NaN of nothing."""
    last = len(values) - 1
    if last < 0:
        return np.full(len(parts), np.nan)
    found: NDArray[np.floating] = np.interp(
        np.array(parts) * last, np.arange(last + 1), np.sort(values)
    )
    return found
