"""Which version of MQTT is spoken: 5, or 3.1.1 where the broker knows no other."""

from __future__ import annotations

from typing import Literal

ProtocolVersion = Literal["5", "3.1.1"]


class VersionChoice:
    """``current`` is for the next attempt.

    A broker that merely hung up may speak version 5, so 3.1.1 holds for one attempt and the
    connection that comes of it; then the configured version is tried first again.
    """

    def __init__(self, configured: ProtocolVersion) -> None:
        self._configured: ProtocolVersion = configured
        self.current: ProtocolVersion = configured

    def over(self, *, wrong_version: bool = False) -> bool:
        """The attempt or its connection is over; returns whether to try at once, in 3.1.1.

        ``wrong_version``: the broker may not speak the current one.
        """
        falls_back = wrong_version and self.current == "5"
        self.current = "3.1.1" if falls_back else self._configured
        return falls_back
