"""A box that took another name is found under its old one."""

from __future__ import annotations

from pathlib import Path

import msgspec

from monitor.page.boxes import MOST_BOXES, Boxes
from monitor.page.context import moved_path
from monitor.page.moved import WRITE_EVERY_S, Moved


def say(boxes: Boxes, moved: Moved, name: str, identity: object, now_s: float = 0.0) -> None:
    boxes.observe(f"nursery/{name}/status", b"online", 0.0)
    document = msgspec.json.encode({"identity": identity})
    boxes.observe(f"nursery/{name}/identity", document, 0.0)
    box = boxes.get(name)
    assert box is not None
    moved.saw(box, now_s)


def leave(boxes: Boxes, name: str) -> None:
    for topic in ("status", "identity"):
        boxes.observe(f"nursery/{name}/{topic}", b"", 0.0)


def where(moved: Moved, boxes: Boxes, name: str) -> str | None:
    found = moved.now(name, boxes)
    return None if found is None else found.name


def test_the_old_name_leads_to_the_new_one_also_after_a_restart_of_the_page(tmp_path: Path):
    boxes, moved = Boxes(), Moved(tmp_path)
    say(boxes, moved, "nursery", "0f0f")
    say(boxes, moved, "other", "1a1a")
    leave(boxes, "nursery")
    assert where(moved, boxes, "nursery") is None
    say(boxes, moved, "attic", "0f0f", 10.0)
    assert where(moved, boxes, "nursery") == "attic"
    assert where(moved, boxes, "attic") is None
    assert "attic" not in (tmp_path / "names.json").read_text(), "a card is written once a minute"
    say(boxes, moved, "attic", "0f0f", WRITE_EVERY_S)
    assert where(Moved(tmp_path), boxes, "nursery") == "attic"
    leave(boxes, "attic")
    say(boxes, moved, "cellar", "0f0f")
    assert where(moved, boxes, "nursery") == where(moved, boxes, "attic") == "cellar"


def test_a_box_that_is_only_off_leads_nowhere(tmp_path: Path):
    """A copied card has the same identity: its name must not stand for the box that is off."""
    boxes, moved = Boxes(), Moved(tmp_path)
    say(boxes, moved, "nursery", "0f0f")
    say(boxes, moved, "copy", "0f0f")
    boxes.observe("nursery/nursery/status", b"offline", 0.0)
    assert where(moved, boxes, "nursery") is None


def test_a_name_that_another_box_has_now_is_that_boxs(tmp_path: Path):
    boxes, moved = Boxes(), Moved(tmp_path)
    say(boxes, moved, "nursery", "0f0f")
    leave(boxes, "nursery")
    say(boxes, moved, "attic", "0f0f")
    say(boxes, moved, "nursery", "2b2b")
    assert where(moved, boxes, "nursery") is None


def test_what_anybody_invents_at_the_broker_fills_neither_memory_nor_card(tmp_path: Path):
    boxes, moved = Boxes(), Moved(tmp_path)
    for identity in (7, None, "x" * 65, "a/b", ""):
        say(boxes, moved, "nursery", identity)
    assert not (tmp_path / "names.json").exists()
    for number in range(MOST_BOXES + 5):
        say(boxes, moved, f"box-{number}", "0f0f", number * WRITE_EVERY_S)
        leave(boxes, f"box-{number}")
    kept = msgspec.json.decode((tmp_path / "names.json").read_bytes())
    assert len(kept["identities"]) == MOST_BOXES


def test_the_same_place_of_the_box_is_shown():
    assert moved_path("/boxes/nursery", "nursery", "attic") == "/boxes/attic"
    assert (
        moved_path("/boxes/nursery/tell?baby=a", "nursery", "attic") == "/boxes/attic/tell?baby=a"
    )
    assert moved_path("/boxes/nursery?x=1", "nursery", "attic") == "/boxes/attic?x=1"
    assert moved_path("/boxes/nursery-2/tell", "nursery", "attic") == "/boxes/nursery-2/tell"
    assert moved_path("/", "nursery", "attic") == "/"
