"""The card inside a model: figures go in, weights stay what they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.evaluation.metrics import Interval
from calibration.training.clips import Clip
from calibration.training.model_card import add_to_card, data_of
from monitor.core.cry.model import CryModel
from monitor.data.shipped import cry_model_bytes
from monitor.errors import InputError


def clip(kind: str, group: str, licence: str) -> Clip:
    return Clip(Path(f"{group}.flac"), kind, kind, group, licence, (), None)


def test_figures_go_in_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(cry_model_bytes(None))
    before = CryModel.from_bytes(path.read_bytes())
    add_to_card(path, "judged", {"auc": Interval(0.9, 0.8, 0.95)})
    after = CryModel.from_bytes(path.read_bytes())
    assert after.card.notes == before.card.notes | {"judged": {"auc": [0.9, 0.8, 0.95]}}
    assert after.card.rule == before.card.rule
    for name, weights in before.arrays.items():
        assert np.array_equal(after.arrays[name], weights)


def test_what_is_no_model_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(b"no model")
    with pytest.raises(InputError):
        add_to_card(path, "judged", {})
    assert path.read_bytes() == b"no model"


def test_data_counts_clips_recordings_and_licences() -> None:
    clips = [clip("kitten", "a", "CC0"), clip("kitten", "a", "CC0"), clip("bark", "b", "MIT")]
    assert data_of(clips) == {
        "clips": {"bark": 1, "kitten": 2},
        "recordings": {"bark": 1, "kitten": 1},
        "licences": {"CC0": 2, "MIT": 1},
    }


def test_the_shipped_card_says_what_it_heard_and_how_it_was_judged() -> None:
    notes = CryModel.from_bytes(cry_model_bytes(None)).card.notes
    assert notes["trained"]["hold_out"] == []
    assert notes["data"]["clips"]["kitten"] >= 35
    assert {"pets vs negatives, AUC", "pets vs all others, AP"} <= set(notes["judged"]["figures"])
    assert notes["nights"]["room"]["hours"] >= 10
