"""The sentences about one baby, and from which minute on they are said."""

from __future__ import annotations

import pytest

from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.conditions import ConcernWriter, Watch, phrase
from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import shipped
from monitor.events import Baby, CannotJudge, Condition, Weighing
from monitor.times import DAY_S, HOUR_S, midnight_utc_s

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T0 = midnight_utc_s("2026-03-10")
MIN_S = 60.0


def weighing(hour: float, grams: float, move=None, sigma_g: float = 0.3) -> Weighing:
    return Weighing(
        step_id=f"{move}{hour}", t_s=T0 + hour * HOUR_S, baby="A", weight_g=grams,
        sigma_g=sigma_g, move=move,
    )  # fmt: skip


def bottle(hour: float, net_g: float = 9.0, sigma_g: float = 0.3) -> list[Weighing]:
    """Back at this hour, out ten minutes before."""
    return [
        weighing(hour - 1 / 6, 200.0, "lift", sigma_g),
        weighing(hour, 200.0 + net_g, "return", sigma_g),
    ]


def record_of(*weighings: Weighing, name: str = "Ash", born: str = "2026-03-02", **how):
    record = BabyRecord(baby=Baby(id="ash", name=name, species="kitten", born=born, **how))
    for each in weighings:
        record.put(each)
    record.refresh(REFERENCE)
    return record


def watching(since_h: float = -10.0, **how) -> Watch:
    known = {"blind": False, "timed_since_s": 0.0, "maybe_fed_s": None, "out": False}
    return Watch(since_s=T0 + since_h * HOUR_S, **(known | how))


def said(record: BabyRecord, hour: float, kind: str, watch: Watch | None = None):
    """The one thing that is said of a kind; ``None``: nothing."""
    found = ConcernWriter(REFERENCE).baby(record, T0 + hour * HOUR_S, watch)
    of_kind = [each for each in found if each.kind == kind]
    assert len(of_kind) <= 1
    return of_kind[0] if of_kind else None


# ------------------------------------------------------------------ growth


def losing(now_g: float = 201.0) -> BabyRecord:
    record = record_of()
    for hour, grams in ((-48.0, 200.0), (-24.0, 212.0), (0.0, now_g)):
        record.put(weighing(hour, grams))
        record.refresh(REFERENCE)
    return record


def test_a_loss_in_words():
    condition = said(losing(), 1.0, "losing_weight")
    assert isinstance(condition, Condition)
    assert (condition.key, condition.baby, condition.severity) == ("ash", "Ash", "critical")
    assert condition.since_s == T0
    assert condition.title == "Ash is losing weight"
    assert condition.message == (
        "Ash: 201 g, 11 g (5.2 %) less than 24 h ago. "
        "Weigh again now; if it is true, call your vet."
    )
    assert condition.why == "lost 2.0 % or more"


def test_a_smaller_loss_is_weighed_again_before_the_next_bottle():
    condition = said(losing(206.0), 1.0, "losing_weight")
    assert condition.severity == "warning"
    assert condition.message == (
        "Ash: 206 g, 6 g (2.8 %) less than 24 h ago. "
        "Weigh again before the next bottle; if it stays so, call your vet."
    )


def test_no_gain_in_words():
    record = record_of()
    for k in range(3):
        record.put(weighing(24.0 * k, 200.0))
        record.refresh(REFERENCE)
    condition = said(record, 49.0, "not_gaining")
    assert condition.title == "Ash is not gaining"
    assert condition.kind == "not_gaining"


def test_a_worry_nobody_weighed_against_for_three_days_cannot_be_judged():
    assert isinstance(said(losing(), 72.0, "losing_weight"), Condition)
    unknown = said(losing(), 72.001, "losing_weight")
    assert isinstance(unknown, CannotJudge)
    assert (unknown.key, unknown.why) == ("ash", "not weighed for three days")


def test_a_thriving_baby_has_no_growth_condition():
    assert said(record_of(weighing(-24, 200.0), weighing(0, 212.0)), 1.0, "losing_weight") is None


# ------------------------------------------------------------------ low intake


