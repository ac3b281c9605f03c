"""Recordings of cries: none unless asked for, few, short, private, and gone when it is time."""

from __future__ import annotations

import signal
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from calibration.cry import audio_files
from calibration.training.clips import read_audio
from monitor.config import Config, MicrophoneConfig
from monitor.daemon.loop import Loop
from monitor.events import AUDIO_RATE_HZ, Alert, AudioBlock, CryStarted, Tick
from monitor.simulation import sounds as synth
from monitor.store.cry_clips import MOST_A_DAY, CryClips, clips_in, folders, open_clips
from monitor.store.journal import Journal
from tests.asking import asked

NOW_S = 1_778_241_600.0


def config(tmp_path: Path, days: float = 7.0, megabytes: float = 100.0) -> Config:
    microphone = MicrophoneConfig(
        source="wav", file="x", keep_cries_days=days, keep_cries_mb=megabytes
    )
    return Config(box="a", state_dir=str(tmp_path), microphone=microphone)


def take(clips: CryClips, observation, *events) -> None:
    clips.observe(observation, events, synced=True)


def cry(at_s: float, species: str = "kitten") -> CryStarted:
    return CryStarted(t_s=at_s, species=species, score=0.9)  # type: ignore[arg-type]


def live(clips: CryClips, begin_s: float, seconds: float, *cries: CryStarted) -> np.ndarray:
    """Play a rising ramp in blocks of 100 ms; each cry is told 3 s after it began."""
    count = int(seconds * AUDIO_RATE_HZ)
    sound = (np.arange(count) % 20_000 / 32_767).astype(np.float32)
    step = AUDIO_RATE_HZ // 10
    for at in range(0, count, step):
        t_s = begin_s + at / AUDIO_RATE_HZ
        told = [c for c in cries if t_s - 0.1 <= c.t_s + 3 - 1e-6 < t_s]
        take(clips, AudioBlock(t_s, sound[at : at + step]), *told)
    return sound


def frames(path: Path) -> np.ndarray:
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16_000, 1, 2)
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2")


def until(true: Callable[[], bool], limit_s: float = 30.0) -> None:
    end_s = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def test_nothing_is_kept_unless_asked_for(tmp_path: Path) -> None:
    assert Config(box="a").microphone.keep_cries_days == 0
    assert open_clips(config(tmp_path, 0.0), print) is None
    assert list(tmp_path.iterdir()) == []


def test_switching_it_off_deletes_what_was_kept_and_nothing_else(tmp_path: Path) -> None:
    clips = CryClips(config(tmp_path))
    live(clips, NOW_S, 20, cry(NOW_S + 5))
    clips.close()
    cries, _ = folders(config(tmp_path))
    (cries / "my own recording.wav").write_bytes(b"x")
    assert len(clips_in(cries)) == 1
    said: list[str] = []
    assert open_clips(config(tmp_path, 0.0), said.append) is None
    assert [path.name for path in cries.iterdir()] == ["my own recording.wav"]
    assert "1 older ones are deleted" in said[0]


def test_a_cry_leaves_ten_seconds_that_only_the_owner_can_read(tmp_path: Path) -> None:
    clips = CryClips(config(tmp_path))
    sound = live(clips, NOW_S, 30, cry(NOW_S + 8.0))
    clips.close()
    cries, _ = folders(config(tmp_path))
    (kept,) = clips_in(cries)
    assert kept.path.name == "cry-20260508T120008Z-kitten.wav"
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert cries.stat().st_mode & 0o777 == 0o700
    want = np.round(sound[7 * AUDIO_RATE_HZ : 17 * AUDIO_RATE_HZ] * 32767).astype("<i2")
    assert np.array_equal(frames(kept.path), want)
    assert clips.metrics()["clips_written_mb"] == pytest.approx(0.3)
    assert clips.problem is None


def test_a_human_voice_is_never_kept(tmp_path: Path) -> None:
    clips = CryClips(config(tmp_path))
    live(clips, NOW_S, 30, cry(NOW_S + 8.0, "human"))
    clips.close()
    assert not folders(config(tmp_path))[0].exists()


def test_there_are_only_so_many_a_day(tmp_path: Path) -> None:
    clips = CryClips(config(tmp_path))
    for number in range(MOST_A_DAY + 3):
        begin_s = NOW_S + 30 * number
        live(clips, begin_s, 14, cry(begin_s + 2))
        until(lambda n=number: clips.metrics()["clips"] == min(n + 1, MOST_A_DAY))
    clips.close()
    assert clips.metrics()["clips_dropped"] == 0
    kept = clips_in(folders(config(tmp_path))[0])
    assert len(kept) == MOST_A_DAY
    assert sum(clip.size for clip in kept) < 8_000_000


def old_clip(folder: Path, name: str, size: int = 1000) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(b"x" * size)
    return path


def test_clips_end_by_age(tmp_path: Path) -> None:
    cries, refuted = folders(config(tmp_path))
    old = old_clip(cries, "cry-20260501T115959Z-kitten.wav")
    young = old_clip(cries, "cry-20260501T120001Z-puppy.wav")
    also_old = old_clip(refuted, "cry-20260430T000000Z-unknown.wav")
    torn = old_clip(cries, "cry-20260508T000000Z-kitten.part")
    strange = old_clip(cries, "notes.txt")
    clips = CryClips(config(tmp_path, days=7.0))
    take(clips, Tick(NOW_S))
    clips.close()
    gone = [path.exists() for path in (old, young, also_old, torn, strange)]
    assert gone == [False, True, False, False, True]


