"""``nursery listen`` over real files: the contract's lines, any rate, broken files, the picture."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from monitor.config import Config
from monitor.errors import InputError
from monitor.verbs.listen import listen
from monitor.verbs.replay import ReplayInputs, replay
from tests.recordings.recorded import PHONES, crying, from_phone, wav, wav_that_says

soundfile = pytest.importorskip("soundfile")


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
    assert set(summary) == {
        "file", "event", "duration_s", "bouts", "cry_s", "judged_s", "score", "why"
    }  # fmt: skip
    assert (summary["judged_s"], summary["why"]) == (30, None)
    assert summary["score"] >= cry["score"]
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


# ------------------------------------------------------------------ what could not be judged


def plain(*files: Path) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = listen(files, as_json=False, windows=False, plot=None, out=out, err=err)
    return code, out.getvalue(), err.getvalue()


def not_a_number(path: Path) -> Path:
    sound = crying().astype(np.float32)
    sound[25 * 16_000] = np.nan
    return wav(path, sound, subtype="FLOAT")


def holding(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


DITHER = np.random.default_rng(3).integers(-1, 2, 30 * 16_000) / 2**15
UNJUDGED = {
    "digital silence": lambda path: wav(path, np.zeros(30 * 16_000)),
    "an offset": lambda path: wav(path, np.full(30 * 16_000, 0.2)),
    "a second of silence": lambda path: wav(path, np.zeros(16_000)),
    "silence in two channels": lambda path: wav(path, np.zeros((30 * 16_000, 2))),
    "a converter without a microphone": lambda path: wav(path, DITHER),
    "the same in two channels": lambda path: wav(path, np.stack([DITHER, 0 * DITHER], 1)),
    "samples below every microphone's": lambda path: wav(path, crying() * 1e-9, subtype="FLOAT"),
    "not a number": not_a_number,
    "no number at all": lambda path: wav(path, np.full(30 * 16_000, np.nan), subtype="FLOAT"),
    "a number that is no sound": lambda path: wav(path, crying() * 1e30, subtype="FLOAT"),
    "no byte": lambda path: holding(path, b""),
    "no sample": lambda path: wav(path, np.zeros(0)),
    "half a header": lambda path: holding(path, b"RIFF\0\0\0\0WAVEfmt "),
    "text": lambda path: holding(path, b"my recording"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNJUDGED)
def test_what_could_not_be_judged_is_said_and_is_never_no_crying(tmp_path: Path, what: str) -> None:
    path = UNJUDGED[what](tmp_path / "x.wav")
    code, out, err = plain(path)
    assert code == 1
    assert "no crying" not in out
    assert err.count("\n") == 1
    assert err.startswith(f"{path}: ")
    code, lines, err = run(path)
    assert code == 1
    assert err.count("\n") == 1
    for line in lines:
        if line["event"] == "summary":
            assert line["bouts"] or line["bouts"] is None
            assert line["why"] in err


def test_what_came_before_the_damage_is_told(tmp_path: Path) -> None:
    path = not_a_number(tmp_path / "x.wav")
    code, out, err = plain(path)
    assert code == 1
    assert "kitten crying" in out
    assert "0:25.0 read, 1 bout" in out
    assert err == f"{path}: cannot be read after 0:25.0: a sample there is not a number\n"


def test_a_sample_that_no_sound_can_have_is_called_so(tmp_path: Path) -> None:
    for value, said in ((np.inf, "not a number"), (1e30, "far beyond full scale")):
        sound = crying().astype(np.float32)
        sound[16_000] = value
        path = wav(tmp_path / "x.wav", sound, subtype="FLOAT")
        expected = f"{path}: cannot be read after 0:01.0: a sample there is {said}\n"
        assert plain(path)[2] == expected


@pytest.mark.parametrize("length", [0, 10 * 32_000])
def test_a_wav_that_was_never_finished_is_heard(tmp_path: Path, length: int) -> None:
    code, lines, errors = run(wav_that_says(tmp_path / "x.wav", crying(), length))
    assert (code, errors) == (0, "")
    assert [line["event"] for line in lines] == ["cry", "summary"]
    assert lines[1]["duration_s"] == 30


@pytest.mark.parametrize("signs", [(1, -1), (-1, 1), (0, 1), (1, 0), (0.5, -1), (1, -1, 1, -1)])
def test_no_wiring_of_the_channels_hides_a_cry(
    tmp_path: Path, recording: Path, signs: tuple[float, ...]
) -> None:
    path = wav(tmp_path / "x.wav", np.stack([sign * crying() for sign in signs], axis=1))
    _, (cry, summary), _ = run(path)
    _, (as_mono, _), _ = run(recording)
    assert summary["why"] is None
    assert cry["start_s"] == pytest.approx(as_mono["start_s"], abs=0.5)
    assert cry["score"] == pytest.approx(as_mono["score"], abs=0.05)


def test_a_clip_too_short_for_a_bout_is_not_called_quiet(tmp_path: Path) -> None:
    loudest = 16_000 * int(np.argmax([np.std(s) for s in crying().reshape(30, -1)]))
    path = wav(tmp_path / "x.wav", crying()[loudest : loudest + 24_000])
    code, out, err = plain(path)
    assert (code, err) == (0, "")
    reach = re.fullmatch(rf"{path}: 0:01.5 long, too short to judge; the windows reach (.*)\n", out)
    assert reach
    assert float(reach[1]) > 0.9
    _, (summary,), _ = run(path)
    assert (summary["bouts"], summary["cry_s"]) == (None, None)
    assert summary["score"] > 0.9
    assert summary["why"] == "too short to judge"


def test_single_calls_are_not_called_quiet(tmp_path: Path) -> None:
    path = wav(tmp_path / "x.wav", crying()[: 14 * 16_000])  # three of its windows
    _, out, _ = plain(path)
    assert "single calls, but no bout of crying; the windows reach 1.0" in out
    assert run(path)[1][-1]["bouts"] == 0


def test_a_microphone_that_died_on_the_way_is_told(tmp_path: Path) -> None:
    path = wav(tmp_path / "x.wav", np.concatenate([crying()[:128_000], np.zeros(40 * 16_000)]))
    code, out, _ = plain(path)
    assert code == 0
    assert "0:40.0 not judged: digital silence" in out
    _, (summary,), _ = run(path)
    assert summary["judged_s"] == 8


def test_floats_in_another_unit_are_sound(tmp_path: Path) -> None:
    _, lines, _ = run(wav(tmp_path / "x.wav", np.tile(crying(), 4) * 2**15, subtype="FLOAT"))
    assert lines[-1]["why"] is None
    assert lines[-1]["bouts"] == 4


@pytest.mark.parametrize("ending", PHONES)
def test_what_phones_record_is_heard(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("av", reason='needs the extra "phone"')
    code, lines, errors = run(from_phone(tmp_path / f"x.{ending}", crying()))
    assert (code, errors) == (0, "")
    assert [line["event"] for line in lines] == ["cry", "summary"]
    assert 8 < lines[0]["start_s"] < 13


def test_a_sound_mp3_makes_no_noise(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.mp3"
    soundfile.write(path, crying(), 16_000)
    comment = b"COMM\0\0\0\4\0\0\0eng"  # without a text: the decoder complains of it
    tag = b"ID3\3\0\0\0\0\0" + bytes([len(comment)]) + comment
    path.write_bytes(tag + path.read_bytes() + b"TAG" + bytes(125))
    code, lines, errors = run(path)
    assert (code, errors, lines[-1]["bouts"]) == (0, "", 1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "called", [b"no text \xff.wav", b"two\nlines.wav", "Kätzchen 🐱.wav".encode()]
)
def test_a_file_may_be_called_anything(tmp_path: Path, called: bytes) -> None:
    path = wav(tmp_path / "x.wav", crying()).rename(tmp_path / os.fsdecode(called))
    silent = wav(tmp_path / "y.wav", np.zeros(16_000)).rename(f"{path}2")
    code, out, err = plain(path, silent)
    assert (code, out.count("\n"), err.count("\n")) == (1, 3, 1)
    assert "1 bout" in out.encode().decode()
    assert run(path)[1][-1]["bouts"] == 1


def test_a_phones_file_may_be_called_anything(tmp_path: Path) -> None:
    pytest.importorskip("av", reason='needs the extra "phone"')
    path = from_phone(tmp_path / "x.m4a", crying()).rename(tmp_path / os.fsdecode(b"\xff.m4a"))
    assert run(path)[1][-1]["bouts"] == 1


def test_a_pipe_is_refused_with_what_to_do(tmp_path: Path) -> None:
    ends = os.pipe()
    try:
        _, out, err = plain(Path(f"/dev/fd/{ends[0]}"))
    finally:
        for end in ends:
            os.close(end)
    assert out == ""
    assert err.endswith(": is no file but a pipe: write it to a file first\n")


def test_a_damaged_file_is_drawn_to_the_damage(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the picture needs the extra 'report'")
    target = tmp_path / "out.png"
    assert run(not_a_number(tmp_path / "x.wav"), plot=target)[0] == 1
    assert target.read_bytes().startswith(b"\x89PNG")


def test_replay_reads_with_the_same_reader(tmp_path: Path) -> None:
    def events(path: Path) -> tuple[list, str]:
        out, fault = io.StringIO(), ""
        inputs = ReplayInputs(audio=str(path))
        try:
            replay(Config(box="x"), inputs, as_json=True, out=out, err=io.StringIO())
        except InputError as error:
            fault = str(error)
        return [json.loads(line) for line in out.getvalue().splitlines()], fault

    def kinds(path: Path) -> set[str]:
        return {event["event"] for event in events(path)[0]}

    assert {"cry_started", "cry_ended"} <= kinds(wav_that_says(tmp_path / "0.wav", crying(), 0))
    counter = wav(tmp_path / "counter.wav", np.stack([crying(), -crying()], axis=1))
    assert {"cry_started", "cry_ended"} <= kinds(counter)
    silence, fault = events(wav(tmp_path / "silence.wav", np.zeros(30 * 16_000)))
    assert fault == ""
    assert "digital silence" in next(e["why"] for e in silence if e["event"] == "source")
    damaged, fault = events(not_a_number(tmp_path / "nan.wav"))
    assert "cry_ended" in {event["event"] for event in damaged}
    assert fault == plain(tmp_path / "nan.wav")[2].strip()
