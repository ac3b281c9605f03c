"""Values of documents that anybody may have published."""

import pytest

from monitor.page.fields import flag, moment, number, table, tables, text, texts


@pytest.mark.parametrize("value", [None, "7", True, [7], {}, 1e300, float("nan"), float("inf")])
def test_what_is_no_number_is_unknown(value):
    assert number({"a": value}, "a") is None
    assert number(None, "a") is None


def test_values_of_their_own_type_are_read():
    document = {"n": 0, "t": "x", "f": False, "at": "2026-01-01T00:00:00Z", "d": {"a": 1}}
    assert number(document, "n") == 0.0
    assert text(document, "t") == "x"
    assert flag(document, "f") is False
    assert moment(document, "at") == 1767225600.0
    assert table(document, "d") == {"a": 1}


@pytest.mark.parametrize(
    "value", [None, 5, "", "soon", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z"]
)
def test_what_is_no_time_is_unknown(value):
    assert moment({"at": value}, "at") is None


def test_lists_keep_what_is_of_their_type():
    document = {"l": [{"a": 1}, 2, "x", None]}
    assert list(tables(document, "l")) == [{"a": 1}]
    assert texts(document, "l") == ["x"]
    assert list(tables({"l": 5}, "l")) == texts({"l": 5}, "l") == []
    assert table({"l": 5}, "l") == {}
    assert flag({"l": 1}, "l") is None
    assert text({"l": "  "}, "l") is None
