"""Measures a cry model on labelled clips, side by side with another system's scores.

    python -m calibration.evaluation.evaluate --manifest dev/manifest.csv \
        --model monitor/data/cry.npz \
        --against yamnet_dev_scores.jsonl --name distress_pet

With ``--cross-validate a.npz b.npz ...`` every clip is scored by the model that never saw its
recording: each model names in its card the folds it was trained without.
Intervals are 90 % bootstraps over recordings. Thresholds "at two an hour" are read on the
negatives of the same set, for every system alike.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.evaluation import metrics, scoring
from calibration.evaluation.metrics import Interval
from calibration.evaluation.scoring import Scored
from calibration.training.clips import Clip, assign_folds, read_manifest
from calibration.training.model_card import add_to_card, protocol
from monitor.core.cry.model import CryModel
from monitor.errors import InputError, NurseryError
from monitor.recordings.audio import duration_s
from monitor.times import HOUR_S

FALSE_CLIPS_PER_HOUR = 2.0
PITCH_BANDS_HZ = ((0, 450), (450, 600), (600, 800), (800, 9_000))
LEVELS_DB = (-25.0, -36.0, -48.0, -54.0, -60.0)

PET, NEGATIVE, OTHERS = ("kitten", "puppy"), ("other",), ("other", "bark", "human")

Statistic = Callable[[Scored], float]


def ranking(positive: Sequence[str], negative: Sequence[str], *, precision: bool) -> Statistic:
    """AUC, or average precision, of kinds against kinds."""
    measure = metrics.average_precision if precision else metrics.auc

    def statistic(scored: Scored) -> float:
        ups = scored.scores[scored.of_kind(*positive)]
        return measure(ups, scored.scores[scored.of_kind(*negative)])

    return statistic


def recall_at(hours: float, per_hour: float = FALSE_CLIPS_PER_HOUR) -> Statistic:
    """Share of pet clips at or above the threshold that few negatives reach."""

    def statistic(scored: Scored) -> float:
        negatives = scored.scores[scored.of_kind(*NEGATIVE)]
        threshold = metrics.threshold_at(negatives, hours, per_hour)
        pets = scored.scores[scored.of_kind(*PET)]
        return float((pets >= threshold).mean()) if len(pets) else float("nan")

    return statistic


def humans_taken(scored: Scored) -> float:
    """Share of human-baby clips whose loudest-scoring window is called kitten or puppy."""
    own = scored.pick(scored.of_kind("human"))
    if not own.species or not len(own.clips):
        return float("nan")
    return float(np.mean([s in PET for s in own.species]))


def statistics(hours: float) -> dict[str, Statistic]:
    """Every figure of the table, by name."""
    table: dict[str, Statistic] = {}
    for name, ups, downs in (
        ("pets vs negatives", PET, NEGATIVE),
        ("pets vs all others", PET, OTHERS),
        ("cats vs negatives", ("kitten",), NEGATIVE),
        ("whines vs negatives", ("puppy",), NEGATIVE),
        ("pets vs barks", PET, ("bark",)),
        ("pets vs human babies", PET, ("human",)),
    ):
        table[f"{name}, AUC"] = ranking(ups, downs, precision=False)
        table[f"{name}, AP"] = ranking(ups, downs, precision=True)
    table["recall at two false clips an hour"] = recall_at(hours)
    table["human babies taken for pets"] = humans_taken
    return table


def measure(scored: Scored, statistic: Statistic, rounds: int = 300) -> Interval:
    """A figure with its interval over recordings."""

    def resampled(rows: NDArray[np.int64]) -> float:
        return statistic(
            Scored(
                tuple(scored.clips[i] for i in rows),
                scored.scores[rows],
                tuple(scored.species[i] for i in rows) if scored.species else (),
            )
        )

    return metrics.grouped_bootstrap(resampled, scored.groups, rounds=rounds)


def difference(ours: Scored, theirs: Scored, statistic: Statistic, rounds: int = 300) -> Interval:
    """Ours minus theirs on the same resampled recordings."""

    def resampled(rows: NDArray[np.int64]) -> float:
        clips = tuple(ours.clips[i] for i in rows)
        a = statistic(Scored(clips, ours.scores[rows]))
        return a - statistic(Scored(clips, theirs.scores[rows]))

    return metrics.grouped_bootstrap(resampled, ours.groups, rounds=rounds)


def by_pitch(scored: Scored) -> dict[str, float]:
    """AUC of cats against negatives per band of the clip's median fundamental."""
    cats = scored.of_kind("kitten")
    pitch = np.array([c.pitch_hz or np.nan for c in scored.clips])
    negative = scored.scores[scored.of_kind(*NEGATIVE)]
    return {
        f"{low}-{high} Hz ({int(band.sum())} clips)": metrics.auc(scored.scores[band], negative)
        for low, high in PITCH_BANDS_HZ
        if (band := cats & (pitch >= low) & (pitch < high)).any()
    }


def confusion(scored: Scored) -> dict[str, dict[str, int]]:
    """For each kind, what the loudest-scoring window was called."""
    table: dict[str, dict[str, int]] = {}
    for clip, called in zip(scored.clips, scored.species, strict=True):
        row = table.setdefault(clip.kind, {})
        row[called] = row.get(called, 0) + 1
    return table


