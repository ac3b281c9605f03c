"""Times on the axes of pictures, and how large things are: legible on a phone 390 px wide.

One format everywhere, as on the page: "05 Jan", with "07:30" where hours matter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from matplotlib.axes import Axes

from monitor.times import DAY_S, HOUR_S

WIDTH_IN = 4.0
"""384 px of a browser: a phone shows it at 93 %, so letters keep ten of its pixels"""
SMALL_PT, TEXT_PT, TITLE_PT = 8.0, 9.0, 10.5
MOST_LABELS = 5
HOURS_TO_DAYS = 2.5
"""a span of fewer days has hours on its axis"""
STEPS_H = (1, 2, 3, 6, 12)


def local(times_s: Sequence[float]) -> list[Any]:
    """Wall-clock moments of this machine: a report is read by people.

    They are datetimes; matplotlib takes them, but its types name only numbers.
    """
    return [datetime.fromtimestamp(t_s) for t_s in times_s]


def date_ticks(from_s: float, to_s: float) -> list[tuple[datetime, str]]:
    """At most six moments with their labels: midnights, or round hours in a short span."""
    begin, end = datetime.fromtimestamp(from_s), datetime.fromtimestamp(to_s)
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (to_s - from_s) / DAY_S
    if days > HOURS_TO_DAYS:
        step, form = timedelta(days=math.ceil(days / MOST_LABELS)), "%d %b"
    else:
        hours = (to_s - from_s) / HOUR_S
        step_h = next((h for h in STEPS_H if hours / h <= MOST_LABELS), STEPS_H[-1])
        step, form = timedelta(hours=step_h), "%d %b\n%H:%M"
    moments = []
    moment = midnight
    while moment <= end:
        if moment >= begin:
            moments.append((moment, moment.strftime(form)))
        moment += step
    return moments


def date_axis(axes: Axes, from_s: float, to_s: float) -> None:
    """Show exactly this span."""
    begin, end = local([from_s, to_s])
    margin = 0.03 * (end - begin)
    axes.set_xlim(begin - margin, end + margin)
    ticks = date_ticks(from_s, to_s)
    places: list[Any] = [moment for moment, _ in ticks]
    axes.set_xticks(places, [label for _, label in ticks])
