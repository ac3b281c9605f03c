"""What a baby of its age usually gains, for its document; the reference is read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from monitor.core.growth.reference import GrowthReference
from monitor.events import Baby
from monitor.page.fields import Document, number, text
from monitor.times import DAY_S, midnight_utc_s


@cache
def reference() -> GrowthReference:
    """The one that ships; read without the cry model, which the page has no use for."""
    return GrowthReference.parse(files("monitor").joinpath("data", "growth.toml").read_bytes())


def as_baby(document: Document) -> Baby | None:
    """What the reference is asked about; ``None`` for a species that it does not have."""
    species = text(document, "species")
    if species not in {"kitten", "puppy"}:
        return None
    return Baby(
        id="",
        name=text(document, "name") or "",
        species="kitten" if species == "kitten" else "puppy",
        born=_date(text(document, "born")),
        adult_weight_kg=number(document, "adult_weight_kg"),
        weight_g=number(document, "weight_g"),
    )


def usual_gain_g(document: Document, now_s: float) -> tuple[float, float] | None:
    """Grams a day, low and high; ``None`` while neither age nor weight is known."""
    baby = as_baby(document)
    weight_g = number(document, "weight_g")
    if baby is None or weight_g is None or weight_g <= 0:
        return None
    age_day = None if baby.born is None else (now_s - midnight_utc_s(baby.born)) / DAY_S
    if age_day is not None and age_day < 0:
        return None
    low, _, high = reference().expected(baby, age_day, weight_g).gain_g_per_day
    return low, high


def _date(value: str | None) -> str | None:
    try:
        midnight_utc_s(value or "")
    except (ValueError, OverflowError):
        return None
    return value
