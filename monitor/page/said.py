"""What became of the form that a phone sent last: said on the page that follows, for a minute.

And there alone, also when that is loaded again: beside something else it would be old news.
"""

from __future__ import annotations

from monitor.page.seen import Answer

KEPT_S = 60.0
MOST = 200
"""phones; the oldest answer goes"""


class Said:
    """By the id of a session; times are Unix seconds."""

    def __init__(self) -> None:
        self._by_session: dict[str, tuple[float, Answer]] = {}
        self._where: dict[str, str] = {}

    def keep(self, session_id: str, answer: Answer, now_s: float) -> None:
        """For the next page of this phone."""
        self._forget(session_id)
        if len(self._by_session) >= MOST:
            self._forget(next(iter(self._by_session)))
        self._by_session[session_id] = (now_s, answer)

    def of(self, session_id: str, url: str, now_s: float) -> Answer | None:
        """What is said to this phone at this address."""
        said_s, answer = self._by_session.get(session_id, (0.0, None))
        if answer is not None and not 0 <= now_s - said_s < KEPT_S:
            self._forget(session_id)
            return None
        return answer if self._where.get(session_id, url) == url else None

    def was_shown(self, session_id: str, url: str) -> None:
        """It has been said at this address, by a page that stays."""
        if session_id in self._by_session:
            self._where.setdefault(session_id, url)

    def _forget(self, session_id: str) -> None:
        self._by_session.pop(session_id, None)
        self._where.pop(session_id, None)
