"""Nights stitched from clips: interruptions, strung calls, crying; each with its truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.training.canvases import load
from calibration.training.clips import Clip
from monitor.events import AUDIO_RATE_HZ
from monitor.simulation import sounds as synth
from monitor.times import HOUR_S

Samples = NDArray[np.float32]

_INTERRUPTIONS_PER_HOUR = 40.0
_LEVEL_DB = (-50.0, -15.0)
"""loudest quarter second of an interruption: from the next room to beside the box"""
_PAUSE_S = (0.3, 1.8)
"""between the calls of a pet"""
_SPELL_S, _QUIET_S = 45.0, 110.0
"""a spell that somebody should get up for, and the pause after which the next is an alert anew"""


@dataclass
class Placed:
    """One recording in a night."""

    start_s: float
    end_s: float
    label: str


@dataclass
class Night:
    """Sound in pieces, and what lies where."""

    pieces: list[tuple[int, Samples]]
    """(first sample, samples), in order"""
    placed: list[Placed]
    hours: float
    noise_db: float


def interrupted(clips: Sequence[Clip], hours: float, rng: Generator) -> Night:
    """A room in which something else sounds every minute or two, once to three times over."""
    night = Night([], [], hours, rng.uniform(-70, -48))
    at_s = 20.0
    while True:
        at_s += rng.exponential(HOUR_S / _INTERRUPTIONS_PER_HOUR)
        clip = clips[int(rng.integers(len(clips)))]
        sound = synth.at_level(load(clip.path), rng.uniform(*_LEVEL_DB))
        sound = np.tile(sound, int(rng.integers(1, 4)))
        if at_s + len(sound) / AUDIO_RATE_HZ > hours * HOUR_S - 10:
            return night
        at_s = _place(night, at_s, sound, clip.label)


def strung(clips: Sequence[Clip], rng: Generator) -> Night:
    """Every clip once, one after the other, in random order."""
    night = Night([], [], 0.0, -75.0)
    at_s = 0.0
    for i in rng.permutation(len(clips)):
        sound = synth.at_level(load(clips[i].path), rng.uniform(*_LEVEL_DB))
        at_s = _place(night, at_s, sound, clips[i].label)
    night.hours = at_s / HOUR_S
    return night


def crying(clips: Sequence[Clip], hours: float, rng: Generator) -> tuple[Night, list[list[float]]]:
    """Bouts of six calls of one recording every five minutes; and when each call ends."""
    night = Night([], [], hours, rng.uniform(-70, -55))
    bouts: list[list[float]] = []
    at_s = 30.0
    while at_s < hours * HOUR_S - 120:
        clip = clips[int(rng.integers(len(clips)))]
        sound = load(clip.path)
        level_db = rng.uniform(-45, -15)
        ends, start_s = [], at_s
        for k in range(6):
            at_s = _call(night, at_s, clip, sound, k, level_db, rng)
            ends.append(at_s)
            at_s += rng.uniform(*_PAUSE_S)
        night.placed.append(Placed(start_s, at_s, clip.label))
        bouts.append(ends)
        at_s = start_s + 300
    return night, bouts


def spells(clips: Sequence[Clip], over_db: float, rng: Generator) -> Night:
    """Every recording calling again and again for 45 s, so loud over the room, then quiet."""
    night = Night([], [], 0.0, -55.0)
    at_s = 30.0
    for clip in clips:
        sound, start_s, k = load(clip.path), at_s, 0
        while at_s < start_s + _SPELL_S:
            at_s = _call(night, at_s, clip, sound, k, night.noise_db + over_db, rng)
            at_s += rng.uniform(*_PAUSE_S)
            k += 1
        night.placed.append(Placed(start_s, at_s, clip.label))
        at_s += _QUIET_S
    night.hours = at_s / HOUR_S
    return night


def _call(
    night: Night,
    at_s: float,
    clip: Clip,
    sound: Samples,
    number: int,
    level_db: float,
    rng: Generator,
) -> float:
    """One of the recording's calls, in turn; returns when it is over."""
    a, b = clip.cries[number % len(clip.cries)] if clip.cries else (0.0, 2.0)
    one = sound[int(max(0, a - 0.05) * AUDIO_RATE_HZ) : int((b + 0.05) * AUDIO_RATE_HZ)]
    one = synth.at_level(one[: 3 * AUDIO_RATE_HZ], level_db + rng.uniform(-3, 3))
    night.pieces.append((round(at_s * AUDIO_RATE_HZ), one))
    return at_s + len(one) / AUDIO_RATE_HZ


def _place(night: Night, at_s: float, sound: Samples, label: str) -> float:
    end_s = at_s + len(sound) / AUDIO_RATE_HZ
    night.pieces.append((round(at_s * AUDIO_RATE_HZ), sound))
    night.placed.append(Placed(at_s, end_s, label))
    return end_s
