"""A recorded probe is read strictly, with the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import InputError
from monitor.recordings.probe_csv import read_probe_csv


def test_a_recording_is_read_with_what_a_faulty_probe_said(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("\ufefftime_s,temperature_c\n0,85.0\n10,29.5\n\n20.5,-127\n")
    assert read_probe_csv(path) == [(0.0, 85.0), (10.0, 29.5), (20.5, -127.0)]


def test_columns_stand_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("temperature_c,humidity,time_s\n29.5,40,0\n")
    assert read_probe_csv(path) == [(0.0, 29.5)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the first line must be"),
        ("time_s,celsius\n0,1\n", "the first line must be"),
        ("time_s,temperature_c\n", "no values"),
        ("time_s,temperature_c\n0,warm\n", "line 2: temperature_c is 'warm'"),
        ("time_s,temperature_c\n0,nan\n", "line 2: temperature_c is nan"),
        ("time_s,temperature_c\n0,29\n0,29\n", "line 3: time_s 0 does not come after 0"),
        ("time_s,temperature_c\n0,29,1\n", "line 2: 3 fields"),
    ],
)
def test_a_fault_names_the_line(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=why):
        read_probe_csv(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_probe_csv(tmp_path / "none.csv")
