"""An entry: what a person asked for, and the old value of everything that it changed."""

from __future__ import annotations

import msgspec

from monitor.core.scale.absence import Away
from monitor.core.scale.hypothesis import Answer
from monitor.core.scale.occupancy import Thing
from monitor.events import Baby, HandFeed, Note, Weighing
from monitor.timeshift import Moment


class WeighingWas(msgspec.Struct, frozen=True, tag="weighing"):
    """A typed weighing of baby ``baby`` (its place in the records); ``None``: there was none."""

    key: str
    baby: int
    before: Weighing | None


class FeedWas(msgspec.Struct, frozen=True, tag="feed"):
    """A bottle that was told of."""

    key: str
    baby: int
    before: HandFeed | None


class NoteWas(msgspec.Struct, frozen=True, tag="note"):
    """A line of the care log."""

    key: str
    before: Note | None


class AnswerWas(msgspec.Struct, frozen=True, tag="answer"):
    """What had been said about a step."""

    key: str
    before: Answer | None


class BabyWas(msgspec.Struct, frozen=True, tag="baby"):
    """Who a baby was; ``None``: it was not registered."""

    key: str
    baby: int
    before: Baby | None


class AwayWas(msgspec.Struct, frozen=True, tag="away"):
    """Whether somebody had said that they have a baby (by its id); ``None``: nobody had."""

    key: str
    id: str
    before: Away | None
    after: Away | None
    """... and then: once it is back, or out again, this is not put back"""


class ThingWas(msgspec.Struct, frozen=True, tag="thing"):
    """What a thing was called, and its grams; ``None``: it was not known."""

    key: str
    name: str
    """what it is called now; of a forgotten one, what it was called"""
    before: Thing | None
    g: float


Was = WeighingWas | FeedWas | NoteWas | ThingWas | AnswerWas | BabyWas | AwayWas


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One request that was carried out."""

    id: str
    t_s: Moment
    what: str
    """in a few words"""
    was: list[Was]
