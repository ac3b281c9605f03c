"""Which retained topics this box has at the broker: a list on the card.

A retained topic outlives the box that wrote it. When the box is renamed, the discovery prefix
changes or a baby leaves, whatever stands under the old names would stay for ever, an ``ON`` among
it. So every retained topic is listed here before it is published; what is listed and no longer
belongs is emptied at the broker, and leaves the list only when the broker has acknowledged that,
however often the box, the broker or the power goes away in between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


class RetainedTopics:
    """The table ``retained``; what the card refuses is kept in memory and written later."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._gone: dict[str, bool] | None = None
        """each listed topic, and whether it is to be emptied; ``None``: not read yet"""
        self._unwritten: dict[str, bool | None] = {}
        """what the card does not have yet; ``None``: off the list"""

    def reconnect(self, connection: sqlite3.Connection) -> None:
        """The journal has moved: read its list anew, with what is not written yet."""
        self._db, self._gone = connection, None
        for topic, gone in self._unwritten.items():
            if gone is None:
                self._listed().pop(topic, None)
            else:
                self._listed()[topic] = gone

    def belong(self, topics: Iterable[str]) -> None:
        """List these; whatever else is listed is to be emptied."""
        now = set(topics)  # before anything changes: they may be chosen by what is listed
        listed = self._listed()
        for topic in now:
            if listed.get(topic) is not False:
                self._set(topic, gone=False)
        for topic in [topic for topic in listed if topic not in now and not listed[topic]]:
            self._set(topic, gone=True)
        self._write()

    def empty(self, topics: Iterable[str]) -> None:
        """These are to be emptied, listed or not."""
        for topic in topics:
            self._set(topic, gone=True)
        self._write()

    def emptied(self, topic: str) -> None:
        """The broker has acknowledged it; one that is wanted again by now stays listed."""
        if self._listed().get(topic):
            del self._listed()[topic]
            self._unwritten[topic] = None
            self._write()

    def reload(self) -> None:
        """A command on this machine may have changed the list."""
        if not self._unwritten:
            self._gone = None

    def disown(self, *, but: str) -> None:
        """What is listed belongs to another box: forget it; ``but`` empty topics that hold this."""
        for topic in list(self._listed()):
            if but in topic:
                self._set(topic, gone=True)
            else:
                del self._listed()[topic]
                self._unwritten[topic] = None
        self._write()

    @property
    def gone(self) -> list[str]:
        """What is to be emptied at the broker."""
        return [topic for topic, gone in self._listed().items() if gone]

    def __contains__(self, topic: str) -> bool:
        """Whether it is listed: it has been published, or is about to be."""
        return self._listed().get(topic) is False

    @property
    def is_empty(self) -> bool:
        """Whether nothing has ever been listed: a fresh card."""
        return not self._listed()

    # ------------------------------------------------------------------ inside

    def _listed(self) -> dict[str, bool]:
        if self._gone is None:
            try:
                rows = self._db.execute("SELECT topic, gone FROM retained").fetchall()
            except sqlite3.Error:
                rows = []  # what cannot be read is listed again as it is wanted
            self._gone = {str(row[0]): bool(row[1]) for row in rows if isinstance(row[0], str)}
        return self._gone

    def _set(self, topic: str, *, gone: bool) -> None:
        self._listed()[topic] = gone
        self._unwritten[topic] = gone

    def _write(self) -> None:
        if not self._unwritten:
            return
        put = [(topic, gone) for topic, gone in self._unwritten.items() if gone is not None]
        off = [(topic,) for topic, gone in self._unwritten.items() if gone is None]
        try:
            with self._db:
                self._db.executemany("DELETE FROM retained WHERE topic = ?", off)
                self._db.executemany("INSERT OR REPLACE INTO retained VALUES (?, ?)", put)
        except sqlite3.Error:
            return  # tried again with the next change
        self._unwritten.clear()
