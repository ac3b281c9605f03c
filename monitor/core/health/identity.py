"""Another box speaks as this one: what a person is told, and what she can do about it.

What is seen at the broker and on the card is put together outside (``identity_watch``,
``identity``); here it becomes conditions, so that it has a life like every alert.
"""

from __future__ import annotations

import msgspec

from monitor.alert_kinds import Severity
from monitor.events import Condition, IdentityReport
from monitor.timeshift import Moment

_SEVERITY: dict[str, Severity] = {
    "twin": "critical",
    "namesake": "critical",
    "taken_over": "critical",
    "copied": "warning",
    "found": "warning",
}
_TITLE = {
    "twin": "Two boxes share one identity",
    "namesake": "Two boxes are called {box}",
    "taken_over": "Another box uses this one's identity",
    "copied": "This memory is another computer's",
    "found": "An earlier card is still announced",
}
_MESSAGE = {
    "twin": (
        "Another box with a copy of this card speaks as {box}, too: both carry out every command, "
        "and each can overwrite what the other says. On the copy give box another name in the "
        "configuration and run: sudo nursery identity --new"
    ),
    "namesake": (
        "Another box on this broker has the same name: both carry out every command, and each "
        "overwrites what the other says. Give one of them another name (box = in its "
        "configuration) and restart it."
    ),
    "taken_over": (
        "Another box connects to the broker with this one's identity, as after copying a card; the "
        "broker keeps only one of two, so this box goes on under a spare name. On the copy run: "
        "sudo nursery identity --new"
    ),
    "copied": (
        "What this box remembers was last used on another computer: a copied or moved card, or a "
        "backup. If the other one still watches, run here: sudo nursery identity --new. If it is "
        "gone: sudo nursery identity --keep"
    ),
    "found": (
        "Home Assistant knows {box} from an earlier card, so this one announces nothing yet and no "
        "entity is shown twice. On the page, under Box, say whether it goes on as the earlier one; "
        "or type sudo nursery adopt, or sudo nursery adopt --remove"
    ),
}
_WHY = {
    "twin": "somebody else with this box's identity writes on its topics",
    "namesake": "a box with another identity writes on this box's topics",
    "taken_over": "the session at the broker was taken over",
    "copied": "the marks of this computer differ from those in the journal",
    "found": "the broker holds documents for this name with another identity",
}
_ALL_CLEAR = "This box is the only one of its kind again."


class IdentityState(msgspec.Struct):
    """Since when each sign has been reported."""

    since_s: dict[str, Moment] = {}


class IdentityConflict:
    """The last report, and since when each part of it has been so."""

    def __init__(self, box: str) -> None:
        self._box = box
        self.state = IdentityState()

    def observe(self, report: IdentityReport) -> None:
        """Take what is so now; whatever is left out is so no longer."""
        since_s = self.state.since_s
        self.state.since_s = {sign: since_s.get(sign, report.t_s) for sign in report.signs}

    def conditions(self) -> list[Condition]:
        """One for each sign."""
        return [self._condition(sign, since_s) for sign, since_s in self.state.since_s.items()]

    def _condition(self, sign: str, since_s: float) -> Condition:
        return Condition(
            kind="not_delivered",
            key=f"identity_{sign}",
            severity=_SEVERITY[sign],
            since_s=since_s,
            title=_TITLE[sign].format(box=self._box),
            message=_MESSAGE[sign].format(box=self._box),
            why=_WHY[sign],
            all_clear=_ALL_CLEAR,
        )


def identity_sentence(signs: list[str], box: str) -> str | None:
    """For the log and ``health``: the first of the messages."""
    return _MESSAGE[signs[0]].format(box=box) if signs else None
