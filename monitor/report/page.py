"""The report as one HTML file: no script, no link, nothing to load; prints well on A4."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from monitor.alert_kinds import KINDS
from monitor.core.growth.next_bottle import spoken_bottle
from monitor.events import Feed, Verdict
from monitor.names import farewell
from monitor.report.acted_on import Share, all_of
from monitor.report.alert_marks import AlertMark
from monitor.report.data import BabyReport, Company, ReportData, company_words
from monitor.report.growth import Growth, in_24_hours, verdict

LEAST_HOURS = 3.0
"""with less time together than this no rate of crying is shown"""
_WORST_FIRST: tuple[Verdict, ...] = (
    "losing", "not_gaining", "not_enough_data", "steady", "gaining",
)  # fmt: skip

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 52rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .3rem; }
.verdict { font-size: 1.1rem; margin: .4rem 0; }
.note, footer { color: #555; font-size: .85rem; }
svg { width: 100%; max-width: 36rem; height: auto; }
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
    parts += [_verdicts(data), _open_alerts(data)]
    for report, picture in zip(data.babies, growth, strict=True):
        parts.append(_baby(report, picture))
    parts += [_cries(data, cries), _alerts(data), _acted_on(data)]
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


def _verdicts(data: ReportData) -> str:
    """How each baby is doing, those to worry about first, those who have left last."""
    here = [report for report in data.babies if report.baby.retired_s is None]
    here.sort(key=lambda report: _WORST_FIRST.index(_verdict_of(report)))
    sentences = [
        f"{escape(verdict(report.baby.name, report.growth))}{_as_of(report)}" for report in here
    ]
    gone = [report.baby for report in data.babies if report.baby.retired_s is not None]
    sentences += [escape(farewell(baby.name, baby.retired_reason)) for baby in gone]
    return "".join(f"<p class='verdict'>{sentence}</p>" for sentence in sentences)


def _verdict_of(report: BabyReport) -> Verdict:
    last = report.growth.report
    return "not_enough_data" if last is None else last.verdict


def _as_of(report: BabyReport) -> str:
    last = report.growth.report
    return "" if last is None else f" ({_moment(last.t_s)})"


def _open_alerts(data: ReportData) -> str:
    if not data.open_alerts:
        return "<section><h2>Open alerts</h2><p>None.</p></section>"
    return f"<section><h2>Open alerts</h2>{_alert_table(data.open_alerts)}</section>"


def _facts(report: BabyReport) -> list[tuple[str, str]]:
    facts = []
    if report.weighings:
        last = report.weighings[-1]
        after = ", after the bottle" if last.move == "return" else ""
        facts.append(("Last weight", f"{last.weight_g:.1f} g on {_moment(last.t_s)}{after}"))
        facts += _changes(report.growth)
        facts.append(("Weighings", str(len(report.weighings))))
    if report.feeds:
        facts.append(("Feeds", _feeds(report.feeds)))
    if report.baby.retired_s is None:
        facts += _milk(report.growth)
    return facts or [("Weighings", "none in this time")]


def _changes(growth: Growth) -> list[tuple[str, str]]:
    """Before a bottle against before a bottle, as the alerts have it."""
    facts = []
    if growth.report is not None and (change := in_24_hours(growth.report)):
        facts.append(("Change", change))
    if growth.change is not None:
        grams, days = growth.change.grams, growth.change.days
        how = ", before the bottle" if growth.change.before_bottle else ""
        facts.append(
            (
                "In this time",
                f"{grams:+.1f} g in {days:.1f} days ({grams / days:+.1f} g a day){how}",
            )
        )
    return facts


def _feeds(feeds: list[Feed]) -> str:
    known = [feed.net_g for feed in feeds if feed.net_g is not None]
    unknown = len(feeds) - len(known)
    words = [str(len(feeds))]
    if known:
        words.append(f"{sum(known) / len(known):.1f} g each, {sum(known):.0f} g in all")
    if unknown:
        words.append(f"{unknown} of unknown amount")
    return ", ".join(words)


def _milk(growth: Growth) -> list[tuple[str, str]]:
    """The last day against what it needs, and the next bottle."""
    milk, facts = growth.milk, []
    if milk.intake_24h_ml_per_kg is not None:
        words = f"{milk.intake_24h_ml_per_kg:.0f} ml per kg"
        if milk.need_24h_ml_per_kg:
            words += f", of about {milk.need_24h_ml_per_kg:.0f} that it needs"
        if milk.milk_g_per_gain_g is not None:
            words += f"; {milk.milk_g_per_gain_g:.1f} g for each gram gained (2 to 5 are usual)"
        facts.append(("Milk in 24 h", words))
    if milk.next_feed_ml is not None and growth.due_s is not None:
        bottle = spoken_bottle(milk.next_feed_ml)
        facts.append(("Next bottle", f"{bottle}, {_moment(growth.due_s)}"))
    return facts


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
    rate = f"{company.cry_min_per_h:.1f}" if company.hours >= LEAST_HOURS else "too short"
    who = escape(company_words(company.who, names))
    return f"<tr><td>{who}</td><td class='n'>{company.hours:.1f}</td><td class='n'>{rate}</td></tr>"


def _alerts(data: ReportData) -> str:
    body = _alert_table(data.alerts[-40:]) if data.alerts else "<p>None.</p>"
    return f"<section><h2>Alerts</h2>{body}</section>"


def _acted_on(data: ReportData) -> str:
    """Whether alerts are answered: what nobody answers tires, and is not looked at any more."""
    recent, everything = data.acted_on.last_7_days, data.acted_on.since_beginning
    if not everything:
        return ""
    rows = [("All", all_of(recent), all_of(everything))]
    rows += [(KINDS[k].label, recent.get(k, Share()), all_) for k, all_ in everything.items()]
    cells = "".join(
        f"<tr><td>{escape(label)}</td><td class='n'>{_share(week)}</td>"
        f"<td class='n'>{_share(all_)}</td></tr>"
        for label, week, all_ in rows
    )
    return (
        "<section><h2>Alerts that somebody acted on</h2><table><tr><th></th>"
        f"<th class='n'>last 7 days</th><th class='n'>since the beginning</th></tr>{cells}</table>"
        "<p class='note'>Acknowledged, fed or lifted within ten minutes of being told. Where few "
        "are, the alerts come too often, or at the wrong time, or do not reach anybody.</p>"
        "</section>"
    )


def _share(share: Share) -> str:
    return share.spoken if share.alerts else "none"


def _alert_table(alerts: Sequence[AlertMark]) -> str:
    rows = "".join(
        f"<tr><td>{_moment(alert.t_s)}</td><td>{escape(_severity(alert))}</td>"
        f"<td>{escape(_words(alert))}</td></tr>"
        for alert in alerts
    )
    return f"<table>{rows}</table>"


def _words(alert: AlertMark) -> str:
    """Title and message, which both begin with a name."""
    return f"{alert.title}: {alert.message.removeprefix(f'{alert.baby}: ')}"


def _severity(alert: AlertMark) -> str:
    seen = alert.state in {"acknowledged", "snoozed"}
    return f"{alert.severity}, {alert.state}" if seen else alert.severity


def _day(t_s: float) -> str:
    return datetime.fromtimestamp(t_s).strftime("%d %b %Y")


def _moment(t_s: float) -> str:
    return datetime.fromtimestamp(t_s).strftime("%d %b, %H:%M")
