"""How good a ranking is, and how sure one may be of it: plain numpy, tested on known answers."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]


class Interval(NamedTuple):
    """A value with the bounds of its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def auc(positive: Scores, negative: Scores) -> float:
    """Probability that a positive scores above a negative; ties count half; NaN without either."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left")
    level = np.searchsorted(ordered, positive, "right") - below
    return float((below + 0.5 * level).mean() / len(negative))


def average_precision(positive: Scores, negative: Scores) -> float:
    """Mean precision over the positives, equal scores taken together; NaN without positives."""
    if not len(positive):
        return float("nan")
    ups, downs = np.sort(positive), np.sort(negative)
    hits = len(ups) - np.searchsorted(ups, ups, "left")
    false = len(downs) - np.searchsorted(downs, ups, "left")
    return float((hits / (hits + false)).mean())


def threshold_at(negative: Scores, hours: float, per_hour: float) -> float:
    """The lowest score that at most ``per_hour * hours`` negatives reach or exceed."""
    allowed = int(per_hour * hours)
    ordered = np.sort(negative)[::-1]
    if allowed >= len(ordered):
        return float("-inf")
    return float(np.nextafter(ordered[allowed], np.inf))


def grouped_bootstrap(
    statistic: Callable[[NDArray[np.int64]], float],
    groups: NDArray[np.generic],
    *,
    rounds: int = 500,
    seed: int = 0,
    level: float = 0.90,
) -> Interval:
    """Resample whole recordings: ``statistic`` gets the indices of the clips drawn."""
    names, inverse = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(inverse == k) for k in range(len(names))]
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(rounds):
        drawn = rng.integers(0, len(names), len(names))
        values.append(statistic(np.concatenate([members[k] for k in drawn])))
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(statistic(np.arange(len(groups))), float(low), float(high))


def poisson_rate(count: int, hours: float, *, level: float = 0.90) -> Interval:
    """Events per hour with the exact (Garwood) interval."""
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else _poisson_mean(count - 1, 1 - tail)
    high = _poisson_mean(count, tail)
    return Interval(count / hours, low / hours, high / hours)


def _poisson_mean(count: int, probability: float) -> float:
    """The mean at which seeing ``count`` events or fewer has ``probability``, by bisection."""
    low, high = 0.0, 20.0 + 4.0 * count
    for _ in range(80):
        middle = (low + high) / 2
        term, total = exp(-middle), exp(-middle)
        for k in range(1, count + 1):
            term *= middle / k
            total += term
        low, high = (middle, high) if total > probability else (low, middle)
    return (low + high) / 2