def test_one_poor_bottle_is_mentioned():
    condition = said(record_of(*bottle(0, 0.4)), 1.0, "low_intake")
    assert isinstance(condition, Condition)
    assert (condition.severity, condition.key, condition.baby) == ("info", "ash", "Ash")
    assert condition.since_s == T0
    assert condition.title == "Ash is drinking little"
    assert condition.message == "Ash took +0.4 g in the last bottle. Offer it again in an hour."
    assert condition.why == (
        "net gain below 0.8 % of body weight while out; a full bottle adds 4 to 5 %"
    )


def test_two_poor_bottles_in_a_row_are_a_warning_since_the_first():
    record = record_of(*bottle(0, 0.4), *bottle(3, -1.2))
    condition = said(record, 4.0, "low_intake")
    assert condition.severity == "warning"
    assert condition.since_s == T0
    assert condition.message == (
        "Ash took next to nothing in 2 bottles in a row (-1.2 g in the last). "
        "Offer again, keep it warm, call your vet."
    )


def test_poor_bottles_of_one_that_loses_are_critical_from_the_second_on():
    record = losing()
    for number, severity in ((1, "info"), (2, "critical")):
        for each in bottle(3.0 * number, 0.1):
            record.put(each)
        record.pair_feeds()
        assert said(record, 7.0, "low_intake").severity == severity


def test_a_poor_bottle_is_judged_for_half_a_day():
    record = record_of(*bottle(0, 0.4))
    assert isinstance(said(record, 12.0, "low_intake"), Condition)
    unknown = said(record, 12.001, "low_intake")
    assert isinstance(unknown, CannotJudge)
    assert (unknown.key, unknown.why) == ("ash", "no bottle seen for half a day")
    assert said(record_of(*bottle(0, 9.0)), 1.0, "low_intake") is None


@pytest.mark.parametrize(("hour", "told"), [(0.2, True), (12.2, False)])
def test_from_five_weeks_on_one_poor_bottle_is_nothing(hour, told):
    # 35 days after noon of 2026-02-03 is noon of 2026-03-10
    once = record_of(*bottle(hour - 0.1, 0.4), born="2026-02-03")
    assert (said(once, hour, "low_intake") is not None) == told
    twice = record_of(*bottle(hour - 3, 0.4), *bottle(hour - 0.1, 0.4), born="2026-02-03")
    assert said(twice, hour, "low_intake").severity == "warning"


# ------------------------------------------------------------------ overdue
# A kitten of eight days has a bottle every 3.5 h by the reference; overdue is 30 % of that later.

DUE_H = 3.5 * 1.3


def test_an_overdue_bottle_in_words():
    record = record_of(*bottle(0))
    assert said(record, DUE_H - 0.01, "bottle_overdue", watching()) is None
    condition = said(record, DUE_H + 0.01, "bottle_overdue", watching())
    assert isinstance(condition, Condition)
    assert (condition.severity, condition.key, condition.baby) == ("warning", "ash", "Ash")
    assert condition.since_s == pytest.approx(T0 + DUE_H * HOUR_S)
    assert condition.title == "Ash's bottle is overdue"
    assert condition.message == (
        "Ash: last bottle seen 4 h 34 min ago, usually every 3 h 30 min. Feed now."
    )
    assert condition.why == "no return with a gain of 1 % or more within the usual gap and a margin"


def test_twice_the_gap_is_critical_for_a_newborn():
    record = record_of(*bottle(0))
    assert said(record, 6.99, "bottle_overdue", watching()).severity == "warning"
    condition = said(record, 7.0, "bottle_overdue", watching())
    assert condition.severity == "critical"
    assert condition.message == (
        "Ash: last bottle seen 7 h ago, usually every 3 h 30 min. "
        "At this age that is too long: feed now."
    )
    assert condition.why == (
        "no return with a gain of 1 % or more within the usual gap and a margin"
        "; more than 2 times the gap"
    )


