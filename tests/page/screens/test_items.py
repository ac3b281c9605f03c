"""Items of the history in words."""

from typing import Any

import pytest

from monitor.page.screens.items import Item, lines
from monitor.page.spoken import Spoken
from tests.page.seeing import EN, NOW, at


def line(**item: Any) -> Item:
    [found] = lines([{"id": "s1", "at": at(-1)} | item], Spoken(EN, NOW), EN)
    return found


def weighing(**more: Any) -> dict[str, Any]:
    return {"what": "weighing", "baby": "Possum", "weight_g": 198.44, "move": "lift",
            "origin": "scale", "confidence": 1.0} | more  # fmt: skip


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (weighing(), "Possum: 198.4 g, before the bottle"),
        (weighing(move="return"), "Possum: 198.4 g, after the bottle"),
        (weighing(confidence=0.96), "Possum: 198.4 g, before the bottle, sure to 96 %"),
        (weighing(origin="assigned"), "Possum: 198.4 g, before the bottle, named by you"),
        (weighing(origin="typed", move=None), "Possum: 198.4 g, typed"),
        (weighing(origin="imported", move=None), "Possum: 198.4 g, from a list"),
        (weighing(only_weighed=True), "Possum: 198.4 g, weighed only"),
        ({"what": "feed", "baby": "Possum", "net_g": 8.2}, "Possum: bottle, 8.2 g"),
        ({"what": "feed", "baby": "Possum", "net_g": None, "origin": "typed", "how": "tube"},
         "Possum: bottle, amount unknown, told by hand (tube)"),
        ({"what": "note", "baby": "Possum", "kind": "temperature_c", "value": 38.1},
         "Possum: temperature 38.1 °C"),
        ({"what": "note", "baby": None, "kind": "other", "text": "heat pad changed"},
         "All: note heat pad changed"),
        ({"what": "cry", "started_at": at(-1.05), "species": "kitten", "context": "bottle_due"},
         "A kitten cried for 3 min (the bottle was due)"),
        ({"what": "call", "species": "kitten", "score": 0.95}, "A kitten called once"),
        ({"what": "question", "weight_g": 291.3, "candidates": [{"baby": "Ash"}, {"baby": "Bee"}]},
         "Who was it? 291.3 g: Ash, Bee"),
        ({"what": "alert", "title": "Possum is losing weight", "state": "cleared"},
         "Possum is losing weight (over)"),
    ],
)  # fmt: skip
def test_every_kind_has_its_sentence(item, said) -> None:
    assert line(**item).sentence.replace("\u00a0", " ") == said


def test_only_what_a_person_entered_can_be_undone() -> None:
    assert not line(**weighing()).can_undo
    assert line(**weighing(origin="typed")).can_undo
    assert line(**weighing(origin="assigned")).can_undo
    assert line(what="note", kind="stool").can_undo
    assert line(what="feed", origin="typed", net_g=8).can_undo
    assert not line(what="feed", origin="scale", net_g=8).can_undo


def test_what_has_no_id_or_is_no_weighing_cannot_be_corrected() -> None:
    assert line(**weighing()).can_correct
    assert not line(**weighing(), id=None).can_correct
    assert not line(what="alert", title="x").can_correct


def test_what_makes_no_sense_is_left_out() -> None:
    strange: list[dict[str, Any]] = [
        {}, {"what": "weighing"}, {"what": "dance", "at": at(0)}, {"what": 5, "at": 7},
    ]  # fmt: skip
    assert lines(strange, Spoken(EN, NOW), EN) == []


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, True])
def test_fields_of_any_type_are_survived(value) -> None:
    names = (
        "baby", "weight_g", "net_g", "kind", "value", "origin", "move", "how", "text", "state",
        "candidates", "species", "context", "started_at", "confidence",
    )  # fmt: skip
    for what in ("weighing", "feed", "note", "cry", "call", "question", "alert"):
        for name in names:
            assert line(what=what, **{name: value}).sentence
