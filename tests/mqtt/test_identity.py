"""A box's identity across copied cards, moved cards and fresh ones."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from monitor.cli import main
from monitor.errors import CardError
from monitor.events import Baby, RosterChanged
from monitor.mqtt.identity import (
    BoxIdentity,
    Found,
    adopt,
    found_documents,
    keep,
    machine_marks,
    remove,
    renew,
)
from monitor.mqtt.look import strangers
from monitor.store.batch import Batch
from monitor.store.journal import Journal

JOEY = Baby(id="11", name="Little Joey", species="kitten")
ROO = Baby(id="22", name="Roo", species="puppy")
FOUND = Found(
    identity="old",
    babies={"little_joey": "aa", "possum": "bb"},
    names={"little_joey": "Little Joey", "possum": "Possum"},
    topics=["homeassistant/device/nursery-box/nursery_old/config"],
)


def computer(root: Path, serial: str | None = "1000", machine: str = "m") -> Path:
    (root / "etc").mkdir(parents=True, exist_ok=True)
    (root / "etc/machine-id").write_text(machine + "\n")
    tree = root / "sys/firmware/devicetree/base"
    tree.mkdir(parents=True, exist_ok=True)
    (tree / "serial-number").unlink(missing_ok=True)
    if serial is not None:
        (tree / "serial-number").write_bytes(serial.encode() + b"\0")
    return root


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "state" / "journal.sqlite")
    opened.write(Batch(events=[RosterChanged(t_s=1.0, baby=baby) for baby in (JOEY, ROO)]))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("serial", "machine", "copied"),
    [
        ("1000", "m", False),
        ("2000", "m", True),  # a copied or moved card
        ("1000", "n", False),  # the same board: it can run only once
        (None, "m", False),
        (None, "n", True),  # a backup restored on a computer that tells no serial number
    ],
)
def test_another_computer_is_noticed(
    journal: Journal, tmp_path: Path, serial: str | None, machine: str, copied: bool
) -> None:
    assert not BoxIdentity(journal, computer(tmp_path / "a")).copied
    elsewhere = computer(tmp_path / "b", serial, machine)
    assert BoxIdentity(journal, elsewhere).copied == copied
    assert BoxIdentity(journal, elsewhere).copied == copied, "it is asked until somebody answers"


def test_marks_are_hashed(tmp_path: Path) -> None:
    marks = machine_marks(computer(tmp_path, "10000000abcdef", "0123456789abcdef"))
    assert set(marks) == {"serial", "machine_id"}
    assert all("abcdef" not in mark for mark in marks.values())
    assert machine_marks(tmp_path / "nothing") == {}


def test_a_copy_on_another_computer_has_another_name_at_the_broker(
    journal: Journal, tmp_path: Path
) -> None:
    here, there = computer(tmp_path / "a"), computer(tmp_path / "b", "2000")
    assert BoxIdentity(journal, here).client_id == BoxIdentity(journal, here).client_id
    assert BoxIdentity(journal, here).client_id != BoxIdentity(journal, there).client_id
    assert BoxIdentity(journal, here).box == BoxIdentity(journal, there).box


def test_keep_ends_the_question_and_changes_nothing_else(journal: Journal, tmp_path: Path) -> None:
    before = BoxIdentity(journal, computer(tmp_path / "a")).box
    here = BoxIdentity(journal, computer(tmp_path / "b", "2000"))
    assert here.copied
    keep(journal)
    assert here.reload()
    assert not here.copied
    assert here.box == before


def test_a_new_identity_is_new_for_every_baby_and_touches_nothing_of_the_old_one(
    journal: Journal, tmp_path: Path
) -> None:
    box = BoxIdentity(journal, computer(tmp_path))
    before = box.box
    journal.retained.belong(["nursery/box/status"])
    assert box.entity_id(JOEY) == JOEY.id
    renew(journal, "box", journal.babies())
    assert box.reload()
    assert box.box != before
    assert len({box.entity_id(JOEY), box.entity_id(ROO), JOEY.id, ROO.id}) == 4
    assert box.entity_id(Baby(id="33", name="Later", species="kitten")) == "33"
    journal.retained.belong([])
    assert journal.retained.gone == [], "they are the original's"


def test_after_a_new_identity_the_other_box_s_answer_is_no_earlier_card(
    journal: Journal, tmp_path: Path
) -> None:
    box = BoxIdentity(journal, computer(tmp_path))
    box.looked("box homeassistant", None)
    renew(journal, "box", journal.babies())
    assert box.reload()
    assert box.has_looked("box homeassistant"), "or it might find what the other announces anew"


def test_a_new_identity_leaves_an_undecided_find_undecided(
    journal: Journal, tmp_path: Path
) -> None:
    box = BoxIdentity(journal, computer(tmp_path))
    box.looked("box homeassistant", FOUND)
    renew(journal, "box", journal.babies())
    assert box.reload()
    assert box.found == FOUND


def test_an_earlier_card_is_adopted_by_the_babies_names(journal: Journal, tmp_path: Path) -> None:
    box = BoxIdentity(journal, computer(tmp_path))
    box.looked("box homeassistant", FOUND)
    assert found_documents(journal) == FOUND
    assert adopt(journal, FOUND, journal.babies()) == ["Possum"]
    box.reload()
    assert (box.box, box.found, box.has_looked("box homeassistant")) == ("old", None, True)
    assert box.entity_id(JOEY) == "aa"
    assert box.entity_id(ROO) == ROO.id
    possum = Baby(id="33", name="Possum", species="puppy")
    box.pin([JOEY, ROO, possum])
    renamed = msgspec.structs.replace(possum, name="Queen")
    assert BoxIdentity(journal, computer(tmp_path)).entity_id(renamed) == "bb"


def test_what_is_removed_is_emptied_by_the_list(journal: Journal, tmp_path: Path) -> None:
    box = BoxIdentity(journal, computer(tmp_path))
    box.looked("box homeassistant", FOUND)
    remove(journal, FOUND)
    assert journal.retained.gone == FOUND.topics
    assert found_documents(journal) is None


def test_a_card_that_refuses_asks_nobody_twice(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = BoxIdentity(journal, computer(tmp_path))

    def refuse(**_values: bytes) -> None:
        raise CardError("full")

    with monkeypatch.context() as broken:
        broken.setattr(journal, "save_state", refuse)
        box.looked("box homeassistant", FOUND)
        assert not box.reload()
        assert box.has_looked("box homeassistant")
        assert box.found == FOUND
    box.reload()
    assert found_documents(journal) == FOUND


@pytest.mark.parametrize("key", ["entities", "machine", "found", "looked"])
@pytest.mark.parametrize("value", [b"\xff", b"[]", b"null", b'{"serial": 1}', b"x"])
def test_a_poisoned_value_counts_as_none(
    journal: Journal, tmp_path: Path, key: str, value: bytes
) -> None:
    journal.save_state(**{key: value})
    box = BoxIdentity(journal, computer(tmp_path))
    assert (box.found, box.copied, box.entities) == (None, False, {})


def document(identifier: str, name: str) -> bytes:
    return msgspec.json.encode({"device": {"identifiers": [identifier], "name": name}})


def test_strangers_are_told_from_the_own_documents() -> None:
    seen = {
        "h/device/nursery-box/nursery_mine/config": document("nursery_mine", "Nursery box"),
        "h/device/nursery-box/nursery_baby_11/config": document("nursery_baby_11", "Joey"),
    }
    own = {"nursery_mine", "nursery_baby_11"}
    assert strangers(seen, own_devices=own, own_topics=set()) is None
    seen |= {
        "h/sensor/nursery-box/nursery_old_x/config": document("nursery_old", "Nursery box"),
        "h/sensor/nursery-box/nursery_baby_aa_x/config": document("nursery_baby_aa", "Joey"),
        "h/sensor/nursery-box/else/config": document("something_else", "Kettle"),
        "h/sensor/nursery-box/torn/config": b"{",
        "h/sensor/nursery-box/bare/config": b'{"device": {}}',
    }
    found = strangers(seen, own_devices=own, own_topics=set())
    assert found is not None
    assert (found.identity, found.babies) == ("old", {"joey": "aa"})
    assert len(found.topics) == 2


# --------------------------------------------------------------------------- the command line


@pytest.fixture
def config(tmp_path: Path, journal: Journal) -> str:
    path = tmp_path / "nursery.toml"
    path.write_text(f'box = "box"\nstate_dir = "{journal.path.parent}"\n')
    return str(path)


def test_the_commands_teach(capsys: pytest.CaptureFixture[str]) -> None:
    for verb, words in {
        "identity": ["--new", "--keep", "on the COPY", "MOVED"],
        "adopt": ["--remove", "--show", "twice"],
    }.items():
        assert main([verb, "--help"]) == 0
        text = capsys.readouterr().out
        assert all(word in text for word in words), text


def test_a_new_identity_by_one_command(
    journal: Journal, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = journal.identity()
    assert main(["identity", "--config", config]) == 0
    assert before in capsys.readouterr().out
    assert main(["identity", "--new", "--config", config]) == 0
    assert journal.identity() != before
    assert journal.identity() in capsys.readouterr().out
    assert main(["identity", "--new", "--keep", "--config", config]) == 2


def test_adopting_by_one_command(
    journal: Journal, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["adopt", "--config", config]) == 2
    assert "announces no earlier card" in capsys.readouterr().err
    journal.save_state(found=msgspec.json.encode(FOUND))
    assert main(["identity", "--config", config]) == 0
    assert "nursery adopt --show" in capsys.readouterr().out
    assert main(["adopt", "--show", "--config", config]) == 0
    assert "Little Joey, Possum" in capsys.readouterr().out
    assert main(["adopt", "--config", config]) == 0
    assert 'nursery baby add "Possum"' in capsys.readouterr().out
    assert journal.identity() == "old"
