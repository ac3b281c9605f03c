from pathlib import Path

import pytest

from monitor.errors import InputError
from monitor.recordings.spreadsheet import read_babies, read_weights


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "list"
    path.write_text(text)
    return path


def test_weights_come_in_order_of_time(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "time,baby,weight_g\n2026-01-02T08:00:00Z,Possum,114\n2026-01-01T09:00:00+01:00,Possum,112\n\n",
    )
    first, second = read_weights(path)
    assert (first.weight_g, second.weight_g) == (112.0, 114.0)
    assert first.line == 3
    assert second.t_s - first.t_s == 86_400


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "line 1"),
        ("when,who,grams\n", "line 1"),
        ("time,baby,weight_g\n2026-01-01T08:00:00Z,Possum\n", "line 2"),
        ("time,baby,weight_g\n2026-01-01T08:00:00,Possum,112\n", "zone"),
        ("time,baby,weight_g\nyesterday,Possum,112\n", "yesterday"),
        ("time,baby,weight_g\n2026-01-01T08:00:00Z,Possum,nan\n", "nan"),
        ("time,baby,weight_g\n2026-01-01T08:00:00Z,Possum,-4\n", "-4"),
        ("time,baby,weight_g\n2026-01-01T08:00:00Z,Possum,4 oz\n", "4 oz"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(InputError, match="list") as caught:
        read_weights(write(tmp_path, text))
    assert named in str(caught.value)


def test_babies(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[{"name": "Kangaroo", "species": "kitten", "born": "2026-01-01", "weight_g": 180},'
        ' {"name": "Possum", "species": "puppy"}]',
    )
    kangaroo, possum = read_babies(path, 5.0)
    assert (kangaroo.slug, kangaroo.weight_g, kangaroo.registered_s) == ("kangaroo", 180.0, 5.0)
    assert (possum.born, possum.weight_g) == (None, None)
    assert kangaroo.id != possum.id


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "list"),
        ('[{"name": "A", "species": "hamster"}]', "species"),
        ('[{"name": "A", "species": "kitten", "colour": 1}]', "colour"),
        ('[{"name": "", "species": "kitten"}]', "name"),
        ('[{"name": "A b", "species": "kitten"}, {"name": "a-B", "species": "puppy"}]', "a_b"),
    ],
)
def test_bad_babies_are_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(InputError) as caught:
        read_babies(write(tmp_path, text), 0.0)
    assert named in str(caught.value)
