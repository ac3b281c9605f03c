"""Twice tapped is once meant, also on a phone without scripts.

Every form carries the number of its phone's turn, which goes up with each form that was carried
out. The same form of the same turn, sent again within seconds, is the second tap of a finger: it
gets the answer of the first one, and nothing is done twice. Whoever repeats it on purpose has seen
the answer, and with it the next turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

SAME_S = 30.0
"""so long an answer may take; whatever comes later was meant"""
MOST = 200
"""phones; the one that was quiet for longest is forgotten"""


class _Tap(msgspec.Struct, frozen=True):
    form: bytes
    at_s: float
    answer: asyncio.Task[str]

    @property
    def has_failed(self) -> bool:
        done = self.answer.done()
        return done and (self.answer.cancelled() or self.answer.exception() is not None)


class Taps:
    """By the id of a session; times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._turns: dict[str, int] = {}
        self._last: dict[str, _Tap] = {}

    def turn(self, session_id: str) -> int:
        """What the forms that are shown to this phone now carry."""
        return self._turns.get(session_id, 0)

    async def once(
        self,
        session_id: str,
        form: bytes,
        now_s: float,
        act: Callable[[], Coroutine[Any, Any, str]],
    ) -> str:
        """What ``act`` returns; of the first tap, when ``form``, turn and all, is its second."""
        last = self._last.get(session_id)
        if last is None or last.form != form or now_s - last.at_s > SAME_S or last.has_failed:
            turn = self._turns.pop(session_id, 0)
            if len(self._turns) >= MOST:
                oldest = next(iter(self._turns))
                self._turns.pop(oldest)
                self._last.pop(oldest, None)
            self._turns[session_id] = turn + 1
            last = _Tap(form, now_s, asyncio.create_task(act()))
            self._last[session_id] = last
        return await asyncio.shield(last.answer)
