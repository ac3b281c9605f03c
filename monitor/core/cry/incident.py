"""Crying as an incident: several bouts, one piece of news.

A bout of the detector is a few calls; a baby that wants something makes many bouts with pauses.
This part joins them, waits until there was enough crying to act on (a cry that is over before
anybody could stand up belongs in the log), and words the alert with its context, because "the
bottle was due 20 minutes ago" asks for something else than "50 minutes after a full feed".
A human baby is reported by the detector's own events and is never an incident here.
"""

from __future__ import annotations

import math
from typing import Protocol

import msgspec

from monitor.alert_kinds import Severity
from monitor.config import AlertsConfig
from monitor.documents import CryStatus
from monitor.events import CannotJudge, Condition, CryContext, CryEnded, CryStarted, Voice
from monitor.names import renamed
from monitor.times import DAY_S, HOUR_S, spoken_duration
from monitor.timeshift import Moment

QUIET_S = 90.0
"""silence that ends an incident. Judgement: calls of one baby come seconds apart; with 60 s, a
pause of 81 s cleared and raised again one spell of the simulated night."""
LONG_CRY_S = 600.0
"""an incident this long is critical by day and night: nobody came, and crying costs strength"""
LONG_CRY_SHARE = 0.2
"""... if at least this share of it was crying, not pauses"""


class HasLevel(Protocol):
    """What is asked of the detector."""

    @property
    def level_db(self) -> float | None:
        """Loudness now, dB of full scale; None before the first block."""


class Spell(msgspec.Struct):
    """One incident of crying."""

    since_s: Moment
    heard_s: Moment
    """end of the last call known so far"""
    cried_s: float = 0.0
    """in bouts that are over"""
    bout_s: Moment | None = None
    """beginning of the bout that goes on now"""
    species: Voice = "unknown"
    """whom it was first known to be"""
    also: Voice = "unknown"
    """who else was known to cry in it"""
    score: float = 0.0
    context: CryContext = "unexplained"
    phrase: str = ""


class CryingState(msgspec.Struct):
    """The incident, and the bouts of the last day from beginning to end."""

    incident: Spell | None = None
    bouts: list[tuple[Moment, Moment]] = []


class CryingRun(msgspec.Struct):
    """What only this run can know: that it was quiet is for its microphone to show."""

    hearing_s: Moment | None = -math.inf
    """since when the microphone hears without a break; ``None`` while it is deaf"""
    quiet_proven: bool = True
    """since it last came back it has been quiet for long enough to say so"""


