"""Recorded commands are read line by line, and a bad line is named."""

from __future__ import annotations

import pytest

from monitor.errors import InputError
from monitor.recordings.commands_jsonl import RecordedCommand, read_commands


def test_commands_come_in_order_of_time(tmp_path):
    file = tmp_path / "c.jsonl"
    file.write_text('{"t_s": 7, "verb": "b"}\n\n{"t_s": 3.5, "verb": "a", "args": {"x": 1}}\n')
    assert read_commands(file) == [RecordedCommand(3.5, "a", {"x": 1}), RecordedCommand(7.0, "b")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2"),
        ('{"verb": "feed"}', "t_s"),
        ('{"t_s": -1, "verb": "feed"}', "0 or more"),
        ('{"t_s": 1, "verb": "feed", "arg": {}}', "arg"),
        ('{"t_s": 1, "verb": "feed", "args": []}', "args"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path, line, says):
    file = tmp_path / "c.jsonl"
    file.write_text('{"t_s": 0, "verb": "a"}\n' + line)
    with pytest.raises(InputError, match="line 2") as error:
        read_commands(file)
    assert says in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_commands(tmp_path / "none.jsonl")
