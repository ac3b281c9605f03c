"""The evaluation on clips and scores made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from calibration.evaluation import evaluate, nights, scoring
from calibration.evaluation.night_sounds import Night, Placed
from calibration.evaluation.scoring import Scored
from calibration.training.clips import Clip, Kind, assign_folds, is_permissive, read_manifest
from monitor.errors import InputError
from monitor.events import CryEnded, CryStarted, Voice


def clip(name: str, kind: Kind, group: str = "", pitch_hz: float | None = None) -> Clip:
    label = {"other": "negative:rain"}.get(kind, kind)
    return Clip(Path(name), label, kind, group or name, "CC0", (), pitch_hz)


CLIPS = (
    clip("k1", "kitten", pitch_hz=500),
    clip("k2", "kitten", pitch_hz=1_200),
    clip("p1", "puppy"),
    clip("h1", "human"),
    clip("h2", "human"),
    clip("b1", "bark"),
    clip("n1", "other"),
    clip("n2", "other"),
)
SCORED = Scored(
    CLIPS,
    np.array([0.9, 0.3, 0.8, 0.7, 0.1, 0.2, 0.4, 0.1]),
    ("kitten", "other", "puppy", "kitten", "human", "other", "other", "other"),
)


def test_figures_by_hand() -> None:
    table = evaluate.statistics(hours=0.5)
    value = {name: statistic(SCORED) for name, statistic in table.items()}
    assert value["pets vs negatives, AUC"] == pytest.approx(5 / 6)
    assert value["cats vs negatives, AUC"] == pytest.approx(3 / 4)
    assert value["whines vs negatives, AUC"] == 1
    assert value["pets vs human babies, AUC"] == pytest.approx(5 / 6)
    assert value["pets vs all others, AUC"] == pytest.approx((5 + 5 + 3) / 15)
    # two an hour for half an hour allow one false clip: the threshold lies just above 0.1
    assert value["recall at two false clips an hour"] == 1
    assert evaluate.recall_at(0.1)(SCORED) == pytest.approx(2 / 3)
    assert value["human babies taken for pets"] == 0.5


def test_pitch_bands_and_confusion() -> None:
    bands = evaluate.by_pitch(SCORED)
    assert bands == {"450-600 Hz (1 clips)": 1.0, "800-9000 Hz (1 clips)": 0.5}
    assert evaluate.confusion(SCORED)["human"] == {"kitten": 1, "human": 1}
    assert evaluate.worst_negatives(SCORED, 2) == [("human", 0.7), ("negative:rain", 0.4)]


def test_difference_of_a_system_with_itself_is_nothing() -> None:
    statistic = evaluate.statistics(1.0)["pets vs negatives, AUC"]
    assert evaluate.difference(SCORED, SCORED, statistic, rounds=20)[:] == (0, 0, 0)


def test_scores_of_another_system_are_matched_by_file(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    rows = [{"file": c.path.name, "scores": {"x": k / 10}} for k, c in enumerate(CLIPS)]
    path.write_text("\n".join(json.dumps(row) for row in reversed(rows)))
    assert scoring.read_scores(path, CLIPS, "x").scores == pytest.approx(np.arange(8) / 10)
    with pytest.raises(InputError, match="cannot use"):
        scoring.read_scores(path, (*CLIPS, clip("new", "other")), "x")


def test_written_scores_are_read_back(tmp_path: Path) -> None:
    scoring.write_scores(tmp_path / "ours.jsonl", SCORED)
    again = scoring.read_scores(tmp_path / "ours.jsonl", CLIPS, "pet")
    assert again.scores == pytest.approx(SCORED.scores)


def test_folds_keep_recordings_whole_and_kinds_even() -> None:
    clips = [clip(f"k{i}", "kitten", f"g{i // 2}") for i in range(20)]
    clips += [clip(f"n{i}", "other", f"h{i // 3}") for i in range(60)]
    folds = assign_folds(clips)
    by_group = {c.group: set() for c in clips}
    for c, fold in zip(clips, folds, strict=True):
        by_group[c.group].add(int(fold))
    assert all(len(found) == 1 for found in by_group.values())
    assert [int((folds[:20] == k).sum()) for k in range(5)] == [4] * 5


MANIFEST = """file,label,group,licence,cry_segments,duration_s,notes
a.wav,kitten_or_cat_meow,g1,CC0,0.10-0.50;0.9-1.2,1.5,cat; median F0 640 Hz
b.wav,negative:rain,g2,CC BY-NC 3.0,,5.0,
"""


def test_a_manifest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_text(MANIFEST)
    cat, rain = read_manifest(path)
    assert (cat.kind, cat.cries, cat.pitch_hz) == ("kitten", ((0.1, 0.5), (0.9, 1.2)), 640)
    assert (rain.kind, rain.cries, rain.pitch_hz) == ("other", (), None)
    path.write_text(MANIFEST.replace("0.10-0.50", "oops"))
    with pytest.raises(InputError, match="line 2"):
        read_manifest(path)
    with pytest.raises(InputError, match="cannot read"):
        read_manifest(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [("CC0", True), ("CC BY 4.0", True), ("MIT", True), ("Public domain", True),
     ("CC BY-NC 3.0 (UrbanSound8K)", False), ("CC BY-SA 4.0", False), ("GPL-2", False),
     ("CC0 (clip); collection CC BY-NC 3.0 (ESC-50)", False)],
)  # fmt: skip
def test_licences(licence: str, *, permissive: bool) -> None:
    assert is_permissive(licence) is permissive


def started(decided_s: float, species: Voice = "kitten") -> CryStarted:
    return CryStarted(t_s=decided_s - 3, decided_s=decided_s, species=species, score=0.9)


def test_a_false_bout_is_charged_to_what_was_playing() -> None:
    night = Night([], [Placed(100, 110, "negative:sheep")], 8.0, -60)
    tally = nights.Tally()
    nights.count_false(tally, night, [started(105), started(3_000), started(106, "human")])
    assert tally.false == {"negative:sheep": 1, "room": 1}
    assert (tally.human, tally.hours) == (1, 8.0)


def test_true_bouts_are_found_late_missed_or_beside_the_point() -> None:
    night = Night([], [Placed(30, 45, "k"), Placed(330, 340, "k")], 1.0, -60)
    tally = nights.Tally()
    calls = [[32.0, 34.0, 36.0, 38.0], [331.0, 333.0, 335.0]]
    nights.count_found(tally, night, calls, [started(37.5), started(200)])
    assert (tally.crying, tally.found, tally.delays_s) == (2, 1, [1.5])
    assert tally.false["room"] == 1


def bout(start_s: float, end_s: float, species: Voice = "kitten") -> list[CryStarted | CryEnded]:
    begun = CryStarted(t_s=start_s, decided_s=start_s + 2, species=species, score=0.9)
    return [begun, CryEnded(t_s=end_s, started_s=start_s, species=species, score=0.9)]


def test_alerts_are_what_the_daemon_would_have_raised() -> None:
    assert nights.alerts(bout(100, 110), 1.0, hold_s=6) == 0, "over before anybody could stand up"
    assert nights.alerts(bout(100, 125), 1.0, hold_s=6) == 1
    assert nights.alerts(bout(100, 112) + bout(130, 142), 1.0, hold_s=6) == 1, "one incident"
    assert nights.alerts(bout(100, 125) + bout(900, 925), 1.0, hold_s=6) == 2
    assert nights.alerts(bout(100, 160, "human"), 1.0, hold_s=6) == 0


def test_levels_are_set_and_kept_in_16_bits() -> None:
    quiet = scoring.requantised(np.full(16_000, 1e-3, dtype=np.float32))
    assert set(np.round(quiet * 32_768)) == {33.0}
