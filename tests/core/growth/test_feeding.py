from __future__ import annotations

import pytest

from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.conditions import phrase
from monitor.core.growth.feeding import FeedRecord, intake, interval_s, joined, poor_run
from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import shipped
from monitor.events import Baby, Weighing
from monitor.times import HOUR_S

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T0 = 1_700_000_000.0


def feed(at_h: float, net_g: float, *, weight_g: float = 200.0, out_s: float = 600.0) -> FeedRecord:
    return FeedRecord(
        t_s=T0 + at_h * HOUR_S,
        net_g=net_g,
        sigma_g=0.4,
        out_s=out_s,
        weight_g=weight_g,
        step_id=f"f{at_h}",
    )


def record_with(*at_h: float, net_g: float = 9.0, name: str = "Kangaroo") -> BabyRecord:
    record = BabyRecord(baby=Baby(id=name, name=name, species="kitten", born="2023-11-07"))
    for k, hour in enumerate(at_h):
        for move, back, grams in (("lift", 0.0, 200.0), ("return", 600.0, 200.0 + net_g)):
            record.put(
                Weighing(
                    step_id=f"{move}{k}",
                    t_s=T0 + hour * HOUR_S + back,
                    baby=name,
                    weight_g=grams,
                    sigma_g=0.3,
                    move=move,
                )
            )
    record.refresh(REFERENCE)
    return record


@pytest.mark.parametrize(
    ("net_g", "out_s", "kind"),
    [(9.0, 600.0, "fed"), (0.3, 600.0, "poor"), (-2.0, 600.0, "poor"), (0.0, 40.0, "none")],
)
def test_what_counts_as_a_bottle(net_g, out_s, kind):
    assert intake(feed(0.0, net_g, out_s=out_s)) == kind


def test_the_net_intake_carries_its_uncertainty():
    record = record_with(0.0).feeds[0]
    assert record.net_g == pytest.approx(9.0)
    assert record.sigma_g == pytest.approx(0.3 * 2**0.5)
    assert record.out_s == pytest.approx(600.0)


def test_the_rhythm_starts_from_the_reference_and_moves_to_its_own():
    expected = REFERENCE.expected(Baby(id="a", name="A", species="kitten"), 8.0, 200.0)
    assert interval_s([], expected) == pytest.approx(3.5 * HOUR_S)
    own = [feed(2.5 * k, 9.0) for k in range(9)]
    assert 2.6 * HOUR_S < interval_s(own, expected) < 3.1 * HOUR_S


def test_a_poor_bottle_does_not_count_as_the_last_one():
    good, poor = record_with(0.0), record_with(0.0, net_g=0.2)
    assert good.due_s(REFERENCE) > T0 + 2 * HOUR_S
    assert poor.due_s(REFERENCE) is None


def test_poor_bottles_in_a_row():
    feeds = [feed(0, 9.0), feed(3, 0.1), feed(6, -1.0)]
    assert [f.step_id for f in poor_run(feeds)] == ["f3", "f6"]
    assert poor_run([*feeds, feed(9, 8.0)]) == []


def test_taken_out_again_soon_after_a_bottle_is_no_poor_bottle():
    assert poor_run([feed(0, 9.0), feed(0.5, 0.0)]) == []
    assert len(poor_run([feed(0, 9.0), feed(3.0, 0.0)])) == 1


def test_the_context_of_a_cry():
    record = record_with(0.0)
    fed_s = T0 + 600.0
    due_s = record.due_s(REFERENCE)
    assert phrase([record], fed_s + 600.0, REFERENCE)[0] == "just_fed"
    context, words = phrase([record], fed_s + 4080.0, REFERENCE)
    assert (context, words) == ("unexplained", "68 min after Kangaroo's full feed")
    context, words = phrase([record], due_s + 1200.0, REFERENCE)
    assert (context, words) == ("bottle_due", "Kangaroo's bottle was due 20 min ago")
    assert phrase([record_with()], T0, REFERENCE)[0] == "unexplained"


def test_just_fed_only_when_everyone_was():
    fed, hungry = record_with(0.0), record_with(-2.0, name="Possum")
    assert phrase([fed, hungry], T0 + 900.0, REFERENCE)[0] == "unexplained"


def told(hour: float, g: float | None) -> FeedRecord:
    """A bottle that a person told of."""
    return FeedRecord(
        t_s=hour * HOUR_S, net_g=g, sigma_g=0.0, out_s=0.0, weight_g=200.0, step_id=f"t{hour}",
        by_hand=True,
    )  # fmt: skip


def seen(hour: float, g: float, sigma_g: float = 0.5, out_s: float = 600.0) -> FeedRecord:
    """A bottle that the scale saw."""
    return FeedRecord(
        t_s=hour * HOUR_S, net_g=g, sigma_g=sigma_g, out_s=out_s, weight_g=200.0, step_id=f"s{hour}"
    )


@pytest.mark.parametrize(
    ("record", "kind"), [(told(1, None), "fed"), (told(1, 8.0), "fed"), (told(1, 0.5), "poor")]
)
def test_a_bottle_that_was_told_of_is_taken_at_its_word(record: FeedRecord, kind: str) -> None:
    assert intake(record) == kind


def test_a_bottle_that_was_seen_and_told_of_is_one_with_the_grams_of_the_scale() -> None:
    for hour in (3.7, 3.9, 4.0, 4.24):
        assert joined([seen(4, 7.5)], [told(hour, 8.0)]) == [seen(4, 7.5)]
    two = joined([seen(4, 7.5)], [told(4.3, 8.0), told(1, None)])
    assert [f.step_id for f in two] == ["t1", "s4", "t4.3"]


@pytest.mark.parametrize("record", [seen(4, 0.2), seen(4, 3.0, sigma_g=9.0), seen(4, -1.0)])
def test_where_the_scale_saw_none_drunk_the_word_of_the_person_holds(record: FeedRecord) -> None:
    assert joined([record], [told(4, 8.0)]) == [told(4, 8.0)]
    assert joined([record], []) == [record]


def test_two_bottles_that_are_told_of_are_two() -> None:
    assert len(joined([], [told(4, 3.0), told(4.2, 4.0)])) == 2
