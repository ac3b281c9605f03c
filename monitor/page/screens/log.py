"""The log as a file: CSV for a spreadsheet, or with the columns that ASM3 imports.

ASM3 (shelter software) finds an animal by ``ANIMALCODE`` and by nothing else: without one every row
would be a new animal, so the baby's id is its code. It keeps of a date only the day, takes today
for an entry date that is left out, and needs ``LOGCOMMENTS`` where any column begins with ``LOG``
(its ``csvimport.py``); so the time of day stands in the comment, and medicines have their own
columns. A cell that a spreadsheet would take for a formula is marked as text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from monitor.page.fields import Document, moment, number, text
from monitor.page.screens.items import lines, note_words
from monitor.page.screens.window import window
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken, local_day
from monitor.page.words import Words
from monitor.times import DAY_S

DAYS = 30
MOST_DAYS = 365
ASM3_COLUMNS = (
    "ANIMALCODE", "ANIMALNAME", "ANIMALSPECIES", "ANIMALDOB", "ANIMALENTRYDATE",
    "LOGDATE", "LOGTYPE", "LOGCOMMENTS",
    "MEDICALNAME", "MEDICALDOSAGE", "MEDICALGIVENDATE", "MEDICALCOMMENTS",
)  # fmt: skip
ASM3_SPECIES = {"kitten": "Cat", "puppy": "Dog"}
ASM3_TYPES = {"weighing": "Weight", "feed": "Feeding", "note": "Care", "alert": "Alert"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def show(seen: Seen) -> Shown:
    """``days`` of the query, 30 without; ``for=asm3`` for its columns."""
    if seen.box is None:
        return Shown(template="no_box.html", model={"nav": "night"}, status=404)
    span = window(seen.now_s - days_of(seen, DAYS) * DAY_S, seen.now_s, seen.now_s)
    items = await seen.history(seen.box.name, what="all", **span)
    items = items[::-1]  # what was given is kept for other phones
    spoken = Spoken(seen.words, seen.now_s)
    if seen.query.get("for") == "asm3":
        babies = {text(document, "name"): document for document in seen.box.babies.values()}
        rows = asm3(items, babies, spoken, seen.words)
        name = f"{seen.box.name}-asm3.csv"
    else:
        rows = spreadsheet(items, spoken, seen.words)
        name = f"{seen.box.name}-log.csv"
    return Shown(file=csv_file(rows), file_name=name)


def days_of(seen: Seen, without: int) -> int:
    """Those of the query, within bounds."""
    asked = seen.query.get("days", "")
    return min(max(int(asked), 1), MOST_DAYS) if asked.isdecimal() and len(asked) < 5 else without


def spreadsheet(items: list[dict[str, Any]], spoken: Spoken, words: Words) -> list[list[str]]:
    """A header, and one row an item, oldest first; numbers with a point, for any spreadsheet."""
    keys = ("time", "what", "baby", "value", "unit", "text", "id", "by")
    rows = [[words(f"log.{key}") for key in keys]]
    for item in items:
        t_s = moment(item, "at")
        if t_s is None:
            continue
        value, unit = _value(item)
        said = lines([item], spoken, words)
        rows.append(
            [
                f"{local_day(t_s).isoformat()} {spoken.clock(t_s)}",
                text(item, "what") or "",
                text(item, "baby") or "",
                "" if value is None else f"{value:.10g}",
                unit,
                said[0].sentence if said else "",
                text(item, "id") or "",
                text(item, "by") or "",
            ]
        )
    return rows


def asm3(
    items: list[dict[str, Any]], babies: Mapping[str | None, Document], spoken: Spoken, words: Words
) -> list[list[str]]:
    """A header, and one row for what concerns one baby."""
    rows = [list(ASM3_COLUMNS)]
    for item in items:
        t_s, name, what = moment(item, "at"), text(item, "baby"), text(item, "what") or ""
        said = lines([item], spoken, words)
        if t_s is None or name is None or what not in ASM3_TYPES or not said:
            continue
        day, clock = local_day(t_s).isoformat(), spoken.clock(t_s)
        animal = _animal(name, item, babies.get(name))
        if what == "note" and text(item, "kind") == "medicine":
            medicine = [note_words(item, spoken, words), "", day, clock]
            medicine[0] = text(item, "value") or text(item, "text") or medicine[0]
            rows.append([*animal, "", "", "", *medicine])
            continue
        comment = f"{clock} {said[0].sentence}".replace("\u00a0", " ")
        rows.append([*animal, day, ASM3_TYPES[what], comment, "", "", "", ""])
    return rows


def _animal(name: str, item: Document, baby: Document | None) -> list[str]:
    """Code, name, species, date of birth and of entry; of one that has left only the first two."""
    registered_s = moment(baby, "registered_at")
    return [
        text(baby, "id") or text(item, "baby_id") or name,
        name,
        ASM3_SPECIES.get(text(baby, "species") or "", ""),
        text(baby, "born") or "",
        "" if registered_s is None else local_day(registered_s).isoformat(),
    ]


def _value(item: Document) -> tuple[float | None, str]:
    """The number of an item, and its unit."""
    what = text(item, "what")
    if what in {"weighing", "question"}:
        return number(item, "weight_g"), "g"
    if what == "feed":
        return number(item, "net_g"), "g"
    if what == "note":
        return number(item, "value"), "°C" if text(item, "kind") == "temperature_c" else ""
    if what == "cry":
        began_s, ended_s = moment(item, "started_at"), moment(item, "at")
        return None if began_s is None or ended_s is None else ended_s - began_s, "s"
    return None, ""


def csv_file(rows: list[list[str]]) -> bytes:
    """With a mark in front that tells spreadsheets that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(text_of: str) -> str:
    """As text where a spreadsheet would calculate; a number may begin with its sign."""
    if not text_of.startswith(_FORMULA):
        return text_of
    try:
        float(text_of)
    except ValueError:
        return f"'{text_of}"
    return text_of
