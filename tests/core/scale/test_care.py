"""What people tell of care, and what follows from it."""

from __future__ import annotations

import pytest

from monitor.core.scale.care import Care
from monitor.core.scale.care_state import CareState
from monitor.core.scale.hypothesis import step_id
from monitor.errors import CommandError
from monitor.events import Command, Feed, Note
from monitor.times import DAY_S, HOUR_S, rfc3339
from tests.asking import asked
from tests.core.scale.test_corrections import REFERENCE, T0, Nursery


class Cared(Nursery):
    """Two kittens and what is told of them."""

    def __init__(self) -> None:
        super().__init__()
        self.care = Care(CareState(), self.claims, self.roster, REFERENCE)

    def tell(self, verb: str, after_s: float = 0.0, **args):
        command: Command = asked(T0 + after_s, verb, args)
        if verb == "feed":
            return self.care.feed(command.request, command.t_s)[0]
        return self.care.note(command.request, command.t_s)

    def untold(self, verb: str, **args) -> str:
        with pytest.raises(CommandError) as error:
            self.tell(verb, **args)
        return str(error.value)

    def status(self, after_s: float = 60.0, baby: int = 0):
        return self.claims.records[baby].status(T0 + after_s, REFERENCE, in_box=True)


def test_a_bottle_that_is_told_of_starts_the_clock_and_counts_for_the_intake():
    nursery = Cared()
    assert nursery.tell("feed", baby="Ash", grams=8.0, how="tube") == [
        Feed(
            t_s=T0, baby="Ash", net_g=8.0, sigma_g=None, out_s=None,
            step_id=f"{step_id(T0)}-ash-feed", origin="typed", how="tube",
        )
    ]  # fmt: skip
    status = nursery.status()
    assert (status.last_feed_at, status.last_feed_g, status.intake_24h_g) == (T0, 8.0, 8.0)
    assert status.bottle_due_at is not None
    assert T0 + HOUR_S < status.bottle_due_at < T0 + 6 * HOUR_S


def test_a_bottle_without_an_amount_counts_for_the_rhythm_only():
    nursery = Cared()
    nursery.tell("feed", baby="Ash")
    status = nursery.status()
    assert (status.last_feed_at, status.last_feed_g, status.intake_24h_g) == (T0, None, None)
    assert status.bottle_due_at is not None


def test_a_bottle_is_told_of_later_with_its_own_time():
    nursery = Cared()
    (fed,) = nursery.tell("feed", 3 * HOUR_S, baby="Ash", at=rfc3339(T0 + HOUR_S))
    assert (fed.t_s, fed.stamp) == (T0 + HOUR_S, "person")


@pytest.mark.parametrize(
    ("at_s", "says"), [(2 * HOUR_S, "not come yet"), (-500 * DAY_S, "more than a year ago")]
)
def test_a_time_that_cannot_be_meant_is_refused(at_s, says):
    for verb, args in (("feed", {}), ("note", {"kind": "stool"})):
        assert says in Cared().untold(verb, baby="Ash", at=rfc3339(T0 + at_s), **args)


def test_a_note_is_about_one_baby_or_about_all():
    nursery = Cared()
    assert nursery.tell("note", baby="ash", kind="temperature_c", value=37.9) == [
        Note(
            t_s=T0, step_id=f"{step_id(T0)}-ash-temperature_c", baby="Ash",
            kind="temperature_c", value=37.9,
        )
    ]  # fmt: skip
    (carer,) = nursery.tell("note", kind="carer", text="Mo takes over")
    assert (carer.baby, carer.text) == (None, "Mo takes over")


def test_two_notes_of_one_kind_at_one_time_are_two():
    nursery = Cared()
    told = [nursery.tell("note", baby="Ash", kind="medicine", value=v)[0] for v in ("a", "b")]
    assert len({note.step_id for note in told}) == 2


def test_nobody_unknown_is_fed_or_noted():
    nursery = Cared()
    assert "no baby called 'Zed'" in nursery.untold("feed", baby="Zed")
    assert "no baby called 'Zed'" in nursery.untold("note", baby="Zed", kind="vet")


def test_as_much_as_usual_is_the_middle_of_its_last_bottles():
    nursery = Cared()
    usual = []
    for hour, g in enumerate((9.0, 7.0, 8.5)):
        usual.append(nursery.tell("feed", hour * HOUR_S, baby="Ash", usual=True)[0].net_g)
        nursery.tell("feed", hour * HOUR_S + 60.0, baby="Ash", grams=g)
    assert usual == [None, None, 8.0]


def test_an_amount_that_no_stomach_holds_is_questioned_and_says_how_to_insist():
    nursery = Cared()
    said = nursery.untold("feed", baby="Ash", grams=80.0)
    assert said == (
        "80 g for Ash, who weighs 200 g: a full bottle is about 9 g. Check the number, or confirm "
        'it (--confirm, or "confirm": true)'
    )
    (fed,) = nursery.tell("feed", baby="Ash", grams=80.0, confirm=True)
    assert fed.net_g == 80.0
    nursery.tell("feed", baby="Ash", grams=20.0)


def test_a_correction_to_more_than_a_baby_can_hold_is_doubted_like_a_bottle():
    nursery = Cared()
    (fed,) = nursery.tell("feed", baby="Ash", grams=8.0)
    wrong = asked(T0, "correct", {"step_id": fed.step_id, "grams": 80.0})
    with pytest.raises(CommandError, match="80 g for Ash, who weighs 200 g"):
        nursery.care.correct(wrong.request)
    assert nursery.status().last_feed_g == 8.0  # nothing changed
    meant = {"step_id": fed.step_id, "grams": 80.0, "confirm": True}
    nursery.care.correct(asked(T0, "correct", meant).request)
    assert nursery.status().last_feed_g == 80.0
