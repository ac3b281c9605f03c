"""The measuring itself, on scores with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.evaluation import metrics


def test_auc_of_perfect_reversed_and_tied_scores() -> None:
    assert metrics.auc(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 1
    assert metrics.auc(np.array([1.0]), np.array([2.0, 3.0])) == 0
    assert metrics.auc(np.array([1.0, 1.0]), np.array([1.0])) == 0.5
    assert metrics.auc(np.array([2.0, 4.0]), np.array([1.0, 3.0])) == 0.75
    assert np.isnan(metrics.auc(np.array([]), np.array([1.0])))


def test_average_precision_by_hand() -> None:
    # ranks: + - + - ; precision at the positives 1/1 and 2/3
    assert metrics.average_precision(np.array([4.0, 2.0]), np.array([3.0, 1.0])) == pytest.approx(
        (1 + 2 / 3) / 2
    )
    assert metrics.average_precision(np.array([2.0, 1.0]), np.array([0.0])) == 1


def test_average_precision_counts_ties_against_itself() -> None:
    assert metrics.average_precision(np.array([1.0]), np.array([1.0, 1.0, 0.0])) == pytest.approx(
        1 / 3
    )


@pytest.mark.parametrize(("per_hour", "kept"), [(0, 0), (1, 2), (2, 4), (50, 10)])
def test_threshold_lets_no_more_through_than_allowed(per_hour: float, kept: int) -> None:
    negatives = np.arange(10.0)
    threshold = metrics.threshold_at(negatives, hours=2.0, per_hour=per_hour)
    assert (negatives >= threshold).sum() == kept


def test_threshold_with_ties_stays_on_the_safe_side() -> None:
    assert (np.ones(10) >= metrics.threshold_at(np.ones(10), 1.0, 3.0)).sum() == 0


def test_bootstrap_resamples_recordings_not_clips() -> None:
    values = np.array([0.0] * 50 + [1.0] * 50)
    two_groups = np.array(["a"] * 50 + ["b"] * 50)
    clips = np.arange(100).astype(str)

    def mean(rows: np.ndarray) -> float:
        return float(values[rows].mean())

    by_recording = metrics.grouped_bootstrap(mean, two_groups)
    by_clip = metrics.grouped_bootstrap(mean, clips)
    assert (by_recording.low, by_recording.value, by_recording.high) == (0, 0.5, 1)
    assert by_clip.low > 0.4
    assert by_clip.high < 0.6


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # Garwood's exact 90 % bounds, as in any table of the Poisson distribution
    [(0, 0.0, 2.996), (1, 0.0513, 4.744), (5, 1.970, 10.513), (20, 13.255, 29.062)],
)
def test_poisson_interval_agrees_with_the_tables(count: int, low: float, high: float) -> None:
    rate = metrics.poisson_rate(count, hours=1.0)
    assert rate.value == count
    assert rate.low == pytest.approx(low, abs=2e-3)
    assert rate.high == pytest.approx(high, abs=2e-3)
    assert metrics.poisson_rate(count, hours=10.0).high == pytest.approx(high / 10, abs=2e-4)
