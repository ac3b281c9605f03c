"""Too little in half a day or a day, though every bottle was passable."""

from __future__ import annotations

import pytest

from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.low_intake import low_intake
from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import shipped
from monitor.events import Baby, CannotJudge, Closed, Condition, HandFeed, Weighing
from monitor.times import DAY_S, HOUR_S

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T0 = 1_773_100_800.0  # 2026-03-10T00:00:00Z
BORN = "2026-03-02"


def record_of(
    share: float, *, bottles: int = 10, every_h: float = 3.0, gain_pct_day: float = 0.0, **about
) -> BabyRecord:
    """A kitten of 200 g that takes this share of its weight in every bottle."""
    record = BabyRecord(baby=Baby(
        **{"id": "ash", "name": "Ash", "species": "kitten", "born": BORN, **about}
    ))  # fmt: skip
    for k in range(bottles):
        t_s = T0 + k * every_h * HOUR_S
        before_g = 200.0 * (1.0 + gain_pct_day / 100.0 * (t_s - T0) / DAY_S)
        for move, at, g in (("lift", t_s, before_g),
                            ("return", t_s + 600.0, before_g * (1.0 + share))):  # fmt: skip
            record.put(Weighing(step_id=f"{move}{k}", t_s=at, baby="Ash", weight_g=g, sigma_g=0.3,
                                move=move))  # fmt: skip
    record.refresh(REFERENCE)
    return record


def said(record: BabyRecord, hours: float = 27.5, *, away=False, seen_from_h: float | None = -1.0):
    seen_from_s = None if seen_from_h is None else T0 + seen_from_h * HOUR_S
    return low_intake(
        record, REFERENCE, T0 + hours * HOUR_S, away=away, seen_from_s=seen_from_s
    )  # fmt: skip


def test_bottles_that_are_passable_one_by_one_and_too_little_together_are_told():
    told = said(record_of(0.014))
    assert isinstance(told, Condition)
    assert (told.kind, told.severity, told.baby) == ("low_intake", "warning", "Ash")
    assert told.message == (
        "Ash drank 22 ml in 24 h and needs 41 to 59 ml. Offer a bottle now and more often, keep "
        "it warm; if it drinks no more, call your vet."
    )


def test_half_a_day_is_enough_when_it_drinks_less_than_half():
    told = said(record_of(0.011, bottles=5), 12.5)
    assert isinstance(told, Condition)
    assert told.message.startswith("Ash drank 9 ml in 12 h and needs 20 to 29 ml.")
    assert said(record_of(0.016, bottles=5), 12.5) is None


@pytest.mark.parametrize("share", [0.02, 0.03, 0.045])
def test_enough_is_nothing_to_tell(share):
    assert said(record_of(share)) is None


def test_one_that_gains_as_others_do_has_drunk_more_than_was_seen():
    assert said(record_of(0.014, gain_pct_day=8.0)) is None


def test_what_nobody_has_seen_is_not_judged():
    record = record_of(0.014)
    assert said(record, seen_from_h=None) is None
    assert said(record, seen_from_h=16.0) is None  # the scale was blind until then
    record.tell(HandFeed(step_id="f", t_s=T0 + 20.0 * HOUR_S))  # nobody knows how much
    record.refresh(REFERENCE)
    assert said(record) is None


def test_bottles_that_were_perhaps_given_in_the_nest_are_not_counted_as_missing():
    assert isinstance(said(record_of(0.014)), Condition)
    assert said(record_of(0.03, bottles=5, every_h=6.5)) is None


def test_a_night_in_a_carrier_is_not_judged():
    record = record_of(0.014)
    for move, hours in (("lift", 16.2), ("return", 17.8)):
        record.put(Weighing(step_id=f"away-{move}", t_s=T0 + hours * HOUR_S, baby="Ash",
                            weight_g=200.0, sigma_g=0.3, move=move))  # fmt: skip
    record.refresh(REFERENCE)
    assert said(record) is None


def test_one_that_nurses_as_well_is_never_told_of():
    for share in (0.014, 0.0):
        told = said(record_of(share, also_nurses=True))
        assert isinstance(told, Closed)
        assert told.why == "Ash nurses, too: how much it drinks is not known."


def test_one_that_eats_solids_is_not_measured_by_its_milk():
    old = "2026-02-08"  # day 30
    assert said(record_of(0.012, born=old)) is None
    assert said(record_of(0.014, weaning=True)) is None
    assert isinstance(said(record_of(0.014, born=old, weaning=False)), Condition)


def test_somebody_who_has_it_may_feed_it():
    assert said(record_of(0.03), away=True) is None
    told = said(record_of(0.001), away=True)
    assert isinstance(told, Closed)


def test_two_refused_bottles_are_said_as_such():
    record = record_of(0.014)
    for k, hours in enumerate((30.0, 33.0)):
        for move, at in (("lift", hours), ("return", hours + 0.1)):
            record.put(Weighing(step_id=f"{move}-{k}", t_s=T0 + at * HOUR_S, baby="Ash",
                                weight_g=200.0, sigma_g=0.3, move=move))  # fmt: skip
    record.refresh(REFERENCE)
    told = said(record, 33.2)
    assert isinstance(told, Condition)
    assert told.message.startswith("Ash took next to nothing in 2 bottles in a row")


def test_after_half_a_day_without_a_bottle_nobody_can_tell():
    told = said(record_of(0.014), 42.0)
    assert isinstance(told, CannotJudge)


def test_enough_again_is_the_end_of_it():
    record = record_of(0.014)
    for k in range(6):
        t_s = T0 + (30.0 + 3.0 * k) * HOUR_S
        record.tell(HandFeed(step_id=f"more-{k}", t_s=t_s, g=8.0))
    record.refresh(REFERENCE)
    assert said(record, 45.5) is None
