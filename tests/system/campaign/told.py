"""What somebody was told in a campaign, by any way, and for how long nobody was."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from tests.system.campaign.card import Card
from tests.system.campaign.judge import Memory
from tests.system.campaign.phone import Phone
from tests.system.campaign.push_sink import PushSink
from tests.system.campaign.silence import (
    Circumstances,
    Fact,
    Telling,
    incident_of,
    silent_s,
    told_s,
)
from tests.system.campaign.ways import Ear, Lives, Way


class Told:
    """Of the newest of ``facts``; reads phone, pushes, buzzer and the journal on the card."""

    def __init__(
        self, facts: Sequence[Fact], *, phone: Phone, pushes: PushSink, card: Card, ear: Ear,
        lives: Lives, mqtt: Way, push_way: Way, allowed_s: Callable[[], float],
    ) -> None:  # fmt: skip
        self._facts, self._phone, self._pushes, self._card = facts, phone, pushes, card
        self._ear, self._lives, self._mqtt, self._push_way = ear, lives, mqtt, push_way
        self._allowed_s = allowed_s

    @property
    def tellings(self) -> list[Telling]:
        """By messages, by the retained list, and by pushes.

        What comes and goes is one alert, held open (docs/alerts.md): while nobody acknowledges it,
        it has been told.
        """
        pushed = [
            Telling(push.at_s, fact.incident, push.over)
            for fact in self._facts[-1:]
            for push in self._pushes.pushes
            if any(title in push.title for title in fact.titles)
        ]
        standing = [
            Telling(fact.begin_s, fact.incident)
            for fact in self._facts[-1:]
            if self._phone.shows(fact.incident, fact.begin_s)
        ]
        answered = [telling for fact in self._facts[-1:] for telling in self._answered(fact)]
        return [*standing, *self._phone.tellings, *pushed, *answered]

    def _answered(self, fact: Fact) -> list[Telling]:
        """Somebody answered it on the Pi, where no message is needed to see it.

        What waited for the broker then gives way to the answer. Left out while the clock lies.
        """
        offset_s = time.monotonic() - time.time()
        waits, found = False, []
        with suppress(sqlite3.Error):
            for alert_id, state, t_s in Memory.history(self._card.journal):
                at_s = t_s + offset_s
                if incident_of(alert_id) != fact.incident or not (
                    fact.begin_s <= at_s <= time.monotonic()
                ):
                    continue
                if waits and state in {"acknowledged", "snoozed"}:
                    found.append(Telling(at_s, fact.incident))
                waits = state in {"raised", "reminded"}
        return found

    @property
    def circumstances(self) -> Circumstances:
        """What could be done so far."""
        return Circumstances(
            watching=self._lives.spans,
            remote=[*self._mqtt.spans, *self._push_way.spans],
            buzzing=self._ear.spans,
            busy_s=self._allowed_s(),
        )

    def told_s(self, fact: Fact) -> float | None:
        """When somebody was first told of it."""
        return told_s(fact, self.circumstances, self.tellings)

    def silent_s(self, fact: Fact) -> float:
        """Seconds in which nobody had been told of it and could have been."""
        return silent_s(fact, self.circumstances, self.tellings)
