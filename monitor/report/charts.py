"""The pictures of a report, drawn with matplotlib: growth; cries and who was in the box.

Only ever imported where a picture is asked for: the command line, or a child process of the
daemon (``chart_job.py``). Colours keep their order in grey, so a printed page stays readable.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text

from monitor.events import Weighing
from monitor.report.data import UNKNOWN, BabyReport, Hour, ReportData

LINE = "#1f3a5f"
FEED = "#3b7a57"
BAND = "#dbe7f0"
CRY = "#b5452c"
SEVERITY = {"critical": "#b5452c", "warning": "#c98a1b", "info": "#5a7d9a"}
COMPANY = ("#5a7d9a", "#c98a1b", "#3b7a57", "#8b5a8c", "#a0522d", "#708090")
DAYS_SHOWN = 7
WIDTH_IN, GROWTH_IN = 8.0, 4.6
Canvas = Figure | SubFigure


def growth_figure(report: BabyReport) -> Figure:
    """Weigh-ins on the reference band, feeds below, alerts on top."""
    figure = Figure(figsize=(WIDTH_IN, GROWTH_IN), layout="constrained")
    _draw_growth(figure, report)
    return figure


def cries_figure(data: ReportData) -> Figure:
    """One row a day: minutes of crying in each hour, and who was in the box."""
    figure = Figure(figsize=(WIDTH_IN, _cries_in(data)), layout="constrained")
    _draw_cries(figure, data)
    return figure


def whole_figure(data: ReportData) -> Figure:
    """Every baby's growth and the cries in one picture."""
    heights = [GROWTH_IN] * len(data.babies) + [_cries_in(data)]
    figure = Figure(figsize=(WIDTH_IN, sum(heights)), layout="constrained")
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, report in zip(parts, data.babies, strict=False):
        _draw_growth(part, report)
    _draw_cries(parts[-1], data)
    return figure


def _draw_growth(figure: Canvas, report: BabyReport) -> None:
    weights, feeds = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    _draw_band(weights, report)
    _draw_weighings(weights, report)
    _draw_alerts(weights, report)
    _draw_feeds(feeds, report)
    born = "age read off its first weight" if report.age_guessed else f"born {report.baby.born}"
    weights.set_title(
        f"{report.baby.name}, {report.baby.species} ({born})", loc="left", fontsize=11
    )
    _date_axis(feeds)


def _cries_in(data: ReportData) -> float:
    return 1.2 + 0.85 * max(1, min(DAYS_SHOWN, len(_by_day(data.hours))))


