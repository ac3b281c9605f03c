"""From decisions to events: what has been published about each step, and taking it back.

One record per baby holds its weighings; a decision puts, moves or removes one and whatever follows
from it (feeds, growth) is worked out again and published again under the same ``step_id``. Only
what changed is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from monitor.codec import converted
from monitor.core.growth.assessment import GrowthReport
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.feeding import FeedRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.claim_events import (
    TAKEN_OUT,
    ThingName,
    is_thing,
    joint,
    object_moved,
    unassigned,
    weigh_in,
    weighing_of,
    why_withdrawn,
)
from monitor.core.scale.claims_state import ClaimsState, Published, WeighInWait
from monitor.core.scale.decision import Decision
from monitor.core.scale.hypothesis import bits
from monitor.events import (
    AnyEvent,
    Candidate,
    Feed,
    Growth,
    HandFeed,
    Retraction,
    Weighing,
)

_ASKED = 80
"""Questions kept open: half a day of a litter nobody can tell apart."""
_KEPT = 400
"""Steps whose publication is remembered: more than can still be told again."""
WEIGH_IN_S = 300.0
"""Said to be weighing, a person takes a baby out within a minute or two; five, and she has been
called away: the next move is a bottle again."""


class Claims:
    """Turns decisions into events."""

    def __init__(
        self,
        state: ClaimsState,
        reference: GrowthReference,
        thing_name: ThingName = lambda _thing: None,
    ) -> None:
        """``thing_name`` says what the thing with an id is called; ``None``: it is not known."""
        self.state = state
        self._reference = reference
        self._thing_name = thing_name

    @property
    def records(self) -> list[BabyRecord]:
        """One per baby, in the tracker's order; the retired stay."""
        return self.state.records

    @property
    def _names(self) -> list[str]:
        return [record.baby.name for record in self.records]

    def publish(self, decisions: Iterable[Decision], answered: str | None = None) -> list[AnyEvent]:
        """Events of the decisions and of what follows from them.

        ``answered``: the step of which a person said something, where they follow from that.
        """
        out: list[AnyEvent] = []
        touched: set[int] = set()
        for decision in decisions:
            why = why_withdrawn(decision, answered, self._thing_name)
            self._withdraw(decision, why, out, touched)
            self._announce(decision, out, touched)
        return out + self.refresh(touched)

    def put(self, i: int, weighing: Weighing) -> list[AnyEvent]:
        """A weighing that needs no decision (typed by hand, imported)."""
        self.records[i].put(weighing)
        return [weigh_in(weighing), *self.refresh({i})]

    def drop(self, i: int, step_id: str, t_s: float) -> list[AnyEvent]:
        """Take a typed weighing out again."""
        self.records[i].drop(step_id)
        gone = Retraction(t_s=t_s, step_id=step_id, why=TAKEN_OUT)
        return [gone, *self.refresh({i})]

    def put_feed(self, i: int, feed: HandFeed) -> list[AnyEvent]:
        """A bottle that a person told of."""
        record = self.records[i]
        record.tell(feed)
        told = converted(
            Feed, feed, baby=record.baby.name, net_g=feed.g, sigma_g=None, out_s=None,
            origin="typed",
        )  # fmt: skip
        return [told, *self.refresh({i})]

    def drop_feed(self, i: int, step_id: str) -> list[AnyEvent]:
        """A bottle that a person told of was none."""
        gone = self.records[i].untell(step_id)
        if gone is None:
            return []
        taken = Retraction(t_s=gone.t_s, step_id=step_id, why=TAKEN_OUT)
        return [taken, *self.refresh({i})]

    # ------------------------------------------------------------------ open questions

    def rename(self, old: str, new: str) -> None:
        """A baby that a question asks about has another name now."""
        if old != new:
            self._ask_instead(
                lambda c: msgspec.structs.replace(c, baby=new) if c.baby == old else c
            )

    def forget(self, name: str) -> None:
        """A baby has left: nobody asks about it any more."""
        self._ask_instead(lambda c: None if c.baby == name else c)

    def forget_thing(self, name: str) -> None:
        """A thing is no longer known: nobody asks whether it was that."""
        self.state.pending = {
            key: msgspec.structs.replace(
                event, things=[thing for thing in event.things if thing.thing != name]
            )
            for key, event in self.state.pending.items()
        }

    def _ask_instead(self, change: Callable[[Candidate], Candidate | None]) -> None:
        pending = {}
        for key, event in self.state.pending.items():
            candidates = [c for old in event.candidates if (c := change(old)) is not None]
            if candidates or not event.candidates:
                pending[key] = msgspec.structs.replace(event, candidates=candidates)
        self.state.pending = pending

    # ------------------------------------------------------------------ a weigh-in

    def expect_weigh_in(self, now_s: float) -> None:
        """The next baby that is lifted out or put back is being weighed, not fed."""
        self.state.weigh_in = WeighInWait(now_s, now_s + WEIGH_IN_S)

    def expect_bottles(self) -> None:
        """Take ``expect_weigh_in`` back."""
        self.state.weigh_in = None

    def weigh_in_ends_s(self, now_s: float) -> float | None:
        """Until when a weigh-in is waited for; ``None`` when none is."""
        wait = self.state.weigh_in
        return wait.ends_s if wait is not None and now_s <= wait.ends_s else None

    def _ends_weigh_in(self, decision: Decision) -> bool:
        """Whether this is the move that was announced; one lifted just before it was not."""
        wait = self.state.weigh_in
        one = decision.kind == "unassigned" or _claimed(decision) is not None
        return wait is not None and one and wait.since_s < decision.step.t_s <= wait.ends_s

    # ------------------------------------------------------------------ one decision

    def _withdraw(
        self, decision: Decision, why: str, out: list[AnyEvent], touched: set[int]
    ) -> None:
        """Take back what no longer holds; the same name with other grams is published again."""
        key = decision.step.step_id
        before = self.state.published.get(key)
        self.state.pending.pop(key, None)
        if before is not None and before.kind == "unassigned" and decision.kind == "nothing":
            if decision.step.blind:
                known = "it is known by now who was in the box"
                out.append(Retraction(t_s=decision.step.t_s, step_id=key, why=known))
            return
        if before is None or before.kind not in {"claim", "joint"}:
            return
        if before.baby is not None and before.baby != _claimed(decision):
            self.records[before.baby].drop(key)
            touched.add(before.baby)
        still = decision.kind in {"claim", "joint"} and not decision.void
        if not still or (before.baby is not None and self._closed_a_feed(before.baby, decision)):
            out.append(Retraction(t_s=decision.step.t_s, step_id=key, why=why))

    def _closed_a_feed(self, baby: int, decision: Decision) -> bool:
        """A bottle of this baby, which it was not, was published under this step."""
        key = decision.step.step_id
        others = baby != _claimed(decision)
        return others and any(feed.step_id == key for feed in self.records[baby].feeds)

    def _announce(self, decision: Decision, out: list[AnyEvent], touched: set[int]) -> None:
        state, key = self.state, decision.step.step_id
        before = state.published.get(key)
        baby = _claimed(decision)
        kind = "void" if decision.void else decision.kind
        state.published[key] = Published(kind, baby, decision.thing)
        if len(state.published) > _KEPT:
            del state.published[next(iter(state.published))]
        if decision.void:
            return
        if before is None and self._ends_weigh_in(decision):
            state.weigh_in = None
            state.only_weighed = [*state.only_weighed[-_KEPT:], key]
        if baby is not None:
            touched.add(baby)
            only = decision.step.step_id in state.only_weighed
            weighing = weighing_of(decision, self._names[baby], only_weighed=only)
            self.records[baby].put(weighing)
            out.append(weigh_in(weighing))
        elif decision.kind == "joint":
            babies = [self.records[i].baby.id for i in bits(decision.returned)]
            state.joint_s |= dict.fromkeys(babies, decision.step.t_s)
            out.append(joint(decision, self._names))
        elif decision.kind == "unassigned":
            state.pending[key] = unassigned(decision, self._names, self._thing_name)
            if len(state.pending) > _ASKED:
                del state.pending[next(iter(state.pending))]
            out.append(state.pending[key])
        elif decision.kind == "object" and is_thing(decision.g, decision.sigma_g):
            out += self._object(decision, before)

    def _object(self, decision: Decision, before: Published | None) -> list[AnyEvent]:
        """Told once, and again when it is known which thing it was."""
        news = before is None or before.thing != decision.thing
        return [object_moved(decision, self._thing_name)] if news else []

    # ------------------------------------------------------------------ what follows

    def refresh(self, touched: Iterable[int]) -> list[AnyEvent]:
        """Work out feeds and growth of these babies again; say what changed."""
        out: list[AnyEvent] = []
        for i in sorted(set(touched)):
            record = self.records[i]
            feeds, report = {f.step_id: f for f in record.feeds}, record.report
            record.refresh(self._reference)
            out += self._changes(record, feeds, report)
        return out

    def retime(self, proven: set[str]) -> list[AnyEvent]:
        """The times of these weighings became known: go through them again, one by one.

        Growth has a memory (a worry ends after clean weighings), so it must see them as it would
        have, had the clock been right from the start.
        """
        out: list[AnyEvent] = []
        for record in self.records:
            feeds, report = {f.step_id: f for f in record.feeds}, record.report
            later = [w for w in record.weighings if w.step_id in proven]
            record.weighings = [w for w in record.weighings if w.step_id not in proven]
            for weighing in later:
                record.put(weighing)
                record.refresh(self._reference)
            if not later:
                record.refresh(self._reference)
            out += self._changes(record, feeds, report)
        return out

    def _changes(
        self, record: BabyRecord, feeds: dict[str, FeedRecord], report: GrowthReport | None
    ) -> list[AnyEvent]:
        """What to publish of a record that was refreshed; ``feeds``, ``report``: before."""
        out: list[AnyEvent] = []
        now = {f.step_id for f in record.feeds}
        out += [
            converted(Feed, feed, baby=record.baby.name)
            for feed in record.feeds
            if feeds.get(feed.step_id) != feed
        ]
        for key in (key for key in feeds if key not in now):
            out += self._feed_gone(record, key)
        if record.report is not None and record.report != report:
            out.append(converted(Growth, record.report, baby=record.baby.name))
        return out

    @staticmethod
    def _feed_gone(record: BabyRecord, step_id: str) -> list[AnyEvent]:
        """The return still stands, the feed it closed does not: its lift was no lift of this baby.

        A record that forgets its oldest weighings never parts a return from its lift.
        """
        weighing = next((w for w in record.weighings if w.step_id == step_id), None)
        if weighing is None:
            return []
        gone = Retraction(
            t_s=weighing.t_s, step_id=step_id, why="the lift before it was taken back"
        )
        return [gone, weigh_in(weighing)]


def _claimed(decision: Decision) -> int | None:
    """The one baby the decision names."""
    if decision.kind != "claim" or decision.void:
        return None
    return (decision.lifted | decision.returned).bit_length() - 1
