"""What became of the form that a phone sent last: shown once more, then forgotten."""

from __future__ import annotations

from monitor.page.seen import Answer

KEPT_S = 60.0
MOST = 200
"""phones; the oldest answer goes"""


class Said:
    """By the id of a session; times are Unix seconds."""

    def __init__(self) -> None:
        self._by_session: dict[str, tuple[float, Answer]] = {}

    def keep(self, session_id: str, answer: Answer, now_s: float) -> None:
        """For the next pages of this phone."""
        self._by_session.pop(session_id, None)
        if len(self._by_session) >= MOST:
            del self._by_session[next(iter(self._by_session))]
        self._by_session[session_id] = (now_s, answer)

    def of(self, session_id: str, now_s: float) -> Answer | None:
        """What was said to this phone within the last minute."""
        said_s, answer = self._by_session.get(session_id, (0.0, None))
        if answer is not None and not 0 <= now_s - said_s < KEPT_S:
            del self._by_session[session_id]
            return None
        return answer
