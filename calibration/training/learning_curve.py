"""Would more recordings help? Accuracy against the number of recordings of cries.

    python -m calibration.training.learning_curve --manifest dev/manifest.csv \
        --teacher yamnet.tflite

The classes are read linearly from the teacher's features of the plain clips, as training does on
scenes, with a part of the recordings of kittens and puppies only. It takes minutes where training
the network takes hours, and shows the slope, not the height, of the shipped model's curve.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.evaluation import metrics
from calibration.training.clips import KINDS, Clip, assign_folds, read_audio, read_manifest
from calibration.training.teacher import PATCH, PATCH_HOP, Teacher
from monitor.events import AUDIO_RATE_HZ

_SHARES = (0.125, 0.25, 0.5, 1.0)
_DRAWS = 3
_COMPONENTS = 128
_STEPS, _RATE, _DECAY = 300, 1.0, 1e-3

Floats = NDArray[np.float32]


def features_of(teacher: Teacher, clips: Sequence[Clip]) -> tuple[Floats, NDArray[np.int64]]:
    """Teacher features of every patch of every clip, and which clip each is of."""
    rows, owner = [], []
    for index, clip in enumerate(clips):
        samples = read_audio(clip.path)
        samples *= np.float32(0.5) / (np.abs(samples).max() + 1e-9)
        answer = teacher.listen(samples).features
        rows.append(answer)
        owner += [index] * len(answer)
    return np.concatenate(rows), np.array(owner)


def heard(clip: Clip, patch: int) -> bool:
    """Whether a call of the clip sounds in a patch."""
    start_s = patch * PATCH_HOP / AUDIO_RATE_HZ
    end_s = start_s + PATCH / AUDIO_RATE_HZ
    return not clip.cries or any(a < end_s - 0.1 and b > start_s + 0.1 for a, b in clip.cries)


def read_linearly(x: Floats, target: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Softmax regression with balanced classes, by gradient descent with momentum."""
    goal = np.eye(len(KINDS), dtype=np.float32)[target]
    weight = (1 / np.maximum(goal.sum(axis=0), 1))[target][:, None] / len(KINDS)
    w = np.zeros((x.shape[1], len(KINDS)), dtype=np.float32)
    b = np.zeros(len(KINDS), dtype=np.float32)
    speed_w, speed_b = np.zeros_like(w), np.zeros_like(b)
    rate = _RATE / float(np.square(x).sum(axis=1).mean())
    for _ in range(_STEPS):
        logits = x @ w + b
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        error = (p / p.sum(axis=1, keepdims=True) - goal) * weight
        speed_w = 0.9 * speed_w - rate * (x.T @ error + _DECAY * w)
        speed_b = 0.9 * speed_b - rate * error.sum(axis=0)
        w, b = w + speed_w, b + speed_b
    return w, b


def curve(
    clips: Sequence[Clip], x: Floats, owner: NDArray[np.int64], seed: int
) -> dict[float, tuple[float, float, int]]:
    """Per share of the recordings: AUC, average precision (pets against negatives), recordings."""
    folds = assign_folds(clips)
    kind = np.array([KINDS.index(c.kind) for c in clips])
    first = np.searchsorted(owner, np.arange(len(clips)))
    sounding = np.array([heard(clips[i], k - first[i]) for k, i in enumerate(owner)])
    pet_groups = sorted({c.group for c in clips if c.is_pet})
    rng = np.random.default_rng(seed)
    table = {}
    for share in _SHARES:
        kept_count = max(2, round(share * len(pet_groups)))
        results = []
        for _ in range(_DRAWS if share < 1 else 1):
            kept = set(rng.permutation(pet_groups)[:kept_count].tolist())
            allowed = np.array([not c.is_pet or c.group in kept for c in clips])
            scores = np.zeros(len(clips))
            for fold in np.unique(folds):
                train = (allowed & (folds != fold))[owner] & sounding
                w, b = read_linearly(x[train], kind[owner[train]])
                own = np.flatnonzero(folds[owner] == fold)
                logits = x[own] @ w + b
                p = np.exp(logits - logits.max(axis=1, keepdims=True))
                pet = p[:, :2].sum(axis=1) / p.sum(axis=1)
                np.maximum.at(scores, owner[own], pet)
            ups, downs = scores[kind < 2], scores[kind == KINDS.index("other")]
            results.append((metrics.auc(ups, downs), metrics.average_precision(ups, downs)))
        auc, precision = np.mean(results, axis=0)
        table[share] = (float(auc), float(precision), kept_count)
    return table


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    given = parser.parse_args()
    clips = read_manifest(given.manifest)
    features, owner = features_of(Teacher(given.teacher), clips)
    centred = features - features.mean(axis=0)
    variance, axes = np.linalg.eigh(np.cov(centred, rowvar=False))
    scale = np.sqrt(np.maximum(variance[::-1][:_COMPONENTS], 1e-9))
    x = (centred @ axes[:, ::-1][:, :_COMPONENTS] / np.sqrt(scale * scale[0])).astype(np.float32)
    for share, (auc, precision, count) in curve(clips, x, owner, seed=1).items():
        print(f"{share:6.1%} of the cry recordings ({count}): AUC {auc:.3f}, AP {precision:.3f}")


if __name__ == "__main__":
    main()
