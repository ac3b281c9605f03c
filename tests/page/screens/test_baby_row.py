"""One baby in a few words."""

from typing import Any

from monitor.page.screens.baby_row import BabyRow, row, rows
from tests.page.seeing import EN, NOW, at, baby, box


def of(**more: Any) -> BabyRow:
    return row("possum", baby(**more), NOW, EN)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_baby_that_is_well_in_words() -> None:
    shown = of()
    assert plain(shown.weight) == "198.4 g"
    assert shown.weighed == "42 min ago"
    assert not shown.weight_old
    assert plain(shown.gain) == "+9.8 g (+4.5 %) in 24 h"
    assert shown.verdict == "gaining"
    assert plain(shown.last_bottle) == "8.2 g, 11:38 (36 min ago)"
    assert shown.next_bottle == "14:08 (in 1 h 54 min)"
    assert shown.where == "in the box"
    assert shown.usual.startswith("usual at its age: ")


def test_an_old_weight_says_so() -> None:
    shown = of(weighed_at=at(-50))
    assert shown.weight_old
    assert shown.weighed == "2 days ago"


def test_before_the_first_weighing_the_told_weight_is_shown_as_told() -> None:
    shown = of(weight_g=None, weighed_at=None, told_weight_g=112.0, told_at=at(-0.2))
    assert plain(shown.weight) == "112 g"
    assert shown.told
    assert shown.weighed == "told 12 min ago, not weighed"
    assert not shown.weight_old
    old = of(weight_g=None, weighed_at=None, told_weight_g=112.0, told_at=at(-50))
    assert old.weight_old
    weighed = of(told_weight_g=112.0, told_at=at(-0.2))
    assert plain(weighed.weight) == "198.4 g"
    assert not weighed.told


def test_a_weight_without_a_time_is_not_taken_for_a_new_one() -> None:
    assert of(weighed_at=None).weight_old


def test_what_is_unknown_is_left_out_or_said_to_be_unknown() -> None:
    shown = row("possum", {"name": "Possum", "species": "kitten"}, NOW, EN)
    assert shown.weight == "not weighed"
    assert (shown.gain, shown.usual, shown.intake, shown.next_amount) == ("", "", "", "")
    assert shown.last_bottle == "none seen"
    assert shown.next_bottle == "time unknown"
    assert shown.where == "unknown"
    assert "0" not in shown.weight + shown.last_bottle + shown.next_bottle


def test_a_bottle_of_unknown_amount_is_one() -> None:
    assert of(last_feed_g=None).last_bottle == "amount unknown, 11:38 (36 min ago)"


def test_a_late_bottle_says_by_how_much() -> None:
    shown = of(bottle_due_at=at(-0.5))
    assert shown.next_late
    assert shown.next_bottle == "was due 11:44 (30 min ago)"


def test_amount_intake_and_warmth_are_shown_where_the_box_knows_them() -> None:
    shown = of(next_feed_ml=8.5, intake_24h_ml_per_kg=211.4, warm_first=True)
    assert plain(shown.next_amount) == "about 8.5 ml"
    assert plain(shown.intake) == "64 g, 211 ml per kg"
    assert shown.warm_first
    assert plain(of().intake) == "64 g"


def test_out_since_when() -> None:
    assert of(in_box=False, out_since=at(-0.1)).where == "out since 12:08"
    assert of(in_box=False).where == "out of the box"


def test_who_needs_somebody_comes_first() -> None:
    babies = {
        "a": baby(name="Ash"),
        "b": baby(name="Bee", bottle_due_at=at(-0.2)),
        "c": baby(name="Cat", watch={"level": "watch", "signs": ["drinks less"]}),
        "d": baby(name="Dot", watch={"level": "act", "signs": ["cold", "quiet"]}),
        "e": baby(name="Eve", verdict="losing"),
    }
    found = rows(box(babies=babies), NOW, EN)
    assert [each.name for each in found] == ["Dot", "Cat", "Eve", "Bee", "Ash"]
    assert found[0].signs == ["cold", "quiet"]