def _draw_cries(figure: Canvas, data: ReportData) -> None:
    days = _by_day(data.hours)[-DAYS_SHOWN:]
    if not days:
        figure.text(0.5, 0.5, "Nothing has been recorded yet.", ha="center", va="center")
        return
    rows = figure.subplots(len(days), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    colours = _company_colours(data)
    top = max(5.0, max(hour.cry_min for _, hours in days for hour in hours) * 1.15)
    for axes, (day, hours) in zip(rows, days, strict=True):
        _draw_day(axes, day, hours, colours, top)
    rows[-1].set_xticks(range(0, 25, 3))
    rows[-1].set_xlabel("hour of the day")
    figure.supylabel("crying, min per hour", fontsize=9)
    handles = [
        rows[0].bar(
            [0],
            [0],
            color=colour,
            edgecolor="#999999",
            linewidth=0.5,
            label=company_words(who, data.names),
        )
        for who, colour in colours.items()
    ]
    figure.legend(
        handles=handles, loc="outside upper left", ncols=3, fontsize=8, frameon=False,
        title="in the box (strip)", title_fontsize=8, alignment="left",
    )  # fmt: skip


def company_words(who: str, names: dict[str, str]) -> str:
    """``Kangaroo + Possum``, ``nobody`` or ``not known``."""
    if who == UNKNOWN:
        return "not known"
    return " + ".join(names.get(part, part) for part in who.split()) or "nobody"


def png(figure: Figure, dpi: int = 110) -> bytes:
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


# --------------------------------------------------------------------------- growth


def _draw_band(axes: Axes, report: BabyReport) -> None:
    if not report.band:
        return
    times = _local([point.t_s for point in report.band])
    lows, highs = [p.low_g for p in report.band], [p.high_g for p in report.band]
    medians = [p.median_g for p in report.band]
    axes.fill_between(times, lows, highs, color=BAND, edgecolor="#b5cadb", label="usual range")
    axes.plot(times, medians, color="#8fb0c8", linewidth=1, linestyle="--", label="median")


def _draw_weighings(axes: Axes, report: BabyReport) -> None:
    axes.set_ylabel("weight, g")
    axes.grid(visible=True, axis="y", color="#e8e8e8")
    if not report.weighings:
        axes.text(
            0.5, 0.5, "not weighed in this time", transform=axes.transAxes, ha="center", fontsize=11
        )
        return
    for label, marker, filled, found in _groups(report.weighings):
        axes.errorbar(
            _local([w.t_s for w in found]), [w.weight_g for w in found],
            yerr=[w.sigma_g for w in found], fmt=marker, color=LINE, markersize=3.8,
            markerfacecolor=LINE if filled else "white", elinewidth=0.7, label=label,
        )  # fmt: skip
    before = [w for w in report.weighings if w.move != "return"]
    line = before if len(before) > 1 else report.weighings
    axes.plot(_local([w.t_s for w in line]), [w.weight_g for w in line], color=LINE, linewidth=0.8)
    last = report.weighings[-1]
    axes.annotate(
        f"{last.weight_g:.0f} g", (_local([last.t_s])[0], last.weight_g), fontsize=9,
        textcoords="offset points", xytext=(6, 4), color=LINE, annotation_clip=False,
    )  # fmt: skip


def _groups(weighings: list[Weighing]) -> list[tuple[str, str, bool, list[Weighing]]]:
    """Label, marker, filled or hollow, and the weighings of that kind, those there are."""
    typed = [w for w in weighings if w.origin in {"typed", "imported"}]
    after = [w for w in weighings if w.move == "return" and w not in typed]
    others = [w for w in weighings if w not in typed and w not in after]
    groups = [
        ("weighed", "o", True, others),
        ("after the bottle", "o", False, after),
        ("typed by hand", "s", True, typed),
    ]
    return [group for group in groups if group[3]]


def _draw_alerts(axes: Axes, report: BabyReport) -> None:
    for alert in report.alerts:
        moment = _local([alert.t_s])[0]
        axes.axvline(moment, color=SEVERITY[alert.severity], linewidth=1, linestyle=":")
        axes.annotate(
            alert.title, (moment, 1.0), xycoords=("data", "axes fraction"), rotation=90,
            fontsize=7, ha="right", va="top", color=SEVERITY[alert.severity],
            textcoords="offset points", xytext=(-1, -3),
        )  # fmt: skip
    axes.legend(loc="upper left", fontsize=8, frameon=False)


def _draw_feeds(axes: Axes, report: BabyReport) -> None:
    axes.set_ylabel("fed, g")
    axes.axhline(0, color="#888888", linewidth=0.6)
    known = [(f.t_s, f.net_g) for f in report.feeds if f.net_g is not None]
    if known:
        times, nets = _local([t_s for t_s, _ in known]), [g for _, g in known]
        axes.vlines(times, 0, nets, color=FEED, linewidth=2.2)
        axes.plot(times, nets, ".", color=FEED, markersize=4)
        axes.set_ylim(min(0.0, *nets) * 1.2, max(1.0, *nets) * 1.25)
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.4, "no feeds seen", transform=axes.transAxes, ha="center", fontsize=9)


def _date_axis(axes: Axes) -> None:
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]  # matplotlib has no type here
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]  # the same
    axes.xaxis.set_major_formatter(formatter)
    axes.margins(x=0.03)


# --------------------------------------------------------------------------- cries


def _by_day(hours: Sequence[Hour]) -> list[tuple[str, list[Hour]]]:
    days: dict[str, list[Hour]] = {}
    for hour in hours:
        days.setdefault(_moment(hour.t_s).strftime("%a %d %b"), []).append(hour)
    return list(days.items())


def _company_colours(data: ReportData) -> dict[str, str]:
    known = [c.who for c in data.companies if c.who not in {UNKNOWN, ""}][: len(COMPANY)]
    others = {"": "#e4e4e4", UNKNOWN: "#ffffff"}
    there = {company.who for company in data.companies}
    colours = dict(zip(known, COMPANY, strict=False)) | others
    return {who: colour for who, colour in colours.items() if who in there}


def _draw_day(
    axes: Axes, day: str, hours: Sequence[Hour], colours: dict[str, str], top: float
) -> None:
    strip = -0.16 * top
    for hour in hours:
        place = _moment(hour.t_s).hour + 0.5
        axes.bar(place, hour.cry_min, width=0.85, color=CRY)
        colour = colours.get(hour.company, "#bbbbbb")
        axes.bar(place, strip, width=1.0, color=colour, edgecolor="#cccccc", linewidth=0.3)
    axes.set_xlim(0, 24)
    axes.set_ylim(strip, top)
    axes.axhline(0, color="#888888", linewidth=0.6)
    axes.annotate(day, (0.005, 0.93), xycoords="axes fraction", va="top", fontsize=8)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


_moment: Callable[[float], datetime] = datetime.fromtimestamp


def _local(times_s: Sequence[float]) -> list[Any]:
    """Wall-clock moments of this machine: a report is read by people.

    They are datetimes; matplotlib takes them, but its types name only numbers.
    """
    return [_moment(t_s) for t_s in times_s]
