"""What the box was like just now, from the parts that see it: for the hours of each baby."""

from __future__ import annotations

from monitor.core.activity import Activity
from monitor.core.fading.hours import Minute
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.health.sources import Health
from monitor.core.scale.weigher import Weigher
from monitor.times import MINUTE_S


def inside(scale: Weigher, now_s: float) -> list[BabyRecord] | None:
    """The records of those in the box; ``None`` while the scale does not know."""
    names = scale.in_box(now_s)
    if names is None:
        return None
    return [record for record in scale.records if record.baby.name in names]


def minute_of(now_s: float, scale: Weigher, health: Health, activity: Activity) -> Minute:
    """The minute that ends now; while nobody knows who is in, nothing of it counts."""
    present = inside(scale, now_s)
    seen = present is not None and health.alive("scale") and scale.settled
    return Minute(
        t_s=now_s,
        inside=None if present is None else [record.baby.id for record in present],
        lively=scale.liveliness() if seen and not scale.handled(now_s) else None,
        quiet=activity.quiet_for(now_s) >= MINUTE_S,
        heard=health.alive("microphone"),
    )
