from __future__ import annotations

import msgspec
import pytest

from monitor.core.growth.assessment import assess
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.growth.trend import Point
from monitor.data.shipped import shipped
from monitor.events import Baby, HandFeed, Weighing
from monitor.times import DAY_S, HOUR_S, midnight_utc_s

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T0 = midnight_utc_s("2026-03-10")


def weighing(hour: float, grams: float, move=None, step_id: str = "", **how) -> Weighing:
    return Weighing(
        step_id=step_id or f"{move}{hour}",
        t_s=T0 + hour * HOUR_S,
        baby="A",
        weight_g=grams,
        sigma_g=how.pop("sigma_g", 0.3),
        move=move,
        **how,
    )


def record_of(*weighings: Weighing, **baby) -> BabyRecord:
    how = {"born": "2026-03-02"} | baby
    record = BabyRecord(baby=Baby(id="a", name="A", species="kitten", **how))
    for each in weighings:
        record.put(each)
    record.refresh(REFERENCE)
    return record


def bottle(hour: float, net_g: float = 9.0, grams: float = 200.0, **how) -> list[Weighing]:
    """Out at an hour, back ten minutes later."""
    return [
        weighing(hour, grams, "lift", **how),
        weighing(hour + 1 / 6, grams + net_g, "return", **how),
    ]


def points(record: BabyRecord) -> list[tuple[float, float]]:
    return [((p.t_s - T0) / HOUR_S, p.g) for p in record.points()]


# ------------------------------------------------------------------ the list of weighings


def test_weighings_are_kept_by_their_time_and_those_of_one_moment_as_they_came():
    record = record_of(
        weighing(3, 203.0, step_id="c"),
        weighing(1, 201.0, step_id="a"),
        weighing(2, 202.0, step_id="b"),
        weighing(2, 202.5, step_id="later"),
    )
    assert [w.step_id for w in record.weighings] == ["a", "b", "later", "c"]
    assert record.latest.weight_g == 203.0
    assert record.weight_g == 203.0


def test_a_step_told_again_replaces_what_was_told_of_it():
    record = record_of(weighing(1, 201.0, step_id="x"), weighing(2, 202.0, step_id="y"))
    record.put(weighing(1, 211.0, step_id="x"))
    assert [(w.step_id, w.weight_g) for w in record.weighings] == [("x", 211.0), ("y", 202.0)]


def test_a_weighing_is_dropped_by_its_step():
    record = record_of(*(weighing(k, 200.0 + k, step_id=f"{k}") for k in range(4)))
    assert record.drop("0")
    assert record.drop("2")
    assert not record.drop("2")
    assert not record.drop("none")
    assert [w.step_id for w in record.weighings] == ["1", "3"]


def test_four_hundred_weighings_are_kept_and_the_oldest_fifty_go():
    record = BabyRecord(baby=Baby(id="a", name="A", species="kitten"))
    for k in range(400):
        record.put(weighing(k, 200.0, step_id=f"{k}"))
    assert len(record.weighings) == 400
    record.put(weighing(400, 200.0, step_id="400"))
    assert len(record.weighings) == 351
    assert record.weighings[0].step_id == "50"


def test_one_never_weighed_has_the_weight_it_was_registered_with():
    assert record_of().weight_g is None
    assert record_of(weight_g=150.0).weight_g == 150.0
    assert record_of(weight_g=150.0).latest is None
    assert record_of().here
    assert not record_of(retired_s=T0).here


# ------------------------------------------------------------------ age


def test_a_day_of_birth_is_taken_as_its_noon():
    record = record_of(born="2026-03-02")
    assert record.age_day(midnight_utc_s("2026-03-02") + 12 * HOUR_S) == 0.0
    assert record.age_day(midnight_utc_s("2026-03-02")) == 0.0
    assert record.age_day(midnight_utc_s("2026-03-10")) == pytest.approx(7.5)
    assert record_of(born=None).age_day(T0) is None
    assert record_of(born="soon").age_day(T0) is None


def test_a_known_age_is_used_and_an_unknown_one_grows_from_the_first_weight():
    known = record_of().expected(REFERENCE, T0)
    assert (known.age_day, known.age_known) == (7.5, True)
    record = record_of(weighing(0, 130.0), weighing(48, 160.0), born=None)
    kitten = record.baby
    first = REFERENCE.expected(kitten, None, 130.0).age_day
    later = record.expected(REFERENCE, T0 + 3 * DAY_S)
    assert later.age_day == pytest.approx(first + 3.0)
    assert not later.age_known
    assert later.weight_g == REFERENCE.expected(kitten, first + 3.0, 160.0).weight_g
    assert record.expected(REFERENCE, T0 - DAY_S).age_day == pytest.approx(first)


