"""The nest: when it is too cold or too warm, for whom, and what follows for a bottle."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.core.growth.ages import Age
from monitor.core.warmth.nest import Nest
from monitor.documents import BabyStatus
from monitor.events import Condition

T0 = 1_700_000_000.0
NEWBORN = Age("Possum", 2.0, known=True)
BABY = BabyStatus(name="Possum", species="puppy")


class Lived:
    """A nest, second by second."""

    def __init__(self, *ages: Age, probed: bool = True) -> None:
        self.nest, self.t_s, self.ages = Nest(probed=probed), T0, list(ages) or [NEWBORN]

    def at(self, celsius: float | Callable[[float], float], minutes: float, alive: bool = True):
        begin_s = self.t_s
        for _ in range(round(minutes * 6)):
            self.t_s += 10
            if alive:
                now_c = celsius(self.t_s - begin_s) if callable(celsius) else celsius
                self.nest.observe(self.t_s, now_c)
            self.nest.look(self.t_s, self.ages, alive=alive)
        return self

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(c.kind, c.severity) for c in self.conditions]

    @property
    def conditions(self) -> list[Condition]:
        return self.nest.conditions(self.t_s)


@pytest.mark.parametrize(
    ("day", "span"),
    [(0.0, (29, 32)), (6.9, (29, 32)), (7.0, (26, 29)), (14.0, (24, 27)), (30.0, (21, 27))],
)
def test_the_age_of_the_youngest_says_how_warm_it_should_be(day: float, span) -> None:
    lived = Lived(Age("Possum", day, known=True), Age("Roo", 40.0, known=True)).at(30.0, 1)
    assert lived.nest.status(lived.ages).wanted_c == span


def test_a_warm_nest_is_no_news() -> None:
    assert Lived().at(30.5, 600).told == []


def test_a_nest_a_degree_too_cold_is_a_warning_after_a_quarter_of_an_hour() -> None:
    lived = Lived().at(30.5, 60).at(27.5, 14)
    assert lived.told == []
    lived.at(27.5, 2)
    assert lived.told == [("too_cold", "warning")]
    (condition,) = lived.conditions
    assert "27.5 °C" in condition.message
    assert "29 to 32 °C" in condition.message
    assert "Possum is 2 days old" in condition.why


def test_far_too_cold_is_critical_after_ten_minutes() -> None:
    assert Lived().at(30.5, 60).at(23.0, 11).told == [("too_cold", "critical")]


def test_a_probe_in_the_hand_for_five_minutes_is_no_news() -> None:
    lived = Lived().at(30.5, 60).at(20.0, 5)
    assert lived.told == []
    assert lived.at(30.5, 30).told == []


def test_it_is_over_when_the_limit_is_kept_and_not_a_hair_before() -> None:
    lived = Lived().at(27.5, 30)
    assert lived.at(28.6, 30).told == [("too_cold", "warning")]
    assert lived.at(29.1, 1).told == []


def test_too_warm_is_told_sooner_and_a_mat_that_burns_at_once() -> None:
    assert Lived().at(33.5, 11).told == [("too_warm", "warning")]
    assert Lived().at(35.5, 6).told == [("too_warm", "critical")]
    assert Lived().at(30.5, 10).at(41.0, 1.5).told == [("too_warm", "critical")]


def test_nobody_turns_the_heat_down_on_the_stroke_of_a_birthday() -> None:
    assert Lived(Age("Possum", 8.0, known=True)).at(31.0, 60).told == []
    assert Lived(Age("Possum", 12.0, known=True)).at(31.0, 60).told == [("too_warm", "warning")]


def test_a_dead_probe_raises_nothing_and_has_no_temperature() -> None:
    lived = Lived().at(30.5, 60).at(0.0, 600, alive=False)
    assert lived.told == []
    status = lived.nest.status(lived.ages)
    assert (status.temperature_c, status.at, status.probe) == (None, None, "stalled")
    assert {each.kind for each in lived.nest.unjudged()} == {"too_cold", "too_warm"}


def test_without_babies_nothing_is_wanted() -> None:
    lived = Lived()
    lived.ages = []
    assert lived.at(15.0, 600).told == []
    status = lived.nest.status([])
    assert (status.temperature_c, status.wanted_c) == (15.0, None)


def test_without_a_probe_nobody_knows() -> None:
    nest = Lived(probed=False).nest
    assert nest.status([NEWBORN]).probe == "none"
    assert nest.unjudged() == []
    assert nest.warm_first(BABY, T0) is None


def test_an_unknown_age_counts_as_newborn_and_is_said() -> None:
    (condition,) = Lived(Age("Possum", 0.0, known=False)).at(27.5, 20).conditions
    assert "counts as new-born" in condition.why


def test_babies_that_lay_cold_are_warmed_before_they_are_fed() -> None:
    lived = Lived().at(30.5, 60)
    assert lived.nest.warm_first(BABY, lived.t_s) is False
    lived.at(22.0, 40)
    assert lived.nest.warm_first(BABY, lived.t_s) is True
    assert "22.0 °C" in lived.nest.advice(lived.t_s)
    assert "40 min" in lived.nest.advice(lived.t_s)
    lived.at(30.5, 20)
    assert lived.nest.warm_first(BABY, lived.t_s) is True  # a baby warms slower than its nest
    assert "was too cold for 40 min until 20 min ago" in lived.nest.advice(lived.t_s)
    lived.at(30.5, 90)
    assert lived.nest.warm_first(BABY, lived.t_s) is False
    assert lived.nest.advice(lived.t_s) == ""


def test_an_open_box_chills_nobody() -> None:
    lived = Lived().at(30.5, 60).at(24.0, 10)
    assert lived.nest.warm_first(BABY, lived.t_s) is False


def test_of_a_baby_that_has_been_out_for_long_the_nest_says_nothing() -> None:
    lived = Lived().at(30.5, 60)
    out = BabyStatus(name="Possum", species="puppy", out_since=lived.t_s - 3600)
    assert lived.nest.warm_first(out, lived.t_s) is None


def test_what_began_before_the_probe_died_is_looked_at_anew_when_it_is_back() -> None:
    lived = Lived().at(30.5, 60).at(27.5, 10).at(0.0, 60, alive=False).at(27.5, 10)
    assert lived.told == []
    assert lived.at(27.5, 6).told == [("too_cold", "warning")]


def test_a_gap_of_a_minute_is_none() -> None:
    assert Lived().at(27.5, 10).at(0.0, 2, alive=False).at(27.5, 4).told != []
