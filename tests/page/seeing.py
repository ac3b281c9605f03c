"""A box as the page knows it, a request for a screen of it, and the screen as HTML."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from monitor.page.boxes import BoxDocument
from monitor.page.seen import Answer, Right, Seen, Show, Shown
from monitor.page.views import Views
from monitor.page.words import load
from monitor.times import HOUR_S, rfc3339

NOW = time.mktime((2026, 11, 29, 12, 14, 0, 0, 0, -1))
"""at noon, so that hours around it are the same day in any time zone"""
LANGUAGES = load()
EN, DE = LANGUAGES["en"], LANGUAGES["de"]
BOX = "kangaroo-and-possum"
LIVE = ("status", "health", "cry", "scale", "alerts", "question", "baby/possum")


def at(hours: float) -> str:
    """The time so many hours from now."""
    return rfc3339(NOW + hours * HOUR_S)


def health(microphone: str | None = "healthy", scale: str | None = "healthy") -> dict[str, Any]:
    states = {"microphone": microphone, "scale": scale}
    return {"sources": {name: {"state": state, "why": "w"} for name, state in states.items()}}


def baby(**more: Any) -> dict[str, Any]:
    return {
        "name": "Possum", "species": "kitten", "born": at(-9 * 24)[:10], "adult_weight_kg": None,
        "weight_g": 198.44, "weighed_at": at(-0.7), "gain_24h_g": 9.8, "gain_24h_pct": 4.5,
        "verdict": "gaining", "last_feed_at": at(-0.6), "last_feed_g": 8.2, "intake_24h_g": 64.0,
        "bottle_due_at": at(1.9), "in_box": True, "out_since": None,
    } | more  # fmt: skip


def alert(key: str = "a1", **more: Any) -> dict[str, Any]:
    return {
        "id": key, "kind": "bottle_overdue", "state": "raised", "severity": "warning",
        "own_severity": "warning", "baby": "Possum", "since": at(-0.2), "at": at(-0.2),
        "title": "Possum's bottle is overdue", "message": "Feed Possum.", "why": "by its rhythm",
        "box": BOX,
    } | more  # fmt: skip


def box(**more: Any) -> BoxDocument:
    """A box that is well, unless something else is said."""
    known: dict[str, Any] = {
        "name": BOX, "online": True, "status": "online", "heard_s": NOW - 4, "health": health(),
        "cry": {"crying": False, "cry_minutes_1h": 0.0, "cry_minutes_24h": 12.0},
        "scale": {"total_g": 1843.2, "still": True, "things": []},
        "babies": {"possum": baby()}, "alerts": [], "question": {"step_id": None},
        "received_s": dict.fromkeys(LIVE, NOW - 4),
    }  # fmt: skip
    return BoxDocument(**(known | more))


def seen(
    of: BoxDocument | None = None,
    *,
    items: list[dict[str, Any]] | None = None,
    lang: str = "en",
    right: Right = "carer",
    said: Answer | None = None,
    broker_why: str | None = None,
    **query: str,
) -> Seen:
    """A request; the history answers with ``items`` of the asked kind and baby."""
    shown_box = box() if of is None else of

    async def history(_box: str, **what: Any) -> list[dict[str, Any]]:
        return [item for item in items or [] if _is_asked(item, what)]

    return Seen(
        box=shown_box,
        boxes=[shown_box],
        now_s=NOW,
        words=LANGUAGES[lang],
        right=right,
        said=said,
        broker_why=broker_why,
        path={"box": BOX, "slug": "possum"},
        query=query,
        url=f"/boxes/{BOX}",
        history=history,
    )


def shown(show: Show, asked: Seen) -> Shown:
    return asyncio.run(show(asked))


def html(show: Show, asked: Seen) -> str:
    """The whole page, as the server renders it."""
    answer = Views().render(shown(show, asked), seen=asked, w=asked.words, csrf="token")
    return bytes(answer.body).decode()


_KINDS = {
    "weighings": {"weighing", "question"}, "feeds": {"feed"}, "cries": {"cry"},
    "notes": {"note"}, "alerts": {"alert"},
}  # fmt: skip


def _is_asked(item: dict[str, Any], what: dict[str, Any]) -> bool:
    kind, name = what.get("what", "all"), what.get("baby")
    since, until = what.get("since") or "", what.get("until") or "~"
    return (
        (kind == "all" or item["what"] in _KINDS[kind])
        and (name is None or item.get("baby") == name)
        and since <= item["at"] < until
    )
