"""Which retained topics this box has at the broker: a list on the card.

A retained topic outlives the box that wrote it. When the box is renamed, the discovery prefix
changes or a baby leaves, whatever stands under the old names would stay for ever, an ``ON`` among
it. So every retained topic is listed here before it is published; what is listed and no longer
belongs is emptied at the broker, and leaves the list only when the broker has acknowledged that,
however often the box, the broker or the power goes away in between. A broker may come back with an
older memory (killed before it saved it, or another one that stands in): what was emptied last is
emptied again at each new connection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

MOST_EMPTIED = 50
"""topics that are emptied again; a baby leaves some ten behind"""
_GONE_ONCE, _BELONGS, _GONE = -1, 0, 1
"""what stands beside a topic; larger numbers: it has been emptied, in this order"""


class RetainedTopics:
    """The table ``retained``; what the card refuses is kept in memory and written later."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._marks: dict[str, int] | None = None
        """each listed topic with its mark; ``None``: not read yet"""
        self._unwritten: dict[str, int | None] = {}
        """what the card does not have yet; ``None``: off the list"""

    def reconnect(self, connection: sqlite3.Connection) -> None:
        """The journal has moved: read its list anew, with what is not written yet."""
        self._db, self._marks = connection, None
        for topic, mark in self._unwritten.items():
            if mark is None:
                self._listed().pop(topic, None)
            else:
                self._listed()[topic] = mark

    def belong(self, topics: Iterable[str]) -> None:
        """List these; whatever else is listed is to be emptied."""
        now = set(topics)  # before anything changes: they may be chosen by what is listed
        listed = self._listed()
        for topic in now:
            if listed.get(topic) != _BELONGS:
                self._set(topic, _BELONGS)
        for topic in [t for t in listed if t not in now and listed[t] == _BELONGS]:
            self._set(topic, _GONE)
        self._write()

    def empty(self, topics: Iterable[str]) -> None:
        """These are to be emptied, listed or not."""
        for topic in topics:
            self._set(topic, _GONE)
        self._write()

    def emptied(self, topic: str) -> None:
        """The broker has acknowledged it; one that is wanted again by now stays listed."""
        listed = self._listed()
        if listed.get(topic) == _GONE_ONCE:
            self._forget(topic)
        elif listed.get(topic) == _GONE:
            self._set(topic, 1 + max(listed.values()))
            for oldest in self.emptied_before[:-MOST_EMPTIED]:
                self._forget(oldest)
        self._write()

    def reload(self) -> None:
        """A command on this machine may have changed the list."""
        if not self._unwritten:
            self._marks = None

    def disown(self, *, but: str) -> None:
        """What is listed belongs to another box: forget it; ``but`` empty topics that hold this.

        These only once: the other box may have this name, too, and announces itself there again.
        """
        for topic in list(self._listed()):
            if but in topic:
                self._set(topic, _GONE_ONCE)
            else:
                self._forget(topic)
        self._write()

    @property
    def gone(self) -> list[str]:
        """What is to be emptied at the broker."""
        return [topic for topic, mark in self._listed().items() if mark in {_GONE, _GONE_ONCE}]

    @property
    def emptied_before(self) -> list[str]:
        """What the broker has emptied, and may have again; oldest first."""
        listed = self._listed()
        return sorted((t for t, mark in listed.items() if mark > _GONE), key=listed.__getitem__)

    def __contains__(self, topic: str) -> bool:
        """Whether it is listed: it has been published, or is about to be."""
        return self._listed().get(topic) == _BELONGS

    @property
    def is_empty(self) -> bool:
        """Whether nothing has ever been listed: a fresh card."""
        return not self._listed()

    # ------------------------------------------------------------------ inside

    def _listed(self) -> dict[str, int]:
        if self._marks is None:
            try:
                rows = self._db.execute("SELECT topic, gone FROM retained").fetchall()
            except sqlite3.Error:
                rows = []  # what cannot be read is listed again as it is wanted
            self._marks = {row[0]: _mark(row[1]) for row in rows if isinstance(row[0], str)}
        return self._marks

    def _set(self, topic: str, mark: int) -> None:
        self._listed()[topic] = mark
        self._unwritten[topic] = mark

    def _forget(self, topic: str) -> None:
        del self._listed()[topic]
        self._unwritten[topic] = None

    def _write(self) -> None:
        if not self._unwritten:
            return
        put = [(topic, mark) for topic, mark in self._unwritten.items() if mark is not None]
        off = [(topic,) for topic, mark in self._unwritten.items() if mark is None]
        try:
            with self._db:
                self._db.executemany("DELETE FROM retained WHERE topic = ?", off)
                self._db.executemany("INSERT OR REPLACE INTO retained VALUES (?, ?)", put)
        except sqlite3.Error:
            return  # tried again with the next change
        self._unwritten.clear()


def _mark(stored: object) -> int:
    """What makes no sense is to be emptied: what is wanted is listed again."""
    return stored if isinstance(stored, int) and _GONE_ONCE <= stored < 2**31 else _GONE
