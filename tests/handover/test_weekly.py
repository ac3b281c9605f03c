"""A week in words: who grew, who needs a look, and how alerts were answered."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from monitor.events import Baby
from monitor.handover.facts import Night, Unseen
from monitor.handover.fitting import FEWEST, MOST, words_in
from monitor.handover.weekly import text
from monitor.report.growth import Change
from monitor.times import DAY_S
from tests.handover.nights import LOCAL, MORNING_S, UNKNOWN, any_night, at, baby, night, told


def week(*babies: object, **more: object) -> Night:
    found = night(*babies, **more)  # type: ignore[arg-type]
    return replace(found, from_s=MORNING_S - 7 * DAY_S)


def grown(name: str, grams: float, **status: object) -> object:
    change = Change(grams=grams, days=6.8, before_bottle=True)
    return replace(baby(name, 8.0, 9.0, **status), change=change)


@pytest.mark.parametrize("clock", [LOCAL, UNKNOWN], ids=["clock", "no_clock"])
def test_no_week_is_told_in_less_than_60_words_or_more_than_150(clock) -> None:
    for seed in range(300):
        said = text(replace(any_night(seed), from_s=MORNING_S - 7 * DAY_S), clock)
        assert FEWEST <= words_in(said) <= MOST, (seed, said)
        assert not re.search(r"None|  |\(\)|: \.|;\.|\.\.| ,", said), (seed, said)


def test_who_grew_is_told_with_how_much() -> None:
    said = text(week(grown("Kangaroo", 61.0), baby("Bee", 7.0)), LOCAL)
    assert said.startswith("Week of 2 May to 9 May: nobody's growth worries.")
    assert "Kangaroo +61 g in 6.8 days (+9.0 g a day). Of Bee too little is known." in said
    assert "3 bottles drunk, 24 g in all." in said


def test_whoever_needs_a_look_is_told_first() -> None:
    ill = grown("Possum", -12.0, verdict="losing", gain_24h_g=-2.0, weight_g=117.0)
    said = text(week(grown("Kangaroo", 61.0), ill), LOCAL)
    assert "look at Possum." in said
    assert (
        "Possum: 117 g, losing weight (-2.0 g in 24 h) -12 g in 6.8 days (-1.8 g a day)."
    ) in said
    assert said.index("Possum: 117 g") < said.index("Kangaroo +61 g")


def test_eight_that_grew_are_told_together() -> None:
    names = [Baby(id=n, name=n, species="kitten").name for n in "ABCDEFGH"]
    said = text(week(*(grown(name, 50.0 + i) for i, name in enumerate(names))), LOCAL)
    assert "A, B, C, D, E, F, G and H: +7.4 to +8.4 g a day." in said


def test_alerts_are_told_with_the_share_that_was_answered_and_what_was_least() -> None:
    alerts = [told("crying", h=h / 10, answer="fed" if h < 2 else None) for h in range(9)]
    alerts += [told("bottle_overdue", "A", h / 10, answer="fed") for h in range(14)]
    said = text(week(grown("A", 50.0), told=alerts), LOCAL)
    share = "Alerts acted on within ten minutes: 16 of 23 (70%). Least: crying (2 of 9)."
    assert share in said


def test_what_the_box_missed_is_added_up() -> None:
    missed = [Unseen(at(1), at(3)), Unseen(at(4), at(4.5), "microphone")]
    said = text(week(grown("A", 50.0), unseen=missed), LOCAL)
    assert "What the box missed: 2 h not watched, 30 min deaf." in said
