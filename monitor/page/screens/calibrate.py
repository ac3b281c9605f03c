"""The guided calibration of the scale: one step at a time, with the reading and a drawing."""

from __future__ import annotations

from monitor.page.fields import flag, moment, number, table, text
from monitor.page.progress import progress
from monitor.page.seen import Answer, Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import truth

STEPS = ("empty", "mass", "check", "accept")


async def show(seen: Seen) -> Shown:
    """The step that the box says is due."""
    box = seen.box
    if box is None:
        return Shown(template="no_box.html", model={"nav": "box"})
    words, spoken = seen.words, Spoken(seen.words, seen.now_s)
    under_way = table(box.scale, "calibration")
    said = seen.said
    done = said is not None and said.ok and said.verb == "calibrate_scale"
    fresh = done and said is not None and box.received_s.get("scale", 0.0) <= said.at_s
    due = _due(text(under_way, "next"), said if fresh else None)
    refused = said is not None and not said.ok and said.box == box.name
    accepted = done and said is not None and said.fields.get("step") == "accept"
    ends_s = moment(under_way, "ends_at")
    factor = number(under_way, "counts_per_gram")
    model = {
        "nav": "box",
        "truth": truth(box, seen.now_s, words, seen.broker_why),
        "has_scale": text(table(table(box.health, "sources"), "scale"), "state") is not None,
        "practice": flag(box.health, "practice") is True,
        "steps": STEPS,
        "due": due,
        "number": STEPS.index(due) + 1,
        "accepted": accepted,
        "under_way": bool(under_way),
        "box_said": text(under_way, "said") or "",
        "ends": "" if ends_s is None else spoken.clock(ends_s),
        "factor": "" if factor is None else spoken.number(factor, 2),
        "was_grams": said.fields.get("grams", "") if refused and said is not None else "",
        "walking": progress(box).next is not None,
        "total": spoken.grams(number(box.scale, "total_g")),
        "calibrated": flag(box.scale, "calibrated"),
    }
    return Shown(template="calibrate.html", model=model, look=True)


def _due(told: str | None, answer: Answer | None) -> str:
    """The step that is due: as the box says, or as it has answered just now."""
    if answer is not None and answer.fields.get("step") == "cancel":
        return STEPS[0]
    answered = None if answer is None else answer.result.get("next")
    known = [STEPS.index(each) for each in (told, answered) if each in STEPS]
    return STEPS[max(known, default=0)]
