"""One baby's record: its weighings, the feeds between them, its growth and its rhythm.

The record is the list of weighings and everything else is worked out from it, so a correction is a
change of one entry and nothing can disagree with it afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.core.growth.assessment import GrowthReport, assess
from monitor.core.growth.comparable import birth_weight, comparable
from monitor.core.growth.feeding import (
    FeedRecord,
    intake,
    interval_s,
    joined,
)
from monitor.core.growth.milk import Milk, milk_of
from monitor.core.growth.pairing import paired
from monitor.core.growth.reference import Expected, GrowthReference
from monitor.core.growth.trend import Point
from monitor.documents import BabyStatus
from monitor.events import Baby, HandFeed, Weighing
from monitor.times import DAY_S, HOUR_S, midnight_utc_s
from monitor.timeshift import Moment

KEEP = 400
"""Weighings kept in memory: two weeks of eight feeds a day, twice over. The journal keeps all."""
KEPT_IN_SNAPSHOT = 16
"""Weighings a snapshot carries itself: two days of one baby, so a lift never lacks its return.
All 400 of four babies would be a quarter of a megabyte, written to the card 400 times a day."""
KEPT_FEEDS = 24
"""... and bottles told by hand: two days of a neonate"""
OLD_WEIGHT_S = 3 * DAY_S
"""A neonate has gained a third since: no bottle is measured by such a weight."""
CLEAN_POINTS_S = 10 * HOUR_S
"""A concern is dropped when the rules have been clean for this long and two weighings."""


class BabyRecord(msgspec.Struct):
    """Everything remembered about one baby."""

    baby: Baby
    weighings: list[Weighing] = []
    feeds: list[FeedRecord] = []
    """seen by the scale"""
    by_hand: list[HandFeed] = []
    """told by a person, in order of time"""
    bottles: list[FeedRecord] = []
    """both, each bottle once, in order of time"""
    report: GrowthReport | None = None
    concern_since_s: Moment | None = None
    last_concern_s: Moment = 0.0
    last_concern: GrowthReport | None = None
    clean: int = 0

    def put(self, weighing: Weighing) -> None:
        """Add a weighing, or replace the one with its ``step_id``."""
        self.drop(weighing.step_id)
        place = len(self.weighings)
        while place and self.weighings[place - 1].t_s > weighing.t_s:
            place -= 1
        self.weighings.insert(place, weighing)
        if len(self.weighings) > KEEP:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        """A return goes with its lift: alone it would look like the end of a feed taken back."""
        count = KEEP // 8
        moves = (i for i in range(count, len(self.weighings)) if self.weighings[i].move is not None)
        first = next(moves, None)
        if first is not None and self.weighings[first].move == "return":
            count = first + 1
        del self.weighings[:count]

    def drop(self, step_id: str) -> bool:
        """Remove a weighing; false when it is not here."""
        for i in range(len(self.weighings) - 1, -1, -1):
            if self.weighings[i].step_id == step_id:
                del self.weighings[i]
                return True
        return False

    def light(self) -> BabyRecord:
        """For a snapshot: without what the journal has or what follows from it."""
        recent = self.weighings[-KEPT_IN_SNAPSHOT:]
        told = self.by_hand[-KEPT_FEEDS:]
        return msgspec.structs.replace(self, weighings=recent, by_hand=told, feeds=[], bottles=[])

    def recall(
        self,
        history: Sequence[Weighing],
        reference: GrowthReference,
        told: Sequence[HandFeed] = (),
    ) -> None:
        """Back from a snapshot: take what is older than it carries, both in order."""
        known = {weighing.step_id for weighing in self.weighings}
        if len(known) >= KEPT_IN_SNAPSHOT:
            first_s = self.weighings[0].t_s
            older = [w for w in history if w.t_s <= first_s and w.step_id not in known]
            self.weighings = [*older, *self.weighings][-KEEP:]
        if len(self.by_hand) >= KEPT_FEEDS:
            ids, first_s = {feed.step_id for feed in self.by_hand}, self.by_hand[0].t_s
            before = [f for f in told if f.t_s <= first_s and f.step_id not in ids]
            self.by_hand = [*before, *self.by_hand][-KEEP:]
        self.refresh(reference)

    def tell(self, feed: HandFeed) -> None:
        """Add a bottle that a person told of, or replace the one with its ``step_id``."""
        self.untell(feed.step_id)
        self.by_hand.append(feed)
        self.by_hand.sort(key=lambda each: each.t_s)
        del self.by_hand[:-KEEP]

    def untell(self, step_id: str) -> HandFeed | None:
        """Remove one; returns it, or ``None`` when it is not here."""
        gone = next((feed for feed in self.by_hand if feed.step_id == step_id), None)
        if gone is not None:
            self.by_hand.remove(gone)
        return gone

    @property
    def here(self) -> bool:
        """Not retired."""
        return self.baby.retired_s is None

    @property
    def latest(self) -> Weighing | None:
        """The newest weighing."""
        return self.weighings[-1] if self.weighings else None

    @property
    def weight_g(self) -> float | None:
        """The newest weight, or the one it was registered with."""
        return self.weighings[-1].weight_g if self.weighings else self.baby.weight_g

    def age_day(self, t_s: float) -> float | None:
        """Days since noon of the date of birth."""
        if self.baby.born is None:
            return None
        try:
            born = midnight_utc_s(self.baby.born)
        except ValueError:
            return None
        return max((t_s - born - 12 * HOUR_S) / DAY_S, 0.0)

    def expected(self, reference: GrowthReference, t_s: float) -> Expected:
        """What the reference says about it at ``t_s``."""
        age = self.age_day(t_s)
        if age is None and self.weighings:
            # Born nobody knows when: as old as its first weight suggests, plus the time since.
            first = self.weighings[0]
            then = reference.expected(self.baby, None, first.weight_g)
            age = then.age_day + max(t_s - first.t_s, 0.0) / DAY_S
            return msgspec.structs.replace(
                reference.expected(self.baby, age, self.weight_g), age_known=False
            )
        return reference.expected(self.baby, age, self.weight_g)

    def pair_feeds(self) -> None:
        """Work out the feeds from the weighings of the platform; a weigh-in is none."""
        self.feeds = self.bottles = paired(self.weighings)

    def _join_feeds(self, reference: GrowthReference) -> None:
        """Put the bottles that were told of beside those that the scale saw."""
        told = [
            FeedRecord(
                t_s=feed.t_s,
                net_g=feed.g,
                sigma_g=0.0,
                out_s=0.0,
                weight_g=self.weight_at(feed.t_s, reference),
                step_id=feed.step_id,
                by_hand=True,
            )
            for feed in self.by_hand
        ]
        self.bottles = joined(self.feeds, told) if told else self.feeds

    def weight_at(self, t_s: float, reference: GrowthReference) -> float:
        """Grams as far as anybody knows: weighed nearest to ``t_s``, registered, or expected."""
        near = min(self.weighings, key=lambda w: abs(w.t_s - t_s), default=None)
        known = self.baby.weight_g if near is None else near.weight_g
        return self.expected(reference, t_s).weight_g[1] if known is None else known

    def points(self) -> list[Point]:
        """The weights that may be compared: before a bottle, and typed ones."""
        registered_s = self.baby.registered_s
        age = None if registered_s is None else self.age_day(registered_s)
        first = self.weighings[0] if self.weighings else None
        return comparable(self.weighings, self.bottles, birth_weight(self.baby, age, first))

    def refresh(self, reference: GrowthReference) -> None:
        """Work out feeds and growth again after the weighings changed."""
        self.pair_feeds()
        self._join_feeds(reference)
        points = self.points()
        if not points:
            self.report, self.concern_since_s, self.clean = None, None, 0
            return
        t_s = points[-1].t_s
        expected = self.expected(reference, t_s)
        gain = 100.0 * expected.gain_g_per_day[1] / expected.weight_g[1]
        report = assess(
            points, self.baby.species, expected.age_day, gain, age_known=expected.age_known
        )
        assert report is not None  # there are points  # noqa: S101
        is_new = self.report is None or report.t_s > self.report.t_s
        self.report = report
        if report.concern is not None:
            self.concern_since_s = self.concern_since_s or t_s
            self.last_concern, self.last_concern_s, self.clean = report, t_s, 0
        elif self.concern_since_s is not None and is_new:
            self.clean += 1
            if self.clean >= 2 and t_s - self.last_concern_s >= CLEAN_POINTS_S:
                self.concern_since_s, self.last_concern = None, None

    def due_s(self, reference: GrowthReference) -> float | None:
        """When the next bottle is due; ``None`` while no bottle has been seen."""
        fed = next((f for f in reversed(self.bottles) if intake(f) == "fed"), None)
        if fed is None:
            return None
        return fed.t_s + interval_s(self.bottles, self.expected(reference, fed.t_s))

    def milk(
        self, now_s: float, reference: GrowthReference, gain_24h_g: float | None = None
    ) -> Milk:
        """What it drank in a day, what it needs, and its next bottle."""
        weighed_s = self.latest.t_s if self.latest else self.baby.registered_s
        fresh = weighed_s is not None and now_s - weighed_s <= OLD_WEIGHT_S
        return milk_of(
            self.baby,
            self.bottles,
            self.expected(reference, now_s),
            weight_g=self.weight_g if fresh else None,
            gain_24h_g=gain_24h_g,
            now_s=now_s,
        )

    def status(
        self,
        now_s: float,
        reference: GrowthReference,
        *,
        in_box: bool | None,
        clock_known: bool = True,
    ) -> BabyStatus:
        """The retained document of this baby; per-day numbers are unknown while the time is."""
        latest, report = self.latest, self.report if clock_known else None
        feed = self.bottles[-1] if self.bottles else None
        gain_g = report.gain_24h_g if report else None
        milk = self.milk(now_s, reference, gain_g) if clock_known else Milk()
        return BabyStatus(
            name=self.baby.name,
            species=self.baby.species,
            born=self.baby.born,
            adult_weight_kg=self.baby.adult_weight_kg,
            weight_g=latest.weight_g if latest else None,
            weighed_at=latest.t_s if latest else None,
            told_weight_g=None if latest else self.baby.weight_g,
            told_at=None if latest or self.baby.weight_g is None else self.baby.registered_s,
            gain_24h_g=gain_g,
            gain_24h_pct=report.gain_24h_pct if report else None,
            verdict=report.verdict if report else "not_enough_data",
            last_feed_at=feed.t_s if feed else None,
            last_feed_g=feed.amount_g if feed else None,
            also_nurses=self.baby.also_nurses,
            weaning=self.baby.weaning,
            **msgspec.structs.asdict(milk),
            bottle_due_at=self.due_s(reference),
            in_box=in_box,
        )
