"""What is true now and worth knowing, or cannot be judged now."""

from __future__ import annotations

import msgspec

from monitor.alert_kinds import AlertKind, Severity
from monitor.events.event_types import Candidate, ThingCandidate
from monitor.timeshift import Moment


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
    things: list[ThingCandidate] = []
    all_clear: str = ""
    """one sentence for the moment it is over; empty: the policy words it"""
    times: int = 0
    """how often it has happened by now; once more is told, also to whoever has seen it"""
    false_before_s: float = 0.0
    """for so long before ``since_s`` it was certainly false, where its part has seen that"""


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """Something is not looked for any more, for a reason other than that it is over.

    Stated beside the conditions. An open alert of it ends with this reason, and nobody is told an
    all-clear; it opens nothing, and gives way to a condition of the same incident.
    """

    kind: AlertKind
    key: str
    why: str
    """one sentence"""


class CannotJudge(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody can tell now whether something is true: the part that knows cannot see its source.

    Stated beside the conditions, at every tick for as long as it lasts. It opens nothing and
    closes nothing: an open alert of this kind stays as it is, and so do its reminders.
    """

    kind: AlertKind
    key: str | None = None
    """of one incident; ``None``: of every incident of the kind"""
    why: str
