"""What is said of the babies: those who need a look one by one, those who are well together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from monitor.events import Verdict
from monitor.handover.clock import Clock
from monitor.handover.facts import BabyNight, Bottle, Night
from monitor.handover.fitting import Part, shortened
from monitor.names import farewell, listed
from monitor.times import HOUR_S

BOTTLE_EXPECTED_S = 6 * HOUR_S
"""whoever drinks from a bottle has had one within so long"""
TOLD_ONE_BY_ONE = 3
"""of more that are well, those who gain alike are told together"""

_GROWS: dict[Verdict, str] = {
    "gaining": "gaining",
    "steady": "steady",
    "not_gaining": "not gaining",
    "losing": "losing weight",
    "not_enough_data": "no trend yet",
}


def name_of(each: BabyNight) -> str:
    """As short as a sentence bears."""
    return shortened(each.baby.name, 3)


def needs_a_look(each: BabyNight, night: Night) -> bool:
    """Whether somebody should look at this one first."""
    status = each.status
    if status is None:
        return False
    if status.verdict in {"losing", "not_gaining"} or each.refused:
        return True
    if status.watch is not None and status.watch.level != "well":
        return True
    return _is_unfed(each, night)


def _is_unfed(each: BabyNight, night: Night) -> bool:
    """It is on the bottle, and none was seen or told of for long."""
    on_the_bottle = each.status is not None and each.status.bottle_due_at is not None
    return on_the_bottle and not each.bottles and night.to_s - night.from_s >= BOTTLE_EXPECTED_S


def gone(night: Night) -> Part:
    """Those who have died or left."""
    left = [each for each in night.babies if each.baby.retired_s is not None]
    if not left:
        return Part(9, [""])
    full = " ".join(farewell(name_of(each), each.baby.retired_reason) for each in left)
    names = listed([name_of(each) for each in left])
    return Part(9, [shortened(full, 24), shortened(f"{names} left the nursery.", 14)])


def worrying(night: Night, clock: Clock) -> Part:
    """Those who need a look."""
    found = [each for each in night.here if needs_a_look(each, night)]
    full = [_sentence(each, night, clock) for each in found]
    short = [f"{name_of(each)}: {_concern(each, night)}." for each in found]
    together = _grouped(found, night)
    if len(found) > TOLD_ONE_BY_ONE:
        return Part(8, [" ".join(full), together])
    return Part(8, [" ".join(full), " ".join(short), together])


def _grouped(found: Sequence[BabyNight], night: Night) -> str:
    """By what is the matter: ``Losing weight: Ash, Bee and Cleo``."""
    by_concern = sorted(found, key=lambda each: _concern(each, night))
    said = []
    for concern, several in groupby(by_concern, key=lambda each: _concern(each, night)):
        alike = list(several)
        names = listed([name_of(each) for each in alike])
        if len(alike) == len(night.here) > TOLD_ONE_BY_ONE:
            names = f"all {len(alike)}"
        said.append(f"{concern[:1].upper()}{concern[1:]}: {names}.")
    return shortened(" ".join(said), 40)


def well(night: Night, clock: Clock) -> Part:
    """The others."""
    found = [each for each in night.here if not needs_a_look(each, night)]
    if not found:
        return Part(5, [""])
    together = _together(found)
    if len(found) > TOLD_ONE_BY_ONE:
        return Part(5, [together, f"{len(found)} others drank and none of them worries."])
    full = [_sentence(each, night, clock) for each in found]
    plain = [_sentence(each, night, clock, times=False) for each in found]
    return Part(5, [" ".join(full), " ".join(plain), together])


def _together(found: Sequence[BabyNight]) -> str:
    """``Gaining: Ash, Bee and Cleo (3 to 4 bottles, 18 to 30 g, +5 to +9 g in 24 h each)``."""
    order: list[Verdict] = ["gaining", "steady", "not_enough_data"]
    said = []
    for verdict in order:
        alike = [e for e in found if e.status is not None and e.status.verdict == verdict]
        if alike:
            names = listed([name_of(each) for each in alike])
            said.append(f"{_GROWS[verdict].capitalize()}: {names} ({_alike(alike)}).")
    return " ".join(said)


def _alike(found: Sequence[BabyNight]) -> str:
    bottles = spread([len(each.drunk) for each in found])
    said = [f"{bottles} bottle" if bottles == "1" else f"{bottles} bottles"]
    grams = [round(each.known_g) for each in found if each.known_g is not None]
    said += [f"{spread(grams)} g"] if grams else []
    gains = [each.status.gain_24h_g for each in found if each.status is not None]
    known = [round(gain) for gain in gains if gain is not None]
    said += [f"{spread(known, '+.0f')} g in 24 h"] if known else []
    return ", ".join(said) + (" each" if len(found) > 1 else "")


def spread(numbers: Sequence[float], form: str = ".0f") -> str:
    """``18 to 30``, or ``18`` where all are the same."""
    low, high = min(numbers), max(numbers)
    least, most = f"{low:{form}}", f"{high:{form}}"
    return least if least == most else f"{least} to {most}"


def _sentence(each: BabyNight, night: Night, clock: Clock, *, times: bool = True) -> str:
    parts = [_drinking(each, night, clock, times=times), growing(each), *_signs(each)]
    return f"{name_of(each)}: {'; '.join(part for part in parts if part)}."


def _concern(each: BabyNight, night: Night) -> str:
    """In few words what is the matter with it."""
    status, said = each.status, []
    if status is not None and status.verdict in {"losing", "not_gaining"}:
        said.append(_GROWS[status.verdict])
    if each.refused:
        said.append(f"refused {_bottles(len(each.refused))}")
    elif _is_unfed(each, night):
        said.append("no bottle seen or told of")
    return ", ".join(said) or "signs to watch"


def _drinking(each: BabyNight, night: Night, clock: Clock, *, times: bool) -> str:
    drunk, refused = each.drunk, each.refused
    if not each.bottles:
        return "no bottle seen or told of" if _is_unfed(each, night) else ""
    said = "drank nothing"
    if drunk:
        said = f"drank {_bottles(len(drunk))}{_amount(each)}{_times(drunk, clock) * times}"
    if refused:
        said += f", refused {_bottles(len(refused))}{_times(refused, clock)}"
    return said


def _amount(each: BabyNight) -> str:
    """`` of 24 g in all``, `` of unknown amount``, both where only some are known."""
    drunk, grams = each.drunk, each.known_g
    unknown = sum(bottle.g is None for bottle in drunk)
    if grams is None:
        return " of unknown amount"
    in_all = " in all" if len(drunk) - unknown > 1 else ""
    rest = f" and {unknown} of unknown amount" if unknown else ""
    return f", {grams:.0f} g{in_all}{rest}"


def _times(bottles: Sequence[Bottle], clock: Clock) -> str:
    if not clock.known or len(bottles) > 4:
        return ""
    return f" ({', '.join(clock.time(bottle.t_s) for bottle in bottles)})"


def _bottles(number: int) -> str:
    return "1 bottle" if number == 1 else f"{number} bottles"


def growing(each: BabyNight) -> str:
    """``181 g, gaining (+8.1 g in 24 h)``."""
    status = each.status
    if status is None or status.weight_g is None:
        told = (
            ""
            if status is None or status.told_weight_g is None
            else (f"{status.told_weight_g:.0f} g told, ")
        )
        return f"{told}not weighed yet"
    weight, grows = f"{status.weight_g:.0f} g", _GROWS[status.verdict]
    if status.gain_24h_g is None:
        return f"{weight}, {grows}"
    return f"{weight}, {grows} ({status.gain_24h_g:+.1f} g in 24 h)"


def _signs(each: BabyNight) -> list[str]:
    watch = each.status.watch if each.status is not None else None
    if watch is None or watch.level == "well" or not watch.signs:
        return []
    return [shortened(f"to watch: {watch.signs[0]}", 16).rstrip(".")]
