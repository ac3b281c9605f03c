"""The vocabulary: what goes into the core (observations) and what comes out (events).

Every struct is frozen and typed. All times are ``t_s``: seconds on the nursery timeline, which
only ever moves forward and is close to Unix time once the clock is synchronised (see
``timeline.py``). They become RFC 3339 text at the edge only, in ``codec.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from monitor import commands, names
from monitor.alert_kinds import AlertKind, Severity
from monitor.names import SourceName
from monitor.timeshift import Deadline, Moment, TimeShift, shifted_fields

if TYPE_CHECKING:  # numpy is loaded by the parts that compute, not by those that only talk
    import numpy as np
    from numpy.typing import NDArray

Species = names.Species
Voice = Literal["kitten", "puppy", "human", "unknown"]
Move = Literal["lift", "return"]
Origin = Literal["scale", "assigned", "typed", "imported"]
CryContext = Literal["bottle_due", "just_fed", "unexplained", "handled"]
SourceCondition = Literal["healthy", "stalled", "restarting", "failed"]
Verdict = Literal["gaining", "steady", "not_gaining", "losing", "not_enough_data"]
Stamp = Literal["clock", "guess", "person"]
"""whose word a time is: a synchronised clock, one not synchronised yet, or somebody who typed it"""
AlertState = Literal["raised", "reminded", "acknowledged", "snoozed", "cleared"]

AUDIO_RATE_HZ = 16_000
"""Every audio block the core sees is mono at this rate (calls of interest lie below 8 kHz)."""
SATURATED_CODES = (8_388_607.0, -8_388_608.0)
"""HX711 datasheet: 0x7FFFFF and 0x800000 are returned when the input is out of range."""


# --------------------------------------------------------------------------- observations


class AudioBlock(msgspec.Struct, frozen=True):
    """Mono audio; ``t_s`` is the time of the first sample."""

    t_s: float
    samples: NDArray[np.float32]
    """shape (n,), full scale is -1..1, at AUDIO_RATE_HZ"""

    @property
    def end_s(self) -> float:
        """Time just after the last sample."""
        return self.t_s + len(self.samples) / AUDIO_RATE_HZ


class ScaleBlock(msgspec.Struct, frozen=True):
    """Raw converter values with their times."""

    times_s: NDArray[np.float64]
    """shape (n,), strictly increasing"""
    counts: NDArray[np.float64]
    """shape (n,), signed 24-bit converter codes"""

    @property
    def t_s(self) -> float:
        """Time of the last value: the block is known only then."""
        return float(self.times_s[-1])


class Tick(msgspec.Struct, frozen=True):
    """Time passes (once a second), so that "nothing happened" can be noticed."""

    t_s: float


class Slept(msgspec.Struct, frozen=True):
    """The computer was asleep for ``slept_s`` until just before ``t_s``: nobody watched."""

    t_s: float
    slept_s: float


class ClockReading(msgspec.Struct, frozen=True):
    """What the wall clock shows at ``t_s``, and whether it has been synchronised."""

    t_s: float
    unix_s: float
    synced: bool


class SourceReport(msgspec.Struct, frozen=True):
    """A source's state, as its device reports it."""

    t_s: Moment
    source: SourceName
    state: SourceCondition
    why: str


class HostReport(msgspec.Struct, frozen=True):
    """The computer's own state; ``None`` where the machine cannot tell."""

    t_s: Moment
    under_voltage: bool | None = None
    throttled: bool | None = None
    temperature_c: float | None = None
    disk_free_bytes: int | None = None
    clock_known: bool = True
    """somebody who knows the time has set the clock"""
    journal_error: str | None = None
    journal_lost: str | None = None
    """what is left of a journal that was damaged; told for a day"""
    journals_kept: list[str] = []
    """what lies beside the journal and waits for a person, one sentence a file"""
    rows_rejected: dict[str, int] = {}
    """stored rows that could not be used, by table; told for a day"""
    roster_known: bool = True
    """False: the card could not be read, and nobody knows who is in the nursery"""


class LagReport(msgspec.Struct, frozen=True):
    """How late the monitor works: what it looks at now has waited so long."""

    t_s: Moment
    lag_s: float
    exhausted: bool
    """everything that can be left out is (``daemon.shedding``): this is no passing stall"""


class LinkReport(msgspec.Struct, frozen=True):
    """The connection to the broker; ``None`` where it is not known yet."""

    t_s: Moment
    connected: bool = False
    takes_alerts: bool | None = None
    """whether the broker takes what the box says: its last answer on the topics of alerts"""
    hears_commands: bool | None = None
    """whether the broker lets commands through to the box"""
    silent_s: float | None = None
    """for how long it has owed its oldest acknowledgement, across connections"""
    away_s: float | None = None
    """for how long there has been no connection; ``None`` also where none is expected"""
    why: dict[str, str] = {}
    """the reason for each of "refused", "away" and "deaf", where there is one"""


class IdentityReport(msgspec.Struct, frozen=True):
    """Whether somebody else speaks as this box; empty while nobody is known to."""

    t_s: Moment
    signs: list[Literal["twin", "namesake", "taken_over", "copied", "found"]] = []


