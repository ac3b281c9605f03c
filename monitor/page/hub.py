"""Who is told when something happens: every open stream, each with a bounded mailbox.

A stream that reads slowly keeps nobody waiting and fills no memory: a changed box is a mark in its
mailbox, however often it changes, and of news only the latest are kept.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

MOST_NEWS = 50


class News(msgspec.Struct, frozen=True):
    """Something that happened once: ``alert`` or ``result``, with its JSON object."""

    kind: str
    body: dict[str, Any]


MOST_STREAMS = 128
MOST_OF_ONE = 6
"""windows of one phone; with one more the oldest of them ends"""


class Mailbox:
    """What one stream has not sent yet; ``owner`` is the id of a session."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.closed = False
        self._changed: set[str] = set()
        self._news: deque[News] = deque(maxlen=MOST_NEWS)
        self._filled = asyncio.Event()

    def changed(self, box: str) -> None:
        """This box has changed."""
        self._changed.add(box)
        self._filled.set()

    def happened(self, news: News) -> None:
        """This has happened."""
        self._news.append(news)
        self._filled.set()

    def close(self) -> None:
        """Its stream ends."""
        self.closed = True
        self._filled.set()

    async def take(self) -> tuple[list[str], list[News]]:
        """Wait until there is something; names of changed boxes, and news."""
        await self._filled.wait()
        changed, news = sorted(self._changed), list(self._news)
        self._changed.clear()
        self._news.clear()
        self._filled.clear()
        return changed, news


class Hub:
    """All open streams."""

    def __init__(self) -> None:
        self._mailboxes: dict[Mailbox, None] = {}

    def __len__(self) -> int:
        return len(self._mailboxes)

    @property
    def is_full(self) -> bool:
        """Whether no more streams can be open."""
        return len(self._mailboxes) >= MOST_STREAMS

    @contextmanager
    def mailbox(self, owner: str) -> Iterator[Mailbox]:
        """One more stream, for as long as it is open."""
        own = [each for each in self._mailboxes if each.owner == owner]
        for oldest in own[: max(0, len(own) + 1 - MOST_OF_ONE)]:
            self._mailboxes.pop(oldest, None)
            oldest.close()
        mailbox = Mailbox(owner)
        self._mailboxes[mailbox] = None
        try:
            yield mailbox
        finally:
            self._mailboxes.pop(mailbox, None)

    def close(self) -> None:
        """Every stream ends."""
        for mailbox in self._mailboxes:
            mailbox.close()

    def changed(self, box: str) -> None:
        """Tell everybody that this box has changed."""
        for mailbox in self._mailboxes:
            mailbox.changed(box)

    def happened(self, news: News) -> None:
        """Tell everybody what has happened."""
        for mailbox in self._mailboxes:
            mailbox.happened(news)
