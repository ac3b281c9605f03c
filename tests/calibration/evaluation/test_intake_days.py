"""Simulated drinkers: the healthy are left in peace, those that drink little are told of."""

from __future__ import annotations

from calibration.evaluation.intake_days import Drinker, main, raised, told
from monitor.data.shipped import growth_reference

REFERENCE = growth_reference()


def test_ten_healthy_kittens_are_not_told_to_drink_too_little():
    drinker = Drinker(species="kitten", age_day=10.0)
    assert sum(raised(drinker, REFERENCE, seed) for seed in range(10)) == 0


def test_kittens_that_drink_four_tenths_are_told_of_within_a_day_and_a_half():
    drinker = Drinker(species="kitten", age_day=10.0, share=0.4, from_day=2.0)
    for seed in range(10):
        first = next(h for h, said in told(drinker, REFERENCE, seed) if said)
        assert 0.0 <= first <= 36.0


def test_the_tables_are_printed(capsys):
    main(["--runs", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 * 7
    assert lines[1].startswith("kitten day  3   0.00 alerts in 100 days; 0 of 1 babies")
