"""What the core says happened: one struct for each kind of event."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from monitor.alert_kinds import AlertKind, Severity
from monitor.events.babies import (
    Baby,
    FeedOrigin,
    Move,
    Origin,
    Stamp,
    Weighing,
    shifted_unless_given,
)
from monitor.names import NoteKind, SourceName
from monitor.timeshift import Deadline, Moment, TimeShift

Voice = Literal["kitten", "puppy", "human", "unknown"]
CryContext = Literal["bottle_due", "just_fed", "unexplained", "handled"]
SourceCondition = Literal["healthy", "stalled", "restarting", "failed"]
Verdict = Literal["gaining", "steady", "not_gaining", "losing", "not_enough_data"]
AlertState = Literal["raised", "reminded", "acknowledged", "snoozed", "cleared"]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Base of the core's events; ``t_s`` is when it happened, not when it was decided."""

    t_s: Moment


class WeighIn(Event, frozen=True, kw_only=True, tag="weigh_in"):
    """A claim: this baby weighed this much."""

    baby: str
    move: Move | None
    weight_g: float
    sigma_g: float
    """standard error; of a move, of the levels before and after it"""
    confidence: float
    step_id: str
    origin: Origin = "scale"
    only_weighed: bool = False
    """somebody said that this move was a weighing: with its other half it is no bottle"""
    stamp: Stamp = "clock"
    by: str | None = None
    """who said so, by the name of a carer; ``None``: nobody has told"""


class Feed(Event, frozen=True, kw_only=True, tag="feed", omit_defaults=True):
    """A bottle: the scale saw it (weight after minus weight before), or a person says so."""

    baby: str
    net_g: float | None
    """``None``: nobody knows how much"""
    sigma_g: float | None
    out_s: float | None
    """``None``: the scale did not see it"""
    step_id: str
    """of the return that closed it, or its own"""
    origin: FeedOrigin = "scale"
    how: str | None = None
    """as a person said it, such as "tube\""""
    stamp: Stamp = "clock"
    by: str | None = None
    """who said so, by the name of a carer; ``None``: nobody has told"""


class Note(Event, frozen=True, kw_only=True, tag="note"):
    """A line of the care log."""

    step_id: str
    baby: str | None
    """``None``: about all of them"""
    kind: NoteKind
    value: str | float | None = None
    text: str | None = None
    stamp: Stamp = "clock"
    by: str | None = None
    """who said so, by the name of a carer; ``None``: nobody has told"""

    def shifted(self, shift: TimeShift) -> Note:
        """A time that a person gave is right already."""
        return shifted_unless_given(self, shift)


class Candidate(msgspec.Struct, frozen=True):
    """One possible answer to "who was it?"."""

    baby: str
    p: float


class ThingCandidate(msgspec.Struct, frozen=True):
    """A thing that it may have been instead."""

    thing: str
    p: float


class Unassigned(Event, frozen=True, kw_only=True, tag="unassigned"):
    """Somebody was weighed and the scale cannot say who."""

    move: Move
    weight_g: float
    sigma_g: float
    candidates: list[Candidate]
    step_id: str
    gap: bool = False
    """nobody was weighed: the total changed while nobody watched (a power cut)"""
    things: list[ThingCandidate] = []


class JointWeighIn(Event, frozen=True, kw_only=True, tag="joint_weigh_in"):
    """Two or more lifted or returned together."""

    babies: list[str]
    move: Move
    weight_g: float
    sigma_g: float
    step_id: str


class Retraction(Event, frozen=True, kw_only=True, tag="retraction"):
    """An earlier claim with this ``step_id`` no longer holds."""

    step_id: str
    why: str


class ObjectMoved(Event, frozen=True, kw_only=True, tag="object"):
    """Bedding, a bottle, a heat pad: the tare moved, nobody was weighed."""

    delta_g: float
    name: str | None = None
    """of a thing that is known"""
    step_id: str | None = None
    """with it a person can say which thing it was, or who; ``None``: too small to be anybody"""


class ThingChanged(Event, frozen=True, kw_only=True, tag="thing"):
    """A thing is known from now on, has another name, or is forgotten."""

    name: str
    grams: float
    known: bool = True


class BoxOff(Event, frozen=True, kw_only=True, tag="box_off"):
    """The box was lifted off the scale."""


class BoxOn(Event, frozen=True, kw_only=True, tag="box_on"):
    """The box is back on the scale."""


class Disturbed(Event, frozen=True, kw_only=True, tag="disturbed"):
    """The scale shakes or something leans on it: weights wait until it is still."""

    until_s: Moment | None = None


class CryStarted(Event, frozen=True, kw_only=True, tag="cry_started"):
    """A bout of crying, told as soon as it is certain; ``t_s`` is its first call."""

    species: Voice
    score: float
    context: CryContext = "unexplained"
    species_p: dict[str, float] = {}
    decided_s: Moment = 0.0


class CryEnded(Event, frozen=True, kw_only=True, tag="cry_ended"):
    """The bout is over; ``t_s`` is the end of its last call."""

    species: Voice
    score: float
    context: CryContext = "unexplained"
    started_s: Moment
    species_p: dict[str, float] = {}


