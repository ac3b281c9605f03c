"""The command line: one sentence on bad input, the right exit code, nothing lost."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from monitor.cli import main
from monitor.store.reading import JournalReader

CONFIG = """
box = "test-box"
state_dir = "{state}"
[scale]
source = "hx711"
counts_per_gram = 400.0
zero_counts = 1000
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "nursery.toml"
    path.write_text(CONFIG.format(state=tmp_path / "state"))
    return str(path)


def fails(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    code = main(list(argv))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    assert captured.err.startswith("nursery: ")
    return code, captured.err


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["dance"], "dance"),
        (["replay"], "--config"),
        (["demo", "--speed", "-3"], "--speed"),
        (["demo", "--hours", "many"], "--hours"),
        (["baby", "add", "Possum"], "--species"),
        (["baby", "add", "Possum", "--species", "hamster"], "hamster"),
        (["weigh", "Possum", "heavy"], "heavy"),
        (["weigh", "Possum"], "nursery weigh Possum 112"),
        (["weigh", "--next", "Possum"], "--next stands alone"),
        (["correct", "a1"], "--void"),
        (["run", "--config", "/nowhere/n.toml"], "/nowhere/n.toml"),
    ],
)
def test_bad_usage_is_exit_code_2(
    capsys: pytest.CaptureFixture[str], argv: list[str], named: str
) -> None:
    code, sentence = fails(capsys, *argv)
    assert code == 2
    assert named in sentence


