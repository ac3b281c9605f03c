"""What the platform asks a person, in words."""

from __future__ import annotations

import pytest

from monitor.config import ScaleConfig
from monitor.core.scale.conditions import overload, wanders, who_is_it
from monitor.core.scale.settled import SettledState, SettledWatch
from monitor.core.scale.steadiness import Wander
from monitor.events import Candidate, Condition, Unassigned
from monitor.times import HOUR_S

T0 = 1_700_000_000.0
ASK_S = 12 * HOUR_S


def question(after_s: float = 0.0, *names: str, move="lift", gap: bool = False) -> Unassigned:
    return Unassigned(
        t_s=T0 + after_s, move=move, weight_g=181.6, sigma_g=0.4, step_id=f"s{after_s:g}", gap=gap,
        candidates=[Candidate(name, 0.4) for name in names],
    )  # fmt: skip


def asked(*questions: Unassigned, now_s: float = T0 + 60) -> list[str]:
    return [c.key for c in who_is_it(questions, now_s, ASK_S) if isinstance(c, Condition)]


@pytest.mark.parametrize(("move", "verb"), [("lift", "lifted out"), ("return", "put back")])
def test_who_was_it_in_words(move, verb):
    event = question(0.0, "Ash", "Bee", "Cy", "Dot", move=move)
    assert who_is_it([event], T0 + 60, ASK_S) == [
        Condition(
            kind="who_is_it",
            key="s0",
            severity="info",
            since_s=T0,
            title="Who was it?",
            message=f"182 g was {verb}: Ash, Bee, Cy or a thing? Answer with the step id s0.",
            why="the weight fits more than one baby, or none well",
            all_clear="It was answered, or later weighings have told.",
            step_id="s0",
            candidates=event.candidates,
        )
    ]


@pytest.mark.parametrize(
    ("move", "words"),
    [
        ("lift", "182 g lighter: is Ash or Bee out?"),
        ("return", "182 g heavier: is Ash or Bee in it again?"),
    ],
)
def test_who_is_in_the_box_in_words(move, words):
    event = question(0.0, "Ash", "Bee", move=move, gap=True)
    assert who_is_it([event], T0 + 60, ASK_S) == [
        Condition(
            kind="who_is_it",
            key="s0",
            severity="info",
            since_s=T0,
            title="Who is in the box?",
            message=f"While nobody watched, the box became {words} "
            'Answer with the step id s0, or "nobody".',
            why="after a gap in the readings the total does not fit those who were in the box",
            all_clear="It was answered, or later weighings have told.",
            step_id="s0",
            candidates=event.candidates,
        )
    ]


def test_the_four_newest_are_asked_oldest_first():
    many = [question(float(k), "Ash") for k in (4, 1, 5, 2, 3)]
    assert asked(*many) == ["s2", "s3", "s4", "s5"]


def test_what_is_older_than_half_a_day_or_fits_nobody_is_not_asked():
    assert asked(question(0.0, "Ash"), now_s=T0 + ASK_S) == ["s0"]
    assert asked(question(0.0, "Ash"), now_s=T0 + ASK_S + 0.1) == []
    assert asked(question(0.0)) == []
    assert asked(question(0.0), question(1.0, "Ash")) == ["s1"]


def test_a_return_that_the_answer_to_its_lift_covers_is_not_asked():
    lift, back = question(0.0, "Ash", "Bee"), question(9.0, "Bee", "Cy", move="return")
    assert asked(back, lift) == ["s0"]
    assert asked(question(0.0, "Ash"), back) == ["s0", "s9"]
    assert asked(question(0.0, "Bee", move="return"), back) == ["s0", "s9"]
    assert asked(lift, question(9.0, "Bee")) == ["s0", "s9"]
    assert asked(lift, back, question(20.0, "Dot", move="return")) == ["s0", "s20"]