class Command(msgspec.Struct, frozen=True):
    """Something a person asked for, from a phone, the panel or the command line."""

    t_s: float
    request: commands.Request
    request_id: str | None = None
    """the answer echoes it"""
    origin: str = "mqtt"

    @property
    def verb(self) -> str:
        """What was asked for, as in topics."""
        return commands.verb_of(self.request)

    def answer(self, error: str | None = None) -> CommandResult:
        """It was carried out, or refused with a sentence."""
        return CommandResult(
            t_s=self.t_s,
            verb=self.verb,
            ok=error is None,
            error=error,
            request_id=self.request_id,
            origin=self.origin,
        )


Observation = (
    AudioBlock
    | ScaleBlock
    | Tick
    | Slept
    | ClockReading
    | SourceReport
    | HostReport
    | LagReport
    | LinkReport
    | IdentityReport
    | Command
)


# --------------------------------------------------------------------------- who is here


class Baby(msgspec.Struct, frozen=True, kw_only=True):
    """One baby in the nursery; ``id`` is its stored identity and never changes."""

    id: str
    name: str
    species: Species
    born: str | None = None
    """date of birth, YYYY-MM-DD, often a guess"""
    adult_weight_kg: float | None = None
    weight_g: float | None = None
    """the last weight known when it was registered"""
    registered_s: Moment | None = None
    retired_s: Moment | None = None

    @property
    def slug(self) -> str:
        """The name as it appears in topics and columns."""
        return slug(self.name)


def slug(name: str) -> str:
    """Lower-case ``name`` to ``[a-z0-9_]``; runs of anything else become one underscore.

    Letters with accents lose them. A name with nothing usable (an emoji) becomes ``baby_`` and
    the code points in hexadecimal, so that it is never empty.
    """
    import re
    import unicodedata

    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return text or "baby_" + "_".join(f"{ord(c):x}" for c in name.strip())


class Weighing(msgspec.Struct, frozen=True, kw_only=True):
    """One stored weight of one baby."""

    step_id: str
    t_s: Moment
    baby: str
    weight_g: float
    sigma_g: float
    move: Move | None = None
    """``None`` for a weighing typed by hand"""
    confidence: float = 1.0
    origin: Origin = "scale"
    only_weighed: bool = False
    """somebody said that this move was a weighing: with its other half it is no bottle"""
    stamp: Stamp = "clock"
    """a guess is never used for grams per day"""

    def shifted(self, shift: TimeShift) -> Weighing:
        """A time that a person gave is right already."""
        if self.stamp == "person" or not shift.covers(self.t_s):
            return self
        return replace(shifted_fields(self, shift), stamp="clock" if shift.sure else "guess")


# --------------------------------------------------------------------------- events


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Base of the core's events; ``t_s`` is when it happened, not when it was decided."""

    t_s: Moment


class WeighIn(Event, frozen=True, kw_only=True, tag="weigh_in"):
    """A claim: this baby weighed this much."""

    baby: str
    move: Move | None
    weight_g: float
    sigma_g: float
    confidence: float
    step_id: str
    origin: Origin = "scale"
    only_weighed: bool = False
    """somebody said that this move was a weighing: with its other half it is no bottle"""
    stamp: Stamp = "clock"


class Feed(Event, frozen=True, kw_only=True, tag="feed"):
    """A baby was out and came back: net intake is the weight after minus the weight before."""

    baby: str
    net_g: float
    sigma_g: float
    out_s: float
    step_id: str
    """of the return that closed it"""


class Candidate(msgspec.Struct, frozen=True):
    """One possible answer to "who was it?"."""

    baby: str
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
    until: Deadline | None = None
    """end of a snooze"""
    silent: bool = False
    """true: goes to the log and the retained state, not to the phone as news"""
    step_id: str | None = None
    """the weighing a ``who_is_it`` asks about"""
    candidates: list[Candidate] = []
    escalated: bool = False
    """critical, reminded and still acknowledged by nobody: wake a second person"""

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


class RosterChanged(Event, frozen=True, kw_only=True, tag="roster"):
    """A baby was added, edited or retired."""

    baby: Baby


AnyEvent = (
    WeighIn
    | Feed
    | Unassigned
    | JointWeighIn
    | Retraction
    | ObjectMoved
    | BoxOff
    | BoxOn
    | Disturbed
    | CryStarted
    | CryEnded
    | Growth
    | SourceState
    | Alert
    | CommandResult
    | RosterChanged
)


# --------------------------------------------------------------------------- conditions


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is true now and that a person should know; the policy gives it a life.

    Parts of the core state their conditions at every tick. (kind, key) names one incident: while
    it is stated the alert stays open; when it is neither stated nor said to be past judging
    (``CannotJudge``) it is false, and the alert clears.
    """

    kind: AlertKind
    key: str = ""
    """what keeps two incidents of one kind apart: a baby's id, a step_id, a source"""
    severity: Severity
    baby: str | None = None
    since_s: Moment
    title: str
    message: str
    why: str
    step_id: str | None = None
    candidates: list[Candidate] = []
    all_clear: str = ""
    """one sentence for the moment it is over; empty: the policy words it"""
    false_before_s: float = 0.0
    """for so long before ``since_s`` it was certainly false, where its part has seen that"""


class CannotJudge(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody can tell now whether something is true: the part that knows cannot see its source.

    Stated beside the conditions, at every tick for as long as it lasts. It opens nothing and
    closes nothing: an open alert of this kind stays as it is, and so do its reminders.
    """

    kind: AlertKind
    key: str | None = None
    """of one incident; ``None``: of every incident of the kind"""
    why: str
