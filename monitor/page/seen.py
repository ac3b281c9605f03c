"""What a screen is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol

import msgspec

from monitor.page.access import Access
from monitor.page.boxes import BoxDocument
from monitor.page.carrying import Far
from monitor.page.records import Kept
from monitor.page.words import Words

Right = Literal["carer", "look"]
"""``look``: everything may be seen and nothing changed"""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the form that was sent last, said at the top of the page that follows."""

    box: str
    verb: str
    ok: bool
    text: str
    """what was understood, or why not; the box's own words, may be empty"""
    result: dict[str, Any] = {}
    """the whole result"""
    fields: dict[str, str] = {}
    """what was in the form: a refused one is shown filled in again"""
    can_undo: bool = False
    at_s: float = 0.0
    """when, by the boxes' clock"""


class HistoryOf(Protocol):
    """``await history(box, what=..., baby=..., since=..., until=..., limit=...)``."""

    def __call__(self, box: str, **what: Any) -> Awaitable[list[dict[str, Any]]]:
        """Newest first; empty when the box does not answer."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One request, as a screen sees it."""

    box: BoxDocument | None
    """the one in the path, else the only one there is"""
    boxes: list[BoxDocument]
    now_s: float
    words: Words
    right: Right
    said: Answer | None = None
    broker_why: str | None = None
    """why there is no connection to the broker; ``None``: there is one"""
    path: Mapping[str, str] = {}
    """the placeholders of the route"""
    query: Mapping[str, str] = {}
    origin: str = ""
    """how this phone reaches the page, ``http://nursery.local:8080``; empty on this machine"""
    url: str = "/"
    """path and query, as a form's ``back``"""
    history: HistoryOf
    rooms: tuple[str, ...] = ()
    """of a shelter; empty where nobody has named any"""
    room_of: Callable[[str], str | None] = lambda _box: None
    """the room in which a box stands"""
    far: Callable[[str, str], Far | None] = lambda _box, _move: None
    """how far a baby's record is on its way, by its box and the id of its move"""
    kept: Kept = Kept()
    """how the records of a shelter stand"""
    access: Callable[[], Access | None] = lambda: None
    """how Home Assistant reaches the broker of this machine"""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a screen shows: a template with its values, or a file for the phone to keep."""

    template: str = ""
    model: dict[str, Any] = {}
    status: int = 200
    look: bool = False
    """it shows readings that move: the box is asked to send them twice a second for a minute"""
    to: str = ""
    """instead of the template: the address where it is shown"""
    file: bytes | None = None
    """instead of the template"""
    media_type: str = "text/csv; charset=utf-8"
    """of ``file``"""
    file_name: str = ""


Show = Callable[[Seen], Awaitable[Shown]]
