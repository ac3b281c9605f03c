"""The pictures of a report, drawn with matplotlib: growth; cries and who was in the box.

Only ever imported where a picture is asked for: the command line, or a child process of the
daemon (``chart_job.py``). Colours keep their order in grey, so a printed page stays readable.
"""

from __future__ import annotations

import io
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

from monitor.report.axis import WIDTH_IN
from monitor.report.cries_chart import cries_height_in, draw_cries
from monitor.report.data import BabyReport, ReportData
from monitor.report.growth_chart import draw_growth

GROWTH_IN = 3.9
DOTS_PER_INCH = 220
"""880 px: sharp on a phone that has two or three dots to its pixel"""


def growth_figure(report: BabyReport) -> Figure:
    """Weigh-ins on the reference band, feeds below, alerts on top."""
    figure = Figure(figsize=(WIDTH_IN, GROWTH_IN), layout="constrained")
    draw_growth(figure, report)
    return figure


def cries_figure(data: ReportData) -> Figure:
    """One row a day: minutes of crying in each hour, and who was in the box."""
    figure = Figure(figsize=(WIDTH_IN, cries_height_in(data)), layout="constrained")
    draw_cries(figure, data)
    return figure


def whole_figure(data: ReportData) -> Figure:
    """Every baby's growth and the cries in one picture."""
    heights = [GROWTH_IN] * len(data.babies) + [cries_height_in(data)]
    figure = Figure(figsize=(WIDTH_IN, sum(heights)), layout="constrained")
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, report in zip(parts, data.babies, strict=False):
        draw_growth(part, report)
    draw_cries(parts[-1], data)
    return figure


def png(figure: Figure, dpi: int = DOTS_PER_INCH) -> bytes:
    """The picture as PNG."""
    return _saved(figure, "png", dpi=dpi)


def svg(figure: Figure) -> str:
    """The picture as an ``<svg>`` element to put into a page."""
    text = _saved(figure, "svg", metadata={"Date": None, "Creator": None}).decode()
    return text[text.index("<svg") :]


def _saved(figure: Figure, form: str, **options: Any) -> bytes:
    for text in figure.findobj(Text):  # a name with two dollar signs is no formula
        text.set_parse_math(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, **options)
    return buffer.getvalue()
