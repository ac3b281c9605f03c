"""The vocabulary of the core: what comes in (observations) and what goes out (events).

Every struct is frozen and typed. Times are ``t_s``: seconds on the nursery timeline, which only
moves forward. They become RFC 3339 text in ``codec.py`` and nowhere else.
"""

from monitor.events.babies import (
    Baby,
    FeedOrigin,
    HandFeed,
    Move,
    Origin,
    Species,
    Stamp,
    Weighing,
    slug,
)
from monitor.events.conditions import CannotJudge, Closed, Condition
from monitor.events.event_types import (
    CLOSED,
    LISTENED,
    PRACTICE,
    Alert,
    AlertState,
    AnyEvent,
    BoxOff,
    BoxOn,
    Calibration,
    Candidate,
    CommandResult,
    CryContext,
    CryEnded,
    CryStarted,
    Disturbed,
    Event,
    Feed,
    Growth,
    Handover,
    JointWeighIn,
    Note,
    ObjectMoved,
    Retraction,
    RosterChanged,
    SourceCondition,
    SourceState,
    ThingCandidate,
    ThingChanged,
    Unassigned,
    Verdict,
    Voice,
    WeighIn,
)
from monitor.events.observations import (
    AUDIO_RATE_HZ,
    AudioBlock,
    CertificateReport,
    ClockReading,
    Command,
    HostReport,
    IdentityReport,
    LagReport,
    LinkReport,
    Observation,
    ProbeReading,
    ScaleBlock,
    Slept,
    SourceReport,
    Tick,
)

__all__ = [
    "AUDIO_RATE_HZ", "CLOSED", "LISTENED", "PRACTICE", "Alert", "AlertState", "AnyEvent",
    "AudioBlock", "Baby", "BoxOff", "BoxOn", "Calibration", "Candidate", "CannotJudge",
    "CertificateReport", "ClockReading", "Closed", "Command", "CommandResult", "Condition",
    "CryContext", "CryEnded", "CryStarted", "Disturbed", "Event", "Feed", "FeedOrigin", "Growth",
    "HandFeed", "Handover", "HostReport", "IdentityReport", "JointWeighIn", "LagReport",
    "LinkReport", "Move", "Note", "ObjectMoved", "Observation", "Origin", "ProbeReading",
    "Retraction", "RosterChanged", "ScaleBlock", "Slept", "SourceCondition", "SourceReport",
    "SourceState", "Species", "Stamp", "ThingCandidate", "ThingChanged", "Tick", "Unassigned",
    "Verdict", "Voice", "WeighIn", "Weighing", "slug",
]  # fmt: skip
