"""The report as one HTML file: no script, no link, nothing to load; prints well on A4."""

from __future__ import annotations

from datetime import datetime
from html import escape

from monitor.events import Feed
from monitor.report.data import BabyReport, Company, ReportData
from monitor.times import DAY_S

LEAST_HOURS = 3.0
"""with less time together than this no rate of crying is shown"""

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 52rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .3rem; }
p.note, footer { color: #555; font-size: .85rem; }
svg { width: 100%; height: auto; }
table { border-collapse: collapse; margin: .5rem 0; font-size: .9rem; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #ddd; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
section { break-inside: avoid; }
@page { margin: 1.6cm; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } }
"""


def page(data: ReportData, growth: list[str], cries: str) -> str:
    """The whole document; ``growth`` holds one ``<svg>`` per baby, ``cries`` the one of the box."""
    span = f"{_day(data.from_s)} to {_day(data.to_s)}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Nursery report: {escape(data.box)}, {span}</title>",
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>Nursery report: {escape(data.box)}</h1><p class='note'>{span}</p>",
    ]
    for report, picture in zip(data.babies, growth, strict=True):
        parts.append(_baby(report, picture))
    parts += [_cries(data, cries), _alerts(data)]
    parts.append(
        "<footer><p>Weights are differences on a scale below the box, net of what was lost while "
        "the baby was out. The usual range comes from records of healthy animals and from "
        "published tables. This is a record of observations, not a diagnosis: if a weight worries "
        "you, weigh again and call your vet.</p></footer></body></html>"
    )
    return "\n".join(parts)


def _baby(report: BabyReport, picture: str) -> str:
    rows = "".join(
        f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in _facts(report)
    )
    return f"<section><h2>{escape(report.baby.name)}</h2>{picture}<table>{rows}</table></section>"


def _facts(report: BabyReport) -> list[tuple[str, str]]:
    facts = []
    if report.weighings:
        first, last = report.weighings[0], report.weighings[-1]
        facts.append(("Last weight", f"{last.weight_g:.1f} g on {_moment(last.t_s)}"))
        days = (last.t_s - first.t_s) / DAY_S
        if days >= 0.5:
            gain_g = last.weight_g - first.weight_g
            facts.append(
                ("Change", f"{gain_g:+.1f} g in {days:.1f} days ({gain_g / days:+.1f} g a day)")
            )
        facts.append(("Weighings", str(len(report.weighings))))
    if report.feeds:
        facts.append(("Feeds", _feeds(report.feeds)))
    return facts or [("Weighings", "none in this time")]


def _feeds(feeds: list[Feed]) -> str:
    known = [feed.net_g for feed in feeds if feed.net_g is not None]
    unknown = len(feeds) - len(known)
    words = [str(len(feeds))]
    if known:
        words.append(f"{sum(known) / len(known):.1f} g each, {sum(known):.0f} g in all")
    if unknown:
        words.append(f"{unknown} of unknown amount")
    return ", ".join(words)


def _cries(data: ReportData, picture: str) -> str:
    rows = "".join(_company_row(company, data.names) for company in data.companies)
    table = (
        "<table><tr><th>Together in the box</th><th class='n'>hours</th>"
        f"<th class='n'>crying, min per hour</th></tr>{rows}</table>"
        if rows
        else ""
    )
    return (
        f"<section><h2>Cries and company</h2>{picture}{table}"
        f"<p class='note'>Company of less than {LEAST_HOURS:.0f} hours is not judged. Babies that "
        "are together at other hours of the day, or at another age, may cry more or less for that "
        "reason alone.</p></section>"
    )


def _company_row(company: Company, names: dict[str, str]) -> str:
    from monitor.report.charts import company_words

    rate = f"{company.cry_min_per_h:.1f}" if company.hours >= LEAST_HOURS else "too short"
    who = escape(company_words(company.who, names))
    return f"<tr><td>{who}</td><td class='n'>{company.hours:.1f}</td><td class='n'>{rate}</td></tr>"


def _alerts(data: ReportData) -> str:
    rows = "".join(
        f"<tr><td>{_moment(alert.t_s)}</td><td>{escape(alert.severity)}</td>"
        f"<td>{escape(alert.title)}: {escape(alert.message)}</td></tr>"
        for alert in data.alerts[-40:]
    )
    body = f"<table>{rows}</table>" if rows else "<p>None.</p>"
    return f"<section><h2>Alerts</h2>{body}</section>"


def _day(t_s: float) -> str:
    return datetime.fromtimestamp(t_s).strftime("%d %b %Y")


def _moment(t_s: float) -> str:
    return datetime.fromtimestamp(t_s).strftime("%d %b, %H:%M")
