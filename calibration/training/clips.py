"""Labelled recordings for training and measuring: the manifest, the sounds, the folds.

A manifest is a CSV beside its audio files with the columns file, label, group, licence,
cry_segments (``start-end;...`` in seconds) and duration_s. Clips of one ``group`` come from one
recording and always stay on one side of a split.
"""

from __future__ import annotations

import csv
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from monitor.errors import InputError
from monitor.recordings.audio import decode

Kind = Literal["kitten", "puppy", "human", "bark", "other"]
KINDS: tuple[Kind, ...] = ("kitten", "puppy", "human", "bark", "other")

_LABELS: dict[str, Kind] = {
    "kitten_or_cat_meow": "kitten",
    "dog_whine_puppy": "puppy",
    "human_baby_cry": "human",
    "dog_bark": "bark",
}


@dataclass(frozen=True)
class Clip:
    """One labelled recording."""

    path: Path
    label: str
    """as in the manifest; negatives read ``negative:rain``"""
    kind: Kind
    group: str
    licence: str
    cries: tuple[tuple[float, float], ...]
    """start and end of each call in seconds; empty means the whole clip for a cry"""
    pitch_hz: float | None

    @property
    def is_pet(self) -> bool:
        """Whether a kitten or puppy cries in it."""
        return self.kind in {"kitten", "puppy"}


def read_manifest(path: Path) -> list[Clip]:
    """All clips of one manifest.

    Raises:
        InputError: naming the file and the row.
    """
    clips: list[Clip] = []
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            for number, row in enumerate(csv.DictReader(stream), start=2):
                try:
                    clips.append(_clip(path.parent, row))
                except (KeyError, ValueError) as error:
                    raise InputError(f"{path}, line {number}: {error!r}") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    return clips


def _clip(folder: Path, row: dict[str, str]) -> Clip:
    label = row["label"]
    kind: Kind = _LABELS.get(label, "other")
    cries = tuple(
        (float(a), float(b))
        for a, b in (part.split("-") for part in row["cry_segments"].split(";") if part.strip())
    )
    return Clip(
        path=folder / row["file"],
        label=label,
        kind=kind,
        group=row["group"],
        licence=row["licence"],
        cries=cries,
        pitch_hz=_pitch(row.get("notes") or ""),
    )


def _pitch(notes: str) -> float | None:
    """Reads "median F0 667 Hz" out of a clip's notes."""
    _, found, rest = notes.partition("median F0 ")
    return float(rest.split()[0]) if found else None


def read_audio(path: Path) -> NDArray[np.float32]:
    """A whole file as mono at 16 kHz, shape (n,).

    Raises:
        InputError: when it cannot be read.
    """
    return np.concatenate([samples for samples, _ in decode(path, chunk_s=8.0)])


def assign_folds(clips: Sequence[Clip], count: int = 5) -> NDArray[np.int64]:
    """A fold per clip: groups stay whole, every kind is spread evenly; the same on every run."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, clip in enumerate(clips):
        members[clip.group].append(index)
    load = np.zeros((count, len(KINDS)))
    folds = np.zeros(len(clips), dtype=np.int64)

    def order(group: str) -> tuple[int, int, int]:
        kinds = [KINDS.index(clips[i].kind) for i in members[group]]
        return (min(kinds), -len(kinds), zlib.crc32(group.encode()))

    for group in sorted(members, key=order):
        own = np.bincount([KINDS.index(clips[i].kind) for i in members[group]], minlength=5)
        rarest = int(np.flatnonzero(own)[0])
        fold = int(np.argmin(load[:, rarest] + 1e-3 * load.sum(axis=1)))
        load[fold] += own
        folds[members[group]] = fold
    return folds


def is_permissive(licence: str) -> bool:
    """Whether a licence asks for no more than attribution (CC0, public domain, MIT, CC BY)."""
    text = licence.lower()
    if any(word in text for word in ("nc", "sampling", "gpl", "by-sa", "odbl", "urbansound")):
        return False
    return any(word in text for word in ("cc0", "public domain", "mit", "cc by", "cc-by"))
