"""One hypothesis about the litter, and how many of them are kept.

A hypothesis says who is inside, what each baby weighs and when that was read, and how each of the
last steps came about. Hypotheses with the same future are merged, the unlikely ones dropped: the
beam is what bounds the work of a step.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import Literal

import msgspec

from monitor.timeshift import Moment, TimeShift, shifted_fields

REMEMBERED = 14
"""Explanations each hypothesis carries, one a step: about one feeding round of seven babies."""
_BEAM = 64
"""Hypotheses kept; a litter of unequal babies rarely needs five."""
_BEAM_NATS = 14.0
"""Hypotheses less likely than the best by e^-14 are dropped."""

Kind = Literal["move", "swap", "object", "thing", "touch", "hand", "mixed", "blind"]
Key = tuple[Kind, int, int]
"""kind, babies lifted, babies returned; of a "thing" its id where it was taken out, or put in"""


class Estimate(msgspec.Struct, frozen=True, array_like=True):
    """What one baby weighed when it was last read."""

    g: float
    sd_g: float
    t_s: Moment
    gut_g: float = 0.0
    """of which taken in just before, so that much of it will be gone by the next"""


def step_id(t_s: float) -> str:
    """A short id from the moment, typeable on a phone: base 32 without look-alikes."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    number = int(max(t_s, 0.0) * 2.0)
    text = ""
    while number:
        number, digit = divmod(number, 32)
        text = alphabet[digit] + text
    return text or "0"


class Step(msgspec.Struct, frozen=True, kw_only=True, tag="Step"):
    """A change of level, as the tracker sees it."""

    step_id: str
    t_s: Moment
    from_g: float
    to_g: float
    sigma_g: float
    settled: bool
    touched: bool
    """the signal went far beyond both levels in between"""
    blind: bool = False
    """nobody watched: a gap in the data, or the box was off the platform"""
    box_was_off: bool = False
    elapsed_s: float = 0.0
    """from the last level to this one"""
    sure: bool = True
    """its time is known: the clock was synchronised, before or after"""

    def shifted(self, shift: TimeShift) -> Step:
        """Also known then, if it was not."""
        if not shift.covers(self.t_s):
            return self
        return msgspec.structs.replace(shifted_fields(self, shift), sure=shift.sure)


class Typed(msgspec.Struct, frozen=True, kw_only=True, tag="Typed"):
    """A weight typed by hand."""

    t_s: Moment
    baby: int
    g: float
    sigma_g: float = 1.0


