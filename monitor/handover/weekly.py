"""A week as a text of 60 to 150 words: who grew, who needs a look, how alerts were answered."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.alert_kinds import KINDS, AlertKind
from monitor.handover import alerting, babies
from monitor.handover.clock import Clock
from monitor.handover.facts import BabyNight, Night
from monitor.handover.fitting import Part, fitted
from monitor.names import listed
from monitor.report.acted_on import Share, all_of, shares
from monitor.times import DAY_S, MINUTE_S, spoken_duration

LEAST_ALERTS = 3
"""of a kind with fewer it is not said that it is answered least"""
WELL_ANSWERED = 0.8
"""a kind that is answered this often is not named: judgement"""
TOLD_ONE_BY_ONE = 4

_OF_ITSELF = (
    "Weights are compared before the bottle with before the bottle, where both are known.",
    "The report shows each curve on its band: nursery report --days 7.",
    "This tells what scale and microphone saw and what people noted; it is no diagnosis.",
    "What was not noted and not seen is not in it.",
)


def text(week: Night, clock: Clock) -> str:
    """The week; of ``week`` each baby's ``change`` is known where it can be."""
    parts = [
        _head(week, clock),
        alerting.open_now(week, clock),
        babies.gone(week),
        _look(week),
        _grown(week),
        _drunk(week),
        _answered(week),
        _unseen(week),
        _cried(week),
        _unnamed(week),
    ]
    return fitted(parts, _OF_ITSELF)


def _needs_a_look(each: BabyNight) -> bool:
    status = each.status
    if status is None:
        return False
    worries = status.watch is not None and status.watch.level != "well"
    return worries or status.verdict in {"losing", "not_gaining"}


def _head(week: Night, clock: Clock) -> Part:
    lasted = spoken_duration(week.to_s - week.from_s)
    span = f"The last {lasted}"
    if clock.known:
        span = f"Week of {clock.day(week.from_s)} to {clock.day(week.to_s)}"
    look = [babies.name_of(each) for each in week.here if _needs_a_look(each)]
    if not week.here:
        said = "nobody is registered in the nursery."
    elif not look:
        said = "nobody's growth worries."
    else:
        said = f"look at {listed(look)}." if len(look) <= 3 else f"{len(look)} need a look."
    return Part(10, [f"{span}: {said}"])


def _look(week: Night) -> Part:
    found = [each for each in week.here if _needs_a_look(each)]
    if not found:
        return Part(8, [""])
    full = [f"{babies.name_of(each)}: {babies.growing(each)}{_change(each)}." for each in found]
    short = listed([babies.name_of(each) for each in found])
    return Part(8, [" ".join(full), f"To look at: {short}."])


def _grown(week: Night) -> Part:
    found = [each for each in week.here if not _needs_a_look(each)]
    known = [each for each in found if each.change is not None]
    unknown = [babies.name_of(each) for each in found if each.change is None]
    rest = f" Of {listed(unknown)} too little is known." if unknown else ""
    if not known:
        return Part(7, [rest.strip(), f"Of {len(unknown)} too little is known." if unknown else ""])
    one_by_one = [f"{babies.name_of(each)}{_change(each)}" for each in known]
    names = listed([babies.name_of(each) for each in known])
    daily = [each.change.grams / each.change.days for each in known if each.change is not None]
    together = f"{names}: {babies.spread(daily, '+.1f')} g a day."
    full = f"{listed(one_by_one)}.{rest}" if len(known) <= TOLD_ONE_BY_ONE else together + rest
    return Part(7, [full, together, f"{len(known)} grew {babies.spread(daily, '+.1f')} g a day."])


def _change(each: BabyNight) -> str:
    """`` +61 g in 6.9 days (+8.8 g a day)``; empty while it is not known."""
    if each.change is None:
        return ""
    grams, days = each.change.grams, each.change.days
    return f" {grams:+.0f} g in {days:.1f} days ({grams / days:+.1f} g a day)"


def _drunk(week: Night) -> Part:
    drunk = [bottle for each in week.here for bottle in each.drunk]
    refused = sum(len(each.refused) for each in week.here)
    if not drunk and not refused:
        return Part(4, ["No bottle was seen or told of." if week.here else _WELCOME])
    grams = [bottle.g for bottle in drunk if bottle.g is not None]
    said = [f"{len(drunk)} bottles drunk"] + ([f"{sum(grams):.0f} g in all"] if grams else [])
    if unknown := len(drunk) - len(grams):
        said.append(f"{unknown} of unknown amount")
    said += [f"{refused} refused"] if refused else []
    return Part(4, [f"{', '.join(said)}.", f"{said[0]}."])


_WELCOME = "Register a baby with its weight, and how it grows is told here every Sunday."


def _answered(week: Night) -> Part:
    found = shares([alert for alert in week.told if alerting.waits(alert)], week.now_s)
    if not found:
        return Part(6, ["No alert was told."])
    short = f"Alerts acted on within ten minutes: {all_of(found).spoken}."
    least = [kind for kind, share in found.items() if _is_ill_answered(share)]
    least.sort(key=lambda kind: found[kind].acted_on / found[kind].alerts)
    said = [f"{_label(kind)} ({found[kind].spoken})" for kind in least[:2]]
    return Part(6, [f"{short} Least: {listed(said)}." if said else short, short])


def _is_ill_answered(share: Share) -> bool:
    return share.alerts >= LEAST_ALERTS and share.acted_on < WELL_ANSWERED * share.alerts


def _label(kind: AlertKind) -> str:
    return KINDS[kind].label.rpartition(": ")[2].lower()


def _unseen(week: Night) -> Part:
    spans: Sequence[tuple[str, float]] = [
        ("not watched", _seconds(week, None)),
        ("deaf", _seconds(week, "microphone")),
        ("without weights", _seconds(week, "scale")),
        ("without the nest's warmth", _seconds(week, "probe")),
    ]
    said = [f"{spoken_duration(s)} {what}" for what, s in spans if s >= MINUTE_S]
    if not said:
        return Part(3, ["The box watched all the time.", ""])
    return Part(6, [f"What the box missed: {', '.join(said)}."])


def _seconds(week: Night, source: str | None) -> float:
    return sum(each.lasted_s for each in week.unseen if each.source == source)


def _cried(week: Night) -> Part:
    total_s = sum(cry.lasted_s for cry in week.cries)
    if not week.hears or total_s < MINUTE_S:
        return Part(1, ["Hardly a cry was heard." if week.hears else "", ""])
    days = max((week.to_s - week.from_s) / DAY_S, 1.0)
    odd_s = sum(cry.lasted_s for cry in week.cries if cry.context == "unexplained")
    daily = f"Crying: {spoken_duration(total_s / days)} a day"
    why = f", {odd_s / total_s:.0%} of it unexplained" if odd_s >= MINUTE_S else ""
    return Part(3, [f"{daily}{why}.", f"{daily}."])


def _unnamed(week: Night) -> Part:
    if not week.unnamed:
        return Part(2, [""])
    number = len(week.unnamed)
    said = "1 weighing has no name." if number == 1 else f"{number} weighings have no name."
    return Part(2, [said])
