"""A night in words: short, the most important first, and honest about what nobody saw."""

from __future__ import annotations

import re

import pytest

from monitor.events import Baby, Note
from monitor.handover.facts import BabyNight, Cry, Unnamed, Unseen
from monitor.handover.fitting import FEWEST, MOST, words_in
from monitor.handover.words import text
from monitor.times import MINUTE_S
from tests.handover.nights import (
    LOCAL,
    MORNING_S,
    UNKNOWN,
    alert,
    any_night,
    at,
    baby,
    night,
    told,
)

EIGHT = ("Ash", "Bee", "Cleo", "Dot", "Echo", "Fig", "Gus", "Hop")


@pytest.mark.parametrize("clock", [LOCAL, UNKNOWN], ids=["clock", "no_clock"])
def test_no_night_is_told_in_less_than_60_words_or_more_than_150(clock) -> None:
    for seed in range(400):
        said = text(any_night(seed), clock)
        assert FEWEST <= words_in(said) <= MOST, (seed, said)
        assert not re.search(r"None|  |\(\)|: \.|;\.|\.\.| ,", said), (seed, said)
        assert said.endswith((".", "…")), (seed, said)


def test_an_empty_box_says_so_and_what_to_do() -> None:
    said = text(night(), LOCAL)
    assert "8 May 22:00 to 9 May 07:00: nobody is registered in the nursery." in said
    assert "Register a baby with its weight" in said


def test_a_calm_night_says_who_drank_what_and_who_gained() -> None:
    said = text(night(baby("Kangaroo", 8.0, 8.4), baby("Possum", 6.0)), LOCAL)
    assert "calm, nothing is open." in said
    drunk = (
        "Kangaroo: drank 2 bottles, 16 g in all (00:00, 01:00); 181 g, gaining (+8.1 g in 24 h)."
    )
    assert drunk in said
    assert "Possum: drank 1 bottle, 6 g (00:00); 181 g" in said
    assert "Next: Kangaroo at 08:00 (8 ml), Possum at 08:00 (8 ml)." in said


def test_unknown_amounts_are_not_counted_as_grams() -> None:
    assert "drank 3 bottles, 8 g and 2 of unknown amount" in text(
        night(baby("A", 8.0, None, None)), LOCAL
    )
    assert "drank 2 bottles of unknown amount" in text(night(baby("A", None, None)), LOCAL)


def test_whoever_needs_a_look_comes_first() -> None:
    ill = baby("Possum", 5.0, refused=2, verdict="losing", gain_24h_g=-4.7, weight_g=117.0)
    said = text(night(baby("Kangaroo", 8.0), ill), LOCAL)
    assert "look at Possum first." in said
    possum = (
        "Possum: drank 1 bottle, 5 g (00:00), refused 2 bottles (01:00, 02:00); 117 g, losing "
        "weight (-4.7 g in 24 h)."
    )
    assert possum in said
    assert said.index("Possum: drank") < said.index("Kangaroo: drank")


def test_a_baby_that_had_no_bottle_all_night_is_not_calm() -> None:
    said = text(night(baby("Possum")), LOCAL)
    assert "look at Possum first." in said
    assert "Possum: no bottle seen or told of" in said


def test_a_silence_is_told_as_one() -> None:
    said = text(night(baby("A", 8.0), unseen=[Unseen(at(2 + 1 / 6), at(4 + 2 / 3))]), LOCAL)
    assert "much of it was not seen." in said
    assert "The box did not watch from 02:10 to 04:40: of that time nothing is known." in said
    assert "watched all the time" not in said


def test_a_deaf_microphone_and_a_blind_scale_are_told_apart() -> None:
    blind = [Unseen(at(1), at(2), "microphone"), Unseen(at(3), at(3.5), "scale")]
    said = text(night(baby("A", 8.0), unseen=blind), LOCAL)
    assert "Microphone deaf from 01:00 to 02:00: cries were not heard." in said
    assert "Scale blind from 03:00 to 03:30: weights and feeds were not seen." in said


def test_a_restart_that_missed_nothing_is_told_as_that() -> None:
    said = text(night(baby("A", 8.0), restarts=[at(3)]), LOCAL)
    assert "It was restarted at 03:00 and went on." in said
    gap = [Unseen(at(2), at(3))]
    assert "restarted" not in text(night(baby("A", 8.0), unseen=gap, restarts=[at(3)]), LOCAL)


def test_cries_are_told_with_their_reasons() -> None:
    cries = [Cry(at(1), at(1) + 120, "bottle_due"), Cry(at(1) + 150, at(1) + 330, "bottle_due"),
             Cry(at(4), at(4) + 60, "unexplained")]  # fmt: skip
    said = text(night(baby("A", 8.0), cries=cries), LOCAL)
    assert (
        "Crying: 6 min in 2 spells (5 min with a bottle due, 1 min unexplained), the longest 6 min "
        "at 01:00."
    ) in said
    assert "No cry was heard." in text(night(baby("A", 8.0)), LOCAL)
    assert "No cry" not in text(night(baby("A", 8.0), hears=False), LOCAL)


