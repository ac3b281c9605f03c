"""Who is in the nursery: babies come, are renamed or described anew, and leave.

A baby keeps its place in the records and in every hypothesis after it has left, so an index always
means the same baby.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime

import msgspec

from monitor.commands import BabyAdd, BabyEdit, arguments
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.growth.resolution import resolutions_g, rounding_sd_g
from monitor.core.scale.care_state import CareState
from monitor.core.scale.claims import Claims
from monitor.core.scale.decision import Decision
from monitor.core.scale.doubts import doubt, doubt_of_species, possible_grams
from monitor.core.scale.hypothesis import Estimate, Presence, Typed, step_id
from monitor.core.scale.tracker import OccupancyTracker
from monitor.errors import CommandError
from monitor.events import AnyEvent, Baby, RosterChanged

MOST_BABIES = 12
"""in one box at a time; it is made for one to eight, and the hypotheses of who is inside double
with each (2 ** 12 = 4096 when nobody is known to be inside)"""
MOST_MET = 40
"""babies that came and went since the tracker began: each keeps its place in every hypothesis"""
UNWEIGHED_SHARE = 0.3
"""SD of a weight that nobody has said: ages of orphans are guessed, and many are too light."""
OLDEST_BABY_DAYS = 3650


class Roster:
    """Adds, describes and retires babies, in the records and in the tracker alike."""

    def __init__(
        self,
        claims: Claims,
        occupancy: OccupancyTracker,
        reference: GrowthReference,
        care: CareState | None = None,
    ) -> None:
        self._claims = claims
        self._care = care or CareState()
        self._occupancy = occupancy
        self._reference = reference

    @property
    def here(self) -> list[Baby]:
        """Everybody who has not left."""
        return [record.baby for record in self._claims.records if record.here]

    @property
    def met(self) -> list[Baby]:
        """Everybody since the tracker began."""
        return [record.baby for record in self._claims.records]

    @property
    def gone(self) -> list[Baby]:
        """Everybody who has left since the tracker began."""
        return [record.baby for record in self._claims.records if not record.here]

    def indices(self, ids: Sequence[str]) -> list[int]:
        """Places of those with these ids who are here."""
        records = enumerate(self._claims.records)
        return [i for i, record in records if record.here and record.baby.id in ids]

    def add(self, request: BabyAdd, now_s: float) -> list[AnyEvent]:
        """A baby comes to the nursery.

        Raises:
            CommandError: refused, nothing changed.
        """
        described = arguments(request)
        described.pop("confirm", None)
        baby = Baby(id=self._free_id(now_s), registered_s=now_s, **described)
        self._check_described(request, BabyRecord(baby=baby), now_s)
        self.check_free(baby, None)
        self.check_room(new=True)
        events: list[AnyEvent] = [RosterChanged(t_s=now_s, baby=baby)]
        joins = self._joins(baby, now_s)
        if baby.weight_g is None:  # what was put in before may be a bottle of warm water
            self._occupancy.observe(joins)
            return events
        return events + self._claims.publish(self._occupancy.meet(joins))

    def _free_id(self, t_s: float) -> str:
        """An id nobody has; two babies registered in one second must stay two."""
        taken = {record.baby.id for record in self._claims.records}
        first = step_id(t_s)
        names = (first, *(f"{first}-{number}" for number in range(2, MOST_MET + 2)))
        return next(name for name in names if name not in taken)

    def check_room(self, *, new: bool) -> None:
        """Whether one more may be here; ``new``: one that never was.

        Raises:
            CommandError: it may not.
        """
        if sum(record.here for record in self._claims.records) >= MOST_BABIES:
            raise CommandError(
                f"{MOST_BABIES} babies are here, which is the most: retire who has left"
            )
        if new and len(self._claims.records) >= MOST_MET:
            raise CommandError(
                f"{MOST_MET} babies have come and gone since the start: restart the monitor"
            )

    def admit(self, baby: Baby, t_s: float) -> int:
        """Open a record for a baby; whether it is in the box is for its first step to show."""
        joins = self._joins(baby, t_s)
        self._occupancy.observe(joins)
        return joins.baby

    def open_record(self, baby: Baby) -> int:
        """An empty record at the end; returns its place. The tracker is not told."""
        self._claims.records.append(BabyRecord(baby=baby))
        return len(self._claims.records) - 1

    def _joins(self, baby: Baby, t_s: float) -> Presence:
        place = self.open_record(baby)
        estimate = first_estimate(self._claims.records[place], self._reference, t_s)
        return Presence(t_s=t_s, baby=place, present=True, estimate=estimate)

    def edit(self, request: BabyEdit, now_s: float) -> list[AnyEvent]:
        """What is known about a baby changes; what is left out stays.

        Raises:
            CommandError: refused, nothing changed.
        """
        i = self.find(request.name)
        record = self._claims.records[i]
        changes = arguments(request)
        changes.pop("confirm", None)
        changes["name"] = changes.pop("rename", record.baby.name)
        baby = msgspec.structs.replace(record.baby, **changes)
        described = msgspec.structs.replace(record, baby=baby)
        self._check_described(request, described, now_s)
        self.check_free(baby, i)
        self._claims.rename(record.baby.name, baby.name)
        record.baby = baby
        record.weighings = [msgspec.structs.replace(w, baby=baby.name) for w in record.weighings]
        if request.weight_g is not None and record.latest is None:
            self._occupancy.observe(Typed(t_s=now_s, baby=i, g=request.weight_g))
        return [RosterChanged(t_s=now_s, baby=baby), *self._claims.refresh({i})]

    def leave(self, name: str, reason: str | None, now_s: float) -> list[AnyEvent]:
        """A baby has left; its history is kept.

        Raises:
            CommandError: nobody is called that.
        """
        baby = self.retire(self.find(name), now_s, reason or None)
        return [RosterChanged(t_s=now_s, baby=baby)]

    def retire(self, i: int, t_s: float, reason: str | None = None) -> Baby:
        """Close a baby's record."""
        record = self._claims.records[i]
        record.baby = msgspec.structs.replace(record.baby, retired_s=t_s, retired_reason=reason)
        estimate = self._occupancy.best().weights[i]
        self._occupancy.observe(Presence(t_s=t_s, baby=i, present=False, estimate=estimate))
        self._claims.forget(record.baby.name)
        return record.baby

    # ------------------------------------------------------------------ as if it had not been

    def delete(self, name: str, now_s: float) -> list[AnyEvent]:
        """A baby that was registered by mistake.

        Raises:
            CommandError: nobody is called that, or it has a history.
        """
        i = self.find(name)
        self.check_undone(i, None)
        return self.put_back(i, None, now_s)

    def check_undone(self, i: int, before: Baby | None) -> None:
        """Whether a baby can be what it was before; ``None``: it was not registered.

        Raises:
            CommandError: it cannot.
        """
        record = self._claims.records[i]
        name = record.baby.name
        if not record.here and record.baby.moving is not None:
            raise CommandError(f"{name} is in {record.baby.moving.to} by now: move it back")
        if before is not None:
            self.check_free(before, i)
            if before.retired_s is None and not record.here:
                self.check_room(new=False)
        elif record.weighings or record.by_hand or any(n.baby == name for n in self._care.notes):
            raise CommandError(
                f"{name} has weighings, bottles or notes by now: take those back first, or say "
                'that it has left with "baby retire", which keeps them'
            )

    def put_back(self, i: int, before: Baby | None, now_s: float) -> list[AnyEvent]:
        """Make a baby what it was before, when ``check_undone`` has allowed it."""
        record = self._claims.records[i]
        if before is None:
            return [RosterChanged(t_s=now_s, baby=self.retire(i, now_s), deleted=True)]
        gone_s = record.baby.retired_s
        self._claims.rename(record.baby.name, before.name)
        record.baby = before
        record.weighings = [msgspec.structs.replace(w, baby=before.name) for w in record.weighings]
        out: list[AnyEvent] = [RosterChanged(t_s=now_s, baby=before)]
        if gone_s is not None and before.retired_s is None:
            out += self._claims.publish(self._stay(i, gone_s, now_s))
        return [*out, *self._claims.refresh({i})]

    def _stay(self, i: int, gone_s: float, now_s: float) -> list[Decision]:
        """It never left; where nobody can tell that again, it may be in the box or not."""
        estimate = self._occupancy.best().weights[i]
        left = Presence(t_s=gone_s, baby=i, present=False, estimate=estimate)
        told = self._occupancy.amend(left, None)
        if told is None:
            self._occupancy.observe(Presence(t_s=now_s, baby=i, present=True, estimate=estimate))
        return told or []

    # ------------------------------------------------------------------ inside

    def _check_described(
        self, request: BabyAdd | BabyEdit, record: BabyRecord, now_s: float
    ) -> None:
        """A weight is doubted like one that is typed: by its weighings, or by its species."""
        if request.born is not None:
            _check_born(request.born, now_s)
        if (g := request.weight_g) is None:
            return
        judge = doubt if record.weighings else doubt_of_species
        question = judge(record, self._reference, g, now_s)
        if question is not None and not request.confirm:
            raise CommandError(question)
        possible_grams(g, "weight_g")

    def check_free(self, baby: Baby, besides: int | None) -> None:
        """Whether a baby may be called so; ``besides``: its own place, if it has one.

        Raises:
            CommandError: somebody else here is.
        """
        for j, record in enumerate(self._claims.records):
            same = record.baby.slug == baby.slug or record.baby.id == baby.name
            if j != besides and record.here and same:
                raise CommandError(f"{record.baby.name} is already here: choose another name")

    def find(self, name: str) -> int:
        """Index of the baby with this name, slug or id.

        Raises:
            CommandError: nobody here is called that.
        """
        for i, record in enumerate(self._claims.records):
            if record.here and name in {record.baby.name, record.baby.slug, record.baby.id}:
                return i
        known = ", ".join(b.baby.name for b in self._claims.records if b.here) or "nobody yet"
        raise CommandError(f"no baby called {name!r} here (known: {known})")


