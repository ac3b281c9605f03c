"""Anything that a person entered can be taken back, and then it is as if it had not been."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.config import ScaleConfig
from monitor.core.scale.entries import KEPT
from monitor.core.scale.hypothesis import Step, step_id
from monitor.core.scale.parts import Parts
from monitor.core.scale.requests import Requests
from monitor.core.scale.state import WeigherState, begun
from monitor.events import AnyEvent, CommandResult, Feed, Note, Retraction, RosterChanged, WeighIn
from tests.asking import asked
from tests.core.scale.test_corrections import REFERENCE, T0, kitten


class Asked:
    """Two kittens in the box, and everything that can be asked of the scale."""

    def __init__(self) -> None:
        babies = [kitten("Ash", weight_g=200.0), kitten("Bee", weight_g=150.0)]
        self.parts = Parts.on(
            begun(babies, [], REFERENCE, T0, occupancy_known=True), ScaleConfig(), REFERENCE
        )
        self.now_s = T0

    def ask(self, verb: str, **args: Any) -> list[AnyEvent]:
        """Carried out a second after the last one; its events without the answer."""
        self.now_s += 1.0
        *out, self.result = Requests(self.parts).carry_out(asked(self.now_s, verb, args))
        assert isinstance(self.result, CommandResult)
        assert self.result.ok, self.result.error
        return out

    def refused(self, verb: str, **args: Any) -> str:
        self.now_s += 1.0
        (result,) = Requests(self.parts).carry_out(asked(self.now_s, verb, args))
        assert isinstance(result, CommandResult)
        assert result.error is not None
        return result.error

    def step(self, delta_g: float) -> str:
        self.now_s += 60.0
        level_g = 1150.0 + sum(e.to_g - e.from_g for e in self._steps())
        step = Step(
            step_id=step_id(self.now_s), t_s=self.now_s, from_g=level_g, to_g=level_g + delta_g,
            sigma_g=0.3, settled=True, touched=False, elapsed_s=60.0,
        )  # fmt: skip
        self.parts.claims.publish(self.parts.occupancy.observe(step))
        return step.step_id

    def _steps(self) -> list[Step]:
        return [e for e in self.parts.state.occupancy.log if isinstance(e, Step)]

    @property
    def known(self) -> Any:
        """All that follows from what was entered and seen, as plain values."""
        state = self.parts.state
        records = [
            (r.baby, r.here, r.weighings, r.by_hand, r.bottles, r.report)
            for r in state.claims.records
            if r.here
        ]
        inside = [self.parts.occupancy.p_inside(i) for i, r in enumerate(state.claims.records)]
        weights = [w.g for w in self.parts.occupancy.best().weights]
        here = [i for i, r in enumerate(state.claims.records) if r.here]
        where = [(round(inside[i], 9), weights[i]) for i in here]
        told = state.care.notes, state.occupancy.answers, state.absence.away
        return msgspec.to_builtins((records, where, told, self.parts.things.known()))


ENTERED: list[tuple[str, dict[str, Any]]] = [
    ("weigh", {"baby": "Ash", "grams": 205.0}),
    ("weigh", {"baby": "Ash", "grams": 1120.0, "confirm": True}),
    ("feed", {"baby": "Bee", "grams": 6.0, "how": "tube"}),
    ("feed", {"baby": "Bee"}),
    ("note", {"baby": "Ash", "kind": "temperature_c", "value": 38.0}),
    ("note", {"kind": "carer", "text": "Mo"}),
    ("note", {"baby": "Ash", "kind": "away"}),
    ("assign", {"step_id": "LIFT", "baby": "Bee"}),
    ("assign", {"step_id": "LIFT", "baby": "object"}),
    ("assign", {"step_id": "LIFT", "object": "hot-water bottle"}),
    ("correct", {"step_id": "LIFT", "grams": 190.0}),
    ("correct", {"step_id": "LIFT", "void": True}),
    ("correct", {"step_id": "WEIGHED", "grams": 211.0}),
    ("correct", {"step_id": "WEIGHED", "baby": "Bee"}),
    ("correct", {"step_id": "WEIGHED", "void": True}),
    ("correct", {"step_id": "FED", "grams": 4.0}),
    ("correct", {"step_id": "FED", "baby": "Bee"}),
    ("correct", {"step_id": "FED", "void": True}),
    ("correct", {"step_id": "NOTED", "baby": "Bee"}),
    ("correct", {"step_id": "NOTED", "void": True}),
    ("baby_add", {"name": "Cas", "species": "kitten", "weight_g": 90.0}),
    ("baby_edit", {"name": "Ash", "rename": "Asch", "born": "2026-03-02"}),
    ("baby_edit", {"name": "Ash", "also_nurses": True, "weaning": False}),
    ("baby_retire", {"name": "Bee"}),
]


@pytest.mark.parametrize(("verb", "args"), ENTERED)
def test_after_an_undo_everything_is_as_it_was(verb: str, args: dict[str, Any]) -> None:
    day = Asked()
    ids = {}
    for key, told in (
        ("WEIGHED", ("weigh", {"baby": "Ash", "grams": 203.0})),
        ("FED", ("feed", {"baby": "Ash", "grams": 5.0})),
        ("NOTED", ("note", {"baby": "Ash", "kind": "stool", "value": "soft"})),
    ):
        (first, *_) = day.ask(told[0], **told[1])
        assert isinstance(first, WeighIn | Feed | Note)
        ids[key] = first.step_id
    ids["LIFT"] = day.step(-203.5)
    day.step(+203.5)
    before = day.known
    day.ask(verb, **{name: ids.get(str(value), value) for name, value in args.items()})
    assert day.known != before
    day.ask("undo")
    assert day.result.understood is not None
    assert verb.split("_", maxsplit=1)[0] in day.result.understood
    assert day.known == before


def test_a_thing_gets_its_made_name_back_and_one_that_was_forgotten_is_known_again() -> None:
    day = Asked()
    key = day.step(-203.5)
    names = [["thing of 204 g"], ["bottle"], [], ["bottle"], ["thing of 204 g"], []]
    for verb, args in (
        ("assign", {"step_id": key, "baby": "a thing"}),
        ("assign", {"step_id": key, "object": "bottle"}),
        ("thing_forget", {"name": "bottle"}),
        ("undo", {}),
        ("undo", {}),
        ("undo", {}),
    ):
        day.ask(verb, **args)
        assert [thing.name for thing in day.parts.things.known()] == names.pop(0)


def test_a_baby_that_was_deleted_comes_back() -> None:
    day = Asked()
    before = [r.baby for r in day.parts.claims.records if r.here]
    (gone,) = day.ask("baby_delete", name="Bee")
    assert isinstance(gone, RosterChanged)
    assert gone.deleted
    assert [r.baby.name for r in day.parts.claims.records if r.here] == ["Ash"]
    (back,) = day.ask("undo")
    assert back == RosterChanged(t_s=day.now_s, baby=before[1])


def test_a_baby_with_a_history_is_not_deleted_but_says_what_to_do() -> None:
    for verb, args in (("weigh", {"grams": 150.0}), ("feed", {}), ("note", {"kind": "vet"})):
        day = Asked()
        day.ask(verb, baby="Bee", **args)
        assert "baby retire" in day.refused("baby_delete", name="Bee")
        day.ask("undo")
        day.ask("baby_delete", name="Bee")


def test_undo_goes_back_one_entry_at_a_time() -> None:
    day = Asked()
    begun_with = day.known
    day.ask("weigh", baby="Ash", grams=205.0)
    day.ask("feed", baby="Ash", grams=8.0)
    day.ask("note", baby="Ash", kind="stool")
    for what in ("note", "feed", "weigh"):
        day.ask("undo")
        assert f"taken back: {what}" in (day.result.understood or "")
    assert day.known == begun_with
    assert "nothing was entered" in day.refused("undo")


def test_an_entry_is_taken_back_by_the_id_of_what_it_made() -> None:
    day = Asked()
    (weighed, *_) = day.ask("weigh", baby="Ash", grams=205.0)
    assert isinstance(weighed, WeighIn)
    day.ask("feed", baby="Bee")
    (gone, *_) = day.ask("undo", id=weighed.step_id)
    assert gone == Retraction(t_s=weighed.t_s, step_id=weighed.step_id, why="taken out by hand")
    assert len(day.parts.claims.records[1].by_hand) == 1
    assert "nothing that a person entered" in day.refused("undo", id=weighed.step_id)


def test_what_rests_on_an_entry_is_taken_back_first() -> None:
    day = Asked()
    (weighed, *_) = day.ask("weigh", baby="Ash", grams=205.0)
    assert isinstance(weighed, WeighIn)
    day.ask("correct", step_id=weighed.step_id, grams=206.0)
    entry = day.parts.state.entries[0]
    assert entry.id == weighed.step_id
    day.ask("undo", id=day.parts.state.entries[1].id)
    assert day.parts.claims.records[0].weighings[0].weight_g == 205.0
    day.ask("baby_add", name="Cas", species="kitten")
    added = day.parts.state.entries[-1].id
    day.ask("weigh", baby="Cas", grams=100.0, confirm=True)
    assert "weighings, bottles or notes" in day.refused("undo", id=added)


def test_whoever_spoke_of_a_baby_twice_has_it_until_both_are_taken_back() -> None:
    for order in ([0, 1], [1, 0]):
        day = Asked()
        day.step(-200.0)
        before = day.known
        told = [day.ask("note", baby="Ash", kind=kind)[0] for kind in ("vet", "away")]
        ids = [note.step_id for note in told if isinstance(note, Note)]
        day.ask("undo", id=ids[order[0]])
        assert list(day.parts.state.absence.away) == ["ash"]
        day.ask("undo", id=ids[order[1]])
        assert day.parts.state.absence.away == {}
        assert day.known == before


def test_an_answer_that_was_given_twice_goes_back_to_the_first() -> None:
    day = Asked()
    lift = day.step(-200.0)
    day.ask("assign", step_id=lift, baby="Bee")
    first = day.known
    day.ask("assign", step_id=lift, baby="object")
    day.ask("undo")
    assert day.known == first


def test_what_was_typed_long_ago_is_still_taken_back_by_its_id() -> None:
    day = Asked()
    (weighed, *_) = day.ask("weigh", baby="Ash", grams=205.0)
    assert isinstance(weighed, WeighIn)
    for _ in range(KEPT):
        day.now_s += 60.0
        day.ask("feed", baby="Bee", grams=5.0)
    assert len(day.parts.state.entries) == KEPT
    day.ask("undo", id=weighed.step_id)
    assert day.parts.claims.records[0].weighings == []


def test_entries_outlive_a_restart() -> None:
    day = Asked()
    before = day.known
    day.ask("weigh", baby="Ash", grams=1120.0, confirm=True)
    stored = msgspec.msgpack.encode(day.parts.state)
    state = msgspec.msgpack.decode(stored, type=WeigherState)
    day.parts = Parts.on(state, ScaleConfig(), REFERENCE)
    day.ask("undo")
    assert day.known == before


def test_a_typed_weight_that_was_corrected_no_longer_predicts_the_baby() -> None:
    day = Asked()
    (weighed, *_) = day.ask("weigh", baby="Ash", grams=1120.0, confirm=True)
    assert isinstance(weighed, WeighIn)
    day.ask("correct", step_id=weighed.step_id, grams=202.0)
    assert day.parts.occupancy.best().weights[0].g == 202.0
