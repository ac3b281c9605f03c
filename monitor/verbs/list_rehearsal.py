"""What of a list the nursery would take, and what it would question, before anything is written."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from monitor.commands import Request, Weigh
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.scale.doubts import PLAUSIBLE_RATIO, check_time, doubt
from monitor.data.shipped import growth_reference
from monitor.errors import CommandError
from monitor.events import Weighing
from monitor.recordings.weight_list import Found, LeftOut
from monitor.times import rfc3339
from monitor.verbs.list_source import Nursery
from monitor.written.days import LocalNow

AGREE = 3
"""weighings of a list that agree with one another tell more than one number at registration"""


class Accepted(NamedTuple):
    """A weighing that the nursery takes."""

    one: Found
    confirm: bool = False

    @property
    def request(self) -> Request:
        """What is asked of the nursery."""
        one = self.one
        at = rfc3339(one.t_s)
        return Weigh(baby=one.baby, grams=one.weight_g, at=at, confirm=self.confirm)


class Rehearsal:
    """Judges a list by the rules for typed weights, each line after those before it."""

    def __init__(self, nursery: Nursery, now: LocalNow, *, confirm: bool) -> None:
        """``confirm``: its weights are believed although they can hardly be meant."""
        self._records = {
            baby.name: BabyRecord(baby=baby) for baby in nursery.babies if baby.retired_s is None
        }
        for weighing in nursery.weighings:
            if (record := self._records.get(weighing.baby)) is not None:
                record.put(weighing)
        self._reference, self._now, self._confirm = growth_reference(), now, confirm
        self.accepted: list[Accepted] = []
        self.left_out: list[LeftOut] = []
        self.notes: list[str] = []

    def run(self, fresh: list[Found]) -> list[Accepted]:
        """Each baby's in order of time; returns what is accepted."""
        for name in dict.fromkeys(one.baby for one in fresh):
            own = [one for one in fresh if one.baby == name]
            is_new = not self._records[name].weighings
            refused = self._take([Accepted(one, self._confirm) for one in own])
            if len(refused) == len(own) and is_new and _agree(own):
                said = f"the list agrees with itself, and not with {name}'s registration"
                self.notes.append(said)
                refused = self._take([Accepted(own[0], True), *(Accepted(o) for o in own[1:])])
            self.left_out += refused
        self.accepted.sort(key=lambda each: each.one.t_s)
        return self.accepted

    def _take(self, weighings: list[Accepted]) -> list[LeftOut]:
        refused = []
        for each in weighings:
            try:
                self._judge(each)
            except CommandError as error:
                refused.append(LeftOut(each.one.place, str(error)))
            else:
                self.accepted.append(each)
        return refused

    def _judge(self, each: Accepted) -> None:
        one, record = each.one, self._records[each.one.baby]
        check_time(record, one.t_s, self._now.t_s, clock_known=self._now.clock_known)
        if not each.confirm:
            question = doubt(record, self._reference, one.weight_g, one.t_s)
            if question is not None:
                raise CommandError(question)
        record.put(
            Weighing(
                step_id=f"{one.place} {one.t_s}",
                t_s=one.t_s,
                baby=one.baby,
                weight_g=one.weight_g,
                sigma_g=1.0,
                stamp="person",
            )
        )


def _agree(own: list[Found]) -> bool:
    """Three or more, none of which contradicts the one before."""
    ratios = [two.weight_g / one.weight_g for one, two in pairwise(own)]
    return len(own) >= AGREE and all(1 / PLAUSIBLE_RATIO < r < PLAUSIBLE_RATIO for r in ratios)