def test_an_age_nobody_knows_without_a_weighing_is_read_off_the_registered_weight():
    record = record_of(born=None, weight_g=130.0)
    kitten = record.baby
    assert record.expected(REFERENCE, T0) == REFERENCE.expected(kitten, None, 130.0)


# ------------------------------------------------------------------ feeds


def test_out_and_back_is_a_feed():
    lift = weighing(1, 200.0, "lift", sigma_g=0.3)
    back = weighing(1.25, 208.0, "return", sigma_g=0.4, step_id="back")
    (feed,) = record_of(lift, back).feeds
    assert (feed.t_s, feed.net_g, feed.out_s) == (back.t_s, 8.0, 900.0)
    assert (feed.weight_g, feed.step_id) == (200.0, "back")
    assert feed.sigma_g == pytest.approx(0.5)


def test_a_return_belongs_to_the_lift_just_before_it():
    lift, again = weighing(0, 190.0, "lift"), weighing(1, 200.0, "lift")
    back = weighing(1.5, 205.0, "return")
    (feed,) = record_of(lift, again, back, weighing(2, 206.0, "return")).feeds
    assert (feed.net_g, feed.out_s) == (5.0, 1800.0)
    assert record_of(back).feeds == []


def test_a_weight_by_hand_between_out_and_back_changes_no_feed():
    (feed,) = record_of(
        weighing(1, 200.0, "lift"), weighing(1.1, 203.0), weighing(1.25, 208.0, "return")
    ).feeds
    assert feed.net_g == 8.0


def test_out_for_more_than_six_hours_is_no_single_bottle():
    lift = weighing(0, 200.0, "lift")
    assert len(record_of(lift, weighing(6, 210.0, "return")).feeds) == 1
    assert record_of(lift, weighing(6.001, 210.0, "return")).feeds == []


@pytest.mark.parametrize("half", [0, 1])
def test_one_half_said_to_be_a_weighing_makes_both_no_bottle(half):
    moves = bottle(0)
    moves[half] = msgspec.structs.replace(moves[half], only_weighed=True)
    assert record_of(*moves).feeds == []


# ------------------------------------------------------------------ pre-feed weights


def test_lifts_and_weights_by_hand_are_points_and_returns_are_not():
    record = record_of(*bottle(0), weighing(4, 212.0, sigma_g=1.5), weighing(5, 203.0, "lift"))
    assert record.points() == [
        Point(T0, 200.0, 0.3, typed=False),
        Point(T0 + 4 * HOUR_S, 212.0, 1.5, typed=True),
        Point(T0 + 5 * HOUR_S, 203.0, 0.3, typed=False),
    ]


def test_a_lift_within_75_minutes_of_a_bottle_is_no_point():
    back_h = 1 / 6
    soon, late = back_h + 1.249, back_h + 1.2501
    assert points(record_of(*bottle(0), weighing(soon, 205.0, "lift"))) == [(0, 200.0)]
    assert len(points(record_of(*bottle(0), weighing(late, 205.0, "lift")))) == 2
    assert len(points(record_of(*bottle(0), weighing(soon, 205.0)))) == 2


def test_a_lift_soon_after_a_bottle_that_was_none_is_a_point():
    assert len(points(record_of(*bottle(0, 0.1), weighing(0.5, 201.0, "lift")))) == 2
    unclear = bottle(0, 1.0, sigma_g=3.0)
    assert len(points(record_of(*unclear, weighing(0.5, 201.0, "lift")))) == 1


def test_every_bottle_keeps_the_lift_after_it_away():
    record = record_of(
        *bottle(0),
        *bottle(3, grams=203.0),
        weighing(3.5, 209.0, "lift"),
        weighing(6, 207.0, "lift"),
    )
    assert points(record) == [(0, 200.0), (3, 203.0), (6, 207.0)]


def test_a_weight_whose_time_is_a_guess_is_no_point():
    assert points(record_of(weighing(0, 200.0, stamp="guess"), weighing(1, 201.0))) == [(1, 201.0)]
    assert points(record_of(weighing(0, 200.0, "lift", stamp="person"))) == [(0, 200.0)]


def test_a_rough_lift_is_no_point_and_a_rough_weight_by_hand_is():
    assert points(record_of(weighing(0, 200.0, "lift", sigma_g=4.0))) == [(0, 200.0)]
    assert points(record_of(weighing(0, 200.0, "lift", sigma_g=4.1))) == []
    assert points(record_of(weighing(0, 200.0, sigma_g=4.1))) == [(0, 200.0)]


