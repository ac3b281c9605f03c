"""Weights as people write them; what can be read in two ways is asked about."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.written.grams import parse_grams, spoken_grams

OZ = 28.349523125


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("112", 112),
        ("112,5", 112.5),
        (" 112.5 g ", 112.5),
        ("112 grams", 112),
        ("112gr.", 112),
        ("0,412 kg", 412),
        ("1,250 kg", 1250),
        ("1 kg 200 g", 1200),
        ("4oz", 4 * OZ),
        ("4 OZ", 4 * OZ),
        ("4 1/2 oz", 4.5 * OZ),
        ("4-1/2oz", 4.5 * OZ),
        ("4½ ounces", 4.5 * OZ),
        ("¾ oz", 0.75 * OZ),
        ("1 lb 2 oz", 18 * OZ),
        ("1lb2.5oz", 18.5 * OZ),
        ("1 pound, 2 ounces", 18 * OZ),
        ("1 lb and 2 oz", 18 * OZ),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1'234", 1234),
        ("1\u202f234,5 g", 1234.5),
        ("112,500", 112.5),
        (".5 kg", 500),
    ],
)
def test_a_weight_is_read_as_people_write_it(text, grams):
    assert parse_grams(text) == pytest.approx(grams)


@pytest.mark.parametrize("text", ["12,450", "12.450", "1,250 g", "9,999"])
def test_thousands_that_may_be_decimals_are_asked_about(text):
    with pytest.raises(ValueError, match=r"can be .* or .*: write one of them"):
        parse_grams(text)


@pytest.mark.parametrize(
    "text",
    ["", "oz", "112 stone", "8 ml", "4 oz 2", "1e5", "1,2,3", "112 g 5 oz", "nan", "-4", "1/0 oz",
     "5/4 oz", "1 234", "112 or so", "9" * 70, "2 oz 1 lb", "½½ oz", "1 lb 2 oz 3 g"],
)  # fmt: skip
def test_what_is_no_weight_is_refused(text):
    with pytest.raises(ValueError, match="is no weight"):
        parse_grams(text)


def test_a_number_without_a_unit_is_in_the_unit_of_the_list():
    assert parse_grams("4,5", unit="oz") == pytest.approx(4.5 * OZ)
    assert parse_grams("112 g", unit="oz") == 112


def test_milk_is_measured_in_millilitres_too():
    assert parse_grams("8 ml", milk=True) == parse_grams("8cc", milk=True) == 8
    with pytest.raises(ValueError, match="is no amount"):
        parse_grams("8 spoons", milk=True)


@given(st.text(max_size=30))
def test_no_text_raises_anything_but_a_refusal(text):
    with suppress(ValueError):
        assert 0 <= parse_grams(text) < math.inf


@given(st.decimals(min_value=1, max_value=20_000, places=1))
def test_what_is_said_is_read_as_the_same(grams):
    assert parse_grams(spoken_grams(float(grams))) == pytest.approx(float(grams))
