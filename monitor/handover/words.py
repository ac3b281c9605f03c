"""A night as a text of 60 to 150 words: what matters most comes first.

Each part of it has several wordings, from the fullest to the shortest. All begin full; while the
text is too long the least important part that can be shorter becomes so.
"""

from __future__ import annotations

from monitor.handover.clock import Clock
from monitor.handover.facts import BabyNight, Bottle, Night
from monitor.names import listed
from monitor.times import MINUTE_S, spoken_duration
from monitor.written.grams import spoken_grams

FEWEST, MOST = 60, 150
"""words"""

Part = list[str]
"""wordings, the fullest first"""


def words_in(text: str) -> int:
    """How many words a text has."""
    return len(text.split())


def text(night: Night, clock: Clock) -> str:
    """The hand-over."""
    parts = [
        _head(night, clock),
        _open(night),
        _unseen(night, clock),
        _drunk(night),
        _grown(night),
        _cried(night, clock),
        _next(night, clock),
        _END,
    ]
    return _fitted([part for part in parts if part])


def _fitted(parts: list[Part]) -> str:
    chosen = [0] * len(parts)
    while True:
        told = " ".join(part[i] for part, i in zip(parts, chosen, strict=True) if part[i])
        if words_in(told) <= MOST:
            return told
        longer = [n for n, part in enumerate(parts) if chosen[n] + 1 < len(part)]
        if not longer:
            return " ".join(told.split()[: MOST - 1]) + " ..."
        chosen[longer[-1]] += 1


def _head(night: Night, clock: Clock) -> Part:
    begin, end = clock(night.from_s), clock(night.to_s)
    lasted = spoken_duration(night.to_s - night.from_s)
    span = f"From {begin} to {end}" if begin and end else f"The last {lasted}"
    names = [each.baby.name for each in night.babies if each.status is not None]
    who = f"{listed(names)} in the nursery" if names else "nobody is registered in the nursery"
    return [f"{span} ({lasted}): {who}.", f"{span}: {len(names)} babies in the nursery."]


def _open(night: Night) -> Part:
    if not night.open_alerts:
        return ["No alert is open.", ""]
    titles = [alert.title for alert in night.open_alerts]
    return [f"Open now: {'; '.join(titles)}.", f"{len(titles)} alerts are open."]


def _unseen(night: Night, clock: Clock) -> Part:
    if not night.unseen:
        return ["The box watched all the time.", ""]
    spans = [_span(each.from_s, each.to_s, clock) for each in night.unseen]
    lasted = spoken_duration(sum(each.to_s - each.from_s for each in night.unseen))
    return [
        f"The box did not watch {listed(spans)}: what happened then is not known.",
        f"The box did not watch {len(spans)} times, for {lasted} in all.",
    ]


def _span(from_s: float, to_s: float, clock: Clock) -> str:
    begin, end = clock(from_s), clock(to_s)
    return f"from {begin} to {end}" if begin and end else f"for {spoken_duration(to_s - from_s)}"


def _drunk(night: Night) -> Part:
    here = [each for each in night.babies if each.status is not None]
    if not here:
        return ["Register a baby, and its bottles and weights are told here."]
    return [
        " ".join(f"{each.baby.name} {_bottles(each.bottles)}." for each in here),
        f"{sum(len(each.bottles) for each in here)} bottles were seen or told of.",
    ]


def _bottles(found: list[Bottle]) -> str:
    if not found:
        return "had no bottle that was seen or told of"
    fed = [bottle for bottle in found if bottle.drunk == "fed"]
    known = [bottle.g for bottle in fed if bottle.g is not None]
    said = f"drank {_times(len(fed))}" if fed else "drank nothing"
    if known:
        said += f", {spoken_grams(sum(known))} in all"
    if unknown := len(fed) - len(known):
        said += f", {unknown} of unknown amount"
    if refused := sum(bottle.drunk == "refused" for bottle in found):
        said += f", and refused {_times(refused)}"
    return said


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _grown(night: Night) -> Part:
    said = [_gain(each) for each in night.babies if each.status is not None]
    return [" ".join(said), ""]


def _gain(each: BabyNight) -> str:
    status = each.status
    if status is None or status.weight_g is None:
        return f"{each.baby.name} has not been weighed yet."
    if status.gain_24h_g is None:
        return f"{each.baby.name} weighs {status.weight_g:.0f} g; its trend is not known yet."
    return f"{each.baby.name} weighs {status.weight_g:.0f} g, {status.gain_24h_g:+.1f} g in 24 h."


def _cried(night: Night, clock: Clock) -> Part:
    if not night.hears:
        return ["No microphone is set up, so cries are not heard.", ""]
    total_s = sum(cry.lasted_s for cry in night.cries)
    if total_s < MINUTE_S:
        return ["There was no crying to speak of.", ""]
    longest = max(night.cries, key=lambda cry: cry.lasted_s)
    when = clock(longest.started_s)
    return [
        f"Crying: {spoken_duration(total_s)} in all"
        + (f", the longest at {when}." if when else "."),
        f"Crying: {spoken_duration(total_s)}.",
    ]


def _next(night: Night, clock: Clock) -> Part:
    due = sorted(
        (each.status.bottle_due_at, each.baby.name)
        for each in night.babies
        if each.status is not None and each.status.bottle_due_at is not None
    )
    said = [f"{name} at {when}" for t_s, name in due if (when := clock(t_s))]
    if not said:
        return ["When the next bottle is due is not known yet."]
    return [f"Next bottles: {listed(said)}.", f"Next bottle: {said[0]}."]


_OF_ITSELF = (
    "This is what scale and microphone saw and what people noted: no diagnosis. Weigh by hand and "
    "look at each baby before you rely on it."
)
_END = [_OF_ITSELF, ""]
