"""A baby's record between boxes: short, whole, and read strictly."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.errors import CommandError
from monitor.events import Baby
from monitor.written.record_lines import (
    baby_of,
    checked,
    described,
    digest,
    entries,
    marked,
    packed,
)

WEIGHING = {"what": "weighing", "id": "39z", "at": "2026-11-01T12:00:00Z", "weight_g": 112.4}


def test_a_line_says_what_is_not_usual_and_nothing_else() -> None:
    item = WEIGHING | {
        "baby": "Possum", "from": "attic", "sigma_g": 0.2, "move": None, "confidence": 1.0,
        "origin": "typed", "only_weighed": False,
    }  # fmt: skip
    assert packed(item) == WEIGHING | {"sigma_g": 0.2, "origin": "typed"}
    assert packed({"what": "question", "id": "39z"}) is None


def test_a_line_becomes_what_it_was_in_the_other_box() -> None:
    told = [
        WEIGHING | {"move": "lift", "confidence": 0.96},
        {"what": "feed", "id": "3a0", "at": "2026-11-01T12:10:00Z", "net_g": 8.0, "sigma_g": 0.3},
        {"what": "note", "id": "3a1@roof", "at": "2026-11-01T11:00:00Z", "kind": "stool"},
    ]
    found = entries("Possum", told, "attic", "cellar")
    (weighing,), (feed,), (note,) = found.weighings, found.feeds, found.notes
    assert (weighing.step_id, weighing.weight_g, weighing.move) == ("39z@attic", 112.4, "lift")
    assert (weighing.sigma_g, weighing.stamp) == (0.01, "person")
    assert (feed.step_id, feed.net_g, feed.origin) == ("3a0@attic", 8.0, "scale")
    assert (note.step_id, note.baby, note.kind) == ("3a1@roof", "Possum", "stool")


ALERT = {
    "what": "alert", "id": "losing_weight-39y-20261101T120000Z", "at": "2026-11-01T12:00:00Z",
    "since": "2026-11-01T11:00:00Z", "kind": "losing_weight", "state": "raised",
    "severity": "warning", "title": "Possum is losing weight", "message": "Weigh it again.",
    "why": "4.2 g in 24 h",
}  # fmt: skip


def test_the_alerts_about_it_go_with_it_and_each_change_is_a_line_of_its_own() -> None:
    assert packed(ALERT | {"baby": "Possum", "from": "roof"}) == ALERT
    seen = ALERT | {"state": "acknowledged", "at": "2026-11-01T12:05:00Z", "by": "Mo"}
    assert len({checked(line).key for line in (ALERT, seen)}) == 2
    raised, answered = entries("Possum", [seen, ALERT], "attic", "cellar").alerts
    assert (raised.id, raised.box) == ("losing_weight-39y-20261101T120000Z@attic", "attic")
    assert (raised.baby, raised.t_s - raised.since) == ("Possum", 3600.0)
    assert (answered.state, answered.by) == ("acknowledged", "Mo")
    for wrong in ({"since": "once"}, {"kind": "hungry"}, {"title": "x" * 1001}):
        with pytest.raises(CommandError):
            checked(ALERT | wrong)


def test_what_comes_home_has_its_own_id_again() -> None:
    assert marked("39z", "attic", "cellar") == "39z@attic"
    assert marked("39z@attic", "cellar", "attic") == "39z"
    assert marked("39z@attic", "cellar", "roof") == "39z@attic"


def test_the_digest_is_of_the_whole_and_not_of_its_order() -> None:
    who = {"id": "39y", "name": "Possum"}
    other = WEIGHING | {"id": "39x"}
    whole = digest(who, [WEIGHING, other])
    assert digest(who, [dict(reversed(other.items())), WEIGHING]) == whole
    assert digest(who, [WEIGHING]) != whole
    assert digest(who | {"name": "Opossum"}, [WEIGHING, other]) != whole
    assert digest(who, [WEIGHING | {"weight_g": 112.5}, other]) != whole


def test_a_baby_is_described_and_understood() -> None:
    baby = Baby(
        id="39y", name="Possum", species="puppy", born="2026-10-30", weight_g=98.0,
        also_nurses=True, registered_s=1_790_000_000.5,
    )  # fmt: skip
    assert baby_of(described(baby)) == baby


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "a b"}, {"id": "x" * 201}, {"at": "yesterday"}, {"weight_g": -1.0},
        {"weight_g": 1e9}, {"weight_g": "heavy"}, {"move": "thrown"}, {"confidence": 2.0},
        {"what": "cry"}, {"what": None}, {"later": 1.0}, {"origin": "cloud"},
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        checked(WEIGHING | wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a\nb"}, {"name": " "}, {"name": "nobody"}, {"id": ""}, {"id": "\x1b[2J"},
        {"species": "human"}, {"born": "soon"}, {"weight_g": 0.0}, {"registered_at": "soon"},
        {"owner": "me"},
    ],
)  # fmt: skip
def test_a_baby_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        baby_of({"id": "39y", "name": "Possum", "species": "puppy"} | wrong)
