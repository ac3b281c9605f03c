"""A list of weighings from the command line: shown, asked about, imported once."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from monitor.cli import main
from monitor.events import Weighing
from monitor.store.reading import JournalReader
from tests.cli.calling import fails

TWO = "time,baby,weight_g\n2026-11-05T08:00:00Z,Ann,140\n2026-11-06T08:00:00Z,ann,150\n"


@pytest.fixture
def ann(config: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The configuration of a box with Ann in it."""
    main(["baby", "add", "Ann", "--species", "kitten", "--born", "2026-10-20", "--config", config])
    capsys.readouterr()
    return config


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "w.csv"
    path.write_text(TWO)
    return path


def kept(tmp_path: Path) -> list[Weighing]:
    journal = JournalReader.open_for_reading(tmp_path / "state" / "journal.sqlite")
    try:
        return journal.weighings()
    finally:
        journal.close()


def weigh(config: str, *argv: str) -> int:
    return main(["weigh", *argv, "--config", config])


def answering(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_list_is_shown_and_imported_on_yes(
    ann: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    answering(monkeypatch, "y\n")
    assert weigh(ann, "--csv", str(file)) == 0
    shown = capsys.readouterr().out
    assert "  baby  weighings  first" in shown
    assert "Ann   2 " in shown
    assert "140 g to 150 g" in shown
    assert shown.endswith("2 of 2 weighings imported\n")
    assert [(w.baby, w.weight_g, w.origin) for w in kept(tmp_path)] == [
        ("Ann", 140.0, "typed"),
        ("Ann", 150.0, "typed"),
    ]


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_without_a_yes_nothing_is_imported(
    ann: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, answer: str,
) -> None:  # fmt: skip
    answering(monkeypatch, answer)
    assert weigh(ann, "--csv", str(file)) == 1
    assert "nothing was imported" in capsys.readouterr().out
    assert kept(tmp_path) == []


def test_a_list_that_comes_twice_is_imported_once(
    ann: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert weigh(ann, "--csv", str(file), "--yes") == 0
    capsys.readouterr()
    assert weigh(ann, "--csv", str(file), "--yes") == 0
    shown = capsys.readouterr().out
    assert "2 are in the nursery already" in shown
    assert shown.endswith("0 of 2 weighings imported\n")
    assert len(kept(tmp_path)) == 2


def test_what_is_left_out_is_said_before_it_is_asked(
    ann: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(TWO + "2026-11-07T08:00:00Z,Ann,1600\n2026-11-07T08:00:00Z,Bob,160\n")
    assert weigh(ann, "--csv", str(file), "--yes") == 1
    shown = capsys.readouterr().out
    assert "line 4 left out: 1600 g for Ann, who weighed 150 g: check the number" in shown
    assert 'line 5 left out: nobody is called "Bob"' in shown
    assert shown.endswith("2 of 4 weighings imported\n")
    assert weigh(ann, "--csv", str(file), "--yes", "--confirm") == 1  # Bob is nobody still
    assert [w.weight_g for w in kept(tmp_path)] == [140.0, 150.0, 1600.0]


def test_three_slash_four_is_asked_about_once(
    ann: str, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("when,Ann\n11/10/2026 08:00,140\n11/11/2026 08:00,150\n")
    main(["baby", "edit", "Ann", "--born", "2026-09-30", "--config", ann])
    capsys.readouterr()
    file.write_text("when,Ann\n11/10/2026 08:00,140\n10/11/2026 08:00,150\n")
    code, sentence = fails(capsys, "weigh", "--csv", str(file), "--yes", "--config", ann)
    assert code == 1
    assert "11/10/2026 08:00 can be 11 Oct or 10 Nov; add --day-first or --month-first" in sentence
    answering(monkeypatch, "month\ny\n")
    assert weigh(ann, "--csv", str(file)) == 0
    assert capsys.readouterr().out.endswith("2 of 2 weighings imported\n")


def test_ounces_may_be_said_for_the_list(
    ann: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("when,weight\n2026-11-05 08:00,5\n")
    assert weigh(ann, "Ann", "--csv", str(file), "--yes", "--unit", "oz") == 0
    assert [round(w.weight_g, 1) for w in kept(tmp_path)] == [141.7]


def test_a_file_that_is_no_list_is_named(
    ann: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("hello\n")
    code, sentence = fails(capsys, "weigh", "--csv", str(file), "--config", ann)
    assert code == 1
    assert f"{file} has no weighings that can be understood" in sentence
    assert "nothing was changed" in sentence
    code, sentence = fails(capsys, "weigh", "--csv", "/nowhere.csv", "--config", ann)
    assert (code, "cannot read /nowhere.csv" in sentence) == (1, True)
    code, sentence = fails(capsys, "weigh", "Ann", "112", "--csv", str(file), "--config", ann)
    assert (code, "not both" in sentence) == (2, True)


def test_a_list_that_agrees_with_itself_tells_more_than_one_number_at_registration(
    config: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add = ["baby", "add", "Ann", "--species", "kitten", "--weight", "9", "--config", config]
    assert main(add) == 2
    assert "did you mean 9 ounces (255 g)?" in capsys.readouterr().err
    assert main([*add, "--confirm"]) == 0
    file.write_text("when,Ann\n2026-11-25 08:00,244\n2026-11-26 08:00,252\n")
    assert weigh(config, "--csv", str(file), "--yes") == 1  # two may both be wrong
    assert "registered with 9 g (meant as 9 ounces" in capsys.readouterr().out
    file.write_text(file.read_text() + "2026-11-27 08:00,260\n")
    assert weigh(config, "--csv", str(file), "--yes") == 0
    shown = capsys.readouterr().out
    assert "the list agrees with itself, and not with Ann's registration" in shown
    assert [w.weight_g for w in kept(tmp_path)] == [244.0, 252.0, 260.0]


def test_a_reason_is_said_once(ann: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(TWO + "".join(f"2026-11-{day:02}T08:00:00Z,Bob,160\n" for day in range(7, 12)))
    assert weigh(ann, "--csv", str(file), "--yes") == 1
    shown = capsys.readouterr().out
    assert 'line 4 and 4 more left out: nobody is called "Bob"' in shown
    assert shown.count("left out") == 1


def test_a_list_is_taken_out_again(
    ann: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert weigh(ann, "Ann", "151", "--at", "2026-11-07 08:00") == 0
    assert weigh(ann, "--csv", str(file), "--yes") == 0
    capsys.readouterr()
    assert weigh(ann, "--csv", str(file), "--yes", "--undo") == 0
    assert capsys.readouterr().out == "2 of 2 weighings taken back\n"
    assert [w.weight_g for w in kept(tmp_path)] == [151.0]
    assert weigh(ann, "--csv", str(file), "--yes", "--undo") == 1
    assert "none of its 2 weighings is in the nursery" in capsys.readouterr().out


def test_who_does_not_answer_is_told_how_to_say_it(
    ann: str, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["baby", "edit", "Ann", "--born", "2026-09-30", "--config", ann])
    file.write_text("when,Ann\n11/10/2026 08:00,140\n")
    answering(monkeypatch, "")
    capsys.readouterr()
    assert weigh(ann, "--csv", str(file)) == 1
    assert "add --day-first or --month-first; nothing was changed" in capsys.readouterr().err
