"""What the alert policy must not forget, in one struct that survives a restart as it is."""

from __future__ import annotations

import msgspec

from monitor.core.alert_life import AlertLife, alert_id
from monitor.errors import InputError
from monitor.moments import Moment

Incident = tuple[str, str]
"""(kind, key) of a condition"""

FLAPS_AN_HOUR = 3
"""an incident raised this often within an hour comes and goes"""
DAY_S = 86_400.0


class AlertMemory(msgspec.Struct):
    """Open alerts, and what is needed to tell a new incident from an old one."""

    lives: dict[Incident, AlertLife] = {}
    raised_s: dict[Incident, list[Moment]] = {}
    """when each incident was raised last, at most FLAPS_AN_HOUR times"""
    last_id_s: dict[Incident, float] = {}
    """the stamp in the last id of each incident: part of a name, so it never moves"""
    dismissed: dict[Incident, Moment] = {}
    """incidents a person called no cry, and when their condition was last stated"""
    night_pushes: int = 0
    test_until_s: Moment = 0.0

    def new_id(self, incident: Incident, since_s: float, now_s: float) -> str:
        """An id this incident never had: a condition may come back with the same beginning."""
        last_s = self.last_id_s.get(incident, float("-inf"))
        stamp_s = float(int(since_s))
        if stamp_s <= last_s:
            stamp_s = max(float(int(now_s)), last_s + 1)
        self.last_id_s[incident] = stamp_s
        return alert_id(*incident, stamp_s)

    def remember_raise(self, incident: Incident, now_s: float) -> None:
        """Note it, and forget what has not been raised for a day."""
        self.raised_s[incident] = [*self.raised_s.get(incident, []), now_s][-FLAPS_AN_HOUR:]
        for old in [i for i, times in self.raised_s.items() if now_s - times[-1] > DAY_S]:
            del self.raised_s[old]
            self.last_id_s.pop(old, None)

    def comes_and_goes(self, incident: Incident, now_s: float) -> bool:
        """Whether it was raised FLAPS_AN_HOUR times within the last hour."""
        recent = [t for t in self.raised_s.get(incident, []) if now_s - t < 3600]
        return len(recent) >= FLAPS_AN_HOUR

    def encode(self) -> bytes:
        """All of it as bytes."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> AlertMemory:
        """Read what ``encode`` wrote.

        Raises:
            InputError: the bytes are something else.
        """
        try:
            return msgspec.msgpack.decode(data, type=cls)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise InputError(f"the stored alerts cannot be read: {error}") from error
