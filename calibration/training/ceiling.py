"""What the teacher itself would make of the recordings: about as much as its student can learn.

    python -m calibration.training.ceiling --manifest dev/manifest.csv --extra extra/manifest.csv \
        --unlabelled sounds --teacher yamnet.tflite --work work

YAMNet's features with the last layer that the network gets, in place of the network: read linearly
on the scenes that ``train`` painted, settled on plain recordings, judged on recordings of the folds
that it was not read on. The same data, and twenty times the instructions.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.evaluation.evaluate import measure, statistics
from calibration.evaluation.scoring import Scored, join
from calibration.training import scenes, settle, train
from calibration.training.clips import KINDS, Clip, assign_folds, read_audio, read_manifest
from calibration.training.material import Lessons, Material
from calibration.training.teacher import (
    PATCH,
    PATCH_HOP,
    TAUGHT_CLASSES,
    Answer,
    Teacher,
    class_numbers,
)
from monitor.core.cry.features import Floats
from monitor.core.cry.model import SPECIES
from monitor.recordings.audio import duration_s
from monitor.times import HOUR_S

HELD_OUT = ((0, 1), (2, 3), (4,))
KEEPS = (3e-4, 3e-3, 3e-2)
"""penalties on leaving the reading of the scenes; the first is that of the network's last layer"""
_SEED = 1


class TeachersEar:
    """The teacher's answers step by step, each sound heard once however often it is asked for."""

    def __init__(self, teacher: Teacher, taught: Sequence[int]) -> None:
        self._teacher, self._taught = teacher, taught
        self._known: dict[bytes, Answer] = {}

    def answers(self, samples: Floats) -> Answer:
        """The patch that ends with each step of ``samples``, as loud as it was in the scenes."""
        key = hashlib.blake2b(samples.tobytes()).digest()
        if key not in self._known:
            self._known[key] = self._listen(samples)
        return self._known[key]

    def _listen(self, samples: Floats) -> Answer:
        steps = max(1, -(-len(samples) // PATCH_HOP))
        before = scenes.PATCHES * PATCH_HOP
        padded = np.zeros(before + steps * PATCH_HOP + PATCH - 2 * PATCH_HOP, dtype=np.float32)
        padded[before : before + len(samples)] = samples[: len(padded) - before]
        answers = []
        for step in range(steps):
            end = before + step * PATCH_HOP + PATCH - PATCH_HOP
            near = padded[end - before : end]
            louder = np.float32(scenes.TEACHER_PEAK / (np.abs(near).max() + 1e-9))
            answers.append(self._teacher.listen(padded[end - PATCH : end] * louder))
        scores = np.concatenate([a.scores for a in answers])[:, self._taught]
        return Answer(np.concatenate([a.features for a in answers]), scores)


def judged(ear: settle.Ear, layer: tuple[Floats, Floats], clips: Sequence[Clip]) -> Scored:
    """The clips with the greatest word for a pet among their steps."""
    scores, species = [], []
    for clip in clips:
        logits = ear(read_audio(clip.path)) @ layer[0] + layer[1]
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        pet = p[:, :2].sum(axis=1)
        best = int(pet.argmax())
        scores.append(float(pet[best]))
        called = KINDS[int(p[best].argmax())]
        species.append(called if called in SPECIES else "other")
    return Scored(tuple(clips), np.array(scores), tuple(species))


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--unlabelled", type=Path)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="where train painted its scenes")
    parser.add_argument("--shards", type=int, default=60, help="of 250 scenes: enough to read off")
    given = parser.parse_args()
    sources = scenes.Sources(given.manifest, given.extra, given.unlabelled, given.teacher)
    names = class_numbers(given.teacher.parent / "yamnet_class_map.csv", TAUGHT_CLASSES)
    teacher = TeachersEar(Teacher(given.teacher), names)
    shards = scenes.load(given.work, given.shards)
    clips = read_manifest(given.manifest)
    folds = assign_folds(clips)
    unlabelled = scenes.unlabelled_in(given.unlabelled)
    found: dict[str, list[Scored]] = {}
    for held in HELD_OUT:
        lessons = Lessons.fit(shards, held, _SEED)
        start = _reading(Material(shards, lessons, held, _SEED))

        def ear(samples: Floats, lessons: Lessons = lessons) -> Floats:
            return lessons.numbers(*teacher.answers(samples))

        parts = settle.heard(ear, scenes.clips_of(sources, held), _SEED, unlabelled)
        own = [clip for clip, fold in zip(clips, folds, strict=True) if fold in held]
        found.setdefault("scenes alone", []).append(judged(ear, start, own))
        for keep in KEEPS:
            layer = settle.fit(start, parts, _SEED, keep)
            found.setdefault(f"settled, {keep:g}", []).append(judged(ear, layer, own))
    hours = sum(duration_s(c.path) for c in clips if c.kind == "other") / HOUR_S
    for name, scored in found.items():
        print(name)
        for figure, statistic in statistics(hours).items():
            print(f"  {figure:38s} {measure(join(scored), statistic)}")


def _reading(material: Material) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    weight, bias = train.read_teacher(material, _SEED)
    return np.ascontiguousarray(weight.numpy().T), bias.numpy()


if __name__ == "__main__":
    main()