@pytest.mark.parametrize(
    ("born", "times"),
    [
        ("2026-02-25", "2"),
        ("2026-02-23", "2.5"),
        ("2026-02-12", "2.5"),
        ("2026-02-09", "3"),
        ("2026-02-05", "3"),
    ],
)
def test_the_older_the_more_gaps_are_critical(born, times):
    record = record_of(*bottle(0), born=born)
    interval_h = (record.due_s(REFERENCE) - T0) / HOUR_S
    hour = float(times) * interval_h
    assert said(record, 0.9 * hour, "bottle_overdue", watching()).severity == "warning"
    condition = said(record, 1.1 * hour, "bottle_overdue", watching())
    assert condition.severity == "critical"
    assert condition.why.endswith(f"; more than {times} times the gap")


def test_one_that_is_out_may_be_fed_unseen():
    condition = said(record_of(*bottle(0)), 9.0, "bottle_overdue", watching(out=True))
    assert condition.severity == "warning"
    assert condition.message.endswith("Feed now.")


def test_without_any_bottle_the_watch_itself_is_the_beginning():
    record = record_of(weighing(-30, 200.0))
    assert said(record, -0.01 + DUE_H, "bottle_overdue", watching(0.0)) is None
    condition = said(record, 5.0, "bottle_overdue", watching(0.0))
    assert condition.message == "Ash: no bottle seen in 5 h, usually every 3 h 30 min. Feed now."
    assert condition.since_s == pytest.approx(T0 + DUE_H * HOUR_S)


def test_a_poor_bottle_is_none_and_an_unclear_one_counts():
    poor = record_of(*bottle(0), *bottle(2, 0.2))
    assert said(poor, 5.0, "bottle_overdue", watching()) is not None
    unclear = record_of(*bottle(0), *bottle(2, 1.0, sigma_g=3.0))
    assert said(unclear, 5.0, "bottle_overdue", watching()) is None
    assert said(unclear, 7.0, "bottle_overdue", watching()) is not None


def test_somebody_fed_who_may_have_been_it_counts():
    record = record_of(*bottle(0))
    maybe = watching(maybe_fed_s=T0 + 2 * HOUR_S)
    assert said(record, 6.0, "bottle_overdue", maybe) is None
    assert said(record, 6.6, "bottle_overdue", maybe) is not None
    earlier = watching(maybe_fed_s=T0 - 2 * HOUR_S)
    assert said(record, 4.5, "bottle_overdue", earlier) is None


def test_nothing_is_overdue_where_the_platform_was_never_read_or_they_eat_alone():
    assert said(record_of(*bottle(0)), 9.0, "bottle_overdue") is None
    weaned = record_of(*bottle(0), born="2026-02-03")
    assert said(weaned, 12.1, "bottle_overdue", watching()) is None
    assert said(record_of(*bottle(0), born="2026-02-04"), 12, "bottle_overdue", watching())


def test_a_scale_that_is_not_seen_cannot_say_that_a_bottle_is_overdue():
    unknown = said(record_of(*bottle(0)), 1.0, "bottle_overdue", watching(blind=True))
    assert isinstance(unknown, CannotJudge)
    assert (unknown.key, unknown.why) == ("ash", "the scale is not seen: no bottle would be")


def test_before_the_clock_is_set_nobody_knows_how_long_ago_a_bottle_was():
    record = record_of(*bottle(0))
    untimed = watching(timed_since_s=T0 + 1)
    unknown = said(record, 1.0, "bottle_overdue", untimed)
    assert isinstance(unknown, CannotJudge)
    assert (unknown.key, unknown.why) == ("ash", "the clock is not set")
    assert isinstance(said(record, 5.0, "bottle_overdue", untimed), Condition)
    assert said(record, 1.0, "bottle_overdue", watching(timed_since_s=T0)) is None


def test_a_short_rhythm_still_has_half_an_hour_of_grace():
    """A kitten of a day has a bottle every two and a half hours or so; 30 % would be less."""
    own = [each for k in range(10) for each in bottle(-1.6 * k)]
    record = record_of(*own, born="2026-03-09")
    due_h = (record.due_s(REFERENCE) - T0) / HOUR_S
    condition = said(record, due_h + 2, "bottle_overdue", watching(-30))
    grace_h = (condition.since_s - T0) / HOUR_S - due_h
    assert grace_h == pytest.approx(max(0.5, 0.3 * due_h), abs=0.02)


