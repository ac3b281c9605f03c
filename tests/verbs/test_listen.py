"""``nursery listen`` over real files: the contract's lines, any rate, broken files, the picture."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from monitor.simulation import sounds as synth
from monitor.verbs.listen import listen

soundfile = pytest.importorskip("soundfile")


def crying(seconds: float = 30.0) -> np.ndarray:
    sound = synth.Room(1, noise_db=-58).render(0, int(seconds * 16_000))
    calls = synth.bout("kitten", np.random.default_rng(1), 10, level_db=-25)
    sound[10 * 16_000 : 20 * 16_000] += calls
    return sound


def run(*files: Path, windows: bool = False, plot: Path | None = None) -> tuple[int, list, str]:
    out, err = io.StringIO(), io.StringIO()
    code = listen(files, as_json=True, windows=windows, plot=plot, out=out, err=err)
    return code, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audio") / "cry.wav"
    soundfile.write(path, crying(), 16_000)
    return path


def test_bout_and_summary_lines(recording: Path) -> None:
    code, lines, errors = run(recording)
    assert (code, errors) == (0, "")
    assert [line["event"] for line in lines] == ["cry", "summary"]
    cry, summary = lines
    assert set(cry) == {"file", "event", "start_s", "end_s", "score", "species", "species_p"}
    assert 9 < cry["start_s"] < 12
    assert 16 < cry["end_s"] < 21  # the last of its calls
    assert cry["species"] == "kitten"
    assert sum(cry["species_p"].values()) == pytest.approx(1, abs=1e-3)
    assert set(summary) == {"file", "event", "duration_s", "bouts", "cry_s"}
    assert summary["duration_s"] == 30
    assert summary["bouts"] == 1
    assert summary["cry_s"] == pytest.approx(cry["end_s"] - cry["start_s"], abs=0.002)


def test_windows_come_at_least_twice_a_second_and_sum_to_1(recording: Path) -> None:
    _, lines, _ = run(recording, windows=True)
    windows = [line for line in lines if line["event"] == "window"]
    times = [w["t_s"] for w in windows]
    assert max(np.diff([0, *times])) <= 0.5
    assert times[-1] >= 29.9
    for window in windows:
        assert set(window["p"]) == {"kitten", "puppy", "human", "other"}
        assert sum(window["p"].values()) == pytest.approx(1, abs=5e-6)


@pytest.mark.parametrize(("rate_hz", "channels", "suffix"), [
    (8_000, 1, ".wav"), (22_050, 1, ".flac"), (44_100, 2, ".ogg"), (48_000, 6, ".wav"),
])  # fmt: skip
def test_any_rate_channels_and_format(
    tmp_path: Path, rate_hz: int, channels: int, suffix: str
) -> None:
    sound = crying()
    t = np.arange(30 * rate_hz) / rate_hz
    resampled = np.interp(t, np.arange(len(sound)) / 16_000, sound)
    path = tmp_path / f"x{suffix}"
    soundfile.write(path, np.repeat(resampled[:, None], channels, axis=1), rate_hz)
    code, lines, _ = run(path)
    assert code == 0
    assert [line["event"] for line in lines] == ["cry", "summary"]
    assert 8 < lines[0]["start_s"] < 13


def test_an_unreadable_file_is_one_line_and_the_others_are_done(
    tmp_path: Path, recording: Path
) -> None:
    broken, missing = tmp_path / "broken.wav", tmp_path / "missing.wav"
    broken.write_text("this is no audio")
    code, lines, errors = run(broken, missing, recording)
    assert code == 1
    assert [line["event"] for line in lines] == ["cry", "summary"]
    said = errors.splitlines()
    assert len(said) == 2
    assert str(broken) in said[0]
    assert str(missing) in said[1]


def test_an_empty_file_is_not_called_silent(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0), 16_000)
    code, lines, errors = run(path, windows=True)
    assert (code, lines) == (1, [])
    assert errors == f"{path}: the recording is empty\n"


def test_a_clip_shorter_than_a_window_is_scored(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, crying()[: 16_000 // 3], 16_000)
    _, lines, _ = run(path, windows=True)
    assert [line["event"] for line in lines] == ["window", "summary"]


def test_the_picture_is_written(tmp_path: Path, recording: Path) -> None:
    pytest.importorskip("matplotlib", reason="the picture needs the extra 'report'")
    target = tmp_path / "out.png"
    assert run(recording, plot=target)[0] == 0
    assert target.read_bytes().startswith(b"\x89PNG")


def test_plain_text_names_the_bout(recording: Path) -> None:
    out = io.StringIO()
    listen([recording], as_json=False, windows=False, plot=None, out=out, err=io.StringIO())
    cry, summary = out.getvalue().splitlines()
    assert "kitten crying" in cry
    assert "1 bout" in summary


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_long_file_shows_progress_on_a_terminal_only(tmp_path: Path, recording: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(crying(), 3), 16_000)
    for file, shown in ((path, True), (recording, False)):
        err = Terminal()
        listen([file], as_json=True, windows=False, plot=None, out=io.StringIO(), err=err)
        assert ("%" in err.getvalue()) is shown
