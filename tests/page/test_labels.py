"""What the box says of a field is said by the label that stands above it on the page."""

from __future__ import annotations

import pytest

from monitor.page.labels import labelled
from tests.page.seeing import DE, EN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "\"weight_g\" is no weight ('much'): write 112, 112.5 g or 4 oz",
            "\"Weight\" is no weight ('much'): write 112, 112.5 g or 4 oz",
        ),
        ('"adult_weight_kg" must be a number', '"Weight when grown up, kg" must be a number'),
        (
            "microphone.source: sounddevice, microphone.device: pulse",
            "Kind: sounddevice, Part of its name: pulse",
        ),
        ("box: attic", "Name of the box: attic"),
        ("\"box\" is '!!!'", "\"Name of the box\" is '!!!'"),
        ('"scale.dout_pin" is the pin', '"Data pin (DOUT)" is the pin'),
        ("8.5 g, today 07:30", "8.5 g, today 07:30"),
        ('there is no baby "possum"', 'there is no baby "possum"'),
        ("Possum: 112 g", "Possum: 112 g"),
        ("", ""),
    ],
)
def test_a_name_in_json_becomes_the_label_and_the_rest_stays(text: str, said: str) -> None:
    assert labelled(text, EN) == said


def test_the_label_is_in_the_readers_language() -> None:
    assert labelled("box: attic", DE) == f"{DE('setting.box')}: attic"