def test_an_unsynchronised_clock_deletes_nothing(tmp_path: Path) -> None:
    old = old_clip(folders(config(tmp_path))[0], "cry-20260401T000000Z-kitten.wav")
    clips = CryClips(config(tmp_path))
    clips.observe(Tick(NOW_S), [], synced=False)
    clips.close()
    assert old.exists()


def test_the_oldest_go_when_there_are_too_many_bytes(tmp_path: Path) -> None:
    cries, refuted = folders(config(tmp_path))
    first = old_clip(cries, "cry-20260508T000000Z-kitten.wav", 600_000)
    second = old_clip(refuted, "cry-20260508T010000Z-kitten.wav", 600_000)
    clips = CryClips(config(tmp_path, megabytes=1.0))
    live(clips, NOW_S, 14, cry(NOW_S + 2))
    clips.close()
    assert not first.exists()
    assert second.exists()
    assert len(clips_in(cries)) == 1


def test_what_was_no_cry_is_put_aside(tmp_path: Path) -> None:
    clips = CryClips(config(tmp_path))
    live(clips, NOW_S, 14, cry(NOW_S + 2))
    live(clips, NOW_S + 600, 14, cry(NOW_S + 602))
    alert = Alert(
        t_s=NOW_S + 700, id="c", kind="crying", state="cleared", severity="warning", baby=None,
        since=NOW_S + 602, title="", message="", why="", box="a",
    )  # fmt: skip
    take(clips, asked(NOW_S + 700, "not_a_cry"), alert)
    clips.close()
    cries, refuted = folders(config(tmp_path))
    assert [kept.path.name for kept in clips_in(cries)] == ["cry-20260508T120002Z-kitten.wav"]
    assert [kept.path.name for kept in clips_in(refuted)] == ["cry-20260508T121002Z-kitten.wav"]


def test_a_disk_that_fails_is_told_and_stops_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("monitor.store.cry_clips.LEAST_FREE_BYTES", 1 << 60)
    clips = CryClips(config(tmp_path))
    live(clips, NOW_S, 14, cry(NOW_S + 2))
    clips.close()
    assert "nearly full" in str(clips.metrics()["clips_error"])
    assert clips_in(folders(config(tmp_path))[0]) == []


def test_a_link_somebody_laid_is_not_followed(tmp_path: Path) -> None:
    cries, _ = folders(config(tmp_path))
    cries.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (cries / "cry-20260508T120002Z-kitten.part").symlink_to(victim)
    (cries / "cry-20200101T000000Z-kitten.wav").symlink_to(victim)
    clips = CryClips(config(tmp_path))
    live(clips, NOW_S, 14, cry(NOW_S + 2))
    take(clips, Tick(NOW_S + 4000))
    clips.close()
    assert victim.read_text() == "mine"


def test_the_calibration_reads_the_folder(tmp_path: Path) -> None:
    clips = CryClips(config(tmp_path))
    live(clips, NOW_S, 14, cry(NOW_S + 2))
    clips.close()
    (path,) = audio_files(folders(config(tmp_path))[0])
    assert len(read_audio(path)) == 10 * AUDIO_RATE_HZ


class Played:
    """A microphone that hears this, block by block, and then ends the loop."""

    loop: Loop

    def __init__(self, sound: np.ndarray) -> None:
        self._sound = sound

    def start(self, put: Callable[[AudioBlock], None]) -> None:
        def play() -> None:
            for at in range(0, len(self._sound), AUDIO_RATE_HZ):
                block = self._sound[at : at + AUDIO_RATE_HZ]
                put(AudioBlock(NOW_S + at / AUDIO_RATE_HZ, block))
            until(lambda: self.loop.backlog == 0)
            self.loop.stop()

        self._thread = threading.Thread(target=play, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._thread.join(2.0)

    def heartbeat_s(self) -> float:
        return time.monotonic()


@pytest.mark.parametrize("days", [0.0, 7.0])
def test_the_daemon_keeps_what_it_heard_only_if_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: float
) -> None:
    settings = config(tmp_path, days)
    journal = Journal.open(settings.journal_path)
    sound = synth.Room(1, noise_db=-60.0).render(0, 40 * AUDIO_RATE_HZ)
    calls = synth.bout("kitten", np.random.default_rng(1), 12, level_db=-30)
    sound[15 * AUDIO_RATE_HZ :][: len(calls)] += calls
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # those of the test runner stay
    ear = Played(sound)
    ear.loop = Loop(settings, journal, [ear], start_s=NOW_S)
    ear.loop.run()
    journal.close()
    kept = clips_in(folders(settings)[0])
    assert bool(kept) == bool(days)
    assert {path.name for path in tmp_path.iterdir()} <= {"journal.sqlite", "cries"}
    if kept:
        loud = np.abs(frames(kept[0].path)).max() / 32767
        assert loud == pytest.approx(np.abs(calls).max(), rel=0.5)
