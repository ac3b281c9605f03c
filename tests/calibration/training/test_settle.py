"""The last layer fitted to plain recordings."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from calibration.evaluation.scoring import windows_of
from calibration.training.clips import Clip, Kind
from monitor.core.cry.model import CryModel
from monitor.data.shipped import cry_model_bytes
from monitor.simulation import sounds as synth

try:
    import torch

    from calibration.training import settle, train
except ImportError:
    torch = None

pytestmark = pytest.mark.skipif(torch is None, reason="PyTorch, for training only, is missing")


def recording(folder: Path, kind: Kind, seed: int) -> Clip:
    rng = np.random.default_rng(seed)
    sound = synth.noise(rng, 4.0) * np.float32(0.001)
    if kind == "kitten":
        sound = sound + synth.bout("kitten", rng, 4.0, level_db=-20)[: len(sound)]
    path = folder / f"{kind}{seed}.wav"
    soundfile.write(path, sound, 16_000)
    cries = ((0.0, 4.0),) if kind == "kitten" else ()
    return Clip(path, kind, kind, path.name, "CC0", cries, None)


def test_settling_learns_from_recordings_and_moves_the_last_layer_only(tmp_path: Path) -> None:
    shipped = CryModel.from_bytes(cry_model_bytes(None))
    forgot = {n: np.zeros_like(shipped.arrays[n]) for n in ("head1", "head1_bias")}
    model = CryModel(shipped.card, shipped.arrays | forgot)
    kinds: tuple[Kind, ...] = ("kitten", "other")
    known = [recording(tmp_path, kind, seed) for kind in kinds for seed in range(4)]
    arrays = settle.settle(model, known, seed=1)
    assert {n for n in arrays if not np.array_equal(arrays[n], model.arrays[n])} == {
        "head1",
        "head1_bias",
    }
    again = settle.settle(model, known, seed=1)
    assert np.array_equal(arrays["head1"], again["head1"]), "seeded"
    settled = train.stamped(type(model)(model.card, arrays))
    kitten, other = (recording(tmp_path, kind, 99) for kind in kinds)
    assert heard(settled, kitten) > 2 * heard(settled, other)
    assert heard(settled, kitten) > heard(model, kitten)


def test_a_long_sound_counts_no_more_than_a_few_seconds(tmp_path: Path) -> None:
    model = CryModel.from_bytes(cry_model_bytes(None))
    known = recording(tmp_path, "kitten", 1)
    other = known.path.with_name("long.wav")
    soundfile.write(other, np.tile(soundfile.read(known.path)[0], 5), 16_000)
    ear = partial(settle.hidden_of, model)
    for windows in (
        settle.labelled(ear, [known], 1.0, 1.0),
        settle.unlabelled_sounds(ear, [other]),
    ):
        assert len(windows.weight) > settle.MOST_WINDOWS
        assert windows.weight.sum() == pytest.approx(settle.MOST_WINDOWS)


def test_unlabelled_sounds_are_learnt_as_nobody(tmp_path: Path) -> None:
    model = CryModel.from_bytes(cry_model_bytes(None))
    known = [recording(tmp_path, kind, 1) for kind in ("kitten", "other")]
    stranger = recording(tmp_path, "kitten", 7)
    alone = CryModel(model.card, settle.settle(model, known, seed=1))
    beside = CryModel(model.card, settle.settle(model, known, 1, [stranger.path] * 20))
    assert heard(beside, stranger) < heard(alone, stranger)


def heard(model: CryModel, clip: Clip) -> float:
    _, p = windows_of(model, soundfile.read(clip.path, dtype="float32")[0])
    return float(p[:, 0].max())