def first_estimate(record: BabyRecord, reference: GrowthReference, t_s: float) -> Estimate:
    """What a baby weighs as far as anybody knows when the tracker meets it."""
    latest = record.latest
    if latest is not None:
        sd = math.hypot(latest.sigma_g, 0.01 * latest.weight_g)
        gut_g = 0.04 * latest.weight_g if latest.move == "return" else 0.0
        return Estimate(latest.weight_g, sd, latest.t_s, gut_g)
    if record.baby.weight_g is not None:
        # Typed at some time of the feeding cycle: 2 % of swing, a gram of reading; whole ounces.
        g = record.baby.weight_g
        when_s = record.baby.registered_s if record.baby.registered_s is not None else t_s
        (division_g,) = resolutions_g([g])
        sd_g = 0.02 * g + max(1.0, rounding_sd_g(division_g))
        return Estimate(g, sd_g, min(when_s, t_s))
    low, median, high = record.expected(reference, t_s).weight_g
    return Estimate(median, max(0.4 * (high - low), UNWEIGHED_SHARE * median), t_s)


def _check_born(born: date, now_s: float) -> None:
    age_days = (datetime.fromtimestamp(now_s, UTC).date() - born).days
    if age_days < -1:
        raise CommandError(f'"born" is {born}, which has not come yet: check the date')
    if age_days > OLDEST_BABY_DAYS:
        raise CommandError(f'"born" is {born}, which is more than ten years ago: check the date')
