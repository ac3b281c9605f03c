"""What a baby should weigh at its next lift or return, and how likely any other number is.

The constants are physiology as measured on hand-raised litters (a bottle adds 4 to 5 %, 2 to 3 %
goes between feeds, a few per cent a day stay) with tails for what no model knows.
"""

from __future__ import annotations

import math

from monitor.core.scale.hypothesis import Estimate
from monitor.times import HOUR_S

MIN_OBJECT_G = 5.0
"""The lightest thing that counts as one: a cloth."""


def lift_density(g: float, sigma_g: float, last: Estimate, t_s: float) -> float:
    """Density (per gram) that a baby last read as ``last`` weighs ``g`` when lifted at ``t_s``."""
    mean, sd = predicted(last, t_s, lifting=True)
    total = math.hypot(sd, sigma_g)
    # A few in a hundred differ for reasons no model has (wet fur, a feed nobody saw, a rough
    # typed weight), hardly any so soon after the last reading.
    hours = max(t_s - last.t_s, 0.0) / HOUR_S
    odd = 0.01 + 0.05 * (1.0 - math.exp(-hours / 2.0))
    return (1.0 - odd) * gauss(g - mean, total) + odd * gauss(
        g - mean, math.hypot(total, 0.05 * last.g)
    )


def return_density(g: float, sigma_g: float, last: Estimate, t_s: float) -> float:
    """Density (per gram) that a baby last read as ``last`` weighs ``g`` on return at ``t_s``.

    Fed: +4 to 5 % on the reference's 4 ml per 100 g. Not fed, or only emptied: a little less.
    """
    hours = max(t_s - last.t_s, 0.0) / HOUR_S
    spread = math.sqrt(sigma_g**2 + last.sd_g**2 + (_away_sd(hours) * last.g) ** 2)
    grown = last.g * _growth(hours)
    return (
        0.70 * gauss(g - 1.042 * grown, math.hypot(spread, 0.018 * last.g))
        + 0.22 * gauss(g - 0.995 * grown, math.hypot(spread, 0.013 * last.g))
        + 0.08 * gauss(g - 1.015 * grown, math.hypot(spread, 0.06 * last.g))
    )


def predicted(last: Estimate, t_s: float, *, lifting: bool) -> tuple[float, float]:
    """Predicted weight and its SD, one Gaussian."""
    hours = max(t_s - last.t_s, 0.0) / HOUR_S
    grown = last.g * _growth(hours)
    if lifting:
        gone = 1.0 - math.exp(-hours / 2.5)
        # 2 to 3 % of the weight goes between feeds, two thirds of what the bottle added.
        mean = grown - gone * (0.65 * last.gut_g + 0.003 * last.g)
        sd = last.g * math.sqrt(0.005**2 + (0.013 * gone) ** 2 + (0.02**2) * hours / 24.0)
    else:
        mean = 1.030 * grown
        sd = last.g * math.hypot(0.024, _away_sd(hours))
    return mean, math.hypot(sd, last.sd_g)


def _growth(hours: float) -> float:
    """4 % a day, but only once several feeds have gone unseen."""
    return 1.0 + 0.04 * max(hours - 8.0, 0.0) / 24.0


def _away_sd(hours: float) -> float:
    """Relative SD of what happens to a baby that is out for long: feeds nobody weighed."""
    return 0.015 * math.sqrt(min(max(hours - 0.5, 0.0), 36.0))


def gauss(x: float, sd: float) -> float:
    """Normal density; 0 beyond 12 SD."""
    z = x / sd
    return math.exp(-0.5 * z * z) / (2.5066282746 * sd) if abs(z) < 12.0 else 0.0


def heavy_gauss(x: float, sd: float) -> float:
    """Normal density with one in ten three times as wide."""
    return 0.9 * gauss(x, sd) + 0.1 * gauss(x, 3.0 * sd)


def object_density(size_g: float) -> float:
    """Log-uniform from 5 g (a cloth) to 2 kg (a full heat pad)."""
    return 1.0 / (6.0 * max(size_g, MIN_OBJECT_G))
