"""Kangaroo and Possum, who live in every simulated nursery, and the days before it begins."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.events import AnyEvent, RosterChanged, WeighIn
from monitor.simulation.box import SimBaby
from monitor.times import DAY_S, HOUR_S

BEFORE = {
    "Kangaroo": ((60, 164.0), (48, 168.5), (36, 172.0), (24, 175.5), (12, 179.0)),
    "Possum": ((60, 117.0), (48, 119.5), (36, 121.5), (24, 123.0), (12, 122.7)),
}
"""Hours before the start and grams: Kangaroo thrives, Possum has stopped gaining."""


def residents(start_s: float) -> list[SimBaby]:
    """A week-old kitten of 181 g and a runt puppy of 119 g that loses weight."""
    return [
        SimBaby(
            name="Kangaroo",
            species="kitten",
            weight_g=181.0,
            born=_day(start_s - 7 * DAY_S),
            gain_pct_day=6.0,
        ),
        SimBaby(
            name="Possum",
            species="puppy",
            weight_g=119.0,
            born=_day(start_s - 10 * DAY_S),
            gain_pct_day=-6.0,
            lively=0.7,
        ),
    ]


def days_before(start_s: float) -> list[AnyEvent]:
    """Their registration and weighings until ``start_s``, as the journal would have them."""
    events: list[AnyEvent] = [
        RosterChanged(t_s=start_s - 3 * DAY_S, baby=baby.as_baby()) for baby in residents(start_s)
    ]
    for name, weights in BEFORE.items():
        events += [
            WeighIn(
                t_s=start_s - hours * HOUR_S,
                baby=name,
                move="lift",
                weight_g=grams,
                sigma_g=0.5,
                confidence=1.0,
                step_id=f"before-{name.lower()}-{hours}",
            )
            for hours, grams in weights
        ]
    return events


def _day(t_s: float) -> str:
    return datetime.fromtimestamp(t_s, UTC).date().isoformat()