def test_alerts_are_told_with_what_people_did() -> None:
    alerts = [told("crying", answer="acknowledged"), told("crying", h=4.0, answer="fed"),
              told("bottle_overdue", "A", 5.0), told("who_is_it")]  # fmt: skip
    said = text(night(baby("A", 8.0), told=alerts), LOCAL)
    assert (
        "3 alerts, 2 acted on within ten minutes (acknowledged 1, fed 1). Missed: A (bottle "
        "overdue at 05:00)."
    ) in said


def test_open_alerts_of_one_baby_are_one_item_and_the_gravest_is_first() -> None:
    found = [alert("low_intake", "Possum"), alert("monitor_blind", title="Microphone is deaf"),
             alert("bottle_overdue", "Possum", 1.5, severity="critical"),
             alert("who_is_it", title="Who was it?")]  # fmt: skip
    said = text(night(baby("Possum", 8.0), open_alerts=found), LOCAL)
    assert "something needs you now." in said
    assert (
        "Open now: Possum (bottle overdue since 01:30, drinking little); Microphone is deaf since "
        "03:00."
    ) in said


def test_a_lowered_alert_is_as_grave_as_it_is() -> None:
    lowered = alert("low_intake", "A", severity="info", own_severity="warning")
    soft = alert("scale_unsettled", title="The scale wanders", severity="info", since_h=1.0)
    said = text(night(baby("A", 8.0), open_alerts=[soft, lowered]), LOCAL)
    assert "Open now: A (drinking little); The scale wanders since 01:00." in said


def test_eight_babies_that_are_well_are_told_together() -> None:
    found = [baby(name, 8.0 + i, 9.0, gain_24h_g=5.0 + i) for i, name in enumerate(EIGHT)]
    said = text(night(*found), LOCAL)
    together = (
        "Gaining: Ash, Bee, Cleo, Dot, Echo, Fig, Gus and Hop (2 bottles, 17 to 24 g, +5 to +12 g "
        "in 24 h each)."
    )
    assert together in said
    assert "and 4 more after that." in said


def test_eight_babies_that_are_ill_are_each_named() -> None:
    found = [baby(name, refused=4, verdict="losing", gain_24h_g=-4.0) for name in EIGHT]
    alerts = [alert(kind, name) for name in EIGHT for kind in ("losing_weight", "low_intake")]
    said = text(night(*found, open_alerts=alerts), LOCAL)
    assert "8 need a look." in said
    assert (
        "Open now: Ash, Bee, Cleo, Dot, Echo, Fig, Gus and Hop (losing weight, drinking little)."
    ) in said
    assert "refused 4 bottles" in said


def test_weighings_without_a_name_are_told_since_their_bottles_are_missing() -> None:
    said = text(night(baby("A", 8.0), unnamed=[Unnamed(at(1), 152.6)]), LOCAL)
    assert (
        "1 weighing has no name (153 g at 01:00): what was drunk then is not counted. "
        "Say who it was."
    ) in said


def test_a_death_is_told_before_anything_that_is_well() -> None:
    gone = Baby(id="p", name="Possum", species="puppy", retired_s=at(3), retired_reason="died")
    said = text(night(baby("A", 8.0), BabyNight(baby=gone, bottles=(), status=None)), LOCAL)
    assert said.index("Possum has died.") < said.index("A: drank")


def test_what_was_noted_is_told() -> None:
    notes = [Note(t_s=at(2), step_id="n", baby="Possum", kind="stool", text="loose, yellow"),
             Note(t_s=at(3), step_id="m", baby=None, kind="carer", value="Anna")]  # fmt: skip
    said = text(night(baby("Possum", 8.0), notes=notes), LOCAL)
    assert "Noted: 02:00 Possum stool loose, yellow; 03:00 carer Anna." in said


def test_a_bottle_that_is_due_says_since_when() -> None:
    said = text(night(baby("A", 8.0, bottle_due_at=MORNING_S - 60 * MINUTE_S)), LOCAL)
    assert "Next: A now (8 ml, due since 06:00)." in said


def test_without_a_clock_no_time_of_day_is_named() -> None:
    for seed in range(100):
        assert not re.search(r"\d\d:\d\d| May", text(any_night(seed), UNKNOWN))
    said = text(night(baby("A", 8.0), unseen=[Unseen(at(2), at(4))]), UNKNOWN)
    assert "The last 9 h: " in said
    assert "The box did not watch for 2 h" in said
    assert "Next: A in 1 h (8 ml)." in said


def test_without_a_scale_it_says_what_is_counted() -> None:
    said = text(night(baby("A", 8.0), weighs=False), LOCAL)
    assert "There is no scale: only what people told of is counted." in said


def test_an_overdue_bottle_is_the_next_one() -> None:
    late = alert("bottle_overdue", "A", severity="critical")
    said = text(night(baby("A", bottle_due_at=None), open_alerts=[late]), LOCAL)
    assert "Next: the bottles that are overdue." in said


def test_a_dead_probe_is_told_and_is_no_time_without_a_watch() -> None:
    dead = [Unseen(at(-2), at(5), "probe")]
    said = text(night(baby("A", 8.0), unseen=dead), LOCAL)
    assert "Probe dead from 22:00 to 05:00: how warm the nest was is not known." in said
    assert "calm, nothing is open." in said


def test_what_two_senses_missed_at_once_is_missed_once() -> None:
    both = [Unseen(at(1), at(2), "microphone"), Unseen(at(1.5), at(2.5), "scale")]
    assert night(unseen=both).missed_s == 1.5 * 3600.0
