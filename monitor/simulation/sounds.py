"""Parametric cries and rooms: for the demo, for tests, and as a little extra training data.

A call is a stack of harmonics over a moving fundamental with jitter, a spectral tilt, a
resonance and some breath noise. Ranges: kitten isolation calls rise to 1.1 to 1.7 kHz and last
0.5 to 0.8 s, lower when aroused (Konerding et al. 2016, BMC Evol Biol); puppy whines lie mostly
at 0.4 to 1.5 kHz, with a high voice to 3 kHz and more (Sibiryakova et al. 2020; Massenet et al.
2024); newborn cries at 496 +- 95 Hz for 1.4 +- 0.6 s (Michelsson et al. 2002). Rooms are shaped
noise that repeats without a seam, so that hours render in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from monitor.events import AUDIO_RATE_HZ

Samples = NDArray[np.float32]
CallKind = Literal["kitten", "puppy", "human", "bark"]

NOISE_LOOP_S = 16.0


@dataclass(frozen=True)
class Voice:
    """Ranges one kind of call is drawn from."""

    pitch_hz: tuple[float, float]
    length_s: tuple[float, float]
    arch: tuple[float, float]
    """how far the fundamental rises to the middle of the call, as a fraction"""
    slide: tuple[float, float]
    """fractional change of the fundamental from start to end"""
    tilt: tuple[float, float]
    """harmonic k has amplitude k ** -tilt"""
    resonance_hz: tuple[float, float]
    breath: tuple[float, float]
    """noise amplitude against the harmonics"""
    jitter: float
    """standard deviation of the fundamental's slow random walk, as a fraction"""


VOICES: dict[CallKind, Voice] = {
    "kitten": Voice(
        pitch_hz=(1_000, 1_650),
        length_s=(0.4, 0.8),
        arch=(0.03, 0.25),
        slide=(-0.15, 0.08),
        tilt=(0.5, 1.6),
        resonance_hz=(2_000, 4_500),
        breath=(0.01, 0.12),
        jitter=0.012,
    ),
    "puppy": Voice(
        pitch_hz=(450, 1_500),
        length_s=(0.2, 0.8),
        arch=(-0.1, 0.3),
        slide=(-0.35, 0.25),
        tilt=(1.2, 2.6),
        resonance_hz=(900, 2_500),
        breath=(0.01, 0.08),
        jitter=0.015,
    ),
    "human": Voice(
        pitch_hz=(330, 560),
        length_s=(0.7, 1.5),
        arch=(0.05, 0.25),
        slide=(-0.2, 0.0),
        tilt=(0.3, 1.0),
        resonance_hz=(900, 3_300),
        breath=(0.02, 0.15),
        jitter=0.015,
    ),
    "bark": Voice(
        pitch_hz=(250, 900),
        length_s=(0.1, 0.25),
        arch=(0.1, 0.5),
        slide=(-0.4, -0.1),
        tilt=(0.2, 0.9),
        resonance_hz=(600, 1_800),
        breath=(0.4, 1.2),
        jitter=0.06,
    ),
}


def call(kind: CallKind, rng: Generator, *, pitch_hz: float | None = None) -> Samples:
    """One call with peak 1 at 16 kHz; ``pitch_hz`` fixes its mean fundamental."""
    voice = VOICES[kind]
    low, high = voice.pitch_hz
    mean_hz = pitch_hz or float(np.exp(rng.uniform(np.log(low), np.log(high))))
    count = int(rng.uniform(*voice.length_s) * AUDIO_RATE_HZ)
    u = np.linspace(0, 1, count)
    wander = _smooth_noise(rng, count, 12.0) * voice.jitter
    bend = rng.uniform(*voice.arch) * np.sin(np.pi * u) + rng.uniform(*voice.slide) * (u - 0.5)
    pitch = mean_hz * (1 + bend + wander)
    phase = 2 * np.pi * np.cumsum(pitch) / AUDIO_RATE_HZ
    sound = _harmonics(voice, rng, phase, pitch)
    breath = np.diff(rng.normal(size=count + 1)) * rng.uniform(*voice.breath)
    shake = 1 + 0.25 * _smooth_noise(rng, count, 25.0)
    envelope = np.minimum(1, u / 0.12) * np.minimum(1, (1 - u) / 0.25) * shake
    return unit_peak((sound / np.abs(sound).max() + 0.5 * breath) * envelope)


def _harmonics(
    voice: Voice, rng: Generator, phase: NDArray[np.float64], pitch: NDArray[np.float64]
) -> NDArray[np.float64]:
    tilt, centre_hz = rng.uniform(*voice.tilt), rng.uniform(*voice.resonance_hz)
    width_hz = 0.35 * centre_hz
    sound = np.zeros(len(phase))
    for k in range(1, int(7_600 / pitch.mean()) + 1):
        resonance = 1 + 2.5 * np.exp(-(((k * pitch - centre_hz) / width_hz) ** 2))
        sound += k**-tilt * resonance * np.sin(k * phase) * (k * pitch < 7_800)
    return sound


def _smooth_noise(rng: Generator, count: int, rate_hz: float) -> NDArray[np.float64]:
    """Noise of unit variance that moves at about ``rate_hz``."""
    knots = max(4, int(count / AUDIO_RATE_HZ * rate_hz) + 3)
    axis = np.linspace(0, knots - 1, count)
    return np.interp(axis, np.arange(knots), rng.normal(size=knots))


