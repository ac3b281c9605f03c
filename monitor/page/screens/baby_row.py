"""One baby in a few words: what it weighs, how it does, its bottles, and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from monitor.page.boxes import BoxDocument
from monitor.page.fields import Document, flag, moment, number, table, text, texts
from monitor.page.growth import usual_gain_g
from monitor.page.spoken import Spoken
from monitor.page.words import Words
from monitor.times import HOUR_S

WEIGHT_OLD_S = 24 * HOUR_S
"""a baby is weighed at every bottle, and at the least once a day (weight.md)"""
VERDICTS: Mapping[str, Literal["good", "watch", "bad"]] = {
    "gaining": "good", "steady": "watch", "not_gaining": "bad", "losing": "bad",
}  # fmt: skip
_WORST_FIRST = {"act": 0, "watch": 1}


class BabyRow(msgspec.Struct, frozen=True, kw_only=True):
    """Texts are ready to be shown; empty where there is nothing to say."""

    slug: str
    name: str
    species: str
    age: str
    weight: str
    weighed: str
    told: bool
    """that weight was told at its registration: nothing has been weighed yet"""
    weight_old: bool
    """so long ago that it says little of today"""
    gain: str
    usual: str
    verdict: str
    verdict_mark: str
    last_bottle: str
    next_bottle: str
    next_late: bool
    next_amount: str
    intake: str
    where: str
    out: bool
    warm_first: bool
    moving: str
    """on its way to another box, or where it came from"""
    watch: str
    """``watch`` or ``act`` while signs say so, else empty"""
    signs: list[str]


def rows(box: BoxDocument, now_s: float, words: Words) -> list[BabyRow]:
    """Those that need somebody first, then by name."""
    found = [row(slug, document, now_s, words) for slug, document in box.babies.items()]
    return sorted(found, key=lambda each: (_urgency(each), each.name.lower()))


def row(slug: str, document: Document, now_s: float, words: Words) -> BabyRow:
    """What the document ``baby/<slug>`` says at ``now_s``."""
    spoken = Spoken(words, now_s)
    weight_g, weighed_s, told = weight_of(document)
    known = weight_g is not None
    due_s = moment(document, "bottle_due_at")
    in_box = flag(document, "in_box")
    watch = text(table(document, "watch"), "level") or ""
    verdict = text(document, "verdict") or ""
    species = text(document, "species") or ""
    return BabyRow(
        slug=slug,
        name=text(document, "name") or slug,
        species=words(f"species.{species}") if f"species.{species}" in words else "",
        age=spoken.age(text(document, "born")) or "",
        weight=spoken.grams(weight_g) if known else words("baby.not_weighed"),
        weighed=_weighed(weighed_s, told, spoken, words),
        told=told,
        weight_old=known and (weighed_s is None or now_s - weighed_s > WEIGHT_OLD_S),
        gain=_gain(document, spoken, words),
        usual=_usual(document, now_s, spoken, words),
        verdict=words(f"verdict.{verdict}") if f"verdict.{verdict}" in words else "",
        verdict_mark=VERDICTS.get(verdict, ""),
        last_bottle=_last_bottle(document, spoken, words),
        next_bottle=_next_bottle(due_s, now_s, spoken, words),
        next_late=due_s is not None and due_s < now_s,
        next_amount=_next_amount(document, spoken, words),
        intake=_intake(document, spoken, words),
        where=_where(in_box, moment(document, "out_since"), spoken, words),
        out=in_box is False,
        warm_first=flag(document, "warm_first") is True,
        moving=_moving(document, words),
        watch=watch if watch in _WORST_FIRST else "",
        signs=texts(table(document, "watch"), "signs") if watch in _WORST_FIRST else [],
    )


def _urgency(each: BabyRow) -> tuple[int, bool, bool]:
    return _WORST_FIRST.get(each.watch, 2), each.verdict_mark != "bad", not each.next_late


def watched(box: BoxDocument) -> tuple[str, list[str]]:
    """The gravest level of its babies, ``watch`` or ``act``, and whose it is; empty and nobody."""
    levels = [(text(table(baby, "watch"), "level"), baby) for baby in box.babies.values()]
    for level in _WORST_FIRST:
        if found := [text(baby, "name") or "" for said, baby in levels if said == level]:
            return level, found
    return "", []


def weight_of(document: Document) -> tuple[float | None, float | None, bool]:
    """Grams, since when, and whether they were only told; before the first weighing they are."""
    weight_g = number(document, "weight_g")
    told_g = number(document, "told_weight_g")
    if weight_g is None and told_g is not None:
        return told_g, moment(document, "told_at"), True
    return weight_g, moment(document, "weighed_at"), False


def _weighed(at_s: float | None, told: bool, spoken: Spoken, words: Words) -> str:
    if told:
        return (
            words("baby.told", ago=spoken.ago(at_s))
            if at_s is not None
            else words("baby.told_once")
        )
    return "" if at_s is None else spoken.ago(at_s)


def _gain(document: Document, spoken: Spoken, words: Words) -> str:
    gain_g, gain_pct = number(document, "gain_24h_g"), number(document, "gain_24h_pct")
    if gain_g is None:
        return ""
    grams = spoken.grams(gain_g, signed=True)
    share = "" if gain_pct is None else f" ({spoken.percent(gain_pct, signed=True)})"
    return words("baby.gain", grams=f"{grams}{share}")


def _usual(document: Document, now_s: float, spoken: Spoken, words: Words) -> str:
    usual = usual_gain_g(document, now_s)
    if usual is None:
        return ""
    low, high = (spoken.number(round(g)) for g in usual)
    age_known = text(document, "born") is not None
    return words("baby.usual_age" if age_known else "baby.usual_weight", low=low, high=high)


def _last_bottle(document: Document, spoken: Spoken, words: Words) -> str:
    at_s, grams = moment(document, "last_feed_at"), number(document, "last_feed_g")
    if at_s is None:
        return words("baby.no_bottle")
    time, ago = spoken.near(at_s), spoken.ago(at_s)
    if grams is None:
        return words("baby.bottle_unknown", time=time, ago=ago)
    return words("baby.bottle", grams=spoken.grams(grams), time=time, ago=ago)


def _next_bottle(due_s: float | None, now_s: float, spoken: Spoken, words: Words) -> str:
    if due_s is None:
        return words("baby.due_unknown")
    time = spoken.near(due_s)
    if due_s < now_s:
        return words("baby.due_late", time=time, span=spoken.span(now_s - due_s))
    return words("baby.due", time=time, span=spoken.span(due_s - now_s))


def _next_amount(document: Document, spoken: Spoken, words: Words) -> str:
    millilitres = number(document, "next_feed_ml")
    if millilitres is None:
        return ""
    return words("baby.next_amount", ml=spoken.millilitres(millilitres))


def _intake(document: Document, spoken: Spoken, words: Words) -> str:
    grams, share = number(document, "intake_24h_g"), number(document, "intake_24h_ml_per_kg")
    if grams is None:
        return ""
    if share is None:
        return words("baby.intake", grams=spoken.grams(grams))
    per_kg = spoken.number(share, 0)
    return words("baby.intake_per_kg", grams=spoken.grams(grams), ml=per_kg)


def _where(in_box: bool | None, out_s: float | None, spoken: Spoken, words: Words) -> str:
    if in_box is None:
        return words("baby.where_unknown")
    if in_box:
        return words("baby.in_box")
    if out_s is None:
        return words("baby.out")
    return words("baby.out_since", time=spoken.when(out_s))


def _moving(document: Document, words: Words) -> str:
    if (to := text(table(document, "moving"), "to")) is not None:
        return words("baby.moving", box=to)
    if (origin := text(document, "came_from")) is not None:
        return words("baby.came_from", box=origin)
    return ""
