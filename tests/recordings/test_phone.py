"""What phones record: read as it is, refused with what to do, never guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from monitor.recordings import phone
from monitor.recordings.audio import duration_s
from monitor.recordings.phone import container_of
from tests.recordings.recorded import PHONES, crying, from_phone, read, wav

pytest.importorskip("av", reason='needs the extra "phone"')


def whole(path: Path) -> np.ndarray:
    sound, fault = read(path)
    assert fault == ""
    return sound


@pytest.mark.parametrize("ending", PHONES)
def test_every_format_of_phones_is_read_whole(tmp_path: Path, ending: str) -> None:
    path = from_phone(tmp_path / f"x.{ending}", crying())
    sound = whole(path)
    assert len(sound) / 16_000 == pytest.approx(30, abs=0.15)
    assert duration_s(path) == pytest.approx(30, abs=0.2)
    heard_db, made_db = (10 * np.log10((s[160_000:320_000] ** 2).mean()) for s in (sound, crying()))
    assert heard_db == pytest.approx(made_db, abs=3)


def test_stereo_is_mixed_and_a_phone_never_doubles_or_halves_the_rate(tmp_path: Path) -> None:
    one = whole(from_phone(tmp_path / "one.m4a", crying()))
    two = whole(from_phone(tmp_path / "two.m4a", crying(), channels=2))
    assert len(one) == pytest.approx(len(two), abs=2048)
    assert np.std(two) == pytest.approx(np.std(one), rel=0.1)


@pytest.mark.parametrize("ending", PHONES)
def test_without_the_extra_one_command_is_named(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = from_phone(tmp_path / f"my cat.{ending}", crying()[:16_000])
    monkeypatch.setattr(phone, "is_installed", lambda: False)
    _, said = read(path)
    assert "pip install 'nursery-monitor[phone]'" in said
    assert f"ffmpeg -i '{path}' '{tmp_path}/my cat.wav'" in said


def test_a_recording_that_the_phone_did_not_finish_is_told(tmp_path: Path) -> None:
    path = from_phone(tmp_path / "x.m4a", crying())
    path.write_bytes(path.read_bytes()[:-2000])  # the index stands at the end
    assert "cut off or damaged: copy it once more" in read(path)[1]


@pytest.mark.parametrize("ending", ["amr", "aac", "webm", "wma"])
def test_what_lost_its_end_is_read_to_there(tmp_path: Path, ending: str) -> None:
    path = from_phone(tmp_path / f"x.{ending}", crying())
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert 10 < len(read(path)[0]) / 16_000 < 20


def test_pictures_without_sound_are_told(tmp_path: Path) -> None:
    import av

    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as file:
        track = file.add_stream("mpeg4", rate=10)
        track.width = track.height = 64
        for _ in range(5):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            file.mux(track.encode(picture))
        file.mux(track.encode(None))
    assert "there is no sound in it" in read(path)[1]


def test_a_playlist_is_no_recording(tmp_path: Path) -> None:
    wav(tmp_path / "other.wav", crying()[:16_000])
    for text in ("#EXTM3U\n#EXTINF:1,\nother.wav\n", "ffconcat version 1.0\nfile other.wav\n"):
        path = tmp_path / "list.m4a"
        path.write_text(text)
        assert "cannot be read as audio" in read(path)[1]


def test_ogg_that_libsndfile_does_not_know_is_tried_otherwise(tmp_path: Path) -> None:
    sound = whole(from_phone(tmp_path / "x.ogg", crying()))
    assert len(sound) / 16_000 == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize(
    "head",
    [b"RIFF\0\0\0\0WAVE", b"fLaC", b"OggS", b"ID3\x03", b"\xff\xfb\x90", b"", b"\xff", b"text"],
)
def test_what_others_read_is_left_to_them(head: bytes) -> None:
    assert container_of(head) is None
