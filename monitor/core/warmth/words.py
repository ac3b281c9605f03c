"""The sentences about warmth."""

from __future__ import annotations

from monitor.core.growth.ages import Age
from monitor.core.warmth.cooling import Fall
from monitor.core.warmth.wanted import Span
from monitor.times import DAY_S, MINUTE_S, spoken_hours

WARM_FIRST = "the nest was too cold: warm it up before you feed it"
ALL_CLEAR = "The nest is as warm as it should be again."


def degrees(celsius: float) -> str:
    """``29.6 °C``."""
    return f"{celsius:.1f} °C"


def span(span_c: Span) -> str:
    """``29 to 32 °C``."""
    return f"{span_c[0]:g} to {span_c[1]:g} °C"


def wanted_for(age: Age) -> str:
    """Whose age decides, for the reason of an alert."""
    if age.known:
        return f"{age.name} is {int(age.day)} days old"
    if age.day < 1.0:
        return f"nobody knows how old {age.name} is, so it counts as new-born"
    return f"{age.name} is {int(age.day)} days old by its weight"


def too_cold(now_c: float, span_c: Span, for_s: float, *, far: bool) -> str:
    """The message of ``too_cold``."""
    advice = (
        "Warm the babies on your body now, slowly, then the nest; no milk before they are warm."
        if far
        else "Look after the heat source, add a hot-water bottle in a cloth."
    )
    return (
        f"The nest is at {degrees(now_c)} and has been too cold for {spoken_hours(for_s)} "
        f"(wanted: {span(span_c)}). {advice}"
    )


COOLS_DOWN_WHY = (
    "the temperature falls along an exponential curve towards the room, for longer than an open "
    "box or the pauses of the thermostat"
)


def cools_down(fall: Fall, now_c: float, span_c: Span, now_s: float) -> str:
    """The message of ``too_cold`` before it is so."""
    left_s = fall.crosses_s - now_s
    low = f"{span_c[0]:g} °C"
    ahead = (
        f"it will be below {low} in {spoken_hours(left_s)}"
        if MINUTE_S <= left_s < DAY_S
        else f"{low} are wanted"
    )
    return (
        f"The nest has fallen from {degrees(fall.from_c)} to {degrees(now_c)} in "
        f"{spoken_hours(now_s - fall.from_s)}; {ahead}. The heat source may have failed: look at "
        "its plug, its switch and its thermostat."
    )


def too_warm(now_c: float, span_c: Span, for_s: float, *, far: bool) -> str:
    """The message of ``too_warm``."""
    advice = (
        "Take the babies off the heat now and switch it off."
        if far
        else "Turn the heat down, and leave a cooler corner to crawl to."
    )
    return (
        f"The nest is at {degrees(now_c)} and has been too warm for {spoken_hours(for_s)} "
        f"(wanted: {span(span_c)}). {advice}"
    )


def warm_first(coldest_c: float, for_s: float, ago_s: float | None) -> str:
    """What is said beside a bottle that is due; ``ago_s``: the nest has been warm for so long."""
    was = "has been" if ago_s is None else "was"
    until = "" if ago_s is None else f" until {spoken_hours(ago_s)} ago"
    return (
        f"First warm it up: the nest {was} too cold for {spoken_hours(for_s)}{until}, down to "
        f"{degrees(coldest_c)}, and a cold baby cannot digest milk."
    )
