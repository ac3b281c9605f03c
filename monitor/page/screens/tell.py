"""What a person tells the box: fed, weighed by hand, care, out on purpose, a note."""

from __future__ import annotations

from monitor.page.fields import Document, moment, number, text
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import truth

NOTE_KINDS = ("other", "symptom", "vet", "medicine", "carer")


async def show(seen: Seen) -> Shown:
    """The baby named in the query, or the only one, or the choice of one."""
    if seen.box is None:
        return Shown(template="no_box.html", model={"nav": "tell"})
    spoken = Spoken(seen.words, seen.now_s)
    babies = [_choice(slug, each, spoken) for slug, each in seen.box.babies.items()]
    asked = seen.query.get("baby", "")
    chosen = next((baby for baby in babies if baby["slug"] == asked), None)
    if chosen is None and len(babies) == 1 and asked != "all":
        chosen = babies[0]
    until_s = moment(seen.box.scale, "weigh_in_ends_at")
    weigh_in = until_s is not None and until_s > seen.now_s
    refused = seen.said is not None and not seen.said.ok and seen.said.box == seen.box.name
    model = {
        "nav": "tell",
        "truth": truth(seen.box, seen.now_s, seen.words, seen.broker_why),
        "babies": babies,
        "baby": chosen,
        "for_all": asked == "all",
        "weigh_in_until": spoken.clock(until_s) if weigh_in and until_s is not None else "",
        "note_kinds": NOTE_KINDS,
        "was_verb": seen.said.verb if refused and seen.said is not None else "",
        "was": seen.said.fields if refused and seen.said is not None else {},
    }
    return Shown(template="tell.html", model=model)


def _choice(slug: str, document: Document, spoken: Spoken) -> dict[str, str]:
    """One baby to choose, and how much its next bottle should be, where that is known."""
    ml = number(document, "next_feed_ml")
    name = text(document, "name") or slug
    return {"slug": slug, "name": name, "ml": "" if ml is None else spoken.millilitres(ml)}
