"""What people ask of the box in a campaign, and what it owes them an answer to."""

from __future__ import annotations

import random
import sqlite3
from typing import Any

import msgspec

from monitor.errors import JournalError
from monitor.store.journal import Journal
from monitor.written.requests import request
from tests.system.campaign.box import LITTER
from tests.system.campaign.card import Card
from tests.system.campaign.phone import Phone


class Provocation(msgspec.Struct):
    """A command that was sent; ``number`` is its row in the inbox, None when it went by MQTT."""

    verb: str
    args: dict[str, Any]
    request_id: str
    number: int | None = None


class Asked:
    """Everything that was asked, by phone or on the Pi itself."""

    def __init__(self, phone: Phone, card: Card, chance: random.Random) -> None:
        self._phone, self._card, self._chance = phone, card, chance
        self.all: list[Provocation] = []
        self._sent = 0

    def provoke(self, *, by_phone: bool) -> None:
        """Make the box raise, change or clear an alert, or write a weight."""
        verb = self._chance.choice(["test_alert", "test_alert", "acknowledge", "snooze", "weigh"])
        args: dict[str, Any] = {}
        if verb == "snooze":
            args = {"minutes": self._chance.choice([0.02, 0.2])}
        elif verb == "weigh":
            args = self._weight()
        if by_phone:
            self.by_phone(verb, args)
        else:
            self.on_the_pi(verb, args)

    def weigh(self) -> None:
        """A weight by phone: certainly a write on the card."""
        self.by_phone("weigh", self._weight())

    def _weight(self) -> dict[str, Any]:
        name = self._chance.choice(list(LITTER))
        grams = round(LITTER[name] * self._chance.uniform(0.8, 1.2), 2)
        return {"baby": name, "grams": grams, "confirm": True}

    def by_phone(self, verb: str, args: dict[str, Any]) -> None:
        """From the phone; it may be lost on the way, then no answer comes."""
        sent = Provocation(verb, args, self._next_name())
        self.all.append(sent)
        self._phone.command(verb, args, sent.request_id)

    def on_the_pi(self, verb: str, args: dict[str, Any]) -> None:
        """On the Pi itself, as the command line does; it is kept until it is answered."""
        try:
            journal = Journal.open(self._card.journal)
        except JournalError:
            return  # the card refuses, and the command line says so
        try:
            number = journal.inbox.submit(request(verb, args))
            self.all.append(Provocation(verb, args, self._next_name(), number))
        except (JournalError, sqlite3.Error):
            pass
        finally:
            journal.close()

    def _next_name(self) -> str:
        self._sent += 1
        return f"{self._sent}"

    def unanswered(self) -> list[Provocation]:
        """What the phone sent and got no answer to."""
        asked = [sent for sent in self.all if sent.number is None]
        return [sent for sent in asked if self._phone.result(sent.request_id) is None]