@pytest.mark.parametrize(
    ("grams", "kept"),
    [
        ((200, 205, 323, 210, 215), [200, 205, 210, 215]),  # more than half as much again
        ((200, 205, 322, 210, 215), [200, 205, 322, 210, 215]),
        ((200, 205, 133, 210, 215), [200, 205, 210, 215]),
        ((200, 205, 134, 210, 215), [200, 205, 134, 210, 215]),
        ((2000, 205, 208), [205, 208]),
        ((200, 205, 2080), [200, 205]),
        ((200, 2080), [200, 2080]),  # nobody knows which of two is wrong
        ((200, 205, 400, 410, 420), [200, 205, 400, 410, 420]),  # nobody is alone
        # each of two wrong ones is the other's witness
        ((200, 2040, 205, 2100, 210), [200, 2040, 205, 2100, 210]),
    ],
)
def test_a_weight_that_all_its_neighbours_contradict_by_half_is_left_out(grams, kept):
    record = record_of(*(weighing(24 * k, float(g)) for k, g in enumerate(grams)))
    assert [g for _, g in points(record)] == kept


# ------------------------------------------------------------------ worries


def by_day(*grams: float) -> list[BabyRecord]:
    """The record after each of these, weighed by hand once a day."""
    after, record = [], record_of()
    for k, g in enumerate(grams):
        record.put(weighing(24 * k, g))
        record.refresh(REFERENCE)
        after.append(msgspec.structs.replace(record))
    return after


def test_a_worry_has_the_time_and_the_numbers_of_its_first_and_last_weight():
    after = by_day(200, 212, 201, 198)
    assert after[1].concern_since_s is None
    assert after[1].last_concern is None
    assert after[2].concern_since_s == T0 + 48 * HOUR_S
    assert after[3].concern_since_s == T0 + 48 * HOUR_S
    assert after[3].last_concern_s == T0 + 72 * HOUR_S
    assert after[3].last_concern.weight_g == 198.0


def test_a_worry_ends_after_two_clean_weights_that_are_ten_hours_from_it():
    record = by_day(200, 212, 196)[-1]
    ended = []
    for hour, grams in ((54.0, 215.0), (57.9, 216.0), (63.9, 217.0), (64.0, 218.0)):
        record.put(weighing(hour, grams))
        record.refresh(REFERENCE)
        ended.append(record.concern_since_s is None)
    assert record.last_concern_s == T0 + 54 * HOUR_S
    assert ended == [False, False, False, True]
    assert record.last_concern is None


def test_the_same_weight_looked_at_again_is_not_a_second_clean_one():
    record = by_day(200, 212, 196, 214)[-1]
    for _ in range(3):
        record.refresh(REFERENCE)
    assert record.concern_since_s == T0 + 48 * HOUR_S
    record.put(weighing(96, 224.0))
    record.refresh(REFERENCE)
    assert record.concern_since_s is None


def test_a_new_loss_between_two_clean_weights_counts_from_one_again():
    record = by_day(200, 212, 196, 214, 200)[-1]
    for k, grams in ((5, 214.0), (6, 224.0), (7, 234.0)):
        assert record.concern_since_s == T0 + 48 * HOUR_S
        record.put(weighing(24 * k, grams))
        record.refresh(REFERENCE)
    assert record.concern_since_s is None


def test_a_record_without_weights_has_no_report_and_no_worry():
    record = by_day(200, 212, 201)[-1]
    for each in list(record.weighings):
        record.drop(each.step_id)
    record.refresh(REFERENCE)
    assert (record.report, record.concern_since_s, record.clean) == (None, None, 0)


def test_growth_is_judged_by_the_reference_for_its_age():
    record = by_day(200, 212)[-1]
    expected = record.expected(REFERENCE, T0 + DAY_S)
    gain_pct = 100.0 * expected.gain_g_per_day[1] / expected.weight_g[1]
    assert record.report == assess(record.points(), "kitten", 8.5, gain_pct)


# ------------------------------------------------------------------ the document


def test_the_next_bottle_is_due_one_interval_after_the_last_that_was_one():
    assert record_of().due_s(REFERENCE) is None
    record = record_of(*bottle(0), *bottle(4, 0.1))
    assert record.due_s(REFERENCE) == pytest.approx(T0 + HOUR_S / 6 + 3.5 * HOUR_S, abs=60)
    assert record_of(*bottle(0), *bottle(4)).due_s(REFERENCE) > T0 + 7 * HOUR_S


