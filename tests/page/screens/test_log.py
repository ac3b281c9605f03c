"""The log as a file."""

import csv
import io
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.page.screens import log
from tests.page.seeing import at, seen, shown

ITEMS: list[dict[str, Any]] = [
    {"what": "weighing", "id": "w1", "at": at(-1), "baby": "Possum", "weight_g": 198.44,
     "move": "lift", "origin": "scale"},
    {"what": "feed", "id": "f1", "at": at(-2), "baby": "Possum", "net_g": None, "origin": "typed"},
    {"what": "note", "id": "n1", "at": at(-3), "baby": "Possum", "kind": "medicine",
     "value": "0.1 ml wormer", "text": None},
    {"what": "note", "id": "n2", "at": at(-4), "baby": "Possum", "kind": "temperature_c",
     "value": 38.1},
    {"what": "cry", "id": None, "at": at(-5), "started_at": at(-5.01), "species": "kitten"},
]  # fmt: skip


def rows(items: list[dict[str, Any]], **query: str) -> list[dict[str, str]]:
    file = shown(log.show, seen(items=items, **query)).file
    assert file is not None
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))


def test_every_item_is_a_row_with_its_number_and_unit_oldest_first() -> None:
    found = rows(ITEMS)
    assert [row["what"] for row in found] == ["cry", "note", "note", "feed", "weighing"]
    assert (found[-1]["value"], found[-1]["unit"], found[-1]["id"]) == ("198.44", "g", "w1")
    assert (found[1]["value"], found[1]["unit"]) == ("38.1", "°C")
    assert found[3]["value"] == "", "an amount that nobody knows is empty, not 0"
    assert found[0]["value"] == "36"
    assert found[-1]["time"] == "2026-11-29 11:14"


def test_the_columns_of_asm3() -> None:
    found = rows(ITEMS, **{"for": "asm3"})
    assert [row["LOGTYPE"] for row in found] == ["Care", "", "Feeding", "Weight"]
    assert {row["ANIMALNAME"] for row in found} == {"Possum"}
    assert {row["ANIMALSPECIES"] for row in found} == {"Cat"}
    assert found[-1]["LOGDATE"] == "2026-11-29"
    assert found[-1]["LOGCOMMENTS"].startswith("11:14 Possum: 198.4 g")
    medicine = found[1]
    assert medicine["MEDICALNAME"] == "0.1 ml wormer"
    assert medicine["MEDICALGIVENDATE"] == "2026-11-29"
    assert not medicine["LOGCOMMENTS"]


@pytest.mark.parametrize("evil", ["=1+1", "+cmd|'/c calc'!A0", "-2+3", "@SUM(A1)"])
def test_a_cell_is_no_formula(evil) -> None:
    items = [
        {"what": "note", "id": evil, "at": at(-1), "baby": evil, "kind": "other", "text": evil}
    ]
    for query in ({}, {"for": "asm3"}):
        for row in rows(items, **query):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_what_is_kept_for_other_phones_stays_as_it_is() -> None:
    kept = list(ITEMS)

    async def history(_box: str, **_what: Any) -> list[dict[str, Any]]:
        return kept

    asked = replace(seen(), history=history)
    first, second = shown(log.show, asked).file, shown(log.show, asked).file
    assert kept == ITEMS
    assert first == second


@pytest.mark.parametrize("days", ["0", "-1", "x", "999999", "²", ""])
def test_days_that_make_no_sense_are_within_bounds(days) -> None:
    assert shown(log.show, seen(items=ITEMS, days=days)).file
