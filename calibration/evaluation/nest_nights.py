"""Simulated nests with a probe: false alarms per week, and how early a failed heat source is told.

``python -m calibration.evaluation.nest_nights`` prints the table, by the nest's time constant, with
the probe alone and with a scale that sees when the box is opened. Time constants of 5 to 60 min,
rooms of 12 to 24 °C, a thermostat's ripple of 0.4 to 1.6 °C, eight bottles a day with the box open
for 5 to 12 min, a probe in the hand once a day. A probe that is told to be out of order counts as
false, too: here it never is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from calibration.evaluation.scenario_parts import Random
from monitor.core.growth.ages import Age
from monitor.core.health.source import probe_patience
from monitor.core.health.sources import Health
from monitor.core.warmth.nest import Nest
from monitor.events import ProbeReading, Tick
from monitor.simulation.nest import NestEvent, SimulatedNest
from monitor.times import DAY_S, HOUR_S, MINUTE_S

START_S = 1_700_000_000.0
SET_C = {2: 30.5, 10: 27.5, 20: 25.5}
"""what the carer sets, by the age of the youngest in days"""
LOW_C = {2: 29.0, 10: 26.0, 20: 24.0}
TAUS_MIN = ((5.0, 12.0), (12.0, 30.0), (30.0, 60.0))
"""from a bare mat in a carton to thick blankets"""
FAILS_S = DAY_S
HEAD = """\
| time constant | false alarms | failures told | after | before the limit | before 4 °C below it |
|---|---|---|---|---|---|"""


class Lived(NamedTuple):
    """What one nest was told, and how it was, in seconds from the start."""

    raised: list[tuple[float, str]]
    """when and which kind"""
    readings: list[tuple[float, float]]


def nest(r: Random, age: int, tau_min: tuple[float, float], days: float) -> SimulatedNest:
    """A nest in order, with everything that is done to it in so many days."""
    events = [*_bottles(r, days), *_hands(r, days)]
    return SimulatedNest(
        seed=int(r.integers(1 << 31)),
        tau_s=float(r.uniform(*tau_min)) * MINUTE_S,
        room_c=float(r.uniform(12.0, 24.0)),
        room_swing_c=float(r.uniform(0.0, 1.5)),
        set_c=SET_C[age],
        hysteresis_c=float(r.uniform(0.4, 1.6)),
        heat_c=float(r.uniform(20.0, 30.0)),
        events=events,
    )


def _bottles(r: Random, days: float) -> Iterator[NestEvent]:
    t_s = float(r.uniform(0.5, 3.0)) * HOUR_S
    while t_s < days * DAY_S:
        yield NestEvent(at_s=t_s, lasts_s=float(r.uniform(5.0, 12.0)) * MINUTE_S, what="open")
        t_s += float(r.uniform(2.5, 3.5)) * HOUR_S


def _hands(r: Random, days: float) -> Iterator[NestEvent]:
    for t_s in sorted(r.uniform(0.0, days * DAY_S, size=int(r.poisson(days)))):
        yield NestEvent(at_s=float(t_s), lasts_s=float(r.uniform(1.0, 5.0)) * MINUTE_S,
                        what="probe_out")  # fmt: skip


def live(one: SimulatedNest, age: int, days: float, *, scale: bool) -> Lived:
    """Through health and nest, a reading and a tick every ten seconds.

    With a ``scale`` it is seen when the box is opened.
    """
    health = Health(["probe"], START_S, patience={"probe": probe_patience(60.0)})
    warmth, raised = Nest(probed=True), list[tuple[float, str]]()
    readings, open_now = list(one.readings(days * DAY_S)), set[str]()
    opened = [(e.at_s, e.at_s + e.lasts_s) for e in one.events if e.what == "open"]
    for t_s, celsius in readings:
        now_s = START_S + t_s
        health.observe(ProbeReading(now_s, celsius))
        if (temperature_c := health.temperature_at(now_s)) is not None:
            warmth.observe(now_s, temperature_c)
        health.observe(Tick(now_s))
        hands = any(begin <= t_s < end for begin, end in opened) if scale else None
        ages = [Age("Possum", age + t_s / DAY_S, known=True)]
        warmth.look(now_s, ages, alive=health.alive("probe"), hands=hands)
        now = {str(c.kind) for c in (*warmth.conditions(now_s), *health.conditions(now_s))}
        raised += [(t_s, kind) for kind in sorted(now - open_now)]
        open_now = now
    return Lived(raised, readings)


class Failure(NamedTuple):
    """How a failed heat source went, in minutes from when it failed; ``None``: never."""

    told_min: float | None
    limit_min: float | None
    """when the probe was below the lowest wanted, for good"""
    critical_min: float | None
    """... and four degrees below it"""


def fail(r: Random, age: int, tau_min: tuple[float, float], *, scale: bool) -> Failure:
    """A nest whose heat fails after a day, at a moment by chance."""
    one = nest(r, age, tau_min, 1.0)
    fails_s = FAILS_S + float(r.uniform(0.0, 1.0)) * HOUR_S
    off = NestEvent(at_s=fails_s, what="heat_off")
    one = msgspec.structs.replace(one, events=[*one.events, off])
    lived = live(one, age, 1.25, scale=scale)
    low_c = LOW_C[age]
    told = next((t_s for t_s, kind in lived.raised if t_s > fails_s and kind == "too_cold"), None)
    after = [each for each in lived.readings if each[0] > fails_s]

    def below(limit_c: float) -> float | None:
        return next(((t_s - fails_s) / MINUTE_S for t_s, c in after if c < limit_c), None)

    told_min = None if told is None else (told - fails_s) / MINUTE_S
    return Failure(told_min, below(low_c), below(low_c - 4.0))


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nests", type=int, default=12, help="of each time constant and age")
    parser.add_argument("--days", type=float, default=3.0, help="of each nest in order")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    print(HEAD)
    for scale in (False, True):
        for band in TAUS_MIN:
            false, weeks, failures = 0, 0.0, []
            for age in SET_C:
                for k in range(args.nests):
                    r = np.random.default_rng([args.seed, age, round(band[0]), k])
                    lived = live(nest(r, age, band, args.days), age, args.days, scale=scale)
                    false += len(lived.raised)
                    weeks += args.days / 7.0
                    failures.append(fail(r, age, band, scale=scale))
            print(_line(band, false, weeks, failures, "with a scale" if scale else "probe alone"))


def _line(
    band: tuple[float, float], false: int, weeks: float, failures: Sequence[Failure], how: str
) -> str:
    told = [each for each in failures if each.told_min is not None]
    early = [f.limit_min - f.told_min for f in told if f.limit_min and f.told_min]
    safe = [f.critical_min - f.told_min for f in told if f.critical_min and f.told_min]
    after = [f.told_min for f in told if f.told_min is not None]

    def spread(values: Sequence[float]) -> str:
        if not values:
            return "-"
        low, middle, high = np.percentile(values, [10, 50, 90])
        return f"{middle:.0f} ({low:.0f} to {high:.0f}) min"

    found = f"{len(told)} of {len(failures)}"
    cells = (f"{band[0]:.0f} to {band[1]:.0f} min, {how}", f"{false} in {weeks:.0f} weeks",
             found, spread(after), spread(early), spread(safe))  # fmt: skip
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