def worst_negatives(scored: Scored, count: int = 15) -> list[tuple[str, float]]:
    """Labels and scores of the clips that fire it without being pets."""
    others = np.flatnonzero(~scored.of_kind(*PET))
    order = others[np.argsort(-scored.scores[others])][:count]
    return [(scored.clips[i].label, round(float(scored.scores[i]), 3)) for i in order]


def held_out(paths: Sequence[Path], clips: Sequence[Clip]) -> list[tuple[CryModel, list[Clip]]]:
    """Each model with the clips of the folds it was trained without.

    Raises:
        InputError: when a model heard every fold, or two would judge the same one.
    """
    folds = assign_folds(clips)
    judged: dict[int, Path] = {}
    pairs = []
    for path in paths:
        model = CryModel.from_bytes(path.read_bytes())
        unheard = model.card.notes.get("trained", {}).get("hold_out") or []
        if not unheard:
            raise InputError(f"{path} was trained on every fold: it can judge none of them")
        for fold in unheard:
            if fold in judged:
                raise InputError(f"{path} and {judged[fold]} both left out fold {fold}")
            judged[fold] = path
        own = [c for c, f in zip(clips, folds, strict=True) if f in unheard]
        pairs.append((model, own))
    return pairs


def level_recall(
    pairs: Sequence[tuple[CryModel, list[Clip]]], threshold: float
) -> dict[str, float]:
    """Share of pet clips at or above the threshold with their loudest part at each level."""
    table = {}
    for level_db in LEVELS_DB:
        parts = [
            scoring.score(model, [c for c in clips if c.is_pet], loudest_db=level_db)
            for model, clips in pairs
        ]
        table[f"{level_db:.0f} dBFS"] = float((scoring.join(parts).scores >= threshold).mean())
    return table


def report(
    ours: Scored, theirs: Scored | None, pairs: Sequence[tuple[CryModel, list[Clip]]], hours: float
) -> dict[str, Any]:
    """Everything, ready for JSON."""
    rows: dict[str, Any] = {}
    for name, statistic in statistics(hours).items():
        row: dict[str, Any] = {"ours": measure(ours, statistic)}
        if theirs is not None and "taken" not in name:
            row["theirs"] = measure(theirs, statistic)
            row["difference"] = difference(ours, theirs, statistic)
        rows[name] = row
    negatives = ours.scores[ours.of_kind(*NEGATIVE)]
    threshold = metrics.threshold_at(negatives, hours, FALSE_CLIPS_PER_HOUR)
    onset = ours.onset_s[ours.of_kind(*PET)] if ours.onset_s is not None else np.zeros(0)
    return {
        "clips": {kind: int(ours.of_kind(kind).sum()) for kind in (*PET, *OTHERS)},
        "hours_of_negatives": hours,
        "figures": rows,
        "cats_by_pitch": by_pitch(ours),
        "recall_by_level": level_recall(pairs, threshold),
        "onset_delay_median_s": float(np.nanmedian(onset)) if np.isfinite(onset).any() else None,
        "called": confusion(ours),
        "worst_negatives": worst_negatives(ours),
    }


def show(result: dict[str, Any]) -> None:
    """Print a report as a table."""
    print(f"clips {result['clips']}, {result['hours_of_negatives']:.2f} h of negatives")
    print(f"{'figure':38s} {'ours':>22s} {'theirs':>22s} {'difference':>24s}")
    for name, row in result["figures"].items():
        cells = [str(row[key]) if key in row else "" for key in ("ours", "theirs", "difference")]
        print(f"{name:38s} {cells[0]:>22s} {cells[1]:>22s} {cells[2]:>24s}")
    for name in ("cats_by_pitch", "recall_by_level", "onset_delay_median_s", "called"):
        print(f"{name}: {result[name]}")
    print("worst negatives:", ", ".join(f"{n} {s}" for n, s in result["worst_negatives"]))


def main() -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--model", type=Path)
    which.add_argument(
        "--cross-validate", type=Path, nargs="+", help="models trained without some folds"
    )
    parser.add_argument("--against", type=Path, help="another system's scores (JSON Lines)")
    parser.add_argument("--name", default="distress_pet", help="which of its scores")
    parser.add_argument("--scores", type=Path, help="write our scores here")
    parser.add_argument("--json", type=Path, help="write the report here")
    parser.add_argument("--card-of", type=Path, help="write the report into this model's card")
    given = parser.parse_args()
    try:
        clips = read_manifest(given.manifest)
        if given.model:
            pairs = [(CryModel.from_bytes(given.model.read_bytes()), clips)]
        else:
            pairs = held_out(given.cross_validate, clips)
        ours = scoring.join([scoring.score(model, own) for model, own in pairs])
        theirs = (
            scoring.read_scores(given.against, ours.clips, given.name) if given.against else None
        )
    except (NurseryError, OSError) as error:
        parser.exit(2, f"{error}\n")
    hours = sum(duration_s(c.path) for c in ours.clips if c.kind == "other") / HOUR_S
    result = report(ours, theirs, pairs, hours)
    show(result)
    if given.scores:
        scoring.write_scores(given.scores, ours)
    if given.json:
        given.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    if given.card_of:
        add_to_card(given.card_of, "judged", {"by": protocol(given.cross_validate), **result})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
