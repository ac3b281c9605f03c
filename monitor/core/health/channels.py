"""Mixes the channels of one microphone into one, without losing the one that carries sound.

An I2S microphone sits in one of two slots, a USB card may leave its first channel empty, a balanced
microphone on a stereo jack comes with both channels in counter-phase. So channels without a signal
are left out, those in counter-phase are inverted, and the mean of the rest is the sound: what one
channel carries is at most 6 dB softer in the mean of two. Weights change gradually over one block,
because a step would be a click.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.core.health.sound_values import ConverterNoise

TURNED, UPRIGHT = -0.5, 0.2
"""correlation below which a channel is turned round, and above which it is turned back. The mean of
two that correlate by more than -0.5 is at most 6 dB softer than one of them"""
_MEMORY_S = 2.0
"""of the correlation: one call from an odd direction inverts nothing"""
_GLANCE_S = 0.05
"""of the sound goes into the correlation at each look"""
_LOOK_EVERY_S = 1.0
"""while every channel plainly has a signal or none; at every block otherwise"""

Frames = NDArray[np.int16] | NDArray[np.int32] | NDArray[np.float32]
"""shape (frames, channels), values as the converter or the file has them"""
Mono = NDArray[np.float32]
"""shape (frames,), full scale is 1"""


class ChannelMix:
    """Frames of one stream in, mono sound out."""

    def __init__(self, channels: int, rate_hz: int, full_scale: float = 2.0**31) -> None:
        self._rate_hz = rate_hz
        self._full_scale = full_scale
        self._noise = [ConverterNoise() for _ in range(channels)]
        self._lives = np.zeros(channels, bool)
        self._signs = np.ones(channels)
        self._products = np.zeros((channels, channels))
        self._weights: NDArray[np.float32] | None = None
        self._unseen_s = 0.0
        self._settled = False

    def mix(self, frames: Frames) -> Mono:
        """Mix at least one frame; the first block decides at once, later ones change gradually."""
        sound = frames.astype(np.float32)
        self._unseen_s += len(frames) / self._rate_hz
        if self._weights is not None and self._settled and self._unseen_s < _LOOK_EVERY_S:
            return _weighted(sound, self._weights)
        self._look(frames)
        shares = self._lives * self._signs / max(1, self._lives.sum())
        weights = (shares / self._full_scale).astype(np.float32)
        before, self._weights = self._weights, weights
        if before is None or not before.any() or bool((before == weights).all()):
            return _weighted(sound, weights)
        glide = np.linspace(0, 1, len(frames), dtype=np.float32)
        return _weighted(sound, before) * (1 - glide) + _weighted(sound, weights) * glide

    def _look(self, frames: Frames) -> None:
        """Decide which channels are used and which are inverted."""
        seconds = len(frames) / self._rate_hz
        self._settled = True
        for channel, noise in enumerate(self._noise):
            samples = frames[:, channel]
            dead = noise.observe(samples, seconds)
            self._settled &= dead or not noise.suspects
            if dead:
                self._lives[channel] = False
            elif not self._lives[channel]:
                self._lives[channel] = bool((samples != samples[0]).any())
        self._settled &= bool(self._lives.any())
        if len(self._noise) > 1:
            self._settled &= self._turn_round(frames, self._unseen_s)
        self._unseen_s = 0.0

    @property
    def words(self) -> str:
        """Which channels are used, to follow the device's name; empty for one channel."""
        count = len(self._noise)
        if count == 1 or not self._lives.any():
            return ""
        living = [channel for channel in range(count) if self._lives[channel]]
        if len(living) == count:
            said = "both channels" if count == 2 else f"all {count} channels"
        elif count == 2:
            said = ("the left", "the right")[living[0]] + " channel, the other one is silent"
        else:
            numbers = ", ".join(str(channel + 1) for channel in living)
            said = f"channel {numbers} of {count}, the others are silent"
        turned = any(self._signs[channel] < 0 for channel in living)
        return said + (" (in counter-phase, which is undone)" if turned else "")

    def _turn_round(self, frames: Frames, seconds: float) -> bool:
        """Update the correlations; decide which channels are inverted against the strongest.

        False while there was nothing to correlate: converters and decoders begin with zeros.
        """
        glance = frames[: max(2, round(_GLANCE_S * self._rate_hz))].astype(np.float64)
        steps = np.diff(glance, axis=0)  # without offset and hum
        fresh = 1.0 if self._weights is None else min(1.0, seconds / _MEMORY_S)
        self._products += fresh * (steps.T @ steps - self._products)
        powers = self._products.diagonal() * self._lives
        first = int(powers.argmax())
        if powers[first] == 0.0:
            return False
        scale = np.sqrt(powers[first] * np.maximum(self._products.diagonal(), 1e-30))
        likeness = self._products[first] / scale
        self._signs[likeness < TURNED] = -self._signs[first]
        self._signs[likeness > UPRIGHT] = self._signs[first]
        if self._signs[self._lives].sum() < 0:  # no more are turned than need be
            self._signs = -self._signs
        return True


def _weighted(sound: NDArray[np.float32], weights: NDArray[np.float32]) -> Mono:
    mixed: Mono = sound[:, 0] * weights[0] if len(weights) == 1 else sound @ weights
    return mixed