def unit_peak(samples: NDArray[np.floating]) -> Samples:
    """The same sound with its largest sample at 1; silence stays silence."""
    peak = np.abs(samples).max(initial=0.0)
    scaled: Samples = np.asarray(samples / (peak or 1.0), dtype=np.float32)
    return scaled


def at_level(samples: Samples, level_db: float) -> Samples:
    """The same sound with its loudest quarter second at ``level_db`` dBFS RMS."""
    if not len(samples):
        return samples
    span = min(len(samples), AUDIO_RATE_HZ // 4)
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    power = (energy[span:] - energy[:-span]) / span
    loudest = max(float(power.max()), 1e-20)
    scaled: Samples = (samples * 10 ** (level_db / 20) / np.sqrt(loudest)).astype(np.float32)
    return scaled


def noise(rng: Generator, seconds: float, *, slope_db_per_octave: float = -4.5) -> Samples:
    """Shaped noise of unit RMS that repeats without a seam; -3 is pink, 0 is white."""
    count = int(seconds * AUDIO_RATE_HZ)
    axis_hz = np.fft.rfftfreq(count, 1 / AUDIO_RATE_HZ)
    gain = np.maximum(axis_hz, 40.0) ** (slope_db_per_octave / 6.02)
    gain[axis_hz < 20] = 0
    spectrum = gain * (rng.normal(size=len(gain)) + 1j * rng.normal(size=len(gain)))
    signal = np.fft.irfft(spectrum, count)
    scaled: Samples = (signal / signal.std()).astype(np.float32)
    return scaled


def hum(rng: Generator, seconds: float, *, mains_hz: float = 50.0) -> Samples:
    """Heat-pad hum of unit RMS, harmonics of the mains; whole seconds repeat seamlessly."""
    t = np.arange(int(seconds * AUDIO_RATE_HZ)) / AUDIO_RATE_HZ
    signal = np.zeros(len(t))
    for k in (1, 2, 3, 4, 6, 8, 10, 12):
        signal += rng.uniform(0.1, 1) / k * np.sin(2 * np.pi * (k * mains_hz * t + rng.uniform()))
    scaled: Samples = (signal / signal.std()).astype(np.float32)
    return scaled


def impulse_response(rng: Generator, decay_s: float, *, direct: float = 1.0) -> Samples:
    """A room: a direct sound and exponentially decaying noise, -60 dB after ``decay_s``."""
    count = max(2, int(decay_s * AUDIO_RATE_HZ))
    tail = rng.normal(size=count) * 10 ** (-3 * np.arange(count) / count)
    tail[: AUDIO_RATE_HZ // 500] *= np.linspace(0, 1, AUDIO_RATE_HZ // 500)[:count]
    response = tail / np.sqrt(np.square(tail).sum())
    response[0] += direct
    scaled: Samples = response.astype(np.float32)
    return scaled


def reverberate(samples: Samples, response: Samples) -> Samples:
    """The sound in the room, its tail kept: shape (n + len(response) - 1,)."""
    count = len(samples) + len(response) - 1
    size = 1 << (count - 1).bit_length()
    product = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    wet: Samples = np.fft.irfft(product, size)[:count].astype(np.float32)
    return wet


class Room:
    """An endless room sound with calls placed in it, rendered in any blocks at any offset."""

    def __init__(self, seed: int, *, noise_db: float = -60.0, hum_db: float | None = -66.0) -> None:
        rng = np.random.default_rng(seed)
        loop = noise(rng, NOISE_LOOP_S) * np.float32(10 ** (noise_db / 20))
        if hum_db is not None:
            loop += hum(rng, NOISE_LOOP_S) * np.float32(10 ** (hum_db / 20))
        self._loop = np.concatenate([loop, loop])
        self._period = len(loop)
        self._calls: list[tuple[int, Samples]] = []

    def add(self, at_s: float, samples: Samples) -> None:
        """Let ``samples`` be heard from ``at_s`` seconds after the start of the room."""
        self._calls.append((round(at_s * AUDIO_RATE_HZ), samples))
        self._calls.sort(key=lambda item: item[0])

    def render(self, start: int, count: int) -> Samples:
        """Samples ``start`` to ``start + count``, shape (count,); calls long past are dropped."""
        out = np.empty(count, dtype=np.float32)
        for at in range(0, count, self._period):
            part = out[at : at + self._period]
            offset = (start + at) % self._period
            part[:] = self._loop[offset : offset + len(part)]
        for begin, samples in self._calls:
            if begin >= start + count:
                break
            first, last = max(begin, start), min(begin + len(samples), start + count)
            if first < last:
                out[first - start : last - start] += samples[first - begin : last - begin]
        self._calls = [c for c in self._calls if c[0] + len(c[1]) > start + count]
        return out


def bout(
    kind: CallKind,
    rng: Generator,
    seconds: float,
    *,
    level_db: float = -30.0,
    calls_per_s: float = 0.8,
) -> Samples:
    """One baby crying for ``seconds``: calls of its own pitch, repeated with uneven pauses."""
    low, high = VOICES[kind].pitch_hz
    own_hz = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    out = np.zeros(int(seconds * AUDIO_RATE_HZ), dtype=np.float32)
    at = 0
    while at < len(out):
        one = call(kind, rng, pitch_hz=own_hz * rng.uniform(0.93, 1.07))
        one = at_level(one, level_db + rng.uniform(-4, 2))[: len(out) - at]
        out[at : at + len(one)] += one
        at += len(one) + int(AUDIO_RATE_HZ * max(0.12, rng.exponential(1 / calls_per_s) - 0.3))
    return out
