"""What a damaged journal still holds is not given up."""

import random
from pathlib import Path

import pytest

from monitor.events import Baby, RosterChanged, WeighIn
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from tests.store.soundness import damage

T = 1_767_225_600.0
PAGE = 4096


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    """A journal with two babies and 1,000 weights."""
    path = tmp_path / "whole.sqlite"
    journal = Journal.open(path)
    journal.identity()
    names = ("Ann", "Ben")
    journal.write(
        Batch(
            events=[RosterChanged(t_s=T, baby=Baby(id=n, name=n, species="kitten")) for n in names]
        )
    )
    journal.write(Batch(events=(
        WeighIn(
            t_s=T + n, baby=names[n % 2], move="lift", weight_g=300.0 + n, sigma_g=1.0,
            confidence=1.0, step_id=f"s{n:04}",
        )
        for n in range(1000)
    )))  # fmt: skip
    journal.close()
    return path.read_bytes()


def test_a_torn_page_costs_its_own_rows_only(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "j.sqlite"
    chance = random.Random(1)
    torn = bytearray(content)
    middle = content.index(b"s0500Ann") // PAGE * PAGE
    torn[middle : middle + PAGE] = chance.randbytes(PAGE)
    path.write_bytes(torn)
    journal = Journal.open(path)
    assert journal.set_aside is not None
    assert [baby.name for baby in journal.babies()] == ["Ann", "Ben"]
    kept = journal.weighings()
    assert 900 <= len(kept) < 1000
    assert all(w.weight_g == 300.0 + (w.t_s - T) for w in kept)
    assert journal.salvaged["weighings"] == len(kept)
    assert damage(journal.path) is None
    journal.close()


@pytest.mark.parametrize("seed", range(25))
def test_no_damage_stops_the_start_or_invents_a_weight(
    tmp_path: Path, content: bytes, seed: int
) -> None:
    path = tmp_path / "j.sqlite"
    chance = random.Random(seed)
    torn = bytearray(content)
    if chance.random() < 0.4:
        del torn[chance.randrange(1, len(torn)) :]
    else:
        at = chance.randrange(len(torn) - 1)
        junk = chance.randbytes(chance.choice([1, 16, 500, PAGE]))
        torn[at : at + len(junk)] = junk
        del torn[len(content) :]
    path.write_bytes(torn)
    journal = Journal.open(path)
    assert damage(journal.path) is None
    assert {baby.name for baby in journal.babies()} <= {"Ann", "Ben"}
    if journal.set_aside is not None:
        assert all(w.weight_g == 300.0 + (w.t_s - T) for w in journal.weighings())
    journal.close()


def test_an_emptied_journal_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    path.write_bytes(b"")
    journal = Journal.open(path)
    assert journal.set_aside is not None
    journal.close()
    again = Journal.open(path)
    assert again.set_aside is None
    again.close()


def test_a_whole_page_with_a_broken_document_costs_that_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "j.sqlite"
    path.write_bytes(content.replace(b'{"id":"Ben"', b'{"id":"Ben?'))
    journal = Journal.open(path)
    assert journal.set_aside is None
    assert journal.set_bad_rows_aside() == {"babies": 1}
    assert [baby.name for baby in journal.babies()] == ["Ann"]
    assert len(journal.weighings()) == 1000
    journal.close()
