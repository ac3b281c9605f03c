"""Whether a weight that a person gives can be meant: a slip is asked about before it is believed.

Ounces for grams and a digit too many are the slips that people make. A weight is compared with what
is known of the baby, or, as long as nothing is, with what its species weighs. Known may be wrong,
too: then the question says so.
"""

from __future__ import annotations

import math

from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.errors import CommandError
from monitor.times import DAY_S, HOUR_S
from monitor.written.grams import spoken_grams

PLAUSIBLE_RATIO = 1.6
"""A typed weight further than this from the last is questioned; the margin grows 8 % a day."""
UNITS = (("ounces", 28.35), ("kilograms", 1000.0), ("pounds", 453.6))
UNIT_MATCH = 1.35
LEAST_G, MOST_G = 5.0, 20_000.0
"""a stillborn runt weighs more than 20 g, and the largest cell that is read carries 20 kg"""
AHEAD_S = HOUR_S
"""A weighing cannot be typed before it happens; clocks of phone and Pi may differ."""
OLDEST_S = 400 * DAY_S
"""Older weighings cannot bear on a baby that is fed by bottle; such a time is a slip."""
MOST_TYPED_A_DAY = 100
"""weighings typed for one baby on one day; a rescuer types about ten"""
CONFIRM = '(--confirm, or "confirm": true)'
"""how a person says that it is meant"""


def doubt(record: BabyRecord, reference: GrowthReference, g: float, t_s: float) -> str | None:
    """A question when a baby cannot weigh ``g`` at ``t_s``; ``None`` when it can."""
    near = min(record.weighings, key=lambda w: abs(w.t_s - t_s), default=None)
    known_g = near.weight_g if near is not None else record.baby.weight_g
    if known_g is None:
        return doubt_of_species(record, reference, g, t_s)
    known_s = near.t_s if near is not None else record.baby.registered_s
    days = abs(t_s - known_s) / DAY_S if known_s is not None else 0.0
    allowed = PLAUSIBLE_RATIO * math.exp(0.08 * min(days, 30.0))
    if 1.0 / allowed <= g / known_g <= allowed:
        return None
    name, was = record.baby.name, spoken_grams(known_g)
    if (unit := _unit_for(g, known_g)) is not None:
        return (
            f"{_said(g)} g for {name}, who weighed {was}: did you mean {unit}? "
            f"Send it with its unit, or confirm it {CONFIRM}"
        )
    if near is None:
        meant = _unit_for(known_g, g)
        perhaps = f" (meant as {meant}?)" if meant is not None else ""
        return (
            f"{_said(g)} g for {name}, who was registered with {was}{perhaps}: which is wrong? "
            f"Check the number, or, if {was} was, confirm this one {CONFIRM}"
        )
    if near.move is None and (meant := _unit_for(known_g, g)) is not None:
        return (
            f"{_said(g)} g for {name}, who weighed {was} (meant as {meant}?): which is wrong? "
            f"Correct {near.step_id}, or confirm this one {CONFIRM}"
        )
    return f"{_said(g)} g for {name}, who weighed {was}: check the number, or confirm it {CONFIRM}"


def doubt_of_species(
    record: BabyRecord, reference: GrowthReference, g: float, t_s: float
) -> str | None:
    """A question when no baby of this species and age weighs ``g``; ``None`` when one can.

    An age is often a guess, so what is asked about is less than half of a newborn or a tenth of the
    least of its age, more than four times the most of its age or twice the most of any age here.
    """
    baby = record.baby
    age = record.age_day(t_s)
    least_g, most_g = reference.span_g(baby, age)
    newborn_g, grown_g = reference.span_g(baby, 0.0)[0], reference.span_g(baby, None)[1]
    low, high = max(newborn_g / 2, least_g / 10), min(4 * most_g, 2 * grown_g)
    if low <= g <= high:
        return None
    middle_g, reach = math.sqrt(least_g * most_g), math.sqrt(most_g / least_g)
    meant = _unit_for(g, middle_g, reach * UNIT_MATCH)
    if meant is None and not LEAST_G <= g <= MOST_G:
        return None  # no question helps: possible_grams says so
    aged = "of this age" if age is not None else "that is raised by hand"
    far = f"{_said(g)} g is far from any {baby.species} {aged}"
    if meant is not None:
        return f"{far}: did you mean {meant}? Send it with its unit, or confirm it {CONFIRM}"
    return f"{far}: check the number, or confirm it {CONFIRM}"


def check_time(record: BabyRecord, t_s: float, now_s: float, *, clock_known: bool) -> None:
    """A weighing can have been typed for ``t_s``.

    Raises:
        CommandError: it lies ahead, or too far back, or too many are typed for that day.
    """
    if clock_known and t_s - now_s > AHEAD_S:
        raise CommandError('"at" has not come yet: check the date, and the clock of the Pi')
    if clock_known and now_s - t_s > OLDEST_S:
        raise CommandError('"at" is more than a year ago: check the date')
    typed = sum(w.move is None and abs(w.t_s - t_s) < DAY_S / 2 for w in record.weighings)
    if typed >= MOST_TYPED_A_DAY:
        raise CommandError(f"{typed} weighings are typed for that day already: correct those")


def _said(number: float) -> str:
    """As it was typed, without the decimals that a conversion makes."""
    return f"{round(number, 1):g}" if number >= 10.0 else f"{number:.3g}"


def _unit_for(g: float, known_g: float, match: float = UNIT_MATCH) -> str | None:
    """The unit in which ``g`` would be near ``known_g``, with what it comes to in grams."""
    for unit, factor in UNITS:
        if 1.0 / match <= g * factor / known_g <= match:
            return f"{_said(g)} {unit} ({g * factor:.0f} g)"
    return None


def possible_grams(g: float, key: str) -> float:
    """A weight a baby can have.

    Raises:
        CommandError: no baby weighs that, whatever anybody confirms.
    """
    if not LEAST_G <= g <= MOST_G:
        raise CommandError(f'"{key}" is {g:g}: a baby weighs {LEAST_G:g} to {MOST_G:g} g')
    return g
