"""Who was it? The weighings without a name, with names and things as buttons."""

from __future__ import annotations

import msgspec

from monitor.page.boxes import BoxDocument
from monitor.page.fields import Document, number, tables, text
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import truth


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One button."""

    name: str
    field: str
    """of the command ``assign``: ``baby`` or ``object``"""
    likely: str
    """``55 %``; empty for one that the scale did not think of"""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One weighing without a name."""

    alert_id: str
    step_id: str
    text: str
    likely: list[Choice]
    others: list[Choice]
    aside: bool
    """somebody was not sure"""


async def show(seen: Seen) -> Shown:
    """The question named in the query, else the oldest that nobody put aside."""
    if seen.box is None:
        return Shown(template="no_box.html", model={"nav": "now"})
    spoken = Spoken(seen.words, seen.now_s)
    found = questions(seen.box, spoken)
    asked = seen.query.get("step", "")
    found.sort(key=lambda each: (each.step_id != asked, each.aside))
    first = found[0] if found and (found[0].step_id == asked or not found[0].aside) else None
    model = {
        "nav": "now",
        "truth": truth(seen.box, seen.now_s, seen.words, seen.broker_why),
        "question": first,
        "waiting": sum(not each.aside for each in found),
        "aside": [each for each in found if each.aside and each is not first],
    }
    return Shown(template="who.html", model=model)


def questions(box: BoxDocument, spoken: Spoken) -> list[Question]:
    """Every weighing that waits for a name, oldest first."""
    alerts = [a for a in box.alerts if text(a, "kind") == "who_is_it" and text(a, "step_id")]
    found = [_question(alert, box, spoken) for alert in alerts]
    step_id = text(box.question, "step_id")
    if box.question is not None and step_id and step_id not in {q.step_id for q in found}:
        found.append(_question({**box.question, "message": box.question.get("text")}, box, spoken))
    return found


def _question(alert: Document, box: BoxDocument, spoken: Spoken) -> Question:
    likely = [
        *_likely(alert, "candidates", "baby", spoken),
        *_likely(alert, "things", "thing", spoken),
    ]
    named = {choice.name for choice in likely}
    babies = [text(document, "name") or slug for slug, document in box.babies.items()]
    things = [name for thing in tables(box.scale, "things") if (name := text(thing, "name"))]
    others = [Choice(name=name, field="baby", likely="") for name in babies if name not in named]
    others += [Choice(name=name, field="object", likely="") for name in things if name not in named]
    return Question(
        alert_id=text(alert, "id") or "",
        step_id=text(alert, "step_id") or "",
        text=text(alert, "message") or "",
        likely=likely,
        others=others,
        aside=text(alert, "state") in {"acknowledged", "snoozed"},
    )


def _likely(alert: Document, field: str, key: str, spoken: Spoken) -> list[Choice]:
    found = [(number(each, "p") or 0.0, text(each, key)) for each in tables(alert, field)]
    ordered = sorted(found, key=lambda each: -each[0])
    return [
        Choice(
            name=name,
            field="baby" if key == "baby" else "object",
            likely=spoken.percent(round(100 * p)) if p > 0 else "",
        )
        for p, name in ordered
        if name
    ]
