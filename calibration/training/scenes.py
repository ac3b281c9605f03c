"""Paints canvases into files once; training reads those.

A shard holds some hundred canvases: log-mel frames in half decibels, what each step is called,
the fold every part came from, and what the teacher says of each patch. Shard k depends on the
seed and k alone, so painting resumes where it stopped and may run in several processes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.training.canvases import STEPS, Canvas, Painter
from calibration.training.clips import Clip, assign_folds, read_manifest
from calibration.training.teacher import TAUGHT_CLASSES, Teacher, class_numbers
from monitor.core.cry.features import BANDS, SILENCE_DB, STEP_FRAMES, log_mel
from monitor.errors import InputError
from monitor.recordings.audio import duration_s

SHARD = 250
FOLDS = 5
ALWAYS_TRAIN = FOLDS
"""fold number of material that is never tested on (the extra manifest)"""
PATCHES = 6
"""teacher patches in a canvas; patch k ends where step k + 1 ends"""
_EXTRA_WEIGHT = 0.35
TEACHER_PEAK = 0.5
"""YAMNet tells little below -50 dBFS: it is given every canvas at this peak"""

_UNSUITABLE = re.compile(r"cat|kit|meow|dog|pup|wolf|wolves|baby|cry|howl|hound")


@dataclass(frozen=True)
class Sources:
    """Where training material comes from."""

    manifest: Path
    extra: Path | None
    """clips that only ever train: they are few and of a kind of their own"""
    unlabelled: Path | None
    """a folder of any sounds without cries (speech prompts, music, game effects)"""
    teacher: Path | None
    permissive_only: bool = False
    unlabelled_share: float = 0.06
    """part of the scenes whose event is an unlabelled sound"""


@dataclass(frozen=True)
class Shards:
    """All painted canvases, side by side."""

    mel: NDArray[np.uint8]
    """(n, STEPS * STEP_FRAMES, BANDS), 2 * (dB - SILENCE_DB)"""
    targets: NDArray[np.int8]
    """(n, STEPS)"""
    fold: NDArray[np.int8]
    features: NDArray[np.float16]
    """(n, PATCHES, 1024)"""
    scores: NDArray[np.float16]
    """(n, PATCHES, len(TAUGHT_CLASSES))"""


def paint(sources: Sources, folder: Path, count: int, *, seed: int, workers: int) -> None:
    """Make sure shards 0 to ``count`` exist in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [k for k in range(count) if not _shard_path(folder, k).exists()]
    with ProcessPoolExecutor(workers) as pool:
        jobs = [pool.submit(_paint_some, sources, folder, m, seed) for m in _deal(missing, workers)]
        for job in as_completed(jobs):
            job.result()


def load(folder: Path, count: int) -> Shards:
    """Read shards 0 to ``count``.

    Raises:
        InputError: when one is missing.
    """
    parts: dict[str, list[NDArray[np.generic]]] = {}
    for k in range(count):
        path = _shard_path(folder, k)
        if not path.exists():
            raise InputError(f"{path} is missing: paint the scenes first")
        with np.load(path, allow_pickle=False) as archive:
            for name in archive.files:
                parts.setdefault(name, []).append(archive[name])
    return Shards(**{name: np.concatenate(values) for name, values in parts.items()})


def joined(first: Shards, second: Shards) -> Shards:
    """The canvases of both, one after the other."""
    names = Shards.__dataclass_fields__
    pairs = {name: (getattr(first, name), getattr(second, name)) for name in names}
    return Shards(**{name: np.concatenate(pair) for name, pair in pairs.items()})


def _deal(items: Sequence[int], hands: int) -> list[list[int]]:
    return [list(items[k::hands]) for k in range(hands)]


def _shard_path(folder: Path, index: int) -> Path:
    return folder / f"scenes-{index:04d}.npz"