def test_a_scale_that_wanders_in_words():
    assert wanders(None) == []
    assert wanders(Wander(since_s=T0, range_g=31.4, span_s=3 * HOUR_S)) == [
        Condition(
            kind="scale_unsettled",
            key="wander",
            severity="warning",
            since_s=T0,
            title="The scale wanders",
            message="The scale ran by 31 g in 3 h with nothing moved: weights and feeds are "
            "uncertain. Look for a cord or wall that touches the box, a soft floor, sun or heat on "
            "the cell.",
            why="between moves the level changes by more than 3 g a minute; a sound cell does not "
            "reach 2",
            all_clear="The scale is steady again.",
        )
    ]


def test_too_much_on_the_scale_in_words():
    config = ScaleConfig(capacity_g=5000.0)
    assert overload(None, 6000.0, config) == []
    assert overload(T0, None, config) == []
    assert overload(T0, 6123.4, config) == [
        Condition(
            kind="scale_overload",
            severity="warning",
            since_s=T0,
            title="Too much weight on the scale",
            message="The scale carries 6123 g but is made for 5000 g. "
            "Take something off: weights are not to be trusted.",
            why="total above scale.capacity_g",
        )
    ]


# ------------------------------------------------------------------ never still


def watched(*stretches: tuple[float, float | None], every_s: float = 0.5) -> SettledWatch:
    """Windows for so many seconds each; on a plateau that began so long before, or between two."""
    watch, t_s = SettledWatch(SettledState()), T0
    for seconds, plateau_s in stretches:
        for _ in range(round(seconds / every_s)):
            watch.observe(t_s, None if plateau_s is None else t_s - plateau_s)
            t_s += every_s
    return watch


def test_nine_minutes_without_a_still_stretch_are_too_many():
    assert watched((545.0, None)).settled
    assert not watched((553.0, None)).settled
    assert not watched((553.0, 9.9)).settled
    assert watched((3600.0, 10.0)).settled


def test_it_is_settled_again_after_some_minutes_of_stillness():
    # from two fifths to three fifths of ten minutes
    assert not watched((553.0, None), (240.0, 20.0)).settled
    assert watched((553.0, None), (250.0, 20.0)).settled


def test_windows_that_come_seldom_count_for_two_seconds_each():
    assert watched((1800.0, None), every_s=8.0).settled
    assert not watched((2400.0, None), every_s=8.0).settled


def test_a_scale_that_is_never_still_in_words():
    watch = watched((60.0, 20.0), (1200.0, None))
    assert watched((60.0, 20.0)).conditions(T0 + 60, occupied=True) == []
    (found,) = watch.conditions(T0 + 1260, occupied=True)
    since_s = T0 + 60 + 63  # when a tenth of it was gone
    assert found.since_s == pytest.approx(since_s, abs=1.0)
    assert found == Condition(
        kind="scale_unsettled",
        severity="warning",
        since_s=found.since_s,
        title="Scale is never still",
        message="For 19 min the scale has hardly been still: no weights, feeds or movement are "
        "seen. Look what sways, leans on the box or shakes it, and put it on firm ground.",
        why="still for 14% of the last ten minutes, 60% are needed",
        all_clear="The scale is still again: weights and movement are seen.",
    )


def test_an_hour_of_it_with_somebody_in_the_box_is_critical():
    watch = watched((1200.0, None))
    since_s = watch.conditions(T0 + 1200, occupied=True)[0].since_s
    (soon,) = watch.conditions(since_s + 3599, occupied=True)
    (late,) = watch.conditions(since_s + 3600, occupied=True)
    (empty,) = watch.conditions(since_s + 3600, occupied=False)
    assert (soon.severity, late.severity, empty.severity) == ("warning", "critical", "warning")
    assert late.message == (
        "For 1 h the scale has hardly been still: no weights, feeds or movement are seen, so "
        "nobody can tell when it is too quiet. Look after the babies yourself. Look what sways, "
        "leans on the box or shakes it, and put it on firm ground."
    )
