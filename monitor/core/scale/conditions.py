"""What the platform asks a person: who was it, take something off, put it on firm ground.

Conditions in words; what they rest on is measured in ``claims``, ``converter`` and ``steadiness``.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.config import ScaleConfig
from monitor.core.scale.steadiness import Wander
from monitor.events import Closed, Condition, Unassigned
from monitor.times import spoken_hours

MOST_QUESTIONS = 4
"""A litter of equals raises one per bottle: nobody answers more than these."""


def who_is_it(
    pending: Sequence[Unassigned], now_s: float, ask_s: float
) -> list[Condition | Closed]:
    """The newest weighings nobody could name, without those that an older answer covers.

    Those that are asked about no more are closed: nobody has said who it was.
    """
    asked: list[Unassigned] = []
    closed: list[Condition | Closed] = []
    for event in sorted(pending, key=lambda e: e.t_s):
        if not event.candidates:
            continue
        if now_s - event.t_s > ask_s:
            closed.append(_unanswered(event, "Nobody has said who it was"))
            continue
        names = {c.baby for c in event.candidates}
        if event.move == "return" and any(
            a.move == "lift" and names & {c.baby for c in a.candidates} for a in asked
        ):
            continue
        asked.append(event)
    older, newest = asked[:-MOST_QUESTIONS], asked[-MOST_QUESTIONS:]
    closed += [_unanswered(event, "Newer weighings are asked about") for event in older]
    return [*closed, *(_question(event) for event in newest)]


def _unanswered(event: Unassigned, why: str) -> Closed:
    return Closed(
        kind="who_is_it",
        key=event.step_id,
        why=f"{why}: {event.weight_g:.0f} g stays without a name. An answer with the step id "
        f"{event.step_id} is still taken.",
    )


def wanders(wander: Wander | None) -> list[Condition]:
    """The platform changes by itself."""
    if wander is None:
        return []
    span = spoken_hours(wander.span_s)
    found = Condition(
        kind="scale_unsettled",
        key="wander",
        severity="warning",
        since_s=wander.since_s,
        title="The scale wanders",
        message=f"The scale ran by {wander.range_g:.0f} g in {span} with nothing moved: "
        "weights and feeds are uncertain. Look for a cord or wall that touches the box, a soft "
        "floor, sun or heat on the cell.",
        why="between moves the level changes by more than 3 g a minute; a sound cell does "
        "not reach 2",
        all_clear="The scale is steady again.",
    )
    return [found]


def overload(since_s: float | None, level_g: float | None, config: ScaleConfig) -> list[Condition]:
    """More on the platform than the cell may carry."""
    if since_s is None or level_g is None:
        return []
    found = Condition(
        kind="scale_overload",
        severity="warning",
        since_s=since_s,
        title="Too much weight on the scale",
        message=f"The scale carries {level_g:.0f} g but is made for "
        f"{config.capacity_g:.0f} g. Take something off: weights are not to be trusted.",
        why="total above scale.capacity_g",
    )
    return [found]


def _question(event: Unassigned) -> Condition:
    if event.gap:
        return _who_is_in(event, " or ".join(c.baby for c in event.candidates[:3]))
    who = ", ".join(_likeliest(event)[:3])
    thing = "another thing" if event.things else "a thing"
    verb = "lifted out" if event.move == "lift" else "put back"
    return Condition(
        kind="who_is_it",
        key=event.step_id,
        severity="info",
        since_s=event.t_s,
        title="Who was it?",
        message=f"{event.weight_g:.0f} g was {verb}: {who} or {thing}? Answer with the step id "
        f"{event.step_id}.",
        why="the weight fits more than one baby, or none well",
        all_clear="It was answered, or later weighings have told.",
        step_id=event.step_id,
        candidates=event.candidates,
        things=event.things,
    )


def _likeliest(event: Unassigned) -> list[str]:
    """Names of babies and things, the likeliest first."""
    found = [(c.p, c.baby) for c in event.candidates]
    found += [(t.p, f"the {t.thing}") for t in event.things]
    return [name for _, name in sorted(found, key=lambda each: -each[0])]


def _who_is_in(event: Unassigned, who: str) -> Condition:
    change, question = ("lighter", "out") if event.move == "lift" else ("heavier", "in it again")
    return Condition(
        kind="who_is_it",
        key=event.step_id,
        severity="info",
        since_s=event.t_s,
        title="Who is in the box?",
        message=f"While nobody watched, the box became {event.weight_g:.0f} g {change}: is {who} "
        f'{question}? Answer with the step id {event.step_id}, or "nobody".',
        why="after a gap in the readings the total does not fit those who were in the box",
        all_clear="It was answered, or later weighings have told.",
        step_id=event.step_id,
        candidates=event.candidates,
        things=event.things,
    )
