"""The alert that somebody asks for to see whether alerts arrive."""

from __future__ import annotations

from monitor.events import Condition

LASTS_S = 120.0


def trial(until_s: float, now_s: float) -> list[Condition]:
    """The condition of a test that was asked for and lasts until ``until_s``; none after it."""
    if now_s >= until_s:
        return []
    return [
        Condition(
            kind="test",
            severity="warning",
            since_s=until_s - LASTS_S,
            title="Test alert",
            message="This is a test: if you can read it, alerts from this box reach you.",
            why="somebody asked for a test alert",
            all_clear="The test is over; nothing was wrong.",
        )
    ]
