"""A fresh card is told from the page whether it goes on as the earlier one."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from monitor.daemon.adopting import carry_out
from monitor.events import Baby, Command, RosterChanged
from monitor.mqtt.identity import ENTITIES, FOUND, Found, found_documents
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.written.requests import request

JOEY = Baby(id="11", name="Joey", species="kitten")
FOUND_THERE = Found(
    identity="old",
    babies={"joey": "aa", "possum": "bb"},
    names={"joey": "Joey", "possum": "Possum"},
    topics=["homeassistant/device/nursery-box/nursery_old/config"],
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "j.sqlite")
    opened.write(Batch(events=[RosterChanged(t_s=1.0, baby=JOEY)]))
    yield opened
    opened.close()


def asked(verb: str = "adopt", **args: object) -> Command:
    return Command(t_s=2.0, request=request(verb, args), origin="mqtt")


def test_it_goes_on_with_the_identity_and_the_babies_of_the_earlier_card(journal: Journal) -> None:
    journal.save_state(**{FOUND: msgspec.json.encode(FOUND_THERE)})
    result = carry_out(asked(), journal, "attic")
    assert result is not None
    assert result.ok
    assert "attic goes on as the earlier card" in (result.understood or "")
    assert result.answer == {"missing": ["Possum"]}
    assert journal.load_state("identity") == b"old"
    entities = msgspec.json.decode(journal.load_state(ENTITIES) or b"{}")
    assert entities["11"] == "aa"
    assert found_documents(journal) is None


def test_or_the_earlier_one_is_removed(journal: Journal) -> None:
    journal.save_state(**{FOUND: msgspec.json.encode(FOUND_THERE)})
    result = carry_out(asked(remove=True), journal, "attic")
    assert result is not None
    assert result.ok
    assert journal.load_state("identity") != b"old"
    assert found_documents(journal) is None


def test_without_an_earlier_card_it_is_refused_and_others_are_not_ours(journal: Journal) -> None:
    result = carry_out(asked(), journal, "attic")
    assert result is not None
    assert result.error == "the broker announces no earlier card of attic"
    assert carry_out(asked("look", seconds=5), journal, "attic") is None
