"""A box is backed up on one card and goes on from another: same name, babies, settings, phones."""

from __future__ import annotations

import json
import shutil
import time
import tomllib
from pathlib import Path

import pytest

from monitor.cli import main
from monitor.store.journal import Journal
from monitor.store.lock import StateLock
from monitor.store.settings import BoxSettings
from monitor.store.taking_over import take_over, waits
from tests.cli.calling import fails

PHONES = {"sessions": [{"id": "1", "token_hash": "x", "right": "carer", "paired_s": 1.0,
                        "seen_s": 2.0, "name": "her phone"}]}  # fmt: skip


class Card:
    """A folder for everything that a machine has of a box."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.config = folder, folder / "nursery.toml"
        self.state, self.page = folder / "state", folder / "page"
        self.journal = self.state / "journal.sqlite"

    def configure(self, more: str = "", top: str = "") -> None:
        self.config.write_text(
            f'# hers\nbox = "attic"\nstate_dir = "{self.state}"  # where\n{top}\n'
            f'[scale]\nsource = "hx711"\ncounts_per_gram = 400.0\nzero_counts = 1000\n'
            f'[page]\nstate_dir = "{self.page}"\n{more}\n'
        )

    def nursery(self, *argv: str) -> int:
        return main([*argv, "--config", str(self.config)])

    def everything(self) -> dict[str, bytes]:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in files
            if path.name != "daemon.lock"
        }

    def identity(self) -> bytes | None:
        journal = Journal.open_for_reading(self.journal)
        try:
            return journal.load_state("identity")
        finally:
            journal.close()


@pytest.fixture
def old(tmp_path: Path) -> Card:
    """Lived in: two babies, settings, secrets, a cry model, calibrations, a paired phone."""
    card = Card(tmp_path / "old")
    card.configure(f'[mqtt]\nca_file = "{card.folder}/ca.crt"\nhost = "pi.local"\n'
                   f'[microphone]\nmodel = "{card.folder}/cry-2026-05-01.npz"')  # fmt: skip
    (card.folder / "ca.crt").write_text("authority")
    (card.folder / "cry-2026-05-01.npz").write_bytes(b"tuned to her room")
    (card.folder / "scale-20260501T0800.toml").write_text("counts_per_gram = 400")
    for argv in (
        ("baby", "add", "Joey", "--species", "kitten", "--weight", "120"),
        ("baby", "add", "Roo", "--species", "puppy", "--weight", "180"),
        ("weigh", "Joey", "121"),
        ("set", "alerts.night.from", "22:30"),
    ):
        assert card.nursery(*argv) == 0
    (card.state / "secret-push-urls").write_text("ntfys://a\n")
    (card.state / "secret-push-urls").chmod(0o600)
    journal = Journal.open(card.journal)
    journal.save_state(identity=b"1234", machine=b'{"serial": "another"}')
    journal.close()
    card.page.mkdir()
    (card.page / "sessions.json").write_text(json.dumps(PHONES))
    (card.page / "pairing.json").write_text("{}")
    return card


@pytest.fixture
def new(tmp_path: Path) -> Card:
    return Card(tmp_path / "new")


@pytest.fixture
def backup(old: Card, tmp_path: Path) -> str:
    path = tmp_path / "stick" / "attic.nursery"
    path.parent.mkdir()
    assert old.nursery("backup", str(path)) == 0
    return str(path)


def test_a_new_card_is_the_same_box(old: Card, new: Card, backup: str, capsys) -> None:
    new.configure()
    shutil.move(old.folder, old.folder.with_name("gone"))
    capsys.readouterr()
    assert new.nursery("restore", backup) == 0
    said = capsys.readouterr().out
    assert said.startswith("This is attic now, as it was on ")
    assert "paired again" in said
    assert new.identity() == b"1234"
    assert new.nursery("baby", "list") == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["Joey", "Roo"]
    config = BoxSettings.of(new.config).load()
    assert config.alerts.night.from_ == "22:30"
    assert config.notify.urls == ["ntfys://a"]
    assert (new.state / "secret-push-urls").stat().st_mode & 0o777 == 0o600
    assert config.state_dir == str(new.state)
    assert config.mqtt.ca_file == f"{new.folder}/ca.crt"
    assert config.microphone.model == f"{new.folder}/cry-2026-05-01.npz"
    assert Path(config.microphone.model).read_bytes() == b"tuned to her room"
    assert (new.folder / "scale-20260501T0800.toml").exists()
    assert new.config.read_text().startswith("# hers\n")
    assert json.loads((new.page / "sessions.json").read_text()) == PHONES
    assert not (new.page / "pairing.json").exists()


def test_a_restored_box_asks_nothing_about_another_computer(new: Card, backup: str, capsys) -> None:
    new.configure()
    assert new.nursery("restore", backup) == 0
    capsys.readouterr()
    assert new.nursery("identity") == 0
    assert capsys.readouterr().out == "attic: identity 1234\n"


def test_on_the_same_card_the_configuration_is_what_it_was(old: Card, backup: str) -> None:
    before = old.config.read_bytes()
    old.config.write_text(f'box = "cellar"\nstate_dir = "{old.state}"\n')
    assert old.nursery("restore", backup) == 0
    after = tomllib.loads(old.config.read_text())
    assert after == tomllib.loads(before.decode()) | {
        "page": {"state_dir": "/var/lib/nursery-page"}
    }


def test_without_a_configuration_there_the_backup_s_is_taken(
    old: Card, new: Card, backup: str
) -> None:
    shutil.rmtree(old.folder)
    old.folder.mkdir()
    assert old.nursery("restore", backup) == 0
    assert old.identity() == b"1234"
    assert BoxSettings.of(old.config).load().page.state_dir == str(old.page)
    assert not new.config.exists()


def test_what_was_there_before_is_kept(old: Card, new: Card, backup: str, capsys) -> None:
    new.configure(top="trust_clock = true")
    assert new.nursery("baby", "add", "Wallaby", "--species", "kitten") == 0
    before = new.everything()
    assert new.nursery("restore", backup) == 0
    (state,) = new.state.glob("replaced-*")
    (beside,) = new.folder.glob("replaced-*")
    assert (state / "journal.sqlite").read_bytes() == before["state/journal.sqlite"]
    assert (beside / "nursery.toml").read_bytes() == before["nursery.toml"]
    said = capsys.readouterr().out
    assert str(state) in said
    assert str(beside) in said


def test_a_damaged_file_changes_nothing(new: Card, backup: str, capsys) -> None:
    new.configure()
    assert new.nursery("baby", "add", "Wallaby", "--species", "kitten") == 0
    before = new.everything()
    raw = bytearray(Path(backup).read_bytes())
    raw[len(raw) // 2] ^= 1
    for content in (bytes(raw), bytes(raw[: len(raw) // 2]), b"hello", b""):
        Path(backup).write_bytes(content)
        capsys.readouterr()
        code, sentence = fails(capsys, "restore", backup, "--config", str(new.config))
        assert code == 1
        assert backup in sentence
        assert new.everything() == before


@pytest.mark.parametrize("refuses", ["ca.crt", "nursery.toml"])
def test_a_card_that_refuses_one_file_keeps_all_the_others(
    new: Card, backup: str, refuses: str, capsys
) -> None:
    new.configure()
    assert new.nursery("baby", "add", "Wallaby", "--species", "kitten") == 0
    before = new.everything()
    (new.folder / f".{refuses}.new").mkdir()
    capsys.readouterr()
    code, sentence = fails(capsys, "restore", backup, "--config", str(new.config))
    assert code == 1
    assert "nothing was restored" in sentence
    assert new.everything() == before
    assert not waits(new.state)


def test_beside_a_monitor_that_runs_it_waits_for_the_next_start(
    new: Card, backup: str, capsys
) -> None:
    new.configure()
    assert new.nursery("baby", "add", "Wallaby", "--species", "kitten") == 0
    before = new.journal.read_bytes()
    with StateLock(new.state) as lock:
        assert lock.acquire()
        assert new.nursery("restore", backup) == 0
        assert "stop it and start it again" in capsys.readouterr().out
        assert new.journal.read_bytes() == before
        take_over(new.state)  # as ``nursery run`` does at its start
    assert new.identity() == b"1234"


def test_a_command_that_finds_no_monitor_goes_on_with_what_was_restored(
    new: Card, backup: str, capsys
) -> None:
    new.configure()
    with StateLock(new.state) as lock:
        assert lock.acquire()
        assert new.nursery("restore", backup) == 0
    assert new.nursery("weigh", "Joey", "122") == 0
    assert new.identity() == b"1234"


def test_a_command_that_waits_is_carried_out_once(old: Card, new: Card, tmp_path: Path) -> None:
    from monitor.written.requests import request

    journal = Journal.open(old.journal)
    journal.inbox.submit_all([request("weigh", {"baby": "Joey", "grams": "130"})])
    journal.close()
    path = str(tmp_path / "b.nursery")
    assert old.nursery("backup", path) == 0
    new.configure()
    assert new.nursery("restore", path) == 0
    journal = Journal.open(new.journal)
    assert list(journal.inbox.submitted(time.time())) == []
    journal.close()


def test_a_backup_replaces_a_backup_and_nothing_else(old: Card, backup: str, capsys) -> None:
    assert old.nursery("backup", backup) == 0
    assert Path(backup).stat().st_mode & 0o777 == 0o600
    capsys.readouterr()
    for other in (old.config, old.folder):
        before = old.everything()
        code, sentence = fails(capsys, "backup", str(other), "--config", str(old.config))
        assert code == 2
        assert "name a" in sentence
        assert old.everything() == before


def test_what_is_missing_is_told_and_the_rest_is_kept(old: Card, tmp_path: Path, capsys) -> None:
    (old.folder / "ca.crt").unlink()
    assert old.nursery("backup", str(tmp_path / "b.nursery")) == 0
    said = capsys.readouterr().out
    assert f"not in it: {old.folder}/ca.crt: No such file" in said
    assert "2 babies" in said
