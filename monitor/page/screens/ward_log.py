"""The log of all boxes of a room, or of the house, as one file (see ``log``)."""

from __future__ import annotations

import asyncio
from typing import Any

from monitor.page.boxes import BoxDocument
from monitor.page.fields import moment, text
from monitor.page.screens.boxes import wanted
from monitor.page.screens.log import ASM3_COLUMNS, asm3, csv_file, days_of, spreadsheet
from monitor.page.screens.window import window
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.times import DAY_S

DAYS = 7
AT_ONCE = 8
"""boxes that are asked at a time; each answers two pages a second"""


async def show(seen: Seen) -> Shown:
    """``days`` of the query, 7 without; ``for=asm3`` for its columns; ``room`` for one room."""
    span_s = days_of(seen, DAYS) * DAY_S
    span = window(seen.now_s - span_s, seen.now_s, seen.now_s)
    boxes, turn = wanted(seen), asyncio.Semaphore(AT_ONCE)

    async def told(box: BoxDocument) -> list[dict[str, Any]]:
        async with turn:
            return await seen.history(box.name, what="all", **span)

    answers = await asyncio.gather(*map(told, boxes))
    names = {box.name for box in boxes}
    found = [
        (box, [item for item in items if text(item, "from") not in names])
        for box, items in zip(boxes, answers, strict=True)
    ]  # what was carried over is told by the box that it comes from
    is_asm3 = seen.query.get("for") == "asm3"
    rows = _asm3(found, seen) if is_asm3 else _spreadsheet(found, seen)
    name = f"{seen.query.get('room') or 'all'}-{'asm3' if is_asm3 else 'log'}.csv"
    return Shown(file=csv_file(rows), file_name=name)


def _spreadsheet(
    found: list[tuple[BoxDocument, list[dict[str, Any]]]], seen: Seen
) -> list[list[str]]:
    """With the box and its room in front, in order of time."""
    spoken = Spoken(seen.words, seen.now_s)
    lines: list[tuple[float, list[str]]] = []
    head: list[str] = []
    for box, items in found:
        timed = sorted((t_s, i) for i, item in enumerate(items) if (t_s := moment(item, "at")))
        head, *rows = spreadsheet([items[i] for _, i in timed], spoken, seen.words)
        own = [box.name, seen.room_of(box.name) or ""]
        lines += [(t_s, [*own, *row]) for (t_s, _), row in zip(timed, rows, strict=True)]
    lines.sort(key=lambda each: each[0])
    names = [seen.words("log.box"), seen.words("log.room")]
    return [[*names, *head], *(row for _, row in lines)]


def _asm3(found: list[tuple[BoxDocument, list[dict[str, Any]]]], seen: Seen) -> list[list[str]]:
    """A code is of one name: ids are times, and those of two boxes may meet."""
    spoken = Spoken(seen.words, seen.now_s)
    rows = [list(ASM3_COLUMNS)]
    whose: dict[str, str] = {}
    for box, items in found:
        babies = {text(baby, "name"): baby for baby in box.babies.values()}
        for row in asm3(items[::-1], babies, spoken, seen.words)[1:]:
            code, name, *rest = row
            other = whose.setdefault(code, name) != name
            rows.append([f"{code}@{box.name}" if other else code, name, *rest])
    return rows
