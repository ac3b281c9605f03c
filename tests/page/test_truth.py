"""What the top of a screen says, and when it may say that all is well."""

import pytest

from monitor.page.truth import OLD_AFTER_S, truth
from tests.page.seeing import EN, LIVE, NOW, alert, box, health


def test_all_is_well_when_everything_is_known_to_be_so():
    known = truth(box(), NOW, EN, None)
    assert known.well
    assert known.current
    assert not known.warnings
    assert known.watching == ["microphone", "scale"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"online": False},
        {"online": None},
        {"health": health(microphone="stalled")},
        {"health": health(scale="restarting")},
        {"health": health(scale="failed")},
        {"health": health(None, None)},
        {"health": None},
        {"health": {}},
        {"alerts": [alert()]},
        {"alerts": [alert(state="acknowledged")]},
        {"received_s": dict.fromkeys(LIVE, NOW - OLD_AFTER_S - 1)},
        {"received_s": {key: NOW for key in LIVE if key != "alerts"}},
        {"received_s": dict.fromkeys(LIVE, NOW) | {"cry": NOW - OLD_AFTER_S - 1}},
        {"received_s": {}, "heard_s": None},
    ],
)
def test_whatever_is_wrong_or_not_known_all_is_not_well(wrong):
    assert not truth(box(**wrong), NOW, EN, None).well


def test_without_the_broker_nothing_is_current_whatever_was_said_last():
    known = truth(box(), NOW, EN, "connection refused")
    assert not known.current
    assert not known.well
    assert not known.reachable
    assert "connection refused" in known.warnings[0].text


def test_an_offline_box_says_when_it_was_last_heard_from():
    known = truth(box(online=False, heard_s=NOW - 600), NOW, EN, None)
    assert [warn.key for warn in known.warnings] == ["offline"]
    assert "12:04 (10 min ago)" in known.warnings[0].text


def test_one_source_that_is_not_set_up_is_no_fault_and_no_watcher():
    known = truth(box(health=health(microphone=None)), NOW, EN, None)
    assert known.well
    assert known.watching == ["scale"]


def test_a_blind_source_is_named_with_its_reason():
    known = truth(box(health=health(microphone="failed")), NOW, EN, None)
    assert [warn.level for warn in known.warnings] == ["critical"]
    assert known.warnings[0].title == "The microphone is deaf"
    assert "(w)" in known.warnings[0].text


@pytest.mark.parametrize("nonsense", [[], "x", 3, {"microphone": 5, "scale": []}])
def test_a_document_that_is_nonsense_is_no_health(nonsense):
    assert not truth(box(health={"sources": nonsense}), NOW, EN, None).well