def test_a_weight_told_at_registration_is_shown_as_told_until_the_first_weighing():
    told = record_of(weight_g=112.0, registered_s=T0).status(T0 + 60, REFERENCE, in_box=None)
    assert (told.weight_g, told.weighed_at) == (None, None)
    assert (told.told_weight_g, told.told_at) == (112.0, T0)
    nothing = record_of(registered_s=T0).status(T0 + 60, REFERENCE, in_box=None)
    assert (nothing.told_weight_g, nothing.told_at) == (None, None)
    weighed = record_of(weighing(1, 113.0), weight_g=112.0, registered_s=T0)
    status = weighed.status(T0 + 2 * HOUR_S, REFERENCE, in_box=None)
    assert (status.weight_g, status.told_weight_g, status.told_at) == (113.0, None, None)


def test_the_document_of_a_baby():
    record = record_of(weighing(-24, 190.0), *bottle(0), *bottle(4, 8.0, grams=203.0))
    status = record.status(T0 + 5 * HOUR_S, REFERENCE, in_box=True)
    assert (status.name, status.species, status.in_box) == ("A", "kitten", True)
    assert (status.weight_g, status.weighed_at) == (211.0, T0 + (4 + 1 / 6) * HOUR_S)
    assert (status.last_feed_g, status.last_feed_at) == (8.0, status.weighed_at)
    assert status.intake_24h_g == pytest.approx(17.0)
    assert status.gain_24h_g == record.report.gain_24h_g
    assert status.gain_24h_pct == record.report.gain_24h_pct
    assert status.verdict == record.report.verdict == "gaining"
    assert status.bottle_due_at == record.due_s(REFERENCE)


def test_what_is_not_known_of_a_baby_is_empty():
    status = record_of(weight_g=150.0, born=None).status(T0, REFERENCE, in_box=None)
    assert status.verdict == "not_enough_data"
    known = {k for k in status.__struct_fields__ if getattr(status, k) is not None}
    assert known == {"name", "species", "verdict", "told_weight_g"}


def test_the_document_says_what_a_growth_curve_needs():
    known = record_of(adult_weight_kg=12.0).status(T0, REFERENCE, in_box=None)
    assert (known.born, known.adult_weight_kg) == ("2026-03-02", 12.0)


def test_without_a_clock_nothing_is_said_per_day():
    record = record_of(weighing(-24, 190.0), *bottle(0))
    status = record.status(T0 + HOUR_S, REFERENCE, in_box=False, clock_known=False)
    assert (status.gain_24h_g, status.gain_24h_pct, status.intake_24h_g) == (None, None, None)
    assert status.verdict == "not_enough_data"
    assert (status.weight_g, status.last_feed_g, status.in_box) == (209.0, 9.0, False)


def test_the_intake_of_a_day_is_that_of_bottles_whose_size_is_known():
    back_s = T0 + HOUR_S / 6
    record = record_of(*bottle(0), *bottle(4, 20.0, sigma_g=5.0))
    assert record.status(back_s + DAY_S - 1, REFERENCE, in_box=None).intake_24h_g == 9.0
    assert record.status(back_s + DAY_S, REFERENCE, in_box=None).intake_24h_g is None
    status = record.status(back_s, REFERENCE, in_box=None)
    assert status.last_feed_g is None
    assert status.last_feed_at == T0 + (4 + 1 / 6) * HOUR_S


# ------------------------------------------------------------------ a restart


def test_a_snapshot_carries_the_last_sixteen_and_the_journal_gives_the_rest():
    everything = [weighing(3 * k, 200.0 + k, step_id=f"{k}") for k in range(40)]
    record = record_of(*everything)
    light = record.light()
    assert [w.step_id for w in light.weighings] == [f"{k}" for k in range(24, 40)]
    assert light.feeds == []
    light.recall(everything, REFERENCE)
    assert light.weighings == record.weighings
    assert light.report == record.report


def test_of_bottles_told_by_hand_the_journal_gives_what_the_snapshot_left_out():
    record = record_of(weighing(0, 200.0))
    told = [HandFeed(step_id=f"f{k}", t_s=T0 + 3 * k * HOUR_S, g=8.0) for k in range(60)]
    for feed in told[5:]:  # the first five were taken back
        record.tell(feed)
    light = record.light()
    assert len(light.by_hand) == 24
    light.recall(record.weighings, REFERENCE, told[5:])
    assert light.by_hand == record.by_hand
    few = record_of(weighing(0, 200.0))
    few.tell(told[59])
    few.recall(few.weighings, REFERENCE, told)  # all others were taken back meanwhile
    assert few.by_hand == [told[59]]


def test_a_snapshot_with_less_than_sixteen_has_them_all():
    everything = [weighing(3 * k, 200.0 + k, step_id=f"{k}") for k in range(20)]
    record = record_of(*everything[-15:])
    record.recall(everything, REFERENCE)
    assert len(record.weighings) == 15
