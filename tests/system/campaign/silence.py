"""How long was something true and critical told to nobody?

A ``Fact`` is what the world made true: a load cell without a wire, a muted microphone, a kitten
that cries. The box may take the stated delay of docs/alerts.md to notice it. From then on it must
have been told to a person by at least one way that still worked. Silent is the time in which it
was not: no way that worked had told it, or the last word said that it was over.

Ways are the messages of topic ``alert`` and the retained list (both "mqtt"), pushes, and the
buzzer. The buzzer names nothing and is heard only beside the box, so it counts where no other way
works. Every time here is ``time.monotonic()``.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

BUSY_S = 10.0
"""on top of every stated delay: several worlds share the cores of one machine"""


def busy_s() -> float:
    """... and longer while it has more work than two for each core (load of the last minute)."""
    return BUSY_S * max(1.0, os.getloadavg()[0] / (2 * (os.cpu_count() or 1)))


STAMP = re.compile(r"-\d{8}T\d{6}Z$")


def incident_of(alert_id: str) -> str:
    """Kind and key of an alert's id: what stays when the same thing happens again."""
    return STAMP.sub("", alert_id)


class Span(msgspec.Struct, frozen=True):
    """From ``begin_s`` to just before ``end_s``."""

    begin_s: float
    end_s: float = math.inf

    def holds(self, t_s: float) -> bool:
        """Whether a moment lies in it."""
        return self.begin_s <= t_s < self.end_s


class Fact(msgspec.Struct, kw_only=True):
    """Something critical that is true for a while."""

    incident: str
    """kind and key of the alert that tells it"""
    titles: frozenset[str]
    """how a push tells it"""
    delay_s: float
    """stated in docs/alerts.md, from the moment at which it is true and the box watches"""
    begin_s: float
    end_s: float = math.inf


class Telling(msgspec.Struct, frozen=True):
    """A person was told of an incident, or (``over``) that it is over."""

    at_s: float
    incident: str
    over: bool = False


class Circumstances(msgspec.Struct, kw_only=True):
    """What could be done meanwhile."""

    watching: Sequence[Span]
    """lives of the daemon; after a crash that nobody asked for, the life goes on"""
    remote: Sequence[Span]
    """times in which a message or a push could arrive; may overlap"""
    buzzing: Sequence[Span]
    """times in which the buzzer sounded"""
    busy_s: float = BUSY_S
    """what every stated delay may be exceeded by"""


def silent_s(fact: Fact, around: Circumstances, tellings: Sequence[Telling]) -> float:
    """Seconds of ``fact`` beyond its stated delay in which nobody had been told of it."""
    own = sorted((t for t in tellings if t.incident == fact.incident), key=lambda t: t.at_s)
    own = [t for t in own if t.at_s >= fact.begin_s]
    spans = [*around.watching, *around.remote, *around.buzzing]
    marks = {fact.begin_s, fact.end_s}
    marks |= {edge for span in spans for edge in (span.begin_s, span.end_s)}
    marks |= {_due_s(fact, life, around) for life in around.watching} | {t.at_s for t in own}
    inside = sorted(m for m in marks if fact.begin_s <= m <= fact.end_s)
    return math.fsum(
        after_s - before_s
        for before_s, after_s in pairwise(inside)
        if _is_silent(fact, around, own, before_s)
    )


def told_s(fact: Fact, around: Circumstances, tellings: Sequence[Telling]) -> float | None:
    """When somebody was first told of a fact; None: never."""
    own = [t.at_s for t in tellings if t.incident == fact.incident and not t.over]
    heard = [max(span.begin_s, fact.begin_s + fact.delay_s) for span in _buzzes(fact, around)]
    alone = [t for t in heard if not any(span.holds(t) for span in around.remote)]
    return min([at_s for at_s in own if at_s >= fact.begin_s] + alone, default=None)


def _due_s(fact: Fact, life: Span, around: Circumstances) -> float:
    """When a daemon that began to watch with this life must have told it."""
    return max(fact.begin_s, life.begin_s) + fact.delay_s + around.busy_s


def _buzzes(fact: Fact, around: Circumstances) -> list[Span]:
    """The buzzer, at a time when it can have meant this fact."""
    return [span for span in around.buzzing if span.end_s > fact.begin_s + fact.delay_s]


def _is_silent(fact: Fact, around: Circumstances, own: Sequence[Telling], t_s: float) -> bool:
    life = next((span for span in around.watching if span.holds(t_s)), None)
    if life is None or t_s < _due_s(fact, life, around):
        return False
    said = [telling for telling in own if telling.at_s <= t_s]
    if said and not said[-1].over:
        return False
    if any(span.holds(t_s) for span in around.remote):
        return True
    # Once is enough: whoever was there has perhaps acknowledged it, and it stopped for that.
    return not any(span.begin_s <= t_s for span in _buzzes(fact, around))
