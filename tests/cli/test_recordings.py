from pathlib import Path

import pytest

from monitor.cli import main


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
