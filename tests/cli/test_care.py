"""Care on the command line: told, shown with its id, corrected, taken back."""

from io import StringIO
from pathlib import Path

import msgspec
import pytest

from monitor.cli import main
from monitor.cli.options import logged_in
from monitor.store.reading import JournalReader
from tests.cli.calling import fails


@pytest.fixture
def ann(config: str, capsys: pytest.CaptureFixture[str]) -> str:
    """A box with one kitten; its configuration."""
    add = ["baby", "add", "Ann", "--species", "kitten", "--weight", "113", "--config", config]
    assert main(add) == 0
    capsys.readouterr()
    return config


def says(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(list(argv)) == 0
    return capsys.readouterr().out


def test_a_bottle_is_told_in_the_words_of_people(
    ann: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said = says(capsys, "feed", "Ann", "8", "ml", "--tube", "--at", "20 min ago", "--config", ann)
    assert said.startswith("Ann was fed: 8 g, ")
    assert "nobody knows how much" in says(capsys, "feed", "Ann", "--config", ann)
    journal = JournalReader.open_for_reading(tmp_path / "state" / "journal.sqlite")
    assert [(feed.net_g, feed.how) for feed in journal.feeds()] == [(8.0, "tube"), (None, None)]
    journal.close()


def test_as_much_as_usual_is_said_back(ann: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        says(capsys, "feed", "Ann", "--usual", "--config", ann) == "Ann was fed: amount unknown\n"
    )
    for grams, hours in (("5", "6"), ("6", "3")):
        says(capsys, "feed", "Ann", grams, "--at", f"{hours} hours ago", "--config", ann)
    assert (
        says(capsys, "feed", "Ann", "--usual", "--config", ann) == "Ann was fed: 5.5 g, as usual\n"
    )


def test_the_log_shows_all_with_its_ids_and_undo_takes_them(
    ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    says(capsys, "weigh", "Ann", "1120", "--confirm", "--config", ann)
    says(capsys, "feed", "Ann", "8", "--config", ann)
    says(capsys, "note", "Ann", "medicine", "0.1 ml", "--text", "the white one", "--config", ann)
    says(capsys, "note", "all", "carer", "--text", "Mo takes over", "--config", ann)
    lines = says(capsys, "log", "--config", ann).splitlines()
    assert [line.partition("  ")[2].partition("  [")[0].strip() for line in lines] == [
        "Ann: 1120 g, typed",
        "Ann was fed, 8 g, noted by hand",
        "Ann: medicine 0.1 ml, the white one",
        "all: carer Mo takes over",
    ]
    items = [
        msgspec.json.decode(s)
        for s in says(capsys, "log", "--json", "--config", ann).split("\n")
        if s
    ]
    assert [item["what"] for item in items] == ["weighing", "feed", "note", "note"]
    said = says(capsys, "undo", items[0]["id"], "--config", ann)
    assert said == "taken back: weigh Ann 1120 g\n"
    assert says(capsys, "undo", "--config", ann) == "taken back: note carer\n"
    says(capsys, "correct", items[1]["id"], "--grams", "6", "--config", ann)
    assert "6 g" in says(capsys, "log", "--baby", "ann", "--config", ann)
    says(capsys, "correct", items[2]["id"], "--void", "--config", ann)
    assert len(says(capsys, "log", "--config", ann).splitlines()) == 1


def test_a_baby_registered_by_mistake_is_deleted(
    ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    says(capsys, "feed", "Ann", "--config", ann)
    code, sentence = fails(capsys, "baby", "delete", "Ann", "--config", ann)
    assert code == 2
    assert "baby retire" in sentence
    says(capsys, "undo", "--config", ann)
    says(capsys, "baby", "delete", "Ann", "--config", ann)
    assert "Nobody yet" in says(capsys, "baby", "list", "--all", "--config", ann)


def test_an_empty_log_says_so(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert says(capsys, "log", "--config", config) == "nothing in the last 2 days\n"
    code, sentence = fails(capsys, "undo", "--config", config)
    assert code == 2
    assert "nothing was entered" in sentence


def test_whoever_says_it_stands_in_the_log_and_in_the_summary(
    ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    says(capsys, "feed", "Ann", "8", "--by", "Mo", "--config", ann)
    says(capsys, "note", "Ann", "stool", "soft", "--by", "Mo", "--config", ann)
    says(capsys, "weigh", "Ann", "120", "--by", "Sam", "--config", ann)
    says(capsys, "weigh", "Ann", "121", "--at", "1 hour ago", "--config", ann)
    lines = says(capsys, "log", "--config", ann).splitlines()
    assert [line.partition("  [")[0].rpartition(", ")[2] for line in lines] == [
        "typed", "by Mo", "by Mo", "by Sam",
    ]  # fmt: skip
    weighed = msgspec.json.decode(says(capsys, "log", "--json", "--config", ann).splitlines()[-1])
    says(capsys, "correct", weighed["id"], "--grams", "119", "--by", "Kim", "--config", ann)
    assert "119 g, typed, by Kim" in says(capsys, "log", "--config", ann)
    assert "Mo" in says(capsys, "summary", "--config", ann)
    code, sentence = fails(capsys, "feed", "Ann", "--by", "M" * 90, "--config", ann)
    assert (code, '"by" must be a name' in sentence) == (2, True)


@pytest.mark.parametrize(
    ("login", "sudo", "terminal", "told"),
    [
        ("mo", None, True, "mo"),
        ("root", "mo", True, "mo"),
        ("root", None, True, None),
        ("pi", None, True, None),
        ("root", "pi", True, None),
        ("mo", None, False, None),
    ],
)
def test_at_a_terminal_the_login_name_says_who_it_was(
    monkeypatch: pytest.MonkeyPatch, login: str, sudo: str | None, terminal: bool, told: str | None
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal() if terminal else StringIO())
    monkeypatch.setenv("LOGNAME", login)
    monkeypatch.delenv("SUDO_USER", raising=False)
    if sudo is not None:
        monkeypatch.setenv("SUDO_USER", sudo)
    assert logged_in() == told


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True
