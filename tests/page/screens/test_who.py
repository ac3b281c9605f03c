"""Who was it?"""

from typing import Any

from monitor.page.screens import who
from tests.page.seeing import alert, at, baby, box, html, seen, shown

BABIES = {"possum": baby(), "ash": baby(name="Ash"), "bee": baby(name="Bee")}


def asked(key: str, **more: Any) -> dict[str, Any]:
    return alert(
        f"alert-{key}", kind="who_is_it", step_id=key, message=f"Who was {key}?",
        candidates=[{"baby": "Ash", "p": 0.3}, {"baby": "Possum", "p": 0.6}],
        things=[{"thing": "rice sock", "p": 0.1}], **more,
    )  # fmt: skip


def test_the_likeliest_is_first_and_everybody_else_can_be_named() -> None:
    of = box(babies=BABIES, alerts=[asked("s1")],
             scale={"things": [{"name": "bottle", "grams": 262.0}]})  # fmt: skip
    question = shown(who.show, seen(of)).model["question"]
    assert [(c.name, c.field) for c in question.likely] == [
        ("Possum", "baby"), ("Ash", "baby"), ("rice sock", "object"),
    ]  # fmt: skip
    assert [(c.name, c.field) for c in question.others] == [("Bee", "baby"), ("bottle", "object")]


def test_not_sure_puts_a_question_aside_and_the_next_one_follows() -> None:
    first, second = asked("s1"), asked("s2", since=at(-0.1))
    of = box(alerts=[first | {"state": "acknowledged"}, second])
    model = shown(who.show, seen(of)).model
    assert model["question"].step_id == "s2"
    assert [each.step_id for each in model["aside"]] == ["s1"]
    assert shown(who.show, seen(of, step="s1")).model["question"].step_id == "s1"


def test_when_all_are_aside_none_is_pressed_on_anybody() -> None:
    model = shown(who.show, seen(box(alerts=[asked("s1", state="snoozed")]))).model
    assert model["question"] is None
    assert len(model["aside"]) == 1


def test_without_the_alert_the_question_of_the_box_is_asked() -> None:
    question = {
        "step_id": "s9",
        "text": "Who?",
        "candidates": [{"baby": "Ash", "p": 0.5}],
        "things": [],
    }
    found = shown(who.show, seen(box(question=question))).model["question"]
    assert (found.step_id, found.text) == ("s9", "Who?")
    assert "No question is open." in html(who.show, seen())


def test_who_may_only_look_has_no_buttons() -> None:
    assert "<form" not in html(who.show, seen(box(alerts=[asked("s1")]), right="look"))