def test_a_configuration_mistake_names_the_key(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "n.toml"
    path.write_text('box = "a"\nmicrofone = 1\n')
    code, sentence = fails(capsys, "run", "--config", str(path))
    assert code == 2
    assert '"microfone"' in sentence


def test_nothing_to_watch(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "n.toml"
    path.write_text(f'box = "a"\nstate_dir = "{tmp_path}"\n')
    code, sentence = fails(capsys, "run", "--config", str(path))
    assert code == 2
    assert "nothing to watch" in sentence


def test_babies_come_weigh_and_go(
    capsys: pytest.CaptureFixture[str], config: str, tmp_path: Path
) -> None:
    add = ["baby", "add", "Possum", "--species", "puppy", "--weight", "112", "--config", config]
    assert main(add) == 0
    assert main(["baby", "list", "--config", config]) == 0
    assert "Possum: puppy, 112 g" in capsys.readouterr().out
    assert main(["weigh", "Possum", "4oz", "--config", config]) == 0
    assert "113.4 g" in capsys.readouterr().out
    assert main(["baby", "list", "--json", "--config", config]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert msgspec.json.decode(line)["weight_g"] == 113.4
    assert main(["baby", "edit", "Possum", "--rename", "Opossum", "--config", config]) == 0
    assert main(["baby", "retire", "Opossum", "--config", config]) == 0
    capsys.readouterr()
    assert main(["baby", "list", "--config", config]) == 0
    assert "Nobody yet" in capsys.readouterr().out
    assert main(["baby", "list", "--all", "--config", config]) == 0
    assert "Opossum" in capsys.readouterr().out


def test_two_babies_may_not_share_a_topic(capsys: pytest.CaptureFixture[str], config: str) -> None:
    assert main(["baby", "add", "Ann", "--species", "kitten", "--config", config]) == 0
    capsys.readouterr()
    code, sentence = fails(capsys, "baby", "add", "ann!", "--species", "kitten", "--config", config)
    assert code == 2
    assert "ann" in sentence.lower()


def test_a_weigh_in_needs_a_scale_that_sees(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["baby", "add", "Ann", "--species", "kitten", "--config", config])
    capsys.readouterr()
    code, sentence = fails(capsys, "weigh", "--next", "--config", config)
    assert code == 2
    assert "the scale sees nothing now" in sentence


def test_a_weight_ten_times_too_big_is_questioned(
    capsys: pytest.CaptureFixture[str], config: str
) -> None:
    main(["baby", "add", "Ann", "--species", "kitten", "--weight", "110", "--config", config])
    capsys.readouterr()
    code, sentence = fails(capsys, "weigh", "Ann", "1100", "--config", config)
    assert code == 2
    assert "1100" in sentence.replace(" ", "").replace(",", "")
    assert main(["weigh", "Ann", "1100", "--confirm", "--config", config]) == 0


def test_an_unknown_baby_is_named(capsys: pytest.CaptureFixture[str], config: str) -> None:
    code, sentence = fails(capsys, "weigh", "Nobody", "100", "--config", config)
    assert code == 2
    assert "Nobody" in sentence


def test_a_list_is_imported_whole_or_not_at_all(
    capsys: pytest.CaptureFixture[str], config: str, tmp_path: Path
) -> None:
    main(["baby", "add", "Ann", "--species", "kitten", "--born", "2026-01-01", "--config", config])
    capsys.readouterr()
    path = tmp_path / "w.csv"
    path.write_text(
        "time,baby,weight_g\n2026-01-05T08:00:00Z,Ann,140\n2026-01-06T08:00:00Z,Bob,150\n"
    )
    code, sentence = fails(capsys, "weigh", "--csv", str(path), "--config", config)
    assert code == 1
    assert "line 3" in sentence
    path.write_text(
        "time,baby,weight_g\n2026-01-05T08:00:00Z,Ann,140\n2026-01-06T08:00:00Z,Ann,150\n"
    )
    assert main(["weigh", "--csv", str(path), "--config", config]) == 0
    journal = JournalReader.open_for_reading(tmp_path / "state" / "journal.sqlite")
    assert [w.weight_g for w in journal.weighings()] == [140.0, 150.0]
    journal.close()
    path.write_text(
        "time,baby,weight_g\n2026-01-07T08:00:00Z,Ann,1600\n2026-01-08T08:00:00Z,Ann,170\n"
    )
    capsys.readouterr()
    assert main(["weigh", "--csv", str(path), "--config", config]) == 1
    told = capsys.readouterr().out
    assert "line 2 left out" in told
    assert "1 of 2 weighings imported" in told


def replay(config: str, tmp_path: Path, scale: str) -> list[str]:
    (tmp_path / "s.csv").write_text(scale)
    return ["replay", "--config", config, "--scale", str(tmp_path / "s.csv"), "--json"]


@pytest.mark.parametrize(
    ("scale", "named"),
    [
        ("time,grams\n0,1\n", "line 1"),
        ("time_s,counts\n0,100\n0.1,nan\n", "line 3"),
        ("time_s,counts\n0,100\n0.2,100\n0.1,100\n", "line 4"),
        ("time_s,counts\n0,100\n0.1,abc\n", "line 3"),
        ("time_s,counts\n0,100\n0.1\n", "line 3"),
        ("", "line 1"),
    ],
)
def test_a_bad_recording_names_the_line(
    capsys: pytest.CaptureFixture[str], config: str, tmp_path: Path, scale: str, named: str
) -> None:
    code = main(replay(config, tmp_path, scale))
    captured = capsys.readouterr()
    assert code == 1
    assert named in captured.err
    assert captured.err.count("\n") == 1


def test_an_unreadable_recording_is_named(
    capsys: pytest.CaptureFixture[str], config: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF no sound at all")
    code = main(["replay", "--config", config, "--audio", str(path), "--json"])
    captured = capsys.readouterr()
    assert code == 1
    assert "a.wav" in captured.err
    assert captured.err.count("\n") == 1


def test_no_arguments_is_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "monitor"], capture_output=True, text=True, check=False
    )
    assert "Usage: nursery" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_weights_and_times_are_typed_as_people_write_them(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["baby", "add", "Ann", "--species", "kitten", "--weight", "4 oz", "--config", config])
    assert "Ann is in the nursery: 113.4 g" in capsys.readouterr().out
    assert main(["weigh", "Ann", "4", "1/4", "oz", "--at", "2 h ago", "--config", config]) == 0
    assert "Ann weighed: 120.5 g, " in capsys.readouterr().out
    assert main(["weigh", "Ann", "12,450", "--config", config]) == 2
    assert "can be 12.45 or 12450 ('12,450'): write one of them" in capsys.readouterr().err
    assert main(["weigh", "Ann", "121", "--at", "yesterday", "--config", config]) == 2
    assert "write 07:30, yesterday 23:10" in capsys.readouterr().err
    assert main(["baby", "list", "--config", config]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith("Ann: kitten, 120.5 g, ")
    assert "Z" not in listed
