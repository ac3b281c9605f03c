"""One baby's growth: its weights on the reference band, its feeds below, alerts as lines."""

from __future__ import annotations

from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from monitor.events import Weighing
from monitor.report.axis import SMALL_PT, TEXT_PT, TITLE_PT, date_axis, local
from monitor.report.data import BabyReport
from monitor.times import HOUR_S

LINE = "#1f3a5f"
FEED = "#3b7a57"
BAND = "#dbe7f0"
SEVERITY = {"critical": "#b5452c", "warning": "#c98a1b", "info": "#5a7d9a"}
LABELS_APART = 0.07
"""of the width: alerts closer together share one title"""


def draw_growth(figure: Figure | SubFigure, report: BabyReport) -> None:
    """Draw into ``figure``."""
    weights, feeds = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    for axes in (weights, feeds):
        axes.tick_params(labelsize=SMALL_PT)
    from_s = _first_s(report)
    _draw_band(weights, report)
    _draw_weighings(weights, report)
    _draw_alerts(weights, report, from_s)
    _draw_feeds(feeds, report)
    weights.set_title(
        f"{report.baby.name}, {report.baby.species}\n{_born(report)}", loc="left", fontsize=TITLE_PT
    )
    handles, labels = weights.get_legend_handles_labels()
    if labels:
        figure.legend(
            handles, labels, loc="outside lower left", ncols=2, fontsize=SMALL_PT, frameon=False
        )
    date_axis(feeds, from_s, report.to_s)


def _born(report: BabyReport) -> str:
    if not report.age_guessed:
        return f"born {datetime.fromisoformat(report.baby.born or '').strftime('%d %b %Y')}"
    return "age read off its first weight" if report.band else "age not known"


def _first_s(report: BabyReport) -> float:
    """Where the picture begins: with what there is to see, else with the time asked for."""
    seen = [weighing.t_s for weighing in report.weighings[:1]]
    seen += [point.t_s for point in report.band[:1]]
    return min([*seen, report.to_s - HOUR_S]) if seen else report.from_s


def _draw_band(axes: Axes, report: BabyReport) -> None:
    if not report.band:
        return
    times = local([point.t_s for point in report.band])
    lows, highs = [p.low_g for p in report.band], [p.high_g for p in report.band]
    medians = [p.median_g for p in report.band]
    axes.fill_between(times, lows, highs, color=BAND, edgecolor="#b5cadb", label="usual range")
    axes.plot(times, medians, color="#8fb0c8", linewidth=1, linestyle="--", label="median")


def _draw_weighings(axes: Axes, report: BabyReport) -> None:
    axes.set_ylabel("weight, g", fontsize=TEXT_PT)
    axes.grid(visible=True, axis="y", color="#e8e8e8")
    if not report.weighings:
        if not report.band:
            axes.set_yticks([])
        axes.text(
            0.5, 0.5, "not weighed in this time", transform=axes.transAxes, ha="center",
            fontsize=TEXT_PT,
        )  # fmt: skip
        return
    for label, marker, filled, found in _groups(report.weighings):
        axes.errorbar(
            local([w.t_s for w in found]), [w.weight_g for w in found],
            yerr=[w.sigma_g for w in found], fmt=marker, color=LINE, markersize=3.8,
            markerfacecolor=LINE if filled else "white", elinewidth=0.7, label=label,
        )  # fmt: skip
    before = [w for w in report.weighings if w.move != "return"]
    line = before if len(before) > 1 else report.weighings
    axes.plot(local([w.t_s for w in line]), [w.weight_g for w in line], color=LINE, linewidth=0.8)
    last = report.weighings[-1]
    axes.annotate(
        f"{last.weight_g:.0f} g", (local([last.t_s])[0], last.weight_g), fontsize=TEXT_PT,
        textcoords="offset points", xytext=(3, 6), ha="right", color=LINE,
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


def _draw_alerts(axes: Axes, report: BabyReport, from_s: float) -> None:
    labelled_s = from_s - report.to_s
    for alert in report.alerts:
        if alert.t_s < from_s:
            continue
        moment = local([alert.t_s])[0]
        colour = SEVERITY[alert.severity]
        axes.axvline(moment, color=colour, linewidth=1.2, linestyle=":")
        if alert.t_s - labelled_s < LABELS_APART * (report.to_s - from_s):
            continue
        labelled_s = alert.t_s
        axes.annotate(
            alert.title.removeprefix(f"{report.baby.name} "), (moment, 1.0),
            xycoords=("data", "axes fraction"), rotation=90, fontsize=SMALL_PT, ha="right",
            va="top", color=colour, textcoords="offset points", xytext=(-1, -3),
        )  # fmt: skip


def _draw_feeds(axes: Axes, report: BabyReport) -> None:
    axes.set_ylabel("fed, g", fontsize=TEXT_PT)
    axes.axhline(0, color="#888888", linewidth=0.6)
    known = [(f.t_s, f.net_g) for f in report.feeds if f.net_g is not None]
    if known:
        times, nets = local([t_s for t_s, _ in known]), [g for _, g in known]
        axes.vlines(times, 0, nets, color=FEED, linewidth=2.2)
        axes.plot(times, nets, ".", color=FEED, markersize=4)
        axes.set_ylim(min(0.0, *nets) * 1.2, max(1.0, *nets) * 1.25)
    else:
        axes.set_yticks([])
        axes.text(
            0.5, 0.4, "no feeds seen", transform=axes.transAxes, ha="center", fontsize=TEXT_PT
        )
