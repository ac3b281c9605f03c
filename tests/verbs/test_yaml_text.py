from typing import Any

import pytest
import yaml

from monitor.verbs.yaml_text import yaml_text


@pytest.mark.parametrize(
    "text",
    [
        "plain", "mdi:paw", "sensor.possum_weight_g", "on", "No", "null", "1.5", "12:30", "y",
        'O"Hara', "Zoë 🐾", "a: b", "# no remark", "- no item", "{{ x }}", "tab\there", "", " ",
        "two\nlines", "{% if x %}\n  {{ x }}\n\nend", "\u2028", "\x7f", "0x1f", "back\\slash",
    ],
)  # fmt: skip
def test_whatever_a_name_is_it_is_read_as_it_was_written(text: str) -> None:
    assert yaml.safe_load(yaml_text({"name": text, "names": [text]})) == {
        "name": text,
        "names": [text],
    }


def test_mappings_lists_numbers_and_booleans_come_back() -> None:
    value: dict[str, Any] = {
        "views": [{"cards": [{"type": "tile", "above": 0}, [1, 2.5]]}, {"shown": True}],
        "rest": {"deep": {"er": False}},
    }
    assert yaml.safe_load(yaml_text(value)) == value
