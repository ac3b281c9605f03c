"""How far a box is set up: its own word, and what can be seen before it has said so."""

from monitor.page.progress import STEPS, progress
from monitor.page.seen import Answer
from monitor.page.truth import truth
from tests.page.seeing import BOX, DE, EN, NOW, box, health


def told(*done, ready=False, not_yet=("microphone", "scale"), **states):
    steps = {step: step in done for step in STEPS}
    first = next((step for step in STEPS if step not in done), None)
    set_up = {"ready": ready, "steps": steps, "next": first, "not_yet": list(not_yet)}
    return health(**states) | {"set_up": set_up}


def new(*done, **more):
    fields = {"babies": {}, "health": told(*done, microphone="failed", scale="failed")}
    return box(**(fields | {"scale": {"calibrated": False}} | more))


def test_a_box_that_tells_nothing_of_it_counts_as_set_up():
    found = progress(box())
    assert (found.known, found.ready, found.next) == (False, True, None)
    assert truth(box(), NOW, EN, None).well


def test_a_new_box_is_not_set_up_and_neither_well_nor_blind():
    found = truth(new("name"), NOW, EN, None)
    assert [warn.key for warn in found.warnings] == ["set_up"]
    assert (found.well, found.warnings[0].level) == (False, "warning")
    for missing in ("wires", "calibration", "microphone", "who is here"):
        assert missing in found.warnings[0].text
    assert "Mikrofon" in truth(new("name"), NOW, DE, None).warnings[0].text


def test_a_source_that_was_set_up_is_missed_at_once():
    known = told("scale", "calibration", not_yet=["microphone"], scale="failed")
    found = truth(box(health=known), NOW, EN, None)
    assert "blind-scale" in {warn.key for warn in found.warnings}


def test_a_baby_that_an_earlier_card_left_at_the_broker_is_nobody_here():
    known = told("name", "scale", "calibration", "microphone", not_yet=[])
    known["set_up"]["missing"] = ["babies"]
    ghost = box(health=known, babies={"joey": {"name": "Joey"}})
    (warning,) = truth(ghost, NOW, EN, None).warnings
    assert "missing: who is here." in warning.text


def test_what_can_be_seen_sooner_counts():
    known = new("name", scale={"calibrated": True}, babies={"possum": {"name": "Possum"}})
    assert progress(known).next == "microphone"


def test_the_answer_to_a_step_counts_before_the_box_has_said_so_to_all():
    steps = {step: step in {"name", "scale"} for step in STEPS}
    said = Answer(
        box=BOX, verb="set_up", ok=True, text="", result={"ok": True, "steps": steps},
        fields={"step": "scale"},
    )  # fmt: skip
    assert progress(new("name"), said).next == "calibration"


def test_the_next_one_after_a_step_is_the_next_open_one_and_then_the_first():
    found = progress(new("name", "microphone"))
    assert found.after("scale") == "calibration"
    assert found.after("calibration") == "babies"
    assert found.after("test") == "scale"
    assert progress(new(*STEPS)).after("test") is None


def test_whatever_the_broker_says_of_it_is_no_error():
    for nonsense in (
        [],
        "x",
        {"steps": [], "ready": 3, "not_yet": "scale"},
        {"steps": {"name": 1}},
    ):
        assert progress(box(health=health() | {"set_up": nonsense})).ready
