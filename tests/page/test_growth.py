"""What is usual for a baby, from its document."""

import pytest

from monitor.page.growth import as_baby, reference, usual_gain_g
from tests.page.seeing import NOW, baby


def test_the_usual_gain_is_that_of_the_reference_at_its_age():
    known = as_baby(baby())
    assert known is not None
    low, high = usual_gain_g(baby(), NOW) or (0.0, 0.0)
    assert 0 < low < high
    expected = reference().expected(known, 9.0 + 12.0 / 24.0, 198.44).gain_g_per_day
    assert low == pytest.approx(expected[0], rel=0.05)


def test_without_a_date_of_birth_the_weight_tells():
    assert usual_gain_g(baby(born=None), NOW) is not None


@pytest.mark.parametrize(
    "strange",
    [{"species": "ferret"}, {"species": None}, {"weight_g": None}, {"weight_g": 0.0},
     {"weight_g": "198"}, {"born": "2030-01-01"}],
)  # fmt: skip
def test_what_cannot_be_known_is_unknown(strange):
    assert usual_gain_g(baby(**strange), NOW) is None


@pytest.mark.parametrize("born", ["soon", 5, "", "2026-13-40"])
def test_a_date_that_is_none_is_no_date(born):
    known = as_baby(baby(born=born))
    assert known is not None
    assert known.born is None
