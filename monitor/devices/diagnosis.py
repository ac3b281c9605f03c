"""What ten seconds of sound say about a microphone: for ``nursery check`` and ``calibrate room``.

Level, room, clipping, hum, and whether a living microphone made it; what some seconds of a scale
say is in ``core.health.scale_readings``.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.core.health.sound import FLAT_SPAN, NO_MICROPHONE, SILENT
from monitor.core.health.sound_values import TWO_VALUES_S, ConverterNoise
from monitor.events import AUDIO_RATE_HZ

CLIP_LEVEL = 0.999
CLIPPED = 1e-3
"""part of the samples at full scale from which the capture level is too high"""
FAINT_DB, LOUD_DB = -75.0, -35.0
"""room floors that mean: gain all the way down; nothing fainter than shouting can be heard"""
OFFSET = 0.05
"""mean, as a part of full scale, that no working input has"""


class SoundDiagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of sound; levels in dB relative to full scale."""

    seconds: float
    level_db: float | None
    """RMS"""
    peak_db: float | None
    floor_db: float | None
    """the quietest tenth of the 0.1 s blocks: the room without its events"""
    clipped: float | None
    """part of the samples at full scale"""
    hum_hz: float | None
    """50 or 60 when the mains stands out of the floor, ``None`` otherwise"""
    hum_over_db: float | None
    """how far the mains and its harmonics stand out"""
    offset: float | None
    """mean, as a part of full scale"""
    dead: str = ""
    """why no microphone made this, to follow its name; empty when one may have"""


def diagnose_sound(samples: NDArray[np.float32]) -> SoundDiagnosis:
    """Look at 16 kHz mono samples of shape (n,), at least half a second for any number at all."""
    block = AUDIO_RATE_HZ // 10
    seconds = len(samples) / AUDIO_RATE_HZ
    if len(samples) < 5 * block:
        return SoundDiagnosis(
            seconds=seconds, level_db=None, peak_db=None, floor_db=None, clipped=None,
            hum_hz=None, hum_over_db=None, offset=None,
        )  # fmt: skip
    sound = samples - samples.mean()
    blocks = sound[: len(sound) // block * block].reshape(-1, block)
    levels = np.sort(np.sqrt(np.mean(blocks**2, axis=1)))
    hum_hz, over_db = _hum(sound)
    return SoundDiagnosis(
        seconds=seconds,
        level_db=decibels(float(np.sqrt(np.mean(sound**2)))),
        peak_db=decibels(float(np.abs(samples).max())),
        floor_db=decibels(float(levels[: max(1, len(levels) // 10)].mean())),
        clipped=float((np.abs(samples) >= CLIP_LEVEL).mean()),
        hum_hz=hum_hz if over_db > 15 else None,  # what an ear notices beside a room's noise
        hum_over_db=over_db,
        offset=float(samples.mean()),
        dead=_dead(samples),
    )


def _dead(samples: NDArray[np.float32]) -> str:
    """Seconds are enough for digital silence; what takes longer is the running monitor's."""
    if not np.ptp(samples) > FLAT_SPAN:  # also what is not a number
        return SILENT
    return NO_MICROPHONE if ConverterNoise().observe(samples, TWO_VALUES_S) else ""


def sound_problems(sound: SoundDiagnosis) -> Iterator[tuple[str, str]]:
    """What is wrong with the level, and what to do about it; nothing when all is well."""
    if sound.clipped is not None and sound.clipped > CLIPPED:
        yield f"{100 * sound.clipped:.1f} % clips", "turn the capture level down (alsamixer)"
    if sound.floor_db is not None and sound.floor_db < FAINT_DB:
        yield "hardly anything arrives", "turn the capture level up (alsamixer, F4)"
    if sound.floor_db is not None and sound.floor_db > LOUD_DB:
        yield (
            "the room is loud",
            "move the microphone nearer to the box, away from fans and pumps",
        )
    if sound.hum_hz is not None:
        yield (
            f"{sound.hum_hz:.0f} Hz hum stands {sound.hum_over_db:.0f} dB out",
            "keep the cable away from mains leads; try another power supply",
        )
    if sound.offset is not None and abs(sound.offset) > OFFSET:
        yield (
            f"the sound is off centre by {100 * sound.offset:.0f} %",
            "the input is faulty: try another microphone or sound card",
        )


def decibels(amplitude: float) -> float:
    """Amplitude relative to full scale in dB, not below -120 (24-bit converters end there)."""
    return 20 * float(np.log10(max(amplitude, 1e-6)))


def _hum(sound: NDArray[np.float32]) -> tuple[float, float]:
    """The stronger of 50 and 60 Hz with harmonics, and its level over the neighbourhood in dB."""
    size = min(len(sound), AUDIO_RATE_HZ * 4)
    power = np.abs(np.fft.rfft(sound[:size] * np.hanning(size))) ** 2
    step_hz = AUDIO_RATE_HZ / size
    best = (50.0, -120.0)
    for mains_hz in (50.0, 60.0):
        over = []
        for harmonic in (1, 2, 3, 4):
            centre = round(mains_hz * harmonic / step_hz)
            near, wide = round(1.5 / step_hz) + 1, round(8 / step_hz) + 2
            line = power[max(0, centre - near) : centre + near + 1].max()
            around = np.concatenate(
                (power[max(1, centre - wide) : centre - near], power[centre + near : centre + wide])
            )
            over.append(10 * np.log10((line + 1e-20) / (np.median(around) * 4 + 1e-20)))
        strongest = float(max(over))
        if strongest > best[1]:
            best = (mains_hz, strongest)
    return best
