"""What many phones ask for in the same moment is drawn once.

A list of fifty boxes changes five times a second, and each phone that shows it asks again. Until
something else is heard, and for one second at most, all get the same bytes: of what is alike on
every phone, and nothing else.
"""

from __future__ import annotations

from collections.abc import Hashable

from starlette.responses import Response

MOST_KEPT = 64
"""addresses, languages: a phone may ask for any"""


class Lately:
    """The last drawings; ``state`` is all that they depend on besides their key."""

    def __init__(self) -> None:
        self._state: Hashable = None
        self._drawn: dict[Hashable, bytes] = {}

    def get(self, key: Hashable, state: Hashable) -> Response | None:
        """What was drawn for the same key in the same state."""
        if state != self._state:
            self._state = state
            self._drawn.clear()
        if (drawn := self._drawn.get(key)) is None:
            return None
        return Response(drawn, headers={"cache-control": "no-store"}, media_type="text/html")

    def keep(self, key: Hashable, state: Hashable, drawn: Response) -> None:
        """It was drawn in this state; no use if there is a newer one."""
        if state == self._state and len(self._drawn) < MOST_KEPT:
            self._drawn[key] = bytes(drawn.body)
