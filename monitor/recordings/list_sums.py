"""Columns and rows of a list that add up others: a total, an average, the litter; no baby."""

from __future__ import annotations

from monitor.events import slug

_SUMS = frozenset({
    "total", "totals", "subtotal", "sum", "sums", "average", "averages", "avg", "mean",
    "median", "litter", "combined", "overall", "summe", "summen", "gesamt",
    "insgesamt", "gesamtgewicht", "durchschnitt", "schnitt", "mittel", "mittelwert", "wurf",
    "wurfgewicht", "totaux", "somme", "moyenne", "portee", "ensemble", "suma", "promedio",
    "media", "mediana", "camada", "totale", "somma", "cucciolata", "totaal",
    "gemiddelde", "gemiddeld", "worp", "soma", "ninhada", "summa", "medel",
    "medelvarde", "genomsnitt", "kull", "gennemsnit", "kuld", "gjennomsnitt", "razem",
    "srednia", "miot", "keskiarvo", "yhteensa", "pentue",
})  # fmt: skip
_BESIDE = frozenset({
    "weight", "weights", "gain", "grams", "gram", "g", "kg", "oz", "of", "the", "per", "all",
    "day", "daily", "gewicht", "zunahme", "der", "des", "pro", "tag", "poids", "du", "de",
    "la", "peso", "del", "di", "vikt", "waga",
})  # fmt: skip


def is_sum(name: str) -> bool:
    """Whether a heading, or what stands in place of a name, means several babies together."""
    words = slug(name).split("_")
    return any(word in _SUMS for word in words) and all(w in _SUMS | _BESIDE for w in words)
