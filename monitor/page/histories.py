"""What happened in a box, asked for once for all phones.

Every page of a history is a command, and a box carries out two a second from everybody: twenty
phones that look at one curve must not keep a carer's "fed" waiting.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

Items = list[dict[str, Any]]
Ask = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]

KEPT_S = 60.0
FRESH_S = 2.0
"""something has happened since: asked again, but no more often than this"""
MOST_KEPT = 48
MOST_PAGES = 40
"""of one history, 12 kB each"""


class _Kept(msgspec.Struct):
    asked_s: float
    items: asyncio.Task[Items]
    is_old: bool = False


class Histories:
    """The last answers, by box and what was asked."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    def happened(self, box: str) -> None:
        """Something has happened there: what is kept of it is no longer all."""
        for (name, _), kept in self._kept.items():
            kept.is_old = kept.is_old or name == box

    async def of(self, box: str, **what: Any) -> Items:
        """Newest first; empty when the box does not answer.

        ``what``, ``baby``, ``since``, ``until``, ``limit`` as in ``cmd/history``.
        """
        args = {key: value for key, value in what.items() if value is not None}
        key = (box, repr(sorted(args.items())))
        now_s = time.monotonic()
        kept = self._kept.get(key)
        if kept is None or now_s - kept.asked_s > (FRESH_S if kept.is_old else KEPT_S):
            task = asyncio.get_running_loop().create_task(self._pages(box, args))
            kept = self._kept[key] = _Kept(now_s, task)
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return await asyncio.shield(kept.items)

    async def _pages(self, box: str, args: dict[str, Any]) -> Items:
        """All pages, or as many as came; what failed is asked again next time."""
        found: Items = []
        for _ in range(MOST_PAGES):
            page = await self._ask(box, "history", args)
            items = page.get("items") if page.get("ok") is True else None
            if items is None:
                self.happened(box)
                break
            found += [_identified(item, page) for item in items if isinstance(item, dict)]
            if not isinstance(page.get("next"), str):
                break
            args = args | {"next": page["next"]}
        return found


def _identified(item: dict[str, Any], page: dict[str, Any]) -> dict[str, Any]:
    """With ``baby_id``, where the page says whose id that is."""
    babies, name = page.get("babies"), item.get("baby")
    if not isinstance(babies, dict) or not isinstance(name, str) or name not in babies:
        return item
    return {**item, "baby_id": babies[name]}
