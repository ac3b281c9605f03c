"""Whether something has gone well lately: a restart of its other end is no news."""

from __future__ import annotations

LATE_S = 120.0
"""without success; a database of years and its rules are back within a minute of a restart"""


class LastSuccess:
    """Of what is tried again and again; seconds of the monotonic clock."""

    def __init__(self, begun_s: float) -> None:
        self._well_s, self._ever = begun_s, False
        self._why = ""

    def well(self, now_s: float) -> None:
        """It went well."""
        self._well_s, self._ever, self._why = now_s, True, ""

    def failed(self, why: str) -> None:
        """It did not; a sentence."""
        self._why = why

    def judged(self, now_s: float) -> tuple[bool | None, str | None]:
        """Yes, or no and why; ``None`` while it is too early to tell."""
        if now_s - self._well_s >= LATE_S:
            return False, self._why or None
        return True if self._ever else None, None
