"""Care on the command line: told, shown with its id, corrected, taken back."""

from pathlib import Path

import msgspec
import pytest

from monitor.cli import main
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
