"""Which phones are paired with this page, and the way to end that of one."""

from __future__ import annotations

from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken


async def show(seen: Seen) -> Shown:
    """The paired phones, the one used last first."""
    spoken = Spoken(seen.words, seen.now_s)
    rows = [
        {
            "id": phone.id,
            "name": phone.name,
            "right": seen.words(f"phones.right_{phone.right}"),
            "paired": spoken.when(phone.paired_s),
            "used": spoken.ago(phone.seen_s),
            "this": phone.id == seen.phone_id,
        }
        for phone in seen.phones()
    ]
    return Shown(template="phones.html", model={"rows": rows, "nav": "box"})
