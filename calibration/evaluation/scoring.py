"""What a model says about labelled clips, and score files of other systems beside it.

A clip's score is the greatest kitten + puppy probability of its windows, heard as its own
stream exactly as ``nursery listen`` would. Score files are JSON Lines with ``file`` and ``scores``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.training.clips import Clip, read_audio
from monitor.core.cry.detector import CryDetector
from monitor.core.cry.model import SPECIES, CryModel
from monitor.errors import InputError
from monitor.events import AudioBlock
from monitor.simulation import sounds as synth

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """Clips and one score each, with what the best window would be called."""

    clips: tuple[Clip, ...]
    scores: Floats
    """shape (clips,): higher means more like a kitten or puppy crying"""
    species: tuple[str, ...] = ()
    """per clip the likeliest of SPECIES in its loudest-scoring window; empty when not known"""
    onset_s: Floats | None = None
    """seconds from the first call to the first window at or above 0.5; NaN when none"""

    def pick(self, chosen: NDArray[np.bool_]) -> Scored:
        """Only some of the clips."""
        at = np.flatnonzero(chosen)
        return Scored(
            tuple(self.clips[i] for i in at),
            self.scores[at],
            tuple(self.species[i] for i in at) if self.species else (),
            self.onset_s[at] if self.onset_s is not None else None,
        )

    def of_kind(self, *kinds: str) -> NDArray[np.bool_]:
        """Which clips are of one of these kinds."""
        return np.array([c.kind in kinds for c in self.clips], dtype=bool)

    @property
    def groups(self) -> NDArray[np.str_]:
        """The recording each clip belongs to."""
        return np.array([c.group for c in self.clips])


def windows_of(model: CryModel, samples: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Window ends in seconds, and probabilities of shape (windows, SPECIES)."""
    detector = CryDetector(model)
    windows = detector.observe(AudioBlock(0.0, samples)).windows + detector.flush().windows
    p = np.array([[w.p[name] for name in SPECIES] for w in windows]).reshape(-1, len(SPECIES))
    return np.array([w.t_s for w in windows]), p


def score(model: CryModel, clips: Sequence[Clip], *, loudest_db: float | None = None) -> Scored:
    """Listen to every clip, as it is or with its loudest quarter second at ``loudest_db`` dBFS."""
    scores, species, onsets = [], [], []
    for clip in clips:
        samples = read_audio(clip.path)
        if loudest_db is not None:
            samples = requantised(synth.at_level(samples, loudest_db))
        times, p = windows_of(model, samples)
        pet = p[:, 0] + p[:, 1]
        best = int(pet.argmax())
        scores.append(float(pet[best]))
        species.append(SPECIES[int(p[best].argmax())])
        heard = times[pet >= 0.5]
        first_s = clip.cries[0][0] if clip.cries else 0.0
        later = heard[heard > first_s]
        onsets.append(float(later[0] - first_s) if len(later) else float("nan"))
    return Scored(tuple(clips), np.array(scores), tuple(species), np.array(onsets))


def requantised(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """As a 16-bit recorder would have kept it."""
    kept: NDArray[np.float32] = (np.round(samples * 32_768) / 32_768).astype(np.float32)
    return np.clip(kept, -1, 1)


def join(parts: Sequence[Scored]) -> Scored:
    """Several scored sets as one, for instance the folds of a cross-validation."""
    onsets = [p.onset_s for p in parts if p.onset_s is not None]
    return Scored(
        tuple(c for p in parts for c in p.clips),
        np.concatenate([p.scores for p in parts]),
        tuple(s for p in parts for s in p.species),
        np.concatenate(onsets) if len(onsets) == len(parts) else None,
    )


def read_scores(path: Path, clips: Sequence[Clip], name: str) -> Scored:
    """Another system's scores of the same clips, in the same order.

    Raises:
        InputError: when the file cannot be read or lacks a clip.
    """
    by_file: dict[str, float] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            by_file[row["file"]] = float(row["scores"][name])
        return Scored(tuple(clips), np.array([by_file[c.path.name] for c in clips]))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"cannot use the scores in {path}: {error!r}") from error


def write_scores(path: Path, scored: Scored) -> None:
    """Write scores in the form ``read_scores`` reads, under the name ``pet``."""
    with path.open("w", encoding="utf-8") as stream:
        for clip, value in zip(scored.clips, scored.scores, strict=True):
            row = {"file": clip.path.name, "label": clip.label, "group": clip.group}
            stream.write(json.dumps(row | {"scores": {"pet": round(float(value), 6)}}) + "\n")
