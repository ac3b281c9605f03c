import msgspec
import pytest

from monitor.mqtt.topics import RECORDS_SILENT_S
from monitor.page.records import Kept
from monitor.page.screens import boxes, now, ward
from monitor.page.screens.kept import MOST_FIRING, kept
from tests.page.seeing import DE, EN, NOW, at, box, html, seen

GOOD = {"online": True, "keeping": True, "kept_at": at(-0.01), "waiting": 3, "rules": True,
        "firing": []}  # fmt: skip


def asked(document, heard_s=NOW - 30, words=EN, broker_why=None, *, wanted=False):
    kept_of = Kept(document=document, heard_s=None if document is None else heard_s, wanted=wanted)
    return msgspec.structs.replace(seen(), kept=kept_of, words=words, broker_why=broker_why)


def firing(text="yard is silent.", severity="critical"):
    return {"name": "BoxSilent", "severity": severity, "text": text, "since": at(-1),
            "advice": "Look after them."}  # fmt: skip


def test_records_that_are_kept_and_a_house_without_any_say_nothing():
    assert kept(asked(GOOD)) == []
    assert kept(asked(None)) == []


def test_who_died_is_told_with_what_to_do():
    for document, heard_s in (
        (GOOD | {"online": False}, NOW - 5), (GOOD, NOW - RECORDS_SILENT_S - 1), ({}, NOW),
    ):  # fmt: skip
        (warn,) = kept(asked(document, heard_s))
        assert warn.title == "Records are not kept"
        assert "sudo systemctl status nursery-records" in warn.text
        assert "The boxes watch and alert as always." in warn.text
    (never,) = kept(asked(None, wanted=True))
    assert never.title == "Records are not kept"


def test_a_database_that_takes_nothing_is_told_since_when_and_how_much_waits():
    document = GOOD | {"keeping": False, "kept_at": at(-2), "waiting": 250,
                       "why": "cannot reach http://127.0.0.1:8428: Connection refused"}  # fmt: skip
    (warn,) = kept(asked(document))
    assert warn.text.startswith(
        "The last were written at 10:14 (2 h ago). "
        "Cannot reach http://127.0.0.1:8428: Connection refused. At least 250 wait to be written."
    )
    assert "systemctl status victoria-metrics" in warn.text


def test_rules_that_are_blind_for_want_of_a_database_are_no_second_thing():
    document = GOOD | {"keeping": False, "rules": False, "rules_why": "BoxSilent: no answer"}
    (warn,) = kept(asked(document))
    assert "The rules over all boxes cannot be looked at either." in warn.text


def test_nobody_looking_at_the_rules_is_told():
    (warn,) = kept(asked(GOOD | {"rules": False, "rules_why": "vmalert does not answer"}))
    assert warn.title == "Nobody looks at the rules over all boxes"
    assert "nursery-vmalert" in warn.text
    assert kept(asked(GOOD | {"rules": None})) == []


def test_a_rule_that_applies_is_told_as_it_was_written():
    (warn,) = kept(asked(GOOD | {"firing": [firing()]}))
    assert (warn.level, warn.title) == ("critical", "yard is silent.")
    assert warn.text == "Look after them. Since 11:14."
    many = kept(asked(GOOD | {"firing": [firing(f"{n}", "warning") for n in range(9)]}))
    assert len(many) == MOST_FIRING + 1
    assert many[-1].title == "More rules apply: 6"


def test_without_a_line_to_the_broker_nothing_is_claimed():
    assert kept(asked(GOOD | {"online": False}, broker_why="nobody answers")) == []


@pytest.mark.parametrize("words", [EN, DE])
@pytest.mark.parametrize("nonsense", [
    {"online": "yes"}, GOOD | {"keeping": False, "why": 3, "waiting": "x", "kept_at": 7},
    GOOD | {"firing": [1, {"text": 2}, {}], "rules": False, "rules_why": []},
])  # fmt: skip
def test_whatever_stands_there_is_said_in_sentences(nonsense, words):
    for warn in kept(asked(nonsense, words=words)):
        assert warn.title
        assert "None" not in warn.text


def test_it_stands_on_the_list_and_the_hand_over_and_on_the_only_box():
    wrong = asked(GOOD | {"online": False})
    several = msgspec.structs.replace(wrong, box=None, boxes=[box(), box(name="other")])
    for show in (boxes.show, ward.show):
        assert "Records are not kept" in html(show, several)
    only = msgspec.structs.replace(wrong, boxes=[wrong.box])
    assert "Records are not kept" in html(now.show, only)
    of_many = msgspec.structs.replace(wrong, boxes=[wrong.box, box(name="other")])
    assert "Records are not kept" not in html(now.show, of_many)