class Presence(msgspec.Struct, frozen=True, kw_only=True, tag="Presence"):
    """A baby joins or leaves the nursery."""

    t_s: Moment
    baby: int
    present: bool
    estimate: Estimate


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said about one step."""

    baby: int | None = None
    """``None`` with ``decides`` set: it was no baby"""
    thing: int | None = None
    """id of the thing that it was"""
    decides: bool = False
    g: float | None = None
    void: bool = False
    by: str | None = None
    """who said it"""


class ThingState(msgspec.Struct, frozen=True, array_like=True):
    """Where one known thing is, and what it weighed when it was last read."""

    id: int
    g: float
    sd_g: float
    inside: bool


class Explanation(msgspec.Struct, frozen=True, array_like=True):
    """How one step came about, in one hypothesis."""

    step_id: str
    kind: Kind
    lifted: int
    returned: int
    g: float
    sigma_g: float


class Hypothesis(msgspec.Struct, frozen=True, array_like=True):
    """Who is inside, what each weighs, and how that came about."""

    log_p: float
    inside: int
    """bit i: baby i is in the box"""
    weights: tuple[Estimate, ...]
    explanations: tuple[Explanation, ...] = ()
    objects: tuple[float, ...] = ()
    """what was put in and not yet taken out, in grams"""
    base_g: float | None = None
    """level without the leaning hand; ``None``: no hand"""
    base_sigma_g: float = 0.0
    leaning_s: Moment = 0.0
    """since when the hand leans"""
    gone: tuple[float, ...] = ()
    """what was taken out and may come again, in grams"""
    things: tuple[ThingState, ...] = ()
    """those with a name, in the order in which they were named"""


def child_of(
    hypothesis: Hypothesis,
    explanation: Explanation,
    p: float,
    *,
    inside: int | None = None,
    objects: tuple[float, ...] | None = None,
    gone: tuple[float, ...] | None = None,
    things: tuple[ThingState, ...] | None = None,
    base_g: float | None = None,
    base_sigma_g: float = 0.0,
    leaning_s: float = 0.0,
) -> Hypothesis:
    """The hypothesis that goes on with ``explanation``, ``p`` times as likely."""
    return Hypothesis(
        hypothesis.log_p + math.log(max(p, 1e-300)),
        hypothesis.inside if inside is None else inside,
        hypothesis.weights,
        (*hypothesis.explanations[1 - REMEMBERED :], explanation),
        hypothesis.objects if objects is None else objects,
        base_g,
        base_sigma_g,
        leaning_s,
        hypothesis.gone if gone is None else gone,
        hypothesis.things if things is None else things,
    )


def with_weight(hypothesis: Hypothesis, baby: int, estimate: Estimate) -> Hypothesis:
    """The same hypothesis with another idea of what one baby weighs."""
    weights = (*hypothesis.weights[:baby], estimate, *hypothesis.weights[baby + 1 :])
    return msgspec.structs.replace(hypothesis, weights=weights)


def pruned(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """The likeliest hypotheses, best first, those with the same future merged."""
    hypotheses.sort(key=lambda s: -s.log_p)
    floor = hypotheses[0].log_p - _BEAM_NATS
    places: dict[object, list[int]] = {}
    kept: list[Hypothesis] = []
    for hypothesis in hypotheses:
        if hypothesis.log_p < floor or len(kept) >= 4 * _BEAM:
            break
        key = (
            hypothesis.inside,
            hypothesis.base_g is None,
            tuple((x.kind, x.lifted, x.returned) for x in hypothesis.explanations),
        )
        twins = places.setdefault(key, [])
        twin = next((i for i in twins if _alike(hypothesis, kept[i])), None)
        if twin is None:
            twins.append(len(kept))
            kept.append(hypothesis)
        else:
            joined = _log_add(kept[twin].log_p, hypothesis.log_p)
            kept[twin] = msgspec.structs.replace(kept[twin], log_p=joined)
    kept.sort(key=lambda s: -s.log_p)
    return normalised(kept[:_BEAM])


def _alike(a: Hypothesis, b: Hypothesis) -> bool:
    """The same future: weights within 1 %, so that merging loses nothing."""
    return (
        all(abs(x.g - y.g) <= 0.01 * y.g + 0.5 for x, y in zip(a.weights, b.weights, strict=True))
        and len(a.objects) == len(b.objects)
        and len(a.gone) == len(b.gone)
        and all(map(_same_place, a.things, b.things))
    )


def _same_place(a: ThingState, b: ThingState) -> bool:
    """A thing weighs what it weighed, so half a gram is another future."""
    return a.id == b.id and a.inside == b.inside and abs(a.g - b.g) <= 0.5 + 0.001 * a.g


def normalised(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """The same hypotheses with probabilities that sum to 1."""
    top = max(s.log_p for s in hypotheses)
    total = top + math.log(sum(math.exp(s.log_p - top) for s in hypotheses))
    return [msgspec.structs.replace(s, log_p=s.log_p - total) for s in hypotheses]


def _log_add(a: float, b: float) -> float:
    high, low = max(a, b), min(a, b)
    return high + math.log1p(math.exp(low - high))


def bits(mask: int) -> list[int]:
    """Indices of the babies in a set."""
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def subsets(everyone: int, centre: int) -> list[int]:
    """Every set of babies; beyond ten babies only those within three moves of ``centre``."""
    babies = bits(everyone)
    if len(babies) <= 10:
        out = [0]
        for baby in babies:
            out += [mask | 1 << baby for mask in out]
        return out
    changes = [0]
    for size in (1, 2, 3):
        changes += [sum(1 << b for b in group) for group in combinations(babies, size)]
    return [centre ^ change for change in changes]
