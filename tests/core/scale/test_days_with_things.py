"""Scripted days in which a thing of a baby's weight lies in the box: the whole weigher's behaviour.

A hot-water bottle of 262 g, refilled by 11 g four times a day beside Cas, who weighs the same; a
rice sock of 245 g, heated four times a day beside Bee, who does. Each was there from the start.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from monitor.config import ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.weigher import Weigher
from monitor.core.state import decoded, encoded
from monitor.data.shipped import shipped
from monitor.events import (
    AnyEvent,
    CommandResult,
    Feed,
    ObjectMoved,
    Retraction,
    Unassigned,
    WeighIn,
)
from monitor.simulation.box import SimBaby, SimulatedBox, Truth
from monitor.times import HOUR_S
from tests.asking import asked

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
START_S = 1_700_000_000.0
DAY_S = 24 * HOUR_S
OUT_S = 240.0
"""the thing is out for so long, while it is refilled or heated"""


class Day:
    """A box as the weigher sees it, and what is said of it."""

    def __init__(
        self, babies: dict[str, float], thing_g: float, changes_g: Sequence[float]
    ) -> None:
        kittens = [SimBaby(name=n, species="kitten", weight_g=g) for n, g in babies.items()]
        self.box = SimulatedBox(7, START_S, kittens)
        self.box.thing(START_S - HOUR_S, thing_g, hands=False)
        self.refills = [START_S + 1800.0 + k * 6 * HOUR_S for k in range(len(changes_g))]
        registered = [kitten.as_baby() for kitten in kittens]
        cell = self.box.cell
        config = ScaleConfig(counts_per_gram=cell.counts_per_gram, zero_counts=cell.zero_counts)
        self.weigher = Weigher(config, registered, start_s=START_S, reference=REFERENCE)
        self.events: list[AnyEvent] = []
        self._script(thing_g, changes_g)

    def _script(self, thing_g: float, changes_g: Sequence[float]) -> None:
        """A bottle for everybody every three hours; the thing out and back every six."""
        for hour in range(0, 24, 3):
            if hour % 6 == 0:
                at_s = self.refills[hour // 6]
                self.box.thing(at_s, -thing_g)
                thing_g += changes_g[hour // 6]
                self.box.thing(at_s + OUT_S, thing_g)
            for number, name in enumerate(self.box.babies):
                at_s = START_S + hour * HOUR_S + 3600.0 + 700.0 * number
                self.box.feed(at_s, name, 0.045 * self.box.babies[name].at(at_s), 400.0)

    def pass_until(self, until_s: float) -> None:
        for block in self.box.blocks(self.weigher.state.now_s, until_s, 60.0):
            self.events += self.weigher.observe(block)

    def say(self, **answer: str) -> list[AnyEvent]:
        """Answer to what moved last."""
        last = [e for e in self.events if isinstance(e, WeighIn | ObjectMoved)][-1]
        args = {"step_id": last.step_id, **answer}
        out = self.weigher.observe(asked(self.weigher.state.now_s, "assign", args))
        assert [e.ok for e in out if isinstance(e, CommandResult)] == [True]
        self.events += out
        return out

    def open_questions(self) -> list[Unassigned]:
        return list(self.weigher.state.claims.pending.values())

    def near_a_refill(self, t_s: float) -> bool:
        return any(-12.0 < t_s - at_s < OUT_S + 12.0 for at_s in self.refills)


def bottle_day() -> Day:
    """Cas is taken for the bottle once, since nobody has told; then it is named."""
    return Day({"Cas": 262.0, "Ash": 180.0, "Dot": 330.0}, 262.0, [11.0, -7.5, 9.0, -11.0])


def sock_day() -> Day:
    return Day({"Bee": 245.0, "Ash": 180.0}, 245.0, [-1.9, -1.5, -1.2, -1.0])


@pytest.mark.parametrize(
    ("day", "like", "answer"),
    [
        (bottle_day(), "Cas", {"object": "hot-water bottle"}),
        (sock_day(), "Bee", {"object": "rice sock"}),
        (sock_day(), "Bee", {"baby": "a thing"}),
    ],
    ids=["bottle", "sock", "a thing without a name"],
)
def test_named_once_it_is_never_weighed_nor_fed_and_the_babies_are(
    day: Day, like: str, answer: dict[str, str]
) -> None:
    day.pass_until(day.refills[0] + 60.0)
    taken_for = [e for e in day.events if isinstance(e, WeighIn)]
    assert [(e.baby, e.move) for e in taken_for] == [(like, "lift")]
    (gone,) = [e for e in day.say(**answer) if isinstance(e, Retraction)]
    assert gone.why.startswith("somebody said that it was the ")
    said = len(day.events)
    day.pass_until(START_S + DAY_S)

    later = day.events[said:]
    assert [e.baby for e in later if isinstance(e, WeighIn) and day.near_a_refill(e.t_s)] == []
    assert [e for e in later if isinstance(e, Retraction)] == []
    moved = [e for e in later if isinstance(e, ObjectMoved) and day.near_a_refill(e.t_s)]
    asked_about = [q for q in day.open_questions() if day.near_a_refill(q.t_s)]
    assert len(moved) >= 5
    assert len(moved) + len(asked_about) == 7
    assert all(q.things for q in asked_about)
    assert len({e.name for e in moved}) == 1
    truth = [m for m in day.box.truth if m.kind == "return"]
    fed = {feed.step_id: feed for feed in later if isinstance(feed, Feed)}.values()
    assert all(feed.net_g > 5.0 for feed in fed)
    missing = [m for m in truth if not any(_is(feed, m) for feed in fed)]
    assert len(fed) + len(missing) == len(truth)  # none is invented
    assert [m.babies for m in missing] in ([], [(like,)])  # one lift of it is asked about


def _is(feed: Feed, move: Truth) -> bool:
    return feed.baby == move.babies[0] and abs(feed.t_s - move.t_s) < 12.0


def test_at_the_end_of_the_day_clocks_names_and_places_are_right() -> None:
    day = bottle_day()
    day.pass_until(day.refills[0] + 60.0)
    day.say(object="hot-water bottle")
    day.pass_until(START_S + DAY_S)
    now_s = START_S + DAY_S
    status = {each.name: each for each in day.weigher.baby_statuses(now_s)}
    for name, baby in status.items():
        last_s = [m.t_s for m in day.box.truth if m.kind == "return" and m.babies == (name,)][-1]
        assert baby.last_feed_at == pytest.approx(last_s, abs=12.0)
        assert baby.in_box
        assert baby.bottle_due_at is not None
        assert baby.bottle_due_at > last_s
    (thing,) = day.weigher.scale_status(now_s).things
    assert (thing.name, thing.in_box) == ("hot-water bottle", True)
    assert thing.grams == pytest.approx(262.0, abs=1.5)
    stated = day.weigher.conditions(now_s)
    assert {c.kind for c in stated} <= {"who_is_it"}
    assert all("the hot-water bottle" in c.message for c in stated)


def test_a_day_without_an_answer_is_repaired_by_the_first_one() -> None:
    """Four times a day "Cas, drank 11 g": one answer in the evening takes all of them back."""
    day = bottle_day()
    day.pass_until(day.refills[3] + 60.0)
    false = [e for e in day.events if isinstance(e, Feed) and day.near_a_refill(e.t_s)]
    assert {e.baby for e in false} == {"Cas"}
    day.say(object="hot-water bottle")
    bottles = [feed for r in day.weigher.state.claims.records for feed in r.feeds]
    assert not [feed for feed in bottles if day.near_a_refill(feed.t_s)]


def test_a_restart_knows_the_thing() -> None:
    day = sock_day()
    day.pass_until(day.refills[0] + 60.0)
    day.say(object="rice sock")
    day.pass_until(START_S + 5 * HOUR_S)
    before = day.weigher.scale_status(START_S + 5 * HOUR_S).things
    day.weigher.state = decoded("scale", encoded(day.weigher.state))
    assert day.weigher.scale_status(START_S + 5 * HOUR_S).things == before
    day.pass_until(START_S + 8 * HOUR_S)
    names = [e.name for e in day.events if isinstance(e, ObjectMoved)]
    assert names == ["rice sock"] * 4
