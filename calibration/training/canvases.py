"""Training scenes: short mixtures drawn at random from the clips of one fold.

A canvas is 3.84 s of sound, eight steps of the model's clock. One event (a cry at some pitch, a
bark, a negative, a synthetic call) is resampled, filtered, put in a room, set to a level and
laid over silence, shaped noise, hum or a real background. Every part of a canvas comes from one
fold, so a canvas never carries a test recording into training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.training.clips import KINDS, Clip, Kind, read_audio
from monitor.core.cry.features import FRAME, HOP, STEP_SAMPLES
from monitor.events import AUDIO_RATE_HZ
from monitor.simulation import sounds as synth

Samples = NDArray[np.float32]

STEPS = 8
CANVAS_SAMPLES = STEPS * STEP_SAMPLES + FRAME - HOP
IGNORE = -1

_EVENT_SHARE: dict[str, float] = {
    "kitten": 0.22,
    "puppy": 0.17,
    "human": 0.13,
    "bark": 0.11,
    "other": 0.27,
    "unlabelled": 0.06,
    "synthetic": 0.04,
}
"""half cries, half not; the rare kinds are drawn far more often than they occur in the clips"""

_HARD = (
    *("sheep", "birds", "hen", "rooster", "scream", "children", "creaks", "howl", "siren"),
    *("laughing", "animal_misc", "purr", "crow", "alarm", "whistle", "hiss", "growling"),
)
"""negatives that resemble cries, drawn twice as often"""

_HEARD_S, _UNHEARD_S = 0.12, 0.02
"""a window with at least so much of a call is a cry; with less than the second it is not"""


@dataclass(frozen=True)
class Canvas:
    """One scene and what every step of it should be called."""

    samples: Samples
    """shape (CANVAS_SAMPLES,)"""
    targets: NDArray[np.int8]
    """shape (STEPS,): index into KINDS, or IGNORE"""


class Painter:
    """Draws canvases from the clips of one fold."""

    def __init__(
        self,
        clips: Sequence[Clip],
        unlabelled: Sequence[Path],
        seed: int,
        unlabelled_share: float = _EVENT_SHARE["unlabelled"],
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._by_kind: dict[Kind, list[Clip]] = {k: [] for k in KINDS}
        for clip in clips:
            self._by_kind[clip.kind].append(clip)
        self._unlabelled: dict[Path, list[Path]] = {}
        for path in unlabelled:
            self._unlabelled.setdefault(path.parent, []).append(path)
        negatives = self._by_kind["other"]
        counts: dict[str, int] = {}
        for clip in negatives:
            counts[clip.label] = counts.get(clip.label, 0) + 1
        weights = np.array(
            [_hardness(c.label) / np.sqrt(counts[c.label]) for c in negatives], dtype=float
        )
        self._negative_p = weights / max(weights.sum(), 1e-9)
        shares = _EVENT_SHARE | {"unlabelled": unlabelled_share}
        self._share = {k: v for k, v in shares.items() if self._available(k)}

    def _available(self, event: str) -> bool:
        if event == "synthetic":
            return True
        if event == "unlabelled":
            return bool(self._unlabelled)
        return any(event == kind and members for kind, members in self._by_kind.items())

    def paint(self) -> Canvas:
        """One new canvas."""
        rng = self._rng
        names = list(self._share)
        share = np.array([self._share[n] for n in names])
        event = names[rng.choice(len(names), p=share / share.sum())]
        kind, sound, cries = self._event(event)
        sound = _filter(rng, sound)
        at = 0 if rng.random() < 0.25 else int(rng.integers(0, max(1, CANVAS_SAMPLES // 2)))
        scene = np.zeros(CANVAS_SAMPLES, dtype=np.float32)
        level_db = rng.uniform(-60, -10)
        sound = synth.at_level(sound[: CANVAS_SAMPLES - at], level_db)
        scene[at : at + len(sound)] = sound
        if rng.random() < 0.25:
            scene += self._second(level_db, pet=kind in {"kitten", "puppy"})
        scene += self._background(level_db - rng.uniform(-3, 40))
        scene = _record(rng, scene)
        return Canvas(scene, window_targets(kind, [(a + at, b + at) for a, b in cries]))

    def _event(self, event: str) -> tuple[Kind, Samples, list[tuple[int, int]]]:
        """The sound, what it is, and where in it (in samples) the calls are."""
        rng = self._rng
        if event == "synthetic":
            kind: Kind = "kitten" if rng.random() < 0.6 else "puppy"
            one = synth.bout("kitten" if kind == "kitten" else "puppy", rng, rng.uniform(0.5, 3.5))
            return kind, one, loud_parts(one)
        if event == "unlabelled":
            folders = list(self._unlabelled.values())
            paths = folders[int(rng.integers(len(folders)))]
            path = paths[int(rng.integers(len(paths)))]
            return "other", _crop(rng, load(path), CANVAS_SAMPLES), []
        clip = self._pick(event)
        sound, factor = load(clip.path), self._speed(clip)
        cries = clip.cries or (((0.0, len(sound) / AUDIO_RATE_HZ),) if event != "other" else ())
        if event in {"other", "bark"}:
            cries = ()
        start = self._crop_start(len(sound), cries, round(CANVAS_SAMPLES * factor))
        sound = sound[start : start + round(CANVAS_SAMPLES * factor)]
        scale = AUDIO_RATE_HZ / factor
        parts = [
            (round(a * scale - start / factor), round(b * scale - start / factor)) for a, b in cries
        ]
        return clip.kind, speed(sound, factor), parts

    def _pick(self, event: str) -> Clip:
        if event == "other":
            members = self._by_kind["other"]
            return members[int(self._rng.choice(len(members), p=self._negative_p))]
        members = next(m for kind, m in self._by_kind.items() if kind == event)
        groups = sorted({c.group for c in members})
        chosen = groups[int(self._rng.integers(len(groups)))]
        own = [c for c in members if c.group == chosen]
        return own[int(self._rng.integers(len(own)))]

    def _speed(self, clip: Clip) -> float:
        """How much faster to play the clip: its pitch rises by the same factor."""
        rng = self._rng
        if rng.random() < 0.4:
            return float(rng.uniform(0.94, 1.06))
        if clip.kind == "kitten":
            wanted_hz = np.exp(rng.uniform(np.log(450), np.log(1_900)))
            return float(np.clip(wanted_hz / (clip.pitch_hz or 600.0), 0.8, 2.8))
        low, high = {"puppy": (0.7, 1.6), "human": (0.88, 1.15), "bark": (0.75, 1.6)}.get(
            clip.kind, (0.75, 1.6)
        )
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    def _crop_start(self, count: int, cries: Sequence[tuple[float, float]], span: int) -> int:
        """Where to cut so that a call is inside, at random."""
        if count <= span:
            return 0
        if not cries:
            return int(self._rng.integers(0, count - span))
        a, b = cries[int(self._rng.integers(len(cries)))]
        low = max(0, int(b * AUDIO_RATE_HZ) - span)
        high = min(count - span, int(a * AUDIO_RATE_HZ))
        return int(self._rng.integers(min(low, high), max(low, high) + 1))

    def _second(self, level_db: float, *, pet: bool) -> Samples:
        rng = self._rng
        barked = pet and "bark" in self._share and rng.random() < 0.3
        clip = self._pick("bark" if barked else "other")
        sound = _crop(rng, speed(load(clip.path), float(rng.uniform(0.85, 1.2))), CANVAS_SAMPLES)
        sound = synth.at_level(sound, level_db - rng.uniform(0, 20))
        out = np.zeros(CANVAS_SAMPLES, dtype=np.float32)
        at = int(rng.integers(0, CANVAS_SAMPLES - len(sound) + 1))
        out[at : at + len(sound)] = sound
        return out

    def _background(self, level_db: float) -> Samples:
        rng, choice = self._rng, self._rng.random()
        level_db = max(level_db, -100.0)
        if choice < 0.2:
            return np.zeros(CANVAS_SAMPLES, dtype=np.float32)
        if choice < 0.65:
            seconds = CANVAS_SAMPLES / AUDIO_RATE_HZ
            sound = synth.noise(rng, seconds, slope_db_per_octave=rng.uniform(-7, 1))
            if rng.random() < 0.3:
                tone = synth.hum(rng, np.ceil(seconds), mains_hz=rng.choice([50.0, 60.0]))
                sound = sound + tone[: len(sound)] * np.float32(rng.uniform(0.3, 3))
        else:
            sound = load(self._pick("other").path)
            while len(sound) < CANVAS_SAMPLES:
                sound = np.concatenate([sound, sound, np.zeros(1, dtype=np.float32)])
            sound = _crop(rng, sound, CANVAS_SAMPLES)
        sound = synth.at_level(sound, level_db)
        return np.resize(sound, CANVAS_SAMPLES).astype(np.float32)


@lru_cache(maxsize=4096)
def load(path: Path) -> Samples:
    """A clip as mono at 16 kHz, at most its first 30 s, kept in memory."""
    return read_audio(path)[: 30 * AUDIO_RATE_HZ]


def speed(sound: Samples, factor: float) -> Samples:
    """Play ``factor`` times faster, pitch and all, without aliasing (in the spectrum).

    The factor is kept to half a percent: lengths without large primes transform much faster.
    """
    count = max(1, round(len(sound) / factor))
    if count == len(sound):
        return sound
    before, after = _transform_lengths(len(sound), factor)
    spectrum = np.fft.rfft(sound, before)
    size = after // 2 + 1
    fitted = np.zeros(size, dtype=spectrum.dtype)
    keep = min(size, len(spectrum))
    fitted[:keep] = spectrum[:keep]
    faster: Samples = (np.fft.irfft(fitted, after)[:count] * (after / before)).astype(np.float32)
    return faster


def _transform_lengths(count: int, factor: float) -> tuple[int, int]:
    """Lengths of the sound and of the faster one, at least ``count``, in the ratio ``factor``."""
    smooth = _smooth_lengths()
    first = np.searchsorted(smooth, count)
    before = smooth[first : first + 24]
    after = smooth[np.minimum(np.searchsorted(smooth, before / factor), len(smooth) - 1)]
    best = int(np.argmin(np.abs(before / after / factor - 1)))
    return int(before[best]), int(after[best])


@lru_cache(maxsize=1)
def _smooth_lengths() -> NDArray[np.int64]:
    """Products of 2, 3 and 5 up to four million, in order."""
    powers = [[base**k for k in range(23) if base**k <= 4_000_000] for base in (2, 3, 5)]
    products = (a * b * c for a in powers[0] for b in powers[1] for c in powers[2])
    return np.array(sorted(p for p in products if p <= 4_000_000))


def _hardness(label: str) -> float:
    return 2.0 if any(word in label for word in _HARD) else 1.0


def _crop(rng: Generator, sound: Samples, count: int) -> Samples:
    if len(sound) <= count:
        return sound
    at = int(rng.integers(0, len(sound) - count))
    return sound[at : at + count]


def _filter(rng: Generator, sound: Samples) -> Samples:
    """Tilt, band limits, muffling and a room, each sometimes."""
    if len(sound) < 2:
        return sound
    size = int(_smooth_lengths()[np.searchsorted(_smooth_lengths(), len(sound))])
    spectrum = np.fft.rfft(sound, size)
    axis_hz = np.linspace(1, AUDIO_RATE_HZ / 2, len(spectrum))
    octaves = np.log2(np.maximum(axis_hz, 100) / 1_000)
    gain_db = rng.normal(0, 1.5) * octaves
    gain_db = gain_db + rng.normal(0, 3) * np.sin(octaves * rng.uniform(1, 3) + rng.uniform(0, 6))
    if rng.random() < 0.3:  # towel, box wall or a cheap microphone
        edge_hz = np.exp(rng.uniform(np.log(2_500), np.log(7_500)))
        gain_db -= rng.uniform(12, 48) * np.maximum(0, np.log2(axis_hz / edge_hz))
    if rng.random() < 0.2:  # recordings made at 8 or 11 kHz
        gain_db = np.where(axis_hz > rng.choice([3_800, 4_000, 5_400, 6_500]), -90, gain_db)
    if rng.random() < 0.3:
        edge_hz = rng.uniform(80, 450)
        gain_db -= 18 * np.maximum(0, np.log2(edge_hz / axis_hz))
    shaped = np.fft.irfft(spectrum * 10 ** (gain_db / 20), size)[: len(sound)]
    filtered: Samples = shaped.astype(np.float32)
    if rng.random() < 0.35:
        room = synth.impulse_response(rng, rng.uniform(0.08, 0.6), direct=rng.uniform(0.5, 3))
        filtered = synth.reverberate(filtered, room)
    return filtered


def _record(rng: Generator, scene: Samples) -> Samples:
    """What a recorder does: now and then clipping; 16 bits."""
    if rng.random() < 0.05:
        peak = np.abs(scene).max() + 1e-9
        scene = np.clip(scene, -peak * 0.4, peak * 0.4)
    if rng.random() < 0.6:
        scene = np.round(scene * 32_768).astype(np.float32) / np.float32(32_768)
    return np.clip(scene, -1, 1)


def loud_parts(sound: Samples) -> list[tuple[int, int]]:
    """Stretches of a clean synthetic sound that are not silence."""
    span = 400
    power = np.square(sound[: len(sound) // span * span]).reshape(-1, span).mean(axis=1)
    loud = np.flatnonzero(power > power.max(initial=0) * 1e-3)
    return [(int(i) * span, int(i + 1) * span) for i in loud]


def window_targets(
    kind: Kind, cries: Sequence[tuple[int, int]], steps: int = STEPS
) -> NDArray[np.int8]:
    """What each step's window (its own step and the one before) holds; ``cries`` in samples."""
    targets = np.full(steps, KINDS.index("other"), dtype=np.int8)
    if kind == "bark":  # barks have no segments: the whole event counts, loosely
        targets[:] = KINDS.index("bark")
        return targets
    if kind == "other":
        return targets
    called = np.zeros(steps * STEP_SAMPLES, dtype=bool)
    for start, end in cries:
        called[max(0, start) : max(0, end)] = True
    for step in range(steps):
        window = called[max(0, step - 1) * STEP_SAMPLES : (step + 1) * STEP_SAMPLES]
        heard_s = float(window.sum()) / AUDIO_RATE_HZ
        if heard_s >= _HEARD_S:
            targets[step] = KINDS.index(kind)
        elif heard_s > _UNHEARD_S:
            targets[step] = IGNORE
    return targets
