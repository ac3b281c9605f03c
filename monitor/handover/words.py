"""A night as a text of 60 to 150 words: what matters most comes first.

For the next carer, who reads it standing, and for the vet, who asks what it drank and whether it
gained. A silence is told as one: what the box did not see is said before what it did.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.events import CryContext
from monitor.handover import alerting, babies
from monitor.handover.clock import Clock
from monitor.handover.facts import BabyNight, Night, Unseen
from monitor.handover.fitting import Part, fitted, shortened
from monitor.names import SOURCES, SourceName, listed
from monitor.times import MINUTE_S, spoken_duration
from monitor.written.notes import spoken_note

NOTES_TOLD = 3
NEXT_TOLD = 4
CARERS_TOLD = 4

_REASONS: dict[CryContext, str] = {
    "bottle_due": "with a bottle due",
    "just_fed": "just after a bottle",
    "unexplained": "unexplained",
    "handled": "in somebody's hands",
}
_LOST: dict[SourceName, str] = {
    "microphone": "cries were not heard",
    "scale": "weights and feeds were not seen",
    "probe": "how warm the nest was is not known",
}
_OF_ITSELF = (
    "This tells what scale and microphone saw and what people noted; it is no diagnosis.",
    "Look at each baby yourself: warm, round and lively is what counts.",
    "Every weighing, bottle and alert of this time is in the log, and can be corrected there.",
    "What was not noted and not seen is not in it.",
)


def text(night: Night, clock: Clock) -> str:
    """The hand-over."""
    parts = [
        _head(night, clock),
        alerting.open_now(night, clock),
        babies.gone(night),
        babies.worrying(night, clock),
        _unseen(night, clock),
        babies.well(night, clock),
        _watched(night),
        _unnamed(night, clock),
        alerting.told(night, clock),
        _cries(night, clock),
        _notes(night, clock),
        _carers(night),
        _next(night, clock),
    ]
    return fitted(parts, _OF_ITSELF)


def _head(night: Night, clock: Clock) -> Part:
    lasted = spoken_duration(night.to_s - night.from_s)
    span = f"The last {lasted}"
    if clock.known:
        days = clock.day(night.from_s), clock.day(night.to_s)
        begin, end = clock.time(night.from_s), clock.time(night.to_s)
        span = f"{days[0]} {begin} to {days[1]} {end}"
        if days[0] == days[1]:
            span = f"{days[0]}, {begin} to {end}"
    return Part(10, [f"{span}: {_verdict(night)}"])


def _verdict(night: Night) -> str:
    """The whole of it in one line."""
    if not night.here:
        return "nobody is registered in the nursery."
    look = [babies.name_of(each) for each in night.here if babies.needs_a_look(each, night)]
    if any(alert.severity == "critical" for alert in night.open_alerts):
        return "something needs you now."
    if look:
        return f"look at {listed(look)} first." if len(look) <= 3 else f"{len(look)} need a look."
    if night.missed_s > 0.25 * (night.to_s - night.from_s):
        return "much of it was not seen."
    calm = not any(alerting.waits(alert) for alert in night.told)
    waiting = sum(alerting.waits(alert) for alert in night.open_alerts)
    if waiting:
        return "one alert is open." if waiting == 1 else f"{waiting} alerts are open."
    return "calm, nothing is open." if calm else "nothing is open now."


# --------------------------------------------------------------------------- what was not seen


def _unseen(night: Night, clock: Clock) -> Part:
    full = [*_begun(night, clock), *_unwatched(night, clock), *_blind(night, clock)]
    if not full:
        return Part(2, [""])
    lasted = spoken_duration(night.missed_s)
    short = f"The box did not see all: {lasted} in all were not watched or heard or weighed."
    return Part(7, [" ".join(full), short if night.missed_s else full[0]])


def _watched(night: Night) -> Part:
    """That nothing was missed, and what cannot be seen here at all."""
    if not night.weighs:
        return Part(5, ["There is no scale: only what people told of is counted.", "No scale."])
    missed = night.unseen or night.restarts or night.begun_s is not None
    return Part(2, ["" if missed else "The box watched all the time.", ""])


def _begun(night: Night, clock: Clock) -> list[str]:
    if night.begun_s is None:
        return []
    lasted = spoken_duration(night.to_s - night.begun_s)
    return [
        f"The box watches since {clock.time(night.begun_s)} only."
        if clock.known
        else f"The box watches for {lasted} only."
    ]


def _unwatched(night: Night, clock: Clock) -> list[str]:
    spans = [each for each in night.unseen if each.source is None]
    said = []
    if spans:
        said = [f"The box did not watch {_spans(spans, clock)}: of that time nothing is known."]
    quick = [t for t in night.restarts if not any(_is_about(each, t) for each in spans)]
    if quick:
        when = clock.at(quick[-1])
        times = "" if len(quick) == 1 else f" {len(quick)} times, last"
        said.append(f"It was restarted{times}{when} and went on.")
    return said


def _is_about(unseen: Unseen, t_s: float) -> bool:
    """Whether a start is the end of a time without one."""
    return unseen.from_s - MINUTE_S <= t_s <= unseen.to_s + 5 * MINUTE_S


def _blind(night: Night, clock: Clock) -> list[str]:
    said = []
    for source, words in SOURCES.items():
        spans = [each for each in night.unseen if each.source == source]
        if spans:
            what = _LOST[source]
            said.append(f"{words.label} {words.blind} {_spans(spans, clock)}: {what}.")
    return said


def _spans(spans: Sequence[Unseen], clock: Clock) -> str:
    if len(spans) <= 3:
        return listed([clock.span(each.from_s, each.to_s) for each in spans])
    lasted = spoken_duration(sum(each.lasted_s for each in spans))
    longest = max(spans, key=lambda each: each.lasted_s)
    when = clock.span(longest.from_s, longest.to_s)
    return f"{len(spans)} times, {lasted} in all, longest {when}"


# --------------------------------------------------------------------------- what happened


def _unnamed(night: Night, clock: Clock) -> Part:
    found = night.unnamed
    if not found:
        return Part(6, [""])
    first = found[0]
    when = f" (the first {first.weight_g:.0f} g{clock.at(first.t_s)})"
    if len(found) == 1:
        short = "1 weighing has no name"
        full = f"{short} ({first.weight_g:.0f} g{clock.at(first.t_s)})"
    else:
        short = f"{len(found)} weighings have no name"
        full = f"{short}{when}"
    return Part(6, [f"{full}: what was drunk then is not counted. Say who it was.", f"{short}."])


def _cries(night: Night, clock: Clock) -> Part:
    if not night.hears:
        return Part(3, ["There is no microphone: cries are not heard.", "No microphone."])
    spells = night.spells
    total_s = sum(cry.lasted_s for cry in night.cries)
    if total_s < MINUTE_S:
        return Part(1, ["Hardly a cry." if night.cries else "No cry was heard.", ""])
    by_reason: dict[CryContext, float] = {}
    for cry in night.cries:
        by_reason[cry.context] = by_reason.get(cry.context, 0.0) + cry.lasted_s
    ordered = sorted(by_reason.items(), key=lambda item: -item[1])
    why = [f"{spoken_duration(s)} {_REASONS[c]}" for c, s in ordered if s >= 0.5 * MINUTE_S]
    longest = max(spells, key=lambda cry: cry.lasted_s)
    short = f"Crying: {spoken_duration(total_s)}"
    times = "" if len(spells) == 1 else f" in {len(spells)} spells"
    reasons = f" ({', '.join(why)})" if why else ""
    when = f", the longest {spoken_duration(longest.lasted_s)}{clock.at(longest.started_s)}"
    full = f"{short}{times}{reasons}{when if len(spells) > 1 else clock.at(longest.started_s)}."
    return Part(4, [full, f"{short}{reasons}.", f"{short}."])


def _notes(night: Night, clock: Clock) -> Part:
    if not night.notes:
        return Part(3, [""])

    def told(most: int, words: int) -> str:
        said = []
        for note in list(night.notes)[-most:]:
            whom = "" if note.baby is None else f"{shortened(note.baby, 3)} "
            when = f"{clock.time(note.t_s)} " if clock.known else ""
            what = shortened(spoken_note(note.kind, note.value, note.text), words)
            by = f" ({shortened(note.by, 2)})" if note.by else ""
            said.append(f"{when}{whom}{what}{by}")
        more = len(night.notes) - len(said)
        return f"Noted: {'; '.join(said)}{f', and {more} more' if more else ''}."

    number = len(night.notes)
    count = "1 note is" if number == 1 else f"{number} notes are"
    return Part(3, [told(NOTES_TOLD, 8), told(1, 6), f"{count} in the log."])


def _carers(night: Night) -> Part:
    """Whom the next carer can ask."""
    names = [shortened(name, 2) for name in night.carers[:CARERS_TOLD]]
    return Part(2, [f"Cared for by {listed(names)}." if names else "", ""])


# --------------------------------------------------------------------------- what is next


def _next(night: Night, clock: Clock) -> Part:
    due = [each for each in night.here if each.status and each.status.bottle_due_at is not None]
    due.sort(key=_due_s)
    if any(alert.kind == "bottle_overdue" for alert in night.open_alerts) and not due:
        return Part(6, ["Next: the bottles that are overdue.", ""])
    if not due:
        said = "When the next bottle is due is not known yet." if night.here else _WELCOME
        return Part(6, [said])
    shown = [_bottle(each, night.now_s, clock) for each in due]
    rest = f", and {len(due) - NEXT_TOLD} more after that" if len(due) > NEXT_TOLD else ""
    full = f"Next: {', '.join(shown[:NEXT_TOLD])}{rest}."
    return Part(6, [full, f"Next: {shown[0]}."])


_WELCOME = (
    "Register a baby with its weight, and its bottles, its gain and its next bottle are told here "
    "every morning."
)


def _due_s(each: BabyNight) -> float:
    return each.status.bottle_due_at or 0.0 if each.status is not None else 0.0


def _bottle(each: BabyNight, now_s: float, clock: Clock) -> str:
    """``Possum at 07:40 (6 ml)``."""
    ml, due_s = each.status.next_feed_ml if each.status is not None else None, _due_s(each)
    said = [] if ml is None else [f"{ml:.0f} ml"]
    if clock.known and now_s - due_s > MINUTE_S:
        said.append(f"due since {clock.time(due_s)}")
    if each.status is not None and each.status.warm_first:
        said.append("warm it first")
    more = f" ({', '.join(said)})" if said else ""
    return f"{babies.name_of(each)} {clock.ahead(due_s, now_s)}{more}"
