"""The night in words, and what happened."""

from typing import Any

import pytest

from monitor.page.screens import night
from tests.page.seeing import at, box, html, seen, shown

ITEMS: list[dict[str, Any]] = [
    {"what": "feed", "id": "f", "at": at(-1), "baby": "Possum", "net_g": 8.2},
    {"what": "note", "id": "n", "at": at(-20), "baby": "Possum", "kind": "stool", "value": "soft"},
]


def test_the_summary_is_the_boxes_own_and_says_of_which_time() -> None:
    of = box(summary={"text": "Possum drank.\n\nAsh slept.", "from": at(-9), "to": at(-1)})
    page = html(night.show, seen(of, items=ITEMS))
    assert "<p>Possum drank.</p>" in page
    assert "<p>Ash slept.</p>" in page
    assert "03:14 to 11:14" in page


def test_without_one_it_says_so_and_tells_what_happened() -> None:
    page = html(night.show, seen(items=ITEMS))
    assert "No summary has been written yet." in page
    assert "Possum: bottle, 8.2\u00a0g" in page


def test_what_and_which_hours_can_be_chosen() -> None:
    assert len(shown(night.show, seen(items=ITEMS)).model["items"]) == 1
    assert len(shown(night.show, seen(items=ITEMS, hours="24")).model["items"]) == 2
    only = shown(night.show, seen(items=ITEMS, hours="24", only="notes")).model["items"]
    assert [item.what for item in only] == ["note"]


@pytest.mark.parametrize("end", ["x", "nan", "-1", "1e400"])
def test_an_end_that_makes_no_sense_is_now(end) -> None:
    assert shown(night.show, seen(items=ITEMS, end=end)).model["is_newest"]


def test_nothing_is_said_to_have_happened_when_nothing_did() -> None:
    assert "Nothing is written down for this time." in html(night.show, seen())
