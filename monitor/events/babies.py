"""Who is in the nursery, and what each weighed."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from monitor import names
from monitor.timeshift import Moment, TimeShift, shifted_fields

Species = names.Species
Move = Literal["lift", "return"]
Origin = Literal["scale", "assigned", "typed", "imported"]
FeedOrigin = Literal["scale", "typed"]
Stamp = Literal["clock", "guess", "person"]
"""whose word a time is: a synchronised clock, one not synchronised yet, or somebody who typed it"""


E = TypeVar("E", bound=msgspec.Struct)


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """A baby goes to another box, which is to have its record before it is let go here."""

    id: str
    to: str
    since: Moment


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A baby came from another box, with its record."""

    id: str
    """of the ``Moving`` there"""
    origin: str
    at: Moment


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
    also_nurses: bool | None = None
    """a queen or dam feeds it, too: nobody knows how much it drinks"""
    weaning: bool | None = None
    """eats solids; ``False``: lives on milk alone; ``None``: as its age says"""
    registered_s: Moment | None = None
    retired_s: Moment | None = None
    retired_reason: str | None = None
    """why it left, as it was said"""
    moving: Moving | None = None
    """on its way; of one that has left: how it went"""
    stayed: str | None = None
    """why it did not leave for another box, when it last was to"""
    arrival: Arrival | None = None
    """how it last came from another box"""

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


def origin_of(step_id: str) -> str:
    """The box where this was weighed or told, when it was carried here; empty: in this box.

    Ids are times to half a second, so those of two boxes meet: what comes from another box is
    marked with its name.
    """
    return step_id.rpartition("@")[2] if "@" in step_id else ""


class HandFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A bottle of one baby that a person told of."""

    step_id: str
    t_s: Moment
    g: float | None = None
    """``None``: nobody knows how much"""
    how: str | None = None
    stamp: Stamp = "clock"
    by: str | None = None
    """who said so, by the name of a carer; ``None``: nobody has told"""

    def shifted(self, shift: TimeShift) -> HandFeed:
        """A time that a person gave is right already."""
        return shifted_unless_given(self, shift)


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
    by: str | None = None
    """who said so, by the name of a carer; ``None``: nobody has told"""

    def shifted(self, shift: TimeShift) -> Weighing:
        """A time that a person gave is right already."""
        return shifted_unless_given(self, shift)


def shifted_unless_given(entry: E, shift: TimeShift) -> E:
    """``entry`` (with ``t_s`` and ``stamp``) shifted, but for a time that a person gave."""
    fields: Any = entry
    if fields.stamp == "person" or not shift.covers(fields.t_s):
        return entry
    return replace(shifted_fields(entry, shift), stamp="clock" if shift.sure else "guess")
