"""The hand-over of a ward, and its log."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any

import msgspec
import pytest

from monitor.page.boxes import BoxDocument
from monitor.page.screens import boxes, ward, ward_log
from monitor.page.seen import Seen
from tests.page.seeing import alert, at, baby, box, html, seen, shown

ROOMS = {"attic": "Cats", "barn": "Cats", "cellar": "Dogs"}
ITEMS = {
    "attic": [
        {"what": "feed", "id": "f1", "at": at(-1), "baby": "Possum", "baby_id": "39z",
         "net_g": 8.2},
        {"what": "weighing", "id": "w1", "at": at(-3), "baby": "Possum", "baby_id": "39z",
         "weight_g": 198.4},
    ],
    "barn": [
        {"what": "weighing", "id": "w1@attic", "from": "attic", "at": at(-3), "baby": "Possum",
         "baby_id": "39z", "weight_g": 198.4},
        {"what": "weighing", "id": "w2", "at": at(-2), "baby": "Possum", "baby_id": "39z",
         "weight_g": 201.0},
        {"what": "weighing", "id": "w3", "at": at(-2.5), "baby": "Ash", "baby_id": "39z",
         "weight_g": 99.0},
    ],
}  # fmt: skip


def house(**more: Any) -> Seen:
    """Three boxes in two rooms: one well, one that cries for help, one that is off."""
    late = alert(severity="critical", own_severity="critical", title="A kitten is crying")
    several = [
        box(name="attic"),
        box(name="barn", alerts=[late], babies={"ash": baby(name="Ash", verdict="losing")}),
        box(name="cellar", online=False),
    ]
    query = {key: value for key, value in more.items() if isinstance(value, str)}

    async def history(name: str, **_what: Any) -> list[dict[str, Any]]:
        await asyncio.sleep(0)
        return ITEMS.get(name, [])

    return msgspec.structs.replace(
        seen(**query), box=None, boxes=several, rooms=("Cats", "Dogs"), room_of=ROOMS.get,
        history=history,
    )  # fmt: skip


def test_the_gravest_box_stands_first_in_the_house() -> None:
    told = shown(ward.show, house()).model["told"]
    assert [each.line.name for each in told] == ["barn", "cellar", "attic"]
    assert told[0].alerts[0].startswith("A kitten is crying (since ")
    assert told[1].states == ["The box is offline"]
    assert told[2].states == ["All is well"]
    assert told[1].babies[0].startswith("Possum (kitten, 9 days old): 198.4\u00a0g (42 min ago);")


def test_a_baby_that_does_well_is_three_numbers_and_any_other_a_sentence() -> None:
    told = shown(ward.show, house()).model["told"]
    assert (told[2].babies, msgspec.structs.astuple(told[2].short[0])) == (
        [], ("Possum", "198.4\u00a0g", "+9.8\u00a0g", "14:08"),
    )  # fmt: skip
    assert (len(told[0].babies), told[0].short) == (1, [])  # it loses weight
    assert told[1].short == []  # nothing is known of a box that is offline


@pytest.mark.parametrize(
    "not_fine",
    [
        {"bottle_due_at": at(-0.1)},
        {"in_box": False},
        {"weighed_at": at(-30)},
        {"verdict": "losing"},
        {"watch": {"level": "watch", "signs": ["drinks less"]}},
        {"moving": {"to": "barn"}},
        {"warm_first": True},
    ],
)
def test_whatever_is_not_as_it_should_be_has_a_sentence(not_fine: dict[str, Any]) -> None:
    asked = msgspec.structs.replace(house(), boxes=[box(babies={"possum": baby(**not_fine)})])
    (told,) = shown(ward.show, asked).model["told"]
    assert (len(told.babies), told.short) == (1, [])


def test_a_baby_that_was_never_weighed_is_no_row_of_empty_numbers() -> None:
    new = dict.fromkeys(("weight_g", "weighed_at", "gain_24h_g", "bottle_due_at", "verdict"))
    asked = msgspec.structs.replace(house(), boxes=[box(babies={"possum": baby(**new)})])
    (told,) = shown(ward.show, asked).model["told"]
    assert told.short[0].weight == "not weighed"


def test_the_house_fits_into_one_message() -> None:
    file = shown(ward.show, house(**{"as": "text"})).file
    assert file is not None
    lines = file.decode().splitlines()
    assert lines[0] == "Hand-over: All rooms, 29 Nov 12:14"
    assert lines[1] == "2 now, 1 well"
    assert lines[3].startswith("barn (Cats): A kitten is crying (since ")
    assert lines[4].startswith("  Ash (kitten, 9 days old): ")
    assert "losing weight" in lines[4]
    assert "\u00a0" not in file.decode()


def test_one_room_is_handed_over_by_itself() -> None:
    model = shown(ward.show, house(room="Dogs")).model
    assert [each.line.name for each in model["told"]] == ["cellar"]
    page = html(ward.show, house(room="Dogs"))
    assert "Hand-over: Dogs, 29 Nov 12:14" in page
    assert 'href="/ward?room=Cats"' in page
    assert shown(ward.show, house(room="nowhere")).model["told"] == []


def test_whoever_needs_somebody_stands_first_with_its_room_and_the_rest_by_room() -> None:
    model = shown(boxes.show, house()).model
    assert [(line.name, line.room) for line in model["first"]] == [
        ("barn", "Cats"), ("cellar", "Dogs"),
    ]  # fmt: skip
    assert [(part.name, [line.name for line in part.lines]) for part in model["parts"]] == [
        ("Cats", ["attic"]),
    ]  # fmt: skip
    assert model["counts"] == [("now", 2), ("well", 1)]
    page = html(boxes.show, house())
    assert page.index("barn") < page.index('id="room-1">Cats')
    assert "2 now" in page
    only = shown(boxes.show, house(room="Dogs")).model
    assert [line.name for line in only["lines"]] == ["cellar"]


def test_a_box_in_no_room_is_not_forgotten() -> None:
    asked = house()
    lost: list[BoxDocument] = [*asked.boxes, box(name="zoo")]
    model = shown(boxes.show, msgspec.structs.replace(asked, boxes=lost)).model
    assert model["parts"][-1].name == "In no room"


def rows(**query: str) -> list[dict[str, str]]:
    file = shown(ward_log.show, house(**query)).file
    assert file is not None
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))


def test_the_log_of_all_boxes_is_in_order_and_nothing_stands_in_it_twice() -> None:
    found = rows()
    assert [(row["box"], row["room"], row["id"]) for row in found] == [
        ("attic", "Cats", "w1"), ("barn", "Cats", "w3"), ("barn", "Cats", "w2"),
        ("attic", "Cats", "f1"),
    ]  # fmt: skip


def test_asm3_finds_every_animal_by_its_code() -> None:
    found = rows(**{"for": "asm3"})
    codes = {(row["ANIMALNAME"], row["ANIMALCODE"]) for row in found}
    assert codes == {("Possum", "39z"), ("Ash", "39z@barn")}
    assert len(found) == 4


@pytest.mark.parametrize("days", ["", "0", "x", "99999"])
def test_days_that_make_no_sense_are_within_bounds(days: str) -> None:
    assert shown(ward_log.show, house(days=days)).file
