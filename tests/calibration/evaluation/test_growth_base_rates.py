from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from calibration.evaluation.growth_base_rates import (
    PROTOCOL,
    Count,
    count,
    left_out,
    losing,
    losses,
    main,
    rate_with_interval,
    rounded,
    scatter,
    thriving,
)
from calibration.evaluation.growth_records import OUNCE_G, Rows, read_records
from calibration.evaluation.growth_rules import watched
from monitor.errors import InputError
from monitor.times import DAY_S, HOUR_S

WEIGHTS = Path(__file__).parents[4] / "shared/data/weight"
KITTENS = WEIGHTS / "purrfectdata_kittens/kitten_growth.csv"
PUPPIES = WEIGHTS / "codesamplerr_gsd_puppies/puppies-2019-weight-in-oz.csv"


def real(path: Path) -> dict[str, Rows]:
    """Real records; in CI, where the data belong, they may not be missing."""
    if not path.exists() and not os.environ.get("CI"):
        pytest.skip(f"the real records are not beside this repository: {path.name}")
    return read_records(path)


# ------------------------------------------------------------------ what is promised


def test_to_day_14_healthy_kittens_have_a_false_alarm_on_at_most_one_day_in_200():
    counts = [count(name, rows, "kitten", 0.0, 14.0) for name, rows in real(KITTENS).items()]
    days = sum(c.days for c in counts)
    assert days > 100
    assert sum(c.days_open for c in counts) <= 0.005 * days


@pytest.mark.parametrize("division_g", [5.0, OUNCE_G])
def test_a_coarse_scale_makes_no_false_alarm_to_day_28(division_g):
    for number, (name, rows) in enumerate(real(KITTENS).items()):
        shown = rounded(rows, division_g, number / 8 - 0.5)
        if division_g == OUNCE_G:
            assert count(name, shown, "kitten", 0.0, 28.0).raised == 0, name
        assert count(name, shown, "kitten", 0.0, 14.0).raised == 0, name


@pytest.mark.parametrize("division_g", [1.0, 5.0])
def test_7_per_cent_lost_in_36_hours_are_found_every_time(division_g):
    for number, (name, rows) in enumerate(real(KITTENS).items()):
        born_h = [(0.5, 12.5, 23.5)[number % 3]]
        one = {name: rows}
        found = losses(one, "kitten", division_g, scattered=False, born_hours=born_h)
        assert all(at_36_h for at_36_h, _ in found), name


def test_a_real_litter_of_puppies_in_ounces_has_one_alert_for_the_one_that_lost_most():
    counts = [count(name, rows, "puppy", 0.0, 14.0) for name, rows in real(PUPPIES).items()]
    assert {c.animal: c.raised for c in counts if c.raised} == {"pink": 1}  # 17, 16, 16, 15 oz


@pytest.mark.parametrize("every_h", [3.0, 6.0, 12.0])
def test_a_healthy_newborn_weighed_often_is_left_in_peace(every_h):
    """Three alerts of sixty kittens are 0.36 % of the days of their first two weeks."""
    rows = [thriving("kitten", every_h, seed) for seed in range(60)]
    assert sum(any(kinds for _, kinds in watched(each, "kitten")) for each in rows) <= 3


# ------------------------------------------------------------------ how it is counted


def test_animals_are_the_unit_of_an_interval():
    counts = [Count(animal=str(k), days=10.0, raised=k == 0, days_open=0) for k in range(4)]
    assert rate_with_interval(counts, lambda c: c.raised).startswith("2.50 % [0.00, ")
    nothing = rate_with_interval(counts, lambda c: c.days_open)
    assert nothing == "0.00 % (none; at most 53 % of animals have any)"  # 1 - 0.05 ** (1/4)


def test_a_span_counts_its_own_days_and_alerts_only():
    rows = [(k * DAY_S, g) for k, g in enumerate((90.0, 80.0, 90.0, 110.0, 130.0, 150.0))]
    first = count("a", rows, "kitten", 0.0, 2.0)
    assert (first.days, first.raised, first.days_open) == (2.0, 1, 1)
    assert count("a", rows, "kitten", 7.0, 14.0) is None


def test_a_scale_shows_whole_divisions_of_a_shifted_weight():
    assert rounded([(0.0, 101.0)], 5.0) == [(0.0, 100.0)]
    assert rounded([(0.0, 101.0)], 5.0, 0.4) == [(0.0, 105.0)]


def test_a_curve_without_scatter_has_none_and_a_lone_slip_is_found_whole():
    days = np.arange(0.0, 15.0)
    smooth = np.exp(4.5 + 0.1 * days - 0.002 * days**2)
    rows = [(float(d) * DAY_S, float(g)) for d, g in zip(days, smooth, strict=True)]
    assert np.abs(scatter(rows)).max() < 1e-9
    rows[7] = (rows[7][0], rows[7][1] * np.exp(0.03))
    assert scatter(rows)[5] == pytest.approx(0.03)


@pytest.mark.parametrize("shape", ["even", "in the first half", "after a gain of 3 %"])
def test_a_loss_is_7_per_cent_at_hour_36(shape):
    rows = losing(100.0, shape, 24.0, 0.5)
    hours = [(t_s - rows[0][0]) / HOUR_S for t_s, _ in rows]
    assert hours == [0.0, 24.0, 36.0, 48.0]
    assert rows[2][1] == pytest.approx(93.0)


def test_the_limit_of_each_is_chosen_on_the_others():
    def record(day_1_g: float) -> Rows:
        return [(0.0, 100.0), (DAY_S, day_1_g)]

    records = {"one that lost": record(96.5), "another": record(110.0), "third": record(108.0)}
    assert left_out(records) == [
        ("one that lost", 0.0, True), ("another", 4.0, False), ("third", 4.0, False),
    ]  # fmt: skip


def test_the_command_prints_its_protocol_and_rates(tmp_path: Path, capsys):
    path = tmp_path / "one.csv"
    lines = [f"2026-03-{day:02d}T08:00:00Z,Ash,{90 + 12 * day}" for day in range(1, 9)]
    path.write_text("time,baby,weight_g\n" + "\n".join(lines))
    assert main(["--puppies", str(path)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(PROTOCOL)
    assert "1 healthy puppy records" in printed
    assert "1 g    as shown      36/36  36/36" in printed


def test_a_file_that_is_no_record_is_refused(tmp_path: Path):
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="time,baby,weight_g"):
        read_records(path)