def test_nothing_is_so_since_before_the_baby_was_here():
    late = record_of(*bottle(0), registered_s=T0 + 5 * HOUR_S)
    assert said(late, 6.0, "bottle_overdue", watching()).since_s == T0 + 5 * HOUR_S
    early = record_of(*bottle(0), registered_s=T0 - DAY_S)
    assert said(early, 6.0, "bottle_overdue", watching()).since_s > T0
    assert isinstance(said(late, 6.0, "bottle_overdue", watching(blind=True)), CannotJudge)


# ------------------------------------------------------------------ the context of a cry


def context(hour: float, *records: BabyRecord) -> tuple[str, str]:
    return phrase(records, T0 + hour * HOUR_S, REFERENCE)


def test_a_cry_about_the_next_bottle():
    record = record_of(*bottle(0))
    due_h = (record.due_s(REFERENCE) - T0) / HOUR_S
    assert context(due_h - 0.26, record)[0] == "unexplained"
    assert context(due_h - 0.25, record) == ("bottle_due", "Ash's bottle is due in 15 min")
    assert context(due_h - 0.026, record) == ("bottle_due", "Ash's bottle is due in 2 min")
    assert context(due_h - 0.024, record) == ("bottle_due", "Ash's bottle is due now")
    assert context(due_h + 0.024, record) == ("bottle_due", "Ash's bottle is due now")
    assert context(due_h + 0.026, record) == ("bottle_due", "Ash's bottle was due 2 min ago")
    assert context(due_h + 2, record) == ("bottle_due", "Ash's bottle was due 2 h ago")


def test_a_cry_soon_after_a_feed():
    record = record_of(*bottle(0))
    assert context(0.5, record) == ("just_fed", "Ash was fed 30 min ago")
    assert context(0.75, record) == ("just_fed", "Ash was fed 45 min ago")
    assert context(0.76, record) == ("unexplained", "46 min after Ash's full feed")


def test_a_small_feed_is_not_called_full():
    assert context(1, record_of(*bottle(0, 5.9)))[1] == "60 min after Ash's feed"
    assert context(1, record_of(*bottle(0, 6.1)))[1] == "60 min after Ash's full feed"


def test_of_several_all_must_have_been_fed_and_the_last_feed_is_named():
    ash, bee = record_of(*bottle(0)), record_of(*bottle(0.5), name="Bee")
    assert context(0.7, ash, bee) == ("just_fed", "everyone was fed 12 min ago")
    assert context(0.8, ash, bee) == ("unexplained", "18 min after Bee's full feed")
    assert context(0.8, bee, ash) == ("unexplained", "18 min after Bee's full feed")
    assert context(3.6, bee, ash) == ("bottle_due", "Ash's bottle was due 6 min ago")
    never = record_of(name="Cy")
    assert context(0.7, ash, never) == ("unexplained", "42 min after Ash's full feed")
    assert context(3.6, never, ash)[1] == "Ash's bottle was due 6 min ago"


def test_a_poor_bottle_is_no_feed_to_count_from():
    record = record_of(*bottle(0), *bottle(1, 0.1))
    assert context(1.5, record) == ("unexplained", "1 h 30 min after Ash's full feed")


def test_without_a_bottle_nothing_explains_a_cry():
    assert context(0, record_of()) == ("unexplained", "no bottle has been seen yet")
    assert context(0) == ("unexplained", "no bottle has been seen yet")


def test_a_feed_three_attempts_ago_is_not_counted_from():
    tries = [each for k in range(1, 4) for each in bottle(0.3 * k, 0.1)]
    record = record_of(*bottle(0), *tries)
    assert context(1.0, record)[1].startswith("Ash's bottle is due in 2 h 3")
    fewer = record_of(*bottle(0), *tries[:4])
    assert context(1.0, fewer)[1] == "60 min after Ash's full feed"


def test_a_feed_in_the_future_of_a_cry_is_not_counted_from():
    record = record_of(*bottle(0), *bottle(2))
    assert context(1.0, record) == ("unexplained", "60 min after Ash's full feed")
    assert context(2.0, record)[0] == "just_fed"