class CallHeard(Event, frozen=True, kw_only=True, tag="call_heard"):
    """One strong call with quiet before and after it; ``t_s`` is its end. Not a bout of crying."""

    species: Voice
    score: float


class Growth(Event, frozen=True, kw_only=True, tag="growth"):
    """How a baby's weight is going."""

    baby: str
    gain_24h_g: float | None
    gain_24h_pct: float | None
    p_losing: float | None
    verdict: Verdict


class SourceState(Event, frozen=True, kw_only=True, tag="source"):
    """A source changed state."""

    source: SourceName
    state: SourceCondition
    why: str


PRACTICE = "Practice: "
"""begins the title of an alert about a simulated nursery, wherever it leaves the box"""
CLOSED = "Closed: "
"""what the title of an alert begins with that ended though it is not known to be over"""
LISTENED = "Somebody listened: it was not a cry."
"""the message of a crying alert that a person has ended"""


class Alert(Event, frozen=True, kw_only=True, tag="alert"):
    """One change in the life of an alert; ``t_s`` is the moment of the change."""

    id: str
    kind: AlertKind
    state: AlertState
    severity: Severity
    baby: str | None
    since: Moment
    title: str
    message: str
    why: str
    box: str
    own_severity: Severity | None = None
    """as it is, before quiet hours lower it; ``None``: an earlier version did not say"""
    until: Deadline | None = None
    """end of a snooze"""
    silent: bool = False
    """true: goes to the log and the retained state, not to the phone as news"""
    step_id: str | None = None
    """the weighing a ``who_is_it`` asks about"""
    candidates: list[Candidate] = []
    things: list[ThingCandidate] = []
    escalated: bool = False
    """critical, reminded and still acknowledged by nobody: wake a second person"""
    by: str | None = None
    """who has answered it, by the name of a carer; ``None``: nobody has told"""

    @property
    def is_all_clear(self) -> bool:
        """It ended because it is over, and not for another reason."""
        title = self.title.removeprefix(PRACTICE)
        return self.state == "cleared" and not title.startswith(CLOSED)

    @property
    def babies(self) -> list[str]:
        """Names of those it speaks of: one, or look-alikes of whom nobody knows which."""
        return [each.baby for each in self.candidates] if self.baby is None else [self.baby]

    @property
    def incident(self) -> str:
        """The id without its stamp: what stays when the same thing happens again."""
        head, _, stamp = self.id.rpartition("-")
        is_stamp = len(stamp) == 16 and stamp[8] == "T" and stamp[15] == "Z"
        return head if is_stamp else self.id


class CommandResult(Event, frozen=True, kw_only=True, tag="command_result"):
    """The answer to a command."""

    verb: str
    ok: bool
    error: str | None = None
    request_id: str | None = None
    origin: str = "mqtt"
    answer: dict[str, Any] | None = None
    """fields of the answer to a question, in their public form"""
    understood: str | None = None
    """what was read as an amount or a time: ``113.4 g, yesterday 23:10``"""


class Handover(
    Event, frozen=True, kw_only=True, tag="summary", rename={"from_s": "from", "to_s": "to"}
):
    """A stretch of time in words, for the next carer: at the end of quiet hours, or asked for."""

    what: Literal["night", "week", "asked"]
    text: str
    from_s: Moment
    to_s: Moment


class Calibration(Event, frozen=True, kw_only=True, tag="calibration", omit_defaults=True):
    """The end of a guided calibration of the scale; an accepted one is in force from here on."""

    state: Literal["accepted", "cancelled", "given_up"]
    text: str
    """one sentence"""
    counts_per_gram: float | None = None
    zero_counts: float | None = None


class RecordArrived(Event, frozen=True, kw_only=True, tag="record_arrived"):
    """A baby came from another box: from now on this is what was known of it before."""

    baby: str
    origin: str
    weighings: int
    feeds: int
    notes: int
    alerts: int = 0
    since: Moment
    """when it came"""
    replaces: bool = False
    """it was here before: what is known of it from before ``since`` is exactly this"""
    entries: Entries
    """all of it; not told outside"""


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """What was weighed and told of one baby, each in order of time; ids are as in this box."""

    weighings: list[Weighing]
    feeds: list[Feed]
    notes: list[Note]
    alerts: list[Alert] = []
    """what was told about it, change by change"""


class RosterChanged(Event, frozen=True, kw_only=True, tag="roster", omit_defaults=True):
    """A baby was added, edited, retired or deleted."""

    baby: Baby
    deleted: bool = False
    """it was registered by mistake: nothing is kept of it"""


AnyEvent = (
    WeighIn
    | Feed
    | Note
    | Unassigned
    | JointWeighIn
    | Retraction
    | ObjectMoved
    | ThingChanged
    | BoxOff
    | BoxOn
    | Disturbed
    | CryStarted
    | CryEnded
    | CallHeard
    | Growth
    | SourceState
    | Alert
    | CommandResult
    | Handover
    | Calibration
    | RosterChanged
    | RecordArrived
)
