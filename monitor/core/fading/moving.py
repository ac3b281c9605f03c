"""How lively it is, and how it calls: hours since some hour against like hours of days before.

A box of several is as lively as all of them; what it is without the one says whether a change is
that one's. Hours are compared with the same hours of the day, and only with those of as many
babies in the nursery: a brother who leaves makes a box quieter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from monitor.core.fading.hours import Hour
from monitor.core.fading.signs import Sign, evidence, two_sided
from monitor.times import DAY_S, HOUR_S, spoken_hours

HOURS_BEFORE, HOURS_SINCE = 18, 5
"""fewer say nothing of what is usual, or of what has changed"""
LEAST_MIN = 15
"""An hour of which less was seen is none."""
LEAST_OUT_MIN = 20
"""... and so long it must have been out within a span, where it is not alone."""
TOGETHER_H = 1.5
"""Hours next to one another are alike: so many count as one."""
BETWEEN_DAYS = 0.12
"""What the mean of a healthy box changes from day to day beside that, as a share."""
LESS_LIVELY = 0.5
"""The share of its liveliness that a fading baby loses."""
ALL_LESS_LIVELY, ALL_DIP = 0.4, 0.15
"""What the box loses when all are quiet, as after a vaccination, and how likely that is for one of
them: of several, one that fades cannot make the box so much quieter."""
MORE_STILL = 0.5
"""The share of the minutes with a stir that a fading baby loses."""
LESS_CRIES, MORE_CRIES = 0.7, 1.0
"""The share of its calls that it loses when it goes quiet, or gains when it is in need."""
FEW_CRIES = 0.5
"""Minutes of calls an hour below which more is counted from here."""
FED_CRIES = 0.5
"""Minutes an hour of calls just after a full bottle that a baby in need makes more than usual."""


def hour_signs(hours: Sequence[Hour], start_s: float, since_s: float, now_s: float) -> list[Sign]:
    """All signs that rest on hours, of those that can be had."""
    company = hours[-1].company if hours else 0
    like = [h for h in hours if h.company == company]
    since = [h for h in like if h.t_s >= since_s]
    span_s = now_s - since_s
    before = [
        h for h in like
        if start_s <= h.t_s < since_s and (h.t_s - since_s) % DAY_S < max(span_s, 6 * HOUR_S)
    ]  # fmt: skip
    spans = (before, since)
    span = spoken_hours(span_s)
    found = [
        _lively(*spans, company, span),
        _still(*spans, span) if company <= 2 else None,
        *_cries(*spans, span),
    ]
    return [sign for sign in found if sign is not None]


def _mean(
    hours: Sequence[Hour], value: Callable[[Hour], tuple[float, float]]
) -> tuple[float, float, int]:
    """Mean of a sum per minute over hours, its standard error, and how many hours had any."""
    seen = [pair for pair in map(value, hours) if pair[1] >= LEAST_MIN]
    pairs = np.array(seen, float).reshape(-1, 2)
    if not len(pairs):
        return 0.0, math.inf, 0
    total = float(pairs[:, 1].sum())
    mean = float(pairs[:, 0].sum()) / total
    off = pairs[:, 0] - mean * pairs[:, 1]
    spread = math.sqrt(float((off**2).sum()) * TOGETHER_H) / total
    return mean, spread, len(pairs)


def _lively(before: Sequence[Hour], since: Sequence[Hour], company: int, span: str) -> Sign | None:
    """What the box with it in has become, less what the box without it has as far as that is seen.

    How much of a change is all of the litter's is estimated from the minutes without it; the fewer
    there are, the more it stays an uncertainty.
    """
    usual, usual_sd, n = _mean(before, lambda h: (h.in_lively, h.in_min))
    now, now_sd, m = _mean(since, lambda h: (h.in_lively, h.in_min))
    if n < HOURS_BEFORE or m < HOURS_SINCE or usual <= 0.0:
        return None
    alone_sd = math.hypot(usual_sd, max(now_sd, 0.5 * usual_sd))
    common = BETWEEN_DAYS * usual / math.sqrt(company)
    change, share = now - usual, 0.0
    without, without_now = _without(before), _without(since)
    if company > 1 and without is not None and without_now is not None:
        seen_sd = math.hypot(without[1], without_now[1])
        share = common**2 / (common**2 + seen_sd**2)
        change -= share * (without_now[0] - without[0])
    sd = math.hypot(alone_sd, common * math.sqrt(1.0 - share))
    text = f"the box with it in is {100.0 * now / usual:.0f} % as lively as usual for {span}"
    if without is not None and without_now is not None and without[0] > 0.0:
        text += f", without it {100.0 * without_now[0] / without[0]:.0f} %"
    found = evidence(-change, sd, LESS_LIVELY * usual / company)
    if company > 1:
        dip = evidence(usual - now, math.hypot(alone_sd, common), ALL_LESS_LIVELY * usual)
        found -= math.log1p(ALL_DIP * math.expm1(min(dip, 30.0)))
    return Sign(name="lively", group="moving", now=now, usual=usual, sd=sd, evidence=found,
                text=text)  # fmt: skip


def _without(hours: Sequence[Hour]) -> tuple[float, float] | None:
    """Liveliness of the box without it, and its error; ``None`` while it was hardly out."""
    minutes = sum(h.out_min for h in hours)
    if minutes < LEAST_OUT_MIN:
        return None
    mean = sum(h.out_lively for h in hours) / minutes
    return mean, math.sqrt(max(mean * (1.0 - mean), 0.01) * 2.0 / minutes)


def _still(before: Sequence[Hour], since: Sequence[Hour], span: str) -> Sign | None:
    usual, usual_sd, n = _mean(before, lambda h: (h.still_min, h.in_min))
    now, now_sd, m = _mean(since, lambda h: (h.still_min, h.in_min))
    if n < HOURS_BEFORE or m < HOURS_SINCE:
        return None
    stirs = 1.0 - usual
    sd = math.hypot(math.hypot(usual_sd, max(now_sd, 0.5 * usual_sd)), BETWEEN_DAYS * stirs)
    return Sign(
        name="still",
        group="moving",
        now=now,
        usual=usual,
        sd=sd,
        evidence=evidence(now - usual, sd, MORE_STILL * stirs),
        text=f"{100.0 * now:.0f} % of the minutes of {span} nothing stirred or called, usually "
        f"{100.0 * usual:.0f} %",
    )


def _cries(before: Sequence[Hour], since: Sequence[Hour], span: str) -> list[Sign]:
    usual, usual_sd, n = _mean(before, lambda h: (60.0 * h.cry_min, h.heard_min))
    now, now_sd, m = _mean(since, lambda h: (60.0 * h.cry_min, h.heard_min))
    if n < HOURS_BEFORE or m < HOURS_SINCE:
        return []
    rate = math.hypot(usual_sd, max(now_sd, 0.5 * usual_sd))
    sd = math.hypot(math.hypot(rate, BETWEEN_DAYS * usual), 0.05)
    found = two_sided(
        evidence(now - usual, sd, max(MORE_CRIES * usual, FEW_CRIES)),
        evidence(usual - now, sd, LESS_CRIES * usual),
    )
    text = f"cries {now:.1f} min an hour for {span}, usually {usual:.1f} min"
    signs = [
        Sign(name="cries", group="crying", now=now, usual=usual, sd=sd, evidence=found, text=text)
    ]
    fed, fed_sd, _ = _mean(before, lambda h: (60.0 * h.fed_cry_min, h.heard_min))
    fed_now, fed_now_sd, _ = _mean(since, lambda h: (60.0 * h.fed_cry_min, h.heard_min))
    sd = math.hypot(math.hypot(fed_sd, max(fed_now_sd, 0.5 * fed_sd)), 0.05)
    found = evidence(fed_now - fed, sd, FED_CRIES + fed)
    text = f"cries just after full bottles for {span}: {fed_now:.1f} min an hour, usually {fed:.1f}"
    return [
        *signs,
        Sign(
            name="fed_cries",
            group="crying",
            now=fed_now,
            usual=fed,
            sd=sd,
            evidence=found,
            text=text,
        ),
    ]
