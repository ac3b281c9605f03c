"""Painted scenes as training batches: drawn at random and augmented further.

With each scene goes its lesson: the numbers that the teacher gives for it. The augmentations work
on log-mel frames, where they cost little: another scene underneath, a
microphone's colour, steady noise, a shift in pitch, blanked bands, a background known from before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from calibration.training import network, scenes
from monitor.core.cry.features import BANDS, SILENCE_DB, STEP_FRAMES, SURVEY_EVERY

TAUGHT_FEATURES = 128
"""principal components of the teacher's 1024 features that are taught"""
_ALTERED = 0.5
"""part of the scenes that are augmented once more (frequency response, noise, masks) after the
teacher scored them; the rest stay as it heard them"""


@dataclass(frozen=True)
class Lessons:
    """How the teacher's answers become numbers to predict: fitted once, on what is trained on."""

    mean: NDArray[np.float32]
    axes: NDArray[np.float32]
    """principal components of the teacher's features, shape (TAUGHT_FEATURES, 1024)"""
    scale: NDArray[np.float32]

    @classmethod
    def fit(cls, shards: scenes.Shards, hold_out: Sequence[int], seed: int) -> Lessons:
        """From the scenes of the folds that are trained on."""
        features = shards.features[~np.isin(shards.fold, hold_out)]
        features = features.reshape(-1, features.shape[2])
        rng = np.random.default_rng(seed)
        sample = features[rng.choice(len(features), min(len(features), 20_000), replace=False)]
        sample = sample.astype(np.float32)
        variance, axes = np.linalg.eigh(np.cov(sample, rowvar=False))
        axes = axes[:, ::-1][:, :TAUGHT_FEATURES].T.astype(np.float32)
        spread = np.sqrt(np.maximum(variance[::-1][:TAUGHT_FEATURES], 0)).astype(np.float32)
        # Half-whitened: later components count, but not as much as the first.
        return cls(sample.mean(axis=0), axes, np.sqrt(spread[0]) * np.sqrt(spread) + 1e-6)

    def of(self, shards: scenes.Shards, rows: NDArray[np.int64]) -> NDArray[np.float16]:
        """Those of some scenes, shape (rows, PATCHES, taught)."""
        taught = len(self.axes) + shards.scores.shape[2]
        out = np.empty((len(rows), scenes.PATCHES, taught), dtype=np.float16)
        for at in range(0, len(rows), 2_000):
            part = rows[at : at + 2_000]
            out[at : at + len(part)] = self.numbers(shards.features[part], shards.scores[part])
        return out

    def numbers(
        self, features: NDArray[np.floating], scores: NDArray[np.floating]
    ) -> NDArray[np.float32]:
        """Components and log odds of the taught classes, shape (..., taught)."""
        components = (features.astype(np.float32) - self.mean) @ self.axes.T / self.scale
        odds = np.log(scores.astype(np.float32) + 1e-3) / 3.0 + 1.5
        return np.concatenate([components, odds], axis=-1)