def _paint_some(sources: Sources, folder: Path, indices: Sequence[int], seed: int) -> None:
    clips_by_fold = _material(sources)
    unlabelled = unlabelled_in(sources.unlabelled)
    teacher = Teacher(sources.teacher) if sources.teacher else None
    taught = (
        class_numbers(sources.teacher.parent / "yamnet_class_map.csv", TAUGHT_CLASSES)
        if sources.teacher
        else []
    )
    for index in indices:
        painters = {
            fold: Painter(clips, unlabelled, hash_seed(seed, index, fold), sources.unlabelled_share)
            for fold, clips in clips_by_fold.items()
        }
        seed_here = hash_seed(seed, index, 99)
        arrays = paint_shard(painters, teacher, taught, seed_here)
        path = _shard_path(folder, index)
        partial = path.with_suffix(".part.npz")
        np.savez(partial, allow_pickle=False, **arrays)
        partial.rename(path)


def _material(sources: Sources) -> dict[int, list[Clip]]:
    clips = read_manifest(sources.manifest)
    folds = assign_folds(clips, FOLDS)
    by_fold: dict[int, list[Clip]] = {}
    for clip, fold in zip(clips, folds, strict=True):
        by_fold.setdefault(int(fold), []).append(clip)
    if sources.extra:
        by_fold[ALWAYS_TRAIN] = read_manifest(sources.extra)
    if sources.permissive_only:
        from calibration.training.clips import is_permissive

        by_fold = {f: [c for c in cs if is_permissive(c.licence)] for f, cs in by_fold.items()}
    return by_fold


def clips_of(sources: Sources, hold_out: Sequence[int]) -> list[Clip]:
    """Every labelled clip that may be trained on."""
    return [c for fold, clips in _material(sources).items() if fold not in hold_out for c in clips]


def unlabelled_in(folder: Path | None) -> list[Path]:
    """The sounds of a folder and those below it, less those named like an animal or a baby."""
    if folder is None:
        return []
    suffixes = {".ogg", ".wav", ".oga", ".flac"}
    found = (p for p in sorted(folder.rglob("*")) if p.suffix.lower() in suffixes)
    return [p for p in found if not _UNSUITABLE.search(p.name.lower()) and _usable(p)]


def _usable(path: Path) -> bool:
    try:
        return path.stat().st_size <= 6_000_000 and duration_s(path) > 0
    except InputError:
        return False


def hash_seed(*parts: int) -> int:
    """One seed from several numbers."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0])


def paint_shard(
    painters: dict[int, Painter],
    teacher: Teacher | None,
    taught: Sequence[int],
    seed: int,
) -> dict[str, NDArray[np.generic]]:
    """The arrays of one file of ``SHARD`` scenes; the same seed paints the same ones."""
    rng = np.random.default_rng(seed)
    weights = np.array([_EXTRA_WEIGHT if f == ALWAYS_TRAIN else 1.0 for f in painters])
    folds = rng.choice(list(painters), size=SHARD, p=weights / weights.sum()).astype(np.int8)
    mel = np.empty((SHARD, STEPS * STEP_FRAMES, BANDS), dtype=np.uint8)
    targets = np.empty((SHARD, STEPS), dtype=np.int8)
    features = np.zeros((SHARD, PATCHES, 1024), dtype=np.float16)
    scores = np.zeros((SHARD, PATCHES, len(TAUGHT_CLASSES)), dtype=np.float16)
    for row, fold in enumerate(folds):
        canvas = painters[int(fold)].paint()
        mel[row] = np.clip(2 * (log_mel(canvas.samples) - SILENCE_DB), 0, 255).round()
        targets[row] = canvas.targets
        if teacher:
            features[row], scores[row] = _ask(teacher, canvas, taught)
    return {
        "mel": mel,
        "targets": targets,
        "fold": folds,
        "features": features,
        "scores": scores,
    }


def _ask(
    teacher: Teacher, canvas: Canvas, taught: Sequence[int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    peak = float(np.abs(canvas.samples).max()) or 1.0
    answer = teacher.listen(canvas.samples * np.float32(TEACHER_PEAK / peak))
    return answer.features[:PATCHES], answer.scores[:PATCHES, taught]
