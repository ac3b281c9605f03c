"""How far the zero of a scale wanders overnight: minutes of means, a rate, a picture.

Weights are differences across seconds, so a drift of grams an hour does no harm; this tells
whether the cell behaves like others (11 to 32 g/h was seen under a cat's box, 0.6 g over three
weeks in a good one), and whether a heat pad or a draught is near it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.errors import CalibrationError
from monitor.events import ScaleBlock
from monitor.times import HOUR_S


class Soak(msgspec.Struct, frozen=True, kw_only=True):
    """What a long quiet stretch showed."""

    hours: float
    drift_g_per_h: float
    """slope of a straight line through the minutes"""
    wander_g: float
    """largest minus smallest minute"""
    minutes: NDArray[np.float64]
    """shape (n, 2): hours from the start, grams from the start"""


def minute_means(blocks: Iterable[ScaleBlock]) -> Iterator[tuple[float, float]]:
    """(middle of the minute, median counts) for each minute with at least ten values."""
    minute, values = None, list[float]()
    for block in blocks:
        for t_s, counts in zip(block.times_s.tolist(), block.counts.tolist(), strict=True):
            if minute is not None and t_s // 60 != minute:
                if len(values) >= 10:
                    yield minute * 60 + 30.0, float(np.median(values))
                values = []
            minute = t_s // 60
            values.append(counts)
    if minute is not None and len(values) >= 10:
        yield minute * 60 + 30.0, float(np.median(values))


def soak(blocks: Iterable[ScaleBlock], counts_per_gram: float) -> Soak:
    """Sum up a recording of a scale that nobody touched.

    Raises:
        CalibrationError: less than ten minutes.
    """
    table = np.array(list(minute_means(blocks)), np.float64).reshape(-1, 2)
    if len(table) < 10:
        raise CalibrationError("a soak needs ten minutes at least; a night is better")
    hours = (table[:, 0] - table[0, 0]) / HOUR_S
    grams = (table[:, 1] - table[0, 1]) / counts_per_gram
    return Soak(
        hours=float(hours[-1]),
        drift_g_per_h=float(np.polyfit(hours, grams, 1)[0]),
        wander_g=float(np.ptp(grams)),
        minutes=np.column_stack((hours, grams)),
    )


def draw(found: Soak) -> bytes | None:
    """A picture (PNG) of the wandering; None when matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(found.minutes[:, 0], found.minutes[:, 1], linewidth=1)
    axes.set_xlabel("hours")
    axes.set_ylabel("zero, g")
    axes.set_title(f"drift {found.drift_g_per_h:+.2f} g/h, wander {found.wander_g:.1f} g")
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    return picture.getvalue()


BARS = " ▁▂▃▄▅▆▇█"


def sketch(found: Soak, width: int = 60) -> str:
    """The same as one line of text."""
    grams = found.minutes[:, 1]
    parts = np.array_split(grams, min(width, len(grams)))
    levels = np.array([part.mean() for part in parts])
    span = float(np.ptp(levels)) or 1.0
    steps = np.rint((levels - levels.min()) / span * (len(BARS) - 1)).astype(int)
    return "".join(BARS[step] for step in steps)
