"""Events as one plain line each, for people who read a terminal."""

from __future__ import annotations

from monitor.events import (
    Alert,
    AnyEvent,
    BoxOff,
    BoxOn,
    Calibration,
    CallHeard,
    CommandResult,
    CryEnded,
    CryStarted,
    Disturbed,
    Feed,
    Growth,
    Handover,
    JointWeighIn,
    Note,
    ObjectMoved,
    RecordArrived,
    Retraction,
    RosterChanged,
    SourceState,
    ThingChanged,
    Unassigned,
    WeighIn,
)
from monitor.names import farewell
from monitor.times import MINUTE_S
from monitor.written.grams import spoken_grams
from monitor.written.notes import spoken_note

_MOVES = {"lift": "out", "return": "back", None: "typed"}
_CONTEXTS = {
    "bottle_due": "a bottle is due",
    "just_fed": "just fed",
    "unexplained": "unexplained",
    "handled": "hands in the box",
}


def plain(event: AnyEvent) -> str:
    """One line with units."""
    match event:
        case WeighIn() | Feed() | Unassigned() | JointWeighIn() | Retraction() | Growth():
            return _weight(event)
        case ObjectMoved() | BoxOff() | BoxOn() | Disturbed():
            return _scale(event)
        case CryStarted():
            return f"crying ({event.species}, {_CONTEXTS[event.context]})"
        case CryEnded():
            return f"quiet again after {event.t_s - event.started_s:.0f} s of {event.species} cries"
        case CallHeard():
            return f"a single call ({event.species})"
        case SourceState():
            return f"{event.source} {event.state}" + (f": {event.why}" if event.why else "")
        case Note():
            return _note(event)
        case Alert():
            return f"ALERT {event.state} [{event.severity}] {event.title}: {event.message}"
        case CommandResult():
            return f"{event.verb}: {(event.understood or 'done') if event.ok else event.error}"
        case Handover():
            return f"summary: {event.text}"
        case Calibration():
            return f"the scale: {event.text}"
        case ThingChanged():
            state = "is a thing that is known now" if event.known else "is forgotten"
            return f"{event.name} ({event.grams:.0f} g) {state}"
        case RecordArrived():
            return (
                f"{event.baby} came from {event.origin} with {event.weighings} weighings, "
                f"{event.feeds} bottles and {event.notes} notes"
            )
        case RosterChanged():
            if event.baby.retired_s is not None and not event.deleted:
                return farewell(event.baby.name, event.baby.retired_reason)
            state = "is in the nursery"
            if event.deleted:
                state = "was registered by mistake"
            return f"{event.baby.name} ({event.baby.species}) {state}"


def _weight(event: WeighIn | Feed | Unassigned | JointWeighIn | Retraction | Growth) -> str:
    match event:
        case WeighIn():
            return (
                f"{event.baby} {_MOVES[event.move]}: {event.weight_g:.1f} g "
                f"(±{event.sigma_g:.1f} g, sure to {event.confidence:.0%})"
                f"{', weighed and not fed' if event.only_weighed else ''}"
            )
        case Feed(net_g=net_g, sigma_g=sigma_g, out_s=out_s):
            if net_g is None or sigma_g is None or out_s is None:
                return _told(event)
            return (
                f"{event.baby} took {net_g:+.1f} g net (±{sigma_g:.1f} g) "
                f"in {out_s / MINUTE_S:.0f} min"
            )
        case Unassigned():
            found = [(c.baby, c.p) for c in event.candidates]
            found += [(t.thing, t.p) for t in event.things]
            names = ", ".join(f"{name} {p:.0%}" for name, p in found) or "nobody known"
            return (
                f"who is it? {event.weight_g:.1f} g {_MOVES[event.move]}: {names} [{event.step_id}]"
            )
        case JointWeighIn():
            return f"{' and '.join(event.babies)} {_MOVES[event.move]}: {event.weight_g:.1f} g"
        case Retraction():
            return f"weighing {event.step_id} taken back: {event.why}"
        case Growth():
            return f"{event.baby}: {_growth(event)}"


def _told(feed: Feed) -> str:
    amount = "" if feed.net_g is None else f" {spoken_grams(feed.net_g)}"
    how = "" if feed.how is None else f" ({feed.how})"
    return f"{feed.baby} was fed{amount}{how}, as noted by {feed.by or 'hand'}"


def _note(note: Note) -> str:
    about = "" if note.baby is None else f"{note.baby}: "
    by = "" if note.by is None else f" ({note.by})"
    return f"{about}{spoken_note(note.kind, note.value, note.text)}{by}"


def _scale(event: ObjectMoved | BoxOff | BoxOn | Disturbed) -> str:
    match event:
        case ObjectMoved():
            what = "put in" if event.delta_g > 0 else "taken out"
            name = "something" if event.name is None else event.name
            return f"{name} of {abs(event.delta_g):.0f} g {what}"
        case BoxOff():
            return "the box was lifted off the scale"
        case BoxOn():
            return "the box is back on the scale"
        case Disturbed():
            return "the scale is disturbed: weights wait until it is still"


def _growth(event: Growth) -> str:
    verdict = event.verdict.replace("_", " ")
    if event.gain_24h_g is None:
        return verdict
    percent = "" if event.gain_24h_pct is None else f" ({event.gain_24h_pct:+.1f} %)"
    return f"{event.gain_24h_g:+.1f} g{percent} in 24 h, {verdict}"
