"""Pictures on a phone: legible at 390 px, and quiet where there is nothing to draw."""

from __future__ import annotations

import warnings
from itertools import pairwise

import pytest

pytest.importorskip("matplotlib", reason='the "report" extra is not installed')

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from monitor.core.growth.band import BandPoint
from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import shipped
from monitor.events import Baby, Weighing
from monitor.report.charts import cries_figure, growth_figure, png, svg, whole_figure
from monitor.report.data import BabyReport, Hour, ReportData
from monitor.report.growth import growth_of
from monitor.times import DAY_S, HOUR_S

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T = 1_767_600_000.0
PHONE_PX, EDGES_PX = 390, 32
"""a phone, and what the page leaves free on either side"""
LEAST_PX = 9.5


def report(days: float, *, weighed: bool = True, born: str | None = "2025-12-20") -> BabyReport:
    joey = Baby(id="j", name="Joey of the long name", species="kitten", born=born)
    moments = [T - days * DAY_S + k * 6 * HOUR_S for k in range(int(days * 4) + 1)]
    weighings = [
        Weighing(step_id=f"s{t_s}", t_s=t_s, baby=joey.name, weight_g=150.0 + k, sigma_g=1.0)
        for k, t_s in enumerate(moments if weighed else [])
    ]
    from_s = T - days * DAY_S
    return BabyReport(
        baby=joey, weighings=weighings, feeds=[], alerts=[],
        band=[BandPoint(t_s, 120, 180, 240) for t_s in (from_s, T)] if born else [],
        age_guessed=born is None, growth=growth_of(joey, weighings, [], REFERENCE, from_s),
        from_s=from_s, to_s=T,
    )  # fmt: skip


def hours(n: int) -> ReportData:
    heard = [Hour(t_s=T - k * HOUR_S, watched_min=60, cry_min=k % 7, company="?") for k in range(n)]
    return ReportData(
        box="b", from_s=T - n * HOUR_S, to_s=T, babies=[], names={}, hours=heard[::-1],
        companies=[], alerts=[],
    )  # fmt: skip


def drawn(figure: Figure) -> Figure:
    FigureCanvasAgg(figure).draw()
    return figure


PICTURES = {
    "two hours": lambda: growth_figure(report(0.1)),
    "a day": lambda: growth_figure(report(1.0)),
    "two days": lambda: growth_figure(report(2.0)),
    "five days": lambda: growth_figure(report(5.0)),
    "a fortnight": lambda: growth_figure(report(14.0)),
    "two months": lambda: growth_figure(report(60.0)),
    "an hour of cries": lambda: cries_figure(hours(1)),
    "a week of cries": lambda: cries_figure(hours(200)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_letter_is_legible_on_a_phone(name):
    figure = drawn(PICTURES[name]())
    scale = (PHONE_PX - EDGES_PX) / figure.bbox.width
    texts = [t for t in figure.findobj(Text) if t.get_text() and t.get_visible()]
    assert texts
    assert min(t.get_fontsize() for t in texts) * figure.dpi / 72 * scale >= LEAST_PX


@pytest.mark.parametrize("name", PICTURES)
def test_no_label_of_an_axis_lies_on_the_next(name):
    figure = drawn(PICTURES[name]())
    boxes = [
        label.get_window_extent() for label in figure.axes[-1].get_xticklabels() if label.get_text()
    ]
    assert len(boxes) >= 1
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


@pytest.mark.parametrize("name", PICTURES)
def test_no_word_is_cut_off(name):
    figure = drawn(PICTURES[name]())
    edges = figure.bbox.padded(1.0)
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert edges.containsx(box.x0), text.get_text()
            assert edges.containsx(box.x1), text.get_text()
            assert edges.containsy(box.y0), text.get_text()
            assert edges.containsy(box.y1), text.get_text()


@pytest.mark.parametrize("born", [None, "2025-12-20"])
def test_a_baby_without_weighings_is_drawn_without_a_warning(born):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = growth_figure(report(3.0, weighed=False, born=born))
        assert "not weighed in this time" in [t.get_text() for t in picture.findobj(Text)]
        png(picture)
        svg(cries_figure(hours(0)))
        png(whole_figure(hours(0)))
