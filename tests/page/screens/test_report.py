"""The report for the vet."""

from typing import Any

from monitor.page.screens import report
from monitor.page.spoken import Spoken
from tests.page.seeing import EN, NOW, alert, at, box, html, seen

SAY = Spoken(EN, NOW)


def weighing(hours: float, grams: float, move: str | None = "lift") -> dict[str, Any]:
    return {"what": "weighing", "id": "w", "at": at(hours), "baby": "Possum", "weight_g": grams,
            "move": move, "origin": "scale"}  # fmt: skip


def feed(hours: float, grams: float | None) -> dict[str, Any]:
    return {"what": "feed", "id": "f", "at": at(hours), "baby": "Possum", "net_g": grams}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_day_is_its_first_weight_before_a_bottle_and_what_it_changed_by() -> None:
    items = [
        weighing(-25.0, 186.0, "return"), weighing(-24.0, 190.0), weighing(-2.0, 206.0, "return"),
        weighing(-1.0, 200.0), feed(-24.0, 8.0), feed(-2.0, 8.5), feed(-1.0, None),
    ]  # fmt: skip
    today, before = report.day_table(items, SAY, EN)
    assert (plain(today.weight), plain(today.change)) == ("200 g", "+10 g")
    assert (today.bottles, plain(today.intake)) == ("2", "8.5 g + 1 unknown")
    assert (plain(before.weight), before.change) == ("190 g", "")


def test_bottles_of_which_no_amount_is_known_are_no_nought() -> None:
    [day] = report.day_table([feed(-1.0, None)], SAY, EN)
    assert (day.bottles, day.intake, day.weight) == ("1", "unknown", "")


def test_it_holds_alerts_curve_notes_and_says_that_it_is_no_diagnosis() -> None:
    note = {"what": "note", "id": "n", "at": at(-2)}
    items = [
        weighing(-24.0, 190.0),
        weighing(-1.0, 200.0),
        note | {"baby": "Possum", "kind": "medicine", "value": "0.1 ml", "text": "the white one"},
        note | {"baby": None, "kind": "other", "text": "pad"},
    ]
    page = html(report.show, seen(box(alerts=[alert()]), items=items))
    assert "Feed Possum." in page
    assert "medicine 0.1 ml, the white one" in page
    assert "note pad" in page
    assert 'class="band"' in page
    assert "not a diagnosis" in page
    assert "<form" not in page


def test_one_baby_can_be_chosen() -> None:
    assert "r-possum" not in html(report.show, seen(baby="nobody"))
    assert 'id="r-possum"' in html(report.show, seen(baby="possum"))


def test_an_old_report_says_that_it_is_old() -> None:
    page = html(report.show, seen(box(online=False, heard_s=NOW - 600)))
    assert "The box is offline" in page
    assert "as of 12:04" in page