class CryIncident:
    """Joins bouts into incidents and keeps the minutes cried in the last hour and day."""

    def __init__(self, config: AlertsConfig) -> None:
        self._cry_after_s = config.cry_after_s
        self.state = CryingState()
        self.run = CryingRun()

    def observe(self, event: CryStarted | CryEnded, phrase: str = "") -> None:
        """Take the beginning or the end of a bout.

        ``phrase`` is one clause on feeding ("Possum's bottle was due ..."), for a beginning.
        """
        if event.species == "human":
            return
        if isinstance(event, CryStarted):
            self._begin(event, phrase)
        else:
            self._end(event)

    def _begin(self, event: CryStarted, phrase: str) -> None:
        incident = self.state.incident
        if incident is None or (
            incident.bout_s is None and event.t_s - incident.heard_s >= QUIET_S
        ):
            # A pause that long ends a spell, heard or not: nobody knows that it went on meanwhile.
            incident = Spell(since_s=event.t_s, heard_s=event.t_s)
        incident.bout_s = event.t_s
        incident.heard_s = max(incident.heard_s, event.decided_s, event.t_s)
        incident.score = event.score
        incident.context, incident.phrase = event.context, phrase
        _name(incident, event.species)
        self.state.incident = incident

    def _end(self, event: CryEnded) -> None:
        """The bout is over; its length counts from its first to its last call."""
        self.state.bouts.append((event.started_s, max(event.started_s, event.t_s)))
        incident = self.state.incident
        if incident is not None and incident.bout_s is not None:
            incident.cried_s += max(0.0, event.t_s - incident.bout_s)
            incident.heard_s = max(incident.heard_s, event.t_s)
            incident.bout_s = None

    @property
    def context(self) -> CryContext:
        """The context of the incident that goes on, for the end of its bouts."""
        return self.state.incident.context if self.state.incident else "unexplained"

    def _lose_hearing(self) -> None:
        """A bout that goes on now has no known end: it counts up to its last known call."""
        self.run.hearing_s, self.run.quiet_proven = None, False
        incident = self.state.incident
        if incident is not None and incident.bout_s is not None:
            incident.cried_s += max(0.0, incident.heard_s - incident.bout_s)
            incident.bout_s = None

    def conditions(
        self, now_s: float, *, hearing: bool = True, open_bout: CryStarted | None = None
    ) -> list[Condition]:
        """The ``crying`` condition, once there was enough of it and until it is quiet.

        Args:
            now_s: the time now.
            hearing: False while the microphone is blind: a bout then ends where it was last
                heard, because nothing will report its end, and nothing is said until it hears.
            open_bout: what the detector hears now; it may have begun while the microphone was
                not trusted yet, and its beginning is not announced twice.
        """
        if not hearing:
            self._lose_hearing()
            return []
        if open_bout is not None:
            self._hear_on(open_bout)
        if self.run.hearing_s is None:
            self.run.hearing_s = now_s
        self._forget_what_is_over(now_s)
        incident = self.state.incident
        if incident is None or self._is_of_before(incident, now_s):
            return []
        cried_s = _cried_s(incident, now_s)
        if cried_s < self._cry_after_s:
            return []
        return [_crying(incident, now_s, cried_s)]

    def _hear_on(self, bout: CryStarted) -> None:
        """Go on with a bout that was given up when the microphone was lost, and never ended."""
        incident = self.state.incident
        if bout.species == "human" or (incident is not None and incident.bout_s is not None):
            return
        if incident is None:
            self._begin(bout, "")
        else:
            incident.bout_s = incident.heard_s = max(bout.t_s, incident.heard_s)

    def unjudged(self) -> list[CannotJudge]:
        """Whether it can be said that nobody cries, as of the last ``conditions``."""
        if self.run.quiet_proven:
            return []
        deaf = "the microphone does not hear"
        why = deaf if self.run.hearing_s is None else "quiet has not been heard for long enough"
        return [CannotJudge(kind="crying", why=why)]

    def _is_of_before(self, incident: Spell, now_s: float) -> bool:
        """Nothing has been heard of it since the microphone came back, and that is long enough."""
        unheard = self.run.hearing_s is not None and incident.heard_s < self.run.hearing_s
        return unheard and incident.bout_s is None and now_s - incident.heard_s >= QUIET_S

    def status(self, now_s: float, detector: HasLevel | None, hearing: bool) -> CryStatus:
        """The retained ``cry`` document; everything unknown while the microphone is blind."""
        if not hearing:
            return CryStatus(crying=None)
        self._forget_what_is_over(now_s)
        incident = self.state.incident
        crying = incident is not None and incident.bout_s is not None
        return CryStatus(
            crying=crying,
            since=incident.since_s if incident and crying else None,
            species=incident.species if incident and crying else None,
            score=incident.score if incident and crying else None,
            context=incident.context if incident and crying else None,
            level_db=detector.level_db if detector is not None else None,
            cry_minutes_1h=self._minutes(now_s, HOUR_S),
            cry_minutes_24h=self._minutes(now_s, DAY_S),
        )

    def _minutes(self, now_s: float, window_s: float) -> float:
        begin_s = now_s - window_s
        total_s = sum(max(0.0, end - max(start, begin_s)) for start, end in self.state.bouts)
        if self.state.incident is not None and self.state.incident.bout_s is not None:
            total_s += max(0.0, now_s - max(self.state.incident.bout_s, begin_s))
        return round(total_s / 60, 2)

    def _forget_what_is_over(self, now_s: float) -> None:
        while self.state.bouts and self.state.bouts[0][1] < now_s - DAY_S:
            del self.state.bouts[0]
        incident = self.state.incident
        if self.run.hearing_s is None or (incident is not None and incident.bout_s is not None):
            return
        heard_s = incident.heard_s if incident is not None else self.run.hearing_s
        if now_s - max(heard_s, self.run.hearing_s) >= QUIET_S:
            self.state.incident, self.run.quiet_proven = None, True

    def rename(self, old: str, new: str) -> None:
        """A baby the incident's phrase may speak of has another name now."""
        if self.state.incident is not None:
            self.state.incident.phrase = renamed(self.state.incident.phrase, old, new)

    def resume(self, state: CryingState) -> None:
        """After a restart: a bout that went on then is taken to have ended with the power."""
        self.state = state
        self._lose_hearing()


def _name(incident: Spell, heard: Voice) -> None:
    """Who cries: what is raised as a kitten ends as one, whatever the last calls sounded like."""
    if incident.species == "unknown":
        incident.species = heard
    elif heard not in {"unknown", incident.species}:
        incident.also = heard


def _crying(incident: Spell, now_s: float, cried_s: float) -> Condition:
    """The condition in words; ``cried_s`` is how long there were calls in it."""
    lasted_s = now_s - incident.since_s
    long = lasted_s >= LONG_CRY_S and cried_s >= LONG_CRY_SHARE * lasted_s
    severity: Severity = "critical" if long else "warning"
    kind = incident.species if incident.species in {"kitten", "puppy"} else "baby"
    both = incident.also in {"kitten", "puppy"}
    who = f"A {kind} and a {incident.also} have" if both else f"A {kind} has"
    return Condition(
        kind="crying",
        severity=severity,
        since_s=incident.since_s,
        title=f"{kind.capitalize()} crying",
        message=f"{who} been crying for {spoken_duration(lasted_s)}{_because(incident)}",
        why=f"{cried_s:.0f} s of calls in {lasted_s:.0f} s, score {incident.score:.2f}, "
        f"context {incident.context}",
        all_clear="Quiet again after "
        f"{spoken_duration(incident.heard_s - incident.since_s)} of crying.",
    )


def _cried_s(incident: Spell, now_s: float) -> float:
    going_on_s = now_s - incident.bout_s if incident.bout_s is not None else 0.0
    return incident.cried_s + max(0.0, going_on_s)


def _because(incident: Spell) -> str:
    if incident.phrase:
        return f": {incident.phrase.rstrip('.')}."
    return {
        "bottle_due": ": a bottle is due.",
        "just_fed": " soon after a feed: check warmth, bedding and belly.",
        "handled": " while being handled.",
        "unexplained": ", and no bottle is due: check warmth, bedding and who is out.",
    }[incident.context]
