"""Everything the tracker remembers, and the things that it knows by name."""

from __future__ import annotations

import msgspec

from monitor.core.scale.decision import Decision
from monitor.core.scale.hypothesis import Answer, Hypothesis, Presence, Step, Typed


class Thing(msgspec.Struct, frozen=True, array_like=True):
    """A thing that a person has pointed at; where it is and what it weighs the hypotheses say."""

    id: int
    name: str
    unnamed: bool = False
    """a person said "a thing": the name is made of its grams, until it gets one"""


class OccupancyState(msgspec.Struct, rename={"hypotheses": "stories"}):
    """Everything the tracker remembers; bounded. ``rename``: as in the snapshots of users."""

    hypotheses: list[Hypothesis]
    present: int
    log: list[Step | Typed | Presence] = []
    checkpoint: list[Hypothesis] = []
    checkpoint_present: int = 0
    answers: dict[str, Answer] = {}
    decisions: dict[str, Decision] = {}
    things: list[Thing] = []
    last_thing: int = 0
    """ids are given once"""
