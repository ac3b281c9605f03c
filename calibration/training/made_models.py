"""Physical models of sounds that resemble cries and are none: seconds of mono sound at 16 kHz.

Each is a source (a tone with its overtones, a reed's pulses, a stick that slips) through a few
resonances, at random pitch, slide, pace and repetition. Numbers are judgement: wide enough that
what a house holds lies inside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from monitor.core.cry.features import Floats
from monitor.events import AUDIO_RATE_HZ
from monitor.simulation.sounds import unit_peak

Curve = NDArray[np.float64]


def _course(rng: Generator, seconds: float, knots: int, spread: float) -> Curve:
    """A smooth factor around 1 over time: where a pitch slides."""
    count = int(seconds * AUDIO_RATE_HZ)
    points = np.exp(rng.normal(0, spread, knots))
    u = np.linspace(0, knots - 1, count)
    i = np.minimum(u.astype(int), knots - 2)
    ease = (1 - np.cos(np.pi * (u - i))) / 2
    curve: Curve = points[i] * (1 - ease) + points[i + 1] * ease
    return curve


def _tone(pitch_hz: Curve, tilt: float, odd: float = 1.0) -> Curve:
    """Overtones falling as k^-tilt; even ones weigh ``odd`` (0: a stopped pipe)."""
    phase = 2 * np.pi * np.cumsum(pitch_hz) / AUDIO_RATE_HZ
    sound = np.zeros(len(phase))
    for k in range(1, max(2, int(7_000 / pitch_hz.mean()))):
        weight = k**-tilt * (odd if k % 2 == 0 else 1.0)
        sound += weight * np.sin(k * phase) * (k * pitch_hz < 7_600)
    return sound


def _shape(sound: Curve, attack_s: float, release_s: float) -> Curve:
    t = np.arange(len(sound)) / AUDIO_RATE_HZ
    left = t[-1] - t
    shaped: Curve = sound * np.clip(t / attack_s, 0, 1) * np.clip(left / release_s, 0, 1)
    return shaped


def _resonate(sound: Curve, centres_hz: Curve, width_hz: float) -> Curve:
    """Peaks of equal width in the spectrum over a weak direct path."""
    spectrum = np.fft.rfft(sound)
    axis_hz = np.fft.rfftfreq(len(sound), 1 / AUDIO_RATE_HZ)
    gain = 0.1 + sum(1 / (1 + ((axis_hz - c) / width_hz) ** 2) for c in centres_hz)
    shaped: Curve = np.fft.irfft(spectrum * gain, len(sound))
    return shaped


def _repeated(rng: Generator, one: Callable[[], Curve], count: int, pause_s: float) -> Floats:
    parts: list[Curve] = []
    for _ in range(count):
        parts.append(one())
        parts.append(np.zeros(int(rng.uniform(0.3, 1.7) * pause_s * AUDIO_RATE_HZ)))
    return unit_peak(np.concatenate(parts))


def squeak(rng: Generator) -> Floats:
    """A rubber toy pressed and let go: a reed in a small pipe, up and down again."""
    base, odd = rng.uniform(500, 2_600), rng.uniform(0, 1)

    def one() -> Curve:
        seconds = rng.uniform(0.08, 0.5)
        pitch = base * rng.uniform(0.9, 1.1) * _course(rng, seconds, 4, 0.22)
        return _shape(_tone(pitch, rng.uniform(0.4, 1.6), odd), 0.015, 0.04)

    return _repeated(rng, one, int(rng.integers(3, 12)), rng.uniform(0.05, 0.8))


def hinge(rng: Generator) -> Floats:
    """A door that creaks: a stick slips at a rate that follows the hand; the wood resonates."""
    centres = rng.uniform(300, 3_200, int(rng.integers(2, 6)))

    def one() -> Curve:
        seconds = rng.uniform(0.4, 2.2)
        rate = rng.uniform(25, 420) * _course(rng, seconds, 5, 0.5)
        phase = np.cumsum(rate) / AUDIO_RATE_HZ
        slips = np.diff(np.floor(phase + 0.05 * rng.normal(size=len(phase))), prepend=0.0) > 0
        pulses = slips * rng.uniform(0.5, 1, len(slips))
        return _shape(_resonate(pulses, centres, rng.uniform(30, 160)), 0.05, 0.1)

    return _repeated(rng, one, int(rng.integers(1, 5)), 0.6)


def siren(rng: Generator) -> Floats:
    """Wailing, yelping or two tones."""
    seconds, base, depth = rng.uniform(4, 8), rng.uniform(400, 1_100), rng.uniform(0.1, 0.6)
    t = np.arange(int(seconds * AUDIO_RATE_HZ)) / AUDIO_RATE_HZ
    wave = np.sin(2 * np.pi * np.exp(rng.uniform(np.log(0.15), np.log(4))) * t)
    course = np.sign(wave) if rng.random() < 0.3 else wave
    return unit_peak(_shape(_tone(base * np.exp(depth * course), rng.uniform(0.8, 2)), 0.3, 0.3))


def kettle(rng: Generator) -> Floats:
    """A whistle in steam that rises until it holds."""
    seconds = rng.uniform(3, 7)
    u = np.linspace(0, 1, int(seconds * AUDIO_RATE_HZ))
    pitch = rng.uniform(900, 3_000) * (0.6 + 0.4 * np.minimum(1, u / rng.uniform(0.2, 0.7)))
    steam = np.diff(rng.normal(size=len(u) + 1)) * rng.uniform(0.05, 0.4)
    return unit_peak(_shape(_tone(pitch, 2.2) * np.minimum(1, 0.2 + u) + steam, 0.2, 0.3))


def beeper(rng: Generator) -> Floats:
    """An alarm clock, a timer, a machine that is done."""
    pitch, tilt = rng.uniform(700, 3_200), rng.uniform(0.5, 2)
    length_s, slide = rng.uniform(0.05, 0.6), rng.normal(0, 0.1) * (rng.random() < 0.4)

    def one() -> Curve:
        u = np.linspace(0, 1, int(length_s * AUDIO_RATE_HZ))
        return _shape(_tone(pitch * np.exp(slide * u), tilt), 0.004, 0.01)

    return _repeated(rng, one, int(rng.integers(4, 14)), rng.uniform(0.05, 0.6))


def large_bird(rng: Generator) -> Floats:
    """Goose, peacock, gull, crow: a reed through a long throat, once or in a row."""
    base, tilt = rng.uniform(220, 1_300), rng.uniform(0.2, 1.2)
    throat = rng.uniform(600, 3_000, 3)

    def one() -> Curve:
        seconds = rng.uniform(0.15, 1.1)
        pitch = base * rng.uniform(0.9, 1.1) * _course(rng, seconds, 4, 0.3)
        rough = 1 + rng.uniform(0, 0.9) * np.sin(2 * np.pi * np.cumsum(pitch) / AUDIO_RATE_HZ / 2)
        hiss = rng.normal(size=len(pitch)) * rng.uniform(0, 0.5)
        return _shape(_resonate(_tone(pitch, tilt) * rough + hiss, throat, 250), 0.03, 0.08)

    return _repeated(rng, one, int(rng.integers(2, 8)), rng.uniform(0.2, 1.2))


def far_animal(rng: Generator) -> Floats:
    """A long call over a hill: rises, holds for seconds, falls."""

    def one() -> Curve:
        seconds, u = rng.uniform(1.5, 4.5), np.linspace(0, 1, 6)
        arch = np.interp(
            np.linspace(0, 1, int(seconds * AUDIO_RATE_HZ)), u, [0.6, 0.95, 1, 1, 0.9, 0.6]
        )
        pitch = rng.uniform(260, 950) * arch * _course(rng, seconds, 5, 0.05)
        return _shape(_tone(pitch, rng.uniform(1.2, 2.6)), 0.3, 0.6)

    return _repeated(rng, one, int(rng.integers(1, 3)), 1.0)


def whistle(rng: Generator) -> Floats:
    """Lips, a flute's head, a bearing: one line that wanders, with breath."""
    seconds = rng.uniform(2, 6)
    pitch = rng.uniform(600, 2_800) * _course(rng, seconds, int(rng.integers(4, 12)), 0.18)
    breath = rng.normal(size=len(pitch)) * rng.uniform(0, 0.25)
    gate = _course(rng, seconds, int(rng.integers(4, 12)), 0.9) > rng.uniform(0.3, 0.9)
    softened = np.convolve(gate, np.ones(400) / 400, "same")
    return unit_peak(_shape((_tone(pitch, 3.0) + breath) * softened, 0.05, 0.1))


def bow(rng: Generator) -> Floats:
    """A finger on glass, a brake, a chair pushed over tiles: friction that sings."""
    seconds = rng.uniform(0.6, 3)
    pitch = rng.uniform(350, 3_000) * _course(rng, seconds, 4, 0.12)
    shiver = 1 + 0.6 * np.sin(2 * np.pi * np.cumsum(_course(rng, seconds, 6, 0.5) * 18) / 16_000)
    grain = rng.normal(size=len(pitch)) * rng.uniform(0.05, 0.6)
    return unit_peak(_shape(_tone(pitch, rng.uniform(0.6, 1.6)) * shiver + grain, 0.05, 0.1))


MODELS: dict[str, Callable[[Generator], Floats]] = {
    "squeaks": squeak,
    "hinges": hinge,
    "sirens": siren,
    "kettles": kettle,
    "beepers": beeper,
    "large_birds": large_bird,
    "far_animals": far_animal,
    "whistles": whistle,
    "bows": bow,
}