class Material:
    """Scenes in memory, and random batches of them with further augmentation."""

    def __init__(
        self, shards: scenes.Shards, lessons: Lessons, hold_out: Sequence[int], seed: int
    ) -> None:
        keep = np.flatnonzero(~np.isin(shards.fold, hold_out))
        self._mel = shards.mel[keep]
        self._targets = torch.from_numpy(shards.targets[keep].astype(np.int64))
        self._fold = shards.fold[keep]
        self._taught = torch.from_numpy(lessons.of(shards, keep))
        self.has_teacher = bool(np.any(shards.features[:1_000]))
        self._seed = seed
        self._rng = np.random.default_rng(seed)
        self._of_fold = {f: np.flatnonzero(self._fold == f) for f in np.unique(self._fold)}

    def __len__(self) -> int:
        return len(self._mel)

    def windows(self) -> tuple[Tensor, Tensor]:
        """Every window the teacher heard: lessons (n, taught) and targets (n,)."""
        targets = self._targets[:, 1 : 1 + scenes.PATCHES]
        return self._taught.flatten(0, 1), targets.flatten()

    @property
    def taught(self) -> int:
        """Numbers the teacher gives per window."""
        return int(self._taught.shape[2])

    def batches(self, size: int, epoch: int) -> list[NDArray[np.int64]]:
        """One epoch's rows in random order; what is drawn from them depends on the epoch too."""
        self._rng = np.random.default_rng((self._seed, epoch))
        order = self._rng.permutation(len(self))
        return [order[k : k + size] for k in range(0, len(order) - size + 1, size)]

    def draw(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Pictures, targets, lessons and the weight of each scene's lesson."""
        rng = self._rng
        mel = self._decibels(rows)
        targets = self._targets[torch.from_numpy(rows)].clone()
        lesson_weight = torch.full((len(rows),), float(self.has_teacher))
        mixed = np.flatnonzero(rng.random(len(rows)) < 0.12)
        self._mix(rows, mixed, mel, targets)
        lesson_weight[mixed] = 0.0
        altered = np.flatnonzero(rng.random(len(rows)) < _ALTERED)
        some = mel[altered]
        _colour(rng, some)
        _add_noise(rng, some)
        _mask(rng, some)
        mel[altered] = some
        history = _history(rng, mel) if rng.random() < 0.5 else None
        pictures = network.pictures(mel, history)
        return pictures, targets, self._taught[torch.from_numpy(rows)].float(), lesson_weight

    def _decibels(self, rows: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(self._mel[rows].astype(np.float32)) * 0.5 + SILENCE_DB

    def _mix(
        self, rows: NDArray[np.int64], mixed: NDArray[np.int64], mel: Tensor, targets: Tensor
    ) -> None:
        """Lay a second scene of the same fold under some: what is called changes accordingly."""
        if not len(mixed):
            return
        partners = np.array([self._rng.choice(self._of_fold[self._fold[rows[i]]]) for i in mixed])
        other = self._decibels(partners)
        level = mel[mixed].amax(dim=(1, 2)) - other.amax(dim=(1, 2))
        under_db = torch.from_numpy(self._rng.uniform(0, 25, len(mixed)).astype(np.float32))
        other += (level - under_db)[:, None, None]
        mel[mixed] = 10 * torch.log10(10 ** (mel[mixed] / 10) + 10 ** (other / 10))
        theirs = self._targets[torch.from_numpy(partners)]
        ours = targets[mixed]
        # A cry under something else: heard when it is within 8 dB, unsure below that.
        is_cry = (theirs < 3) & (ours >= 3)
        heard = torch.where((under_db < 8)[:, None], theirs, torch.full_like(theirs, -1))
        targets[mixed] = torch.where(is_cry, heard, ours)


def _colour(rng: np.random.Generator, mel: Tensor) -> None:
    """A microphone's frequency response: a smooth curve over the bands, and a gain."""
    size = len(mel)
    axis = np.linspace(-1, 1, BANDS)
    curve = rng.normal(0, 3, (size, 1)) * axis
    curve = curve + rng.normal(0, 2, (size, 1)) * np.sin(
        axis * rng.uniform(2, 8, (size, 1)) + rng.uniform(0, 6, (size, 1))
    )
    curve = curve + rng.uniform(-6, 6, (size, 1))
    mel += torch.from_numpy(curve.astype(np.float32))[:, None, :]
    torch.clamp_(mel, min=SILENCE_DB)


def _add_noise(rng: np.random.Generator, mel: Tensor) -> None:
    """Steady noise of a random colour under some scenes (powers of such cells vary like chi2)."""
    chosen = np.flatnonzero(rng.random(len(mel)) < 0.3)
    some = mel[chosen]
    level = some.amax(dim=(1, 2)).numpy() - rng.uniform(8, 50, len(chosen))
    slope = np.linspace(0.5, -0.5, BANDS) * rng.uniform(-6, 24, (len(chosen), 1))
    noise_db = torch.from_numpy((level[:, None] + slope).astype(np.float32))[:, None, :]
    power = torch.from_numpy(rng.standard_gamma(2.0, tuple(some.shape), dtype=np.float32)) / 2.0
    mel[chosen] = 10 * torch.log10(10 ** (some / 10) + power * 10 ** (noise_db / 10))


def _mask(rng: np.random.Generator, mel: Tensor) -> None:
    """Shift a little in pitch and blank a few bands, in some scenes."""
    for row in np.flatnonzero(rng.random(len(mel)) < 0.3):
        shift = int(rng.integers(-2, 3))
        mel[row] = torch.roll(mel[row], shift, dims=1)
    for row in np.flatnonzero(rng.random(len(mel)) < 0.25):
        at, width = int(rng.integers(0, BANDS - 6)), int(rng.integers(1, 6))
        mel[row, :, at : at + width] = mel[row].amin()


def _history(rng: np.random.Generator, mel: Tensor) -> Tensor:
    """A background known from before: the scene's own quiet quartiles, in another order."""
    steps = mel[:, ::SURVEY_EVERY].reshape(len(mel), -1, STEP_FRAMES // SURVEY_EVERY, BANDS)
    rank = STEP_FRAMES // SURVEY_EVERY // 4
    quartiles = torch.from_numpy(np.partition(steps.numpy(), rank, axis=2)[:, :, rank])
    order = rng.permutation(quartiles.shape[1])
    return torch.cat([quartiles[:, order], quartiles[:, order]], dim=1)
