"""Who is in the nursery: add, edit, rename, retire, delete."""

from __future__ import annotations

from typing import Any

from monitor.page.boxes import BoxDocument
from monitor.page.fields import Document, number, table, text
from monitor.page.screens.baby_row import weight_of
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import truth
from monitor.page.words import Words

REASONS = ("adopted", "moved to another home", "grown up", "died")
"""as the box keeps them; that the last one is a death is read from the word"""


async def show(seen: Seen) -> Shown:
    """The list, and the form for a newcomer."""
    box = seen.box
    if box is None:
        return Shown(template="no_box.html", model={"nav": "box"})
    model = _common(box, seen) | {
        "babies": [_row(slug, baby, seen) for slug, baby in box.babies.items()]
    }
    return Shown(template="setup_babies.html", model=model)


async def one(seen: Seen) -> Shown:
    """Everything that can be changed about one baby."""
    box, slug = seen.box, seen.path.get("slug", "")
    if box is None:
        return Shown(template="no_box.html", model={"nav": "box"})
    known = box.babies.get(slug)
    if known is None and (to := moved_to(box, slug, seen)) is not None:
        return Shown(to=f"/boxes/{to}/setup/babies/{slug}")
    if known is None:
        return Shown(template="no_baby.html", model={"nav": "box"}, status=404)
    adult_kg = number(known, "adult_weight_kg")
    model = _common(box, seen) | {
        "baby": _row(slug, known, seen),
        "born": text(known, "born") or "",
        "adult": "" if adult_kg is None else f"{adult_kg:g}",
        "reasons": REASONS,
        "others": [each.name for each in seen.boxes if each.name != box.name],
        "move": _move(box, known, seen),
    }
    return Shown(template="setup_baby.html", model=model)


def _common(box: BoxDocument, seen: Seen) -> dict[str, Any]:
    refused = seen.said is not None and not seen.said.ok and seen.said.box == box.name
    return {
        "nav": "box",
        "truth": truth(box, seen.now_s, seen.words, seen.broker_why),
        "was_verb": seen.said.verb if refused and seen.said is not None else "",
        "was": seen.said.fields if refused and seen.said is not None else {},
    }


def _row(slug: str, baby: Document, seen: Seen) -> dict[str, str]:
    words, spoken = seen.words, Spoken(seen.words, seen.now_s)
    species = text(baby, "species") or ""
    return {
        "slug": slug,
        "name": text(baby, "name") or slug,
        "species": words(f"species.{species}") if f"species.{species}" in words else species,
        "kind": species,
        "age": spoken.age(text(baby, "born")) or "",
        "weight": _weight(baby, spoken, words),
    }


def _weight(baby: Document, spoken: Spoken, words: Words) -> str:
    grams, _, told = weight_of(baby)
    if grams is None:
        return words("baby.not_weighed")
    said = spoken.grams(grams)
    return words("babies.told", grams=said) if told else said


def _move(box: BoxDocument, baby: Document, seen: Seen) -> dict[str, str]:
    """Where it is going, how far its record is, and why it does not go on or stayed."""
    moving, words = table(baby, "moving"), seen.words
    to = text(moving, "to")
    if to is None:
        return {"to": "", "far": "", "why": text(baby, "stayed") or ""}
    far = seen.far(box.name, text(moving, "id") or "")
    if far is None:
        return {"to": to, "far": words("babies.move_waits"), "why": ""}
    said = words("babies.move_begins")
    if far.count is not None:
        said = words("babies.move_far", n=far.carried, of=far.count)
    return {"to": to, "far": said, "why": far.why or ""}


def moved_to(box: BoxDocument, slug: str, seen: Seen) -> str | None:
    """The box where a baby is that is here no more: a phone that still looks here is led there."""
    for other in seen.boxes:
        baby = other.babies.get(slug)
        if baby is not None and text(baby, "came_from") == box.name:
            return other.name
    return None
