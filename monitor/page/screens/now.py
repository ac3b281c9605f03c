"""What is wrong now, or that all is well."""

from __future__ import annotations

from monitor.page.seen import Seen, Shown


async def show(seen: Seen) -> Shown:
    """The box in the path, or every box."""
    boxes = [seen.box] if seen.box is not None else seen.boxes
    return Shown(template="now.html", model={"shown": boxes})
