"""Minutes of crying in each hour, a row a day, and who was in the box meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from monitor.report.axis import SMALL_PT, TEXT_PT
from monitor.report.data import UNKNOWN, Hour, ReportData, company_words

CRY = "#b5452c"
COMPANY = ("#5a7d9a", "#c98a1b", "#3b7a57", "#8b5a8c", "#a0522d", "#708090")
DAYS_SHOWN = 7


def cries_height_in(data: ReportData) -> float:
    """Inches that the rows need."""
    return 1.6 + 0.6 * max(1, min(DAYS_SHOWN, len(_by_day(data.hours))))


def draw_cries(figure: Figure | SubFigure, data: ReportData) -> None:
    """Draw into ``figure``."""
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
    rows[-1].set_xlabel("hour of the day", fontsize=TEXT_PT)
    figure.supylabel("crying, min per hour", fontsize=TEXT_PT)
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
        handles=handles, loc="outside upper left", ncols=2, fontsize=SMALL_PT, frameon=False,
        title="in the box (strip)", title_fontsize=SMALL_PT, alignment="left",
    )  # fmt: skip


def _by_day(hours: Sequence[Hour]) -> list[tuple[str, list[Hour]]]:
    days: dict[str, list[Hour]] = {}
    for hour in hours:
        days.setdefault(datetime.fromtimestamp(hour.t_s).strftime("%d %b"), []).append(hour)
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
        place = datetime.fromtimestamp(hour.t_s).hour + 0.5
        axes.bar(place, hour.cry_min, width=0.85, color=CRY)
        colour = colours.get(hour.company, "#bbbbbb")
        axes.bar(place, strip, width=1.0, color=colour, edgecolor="#cccccc", linewidth=0.3)
    axes.set_xlim(0, 24)
    axes.set_ylim(strip, top)
    axes.axhline(0, color="#888888", linewidth=0.6)
    axes.annotate(day, (0.005, 0.93), xycoords="axes fraction", va="top", fontsize=SMALL_PT)
    axes.tick_params(labelsize=SMALL_PT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
