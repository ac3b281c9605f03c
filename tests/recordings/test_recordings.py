"""Recordings: streamed, exact, refused with file and line; played at the timeline's pace."""

import time
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from monitor.devices.replayed import ReplayedMicrophone, ReplayedScale, batches
from monitor.errors import InputError
from monitor.events import AudioBlock, ScaleBlock, SourceReport
from monitor.host.timeline import Timeline
from monitor.recordings.audio import Rechunker, decode, read_audio
from monitor.recordings.scale_csv import read_scale_csv


def write(tmp_path, text):
    path = tmp_path / "scale.csv"
    path.write_bytes(text.encode())
    return path


def read(path, **more):
    blocks = list(read_scale_csv(path, **more))
    return (
        np.concatenate([b.times_s for b in blocks]).tolist(),
        np.concatenate([b.counts for b in blocks]).tolist(),
    )


@pytest.mark.parametrize(
    "text",
    [
        "time_s,counts\n0,10\n0.5,-20\n1.25,30\n",
        "time_s,counts\n0,10\n0.5,-20\n1.25,30",
        "time_s,counts\r\n0,10\r\n0.5,-20\r\n1.25,30\r\n",
        "\ufefftime_s,counts\n0,10\n\n0.5,-20\n1.25,30\n\n\n",
        "counts, time_s, note\n10,0,a\n-20,0.5,b\n30,1.25,c\n",
        "time_s,counts\n0.0, 1e1\n 5e-1,-20.0\n1.25,30\n",
    ],
)
@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_reads_what_is_there(tmp_path, text, chunk):
    assert read(write(tmp_path, text), chunk=chunk) == ([0.0, 0.5, 1.25], [10.0, -20.0, 30.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: no column"),
        ("0,1\n", 'line 1: no column "time_s"'),
        ("time_s;counts\n0;1\n", 'line 1: no column "time_s"'),
        ("time_s,weight\n0,1\n", 'line 1: no column "counts"'),
        ("time_s,counts\n", "no values"),
        ("time_s,counts\n\n\n", "no values"),
        ("time_s,counts\n0,1\n1,nan\n", "line 3: counts is nan"),
        ("time_s,counts\n0,1\ninf,2\n", "line 3: time_s is inf"),
        ("time_s,counts\n0,1\n1,\n", "line 3: counts is ''"),
        ("time_s,counts\n0,1\n1,x\n", "line 3: counts is 'x'"),
        ("time_s,counts\n0,1\n1\n", "line 3: 1 fields"),
        ("time_s,counts\n0,1\n1,2,3\n4,5\n", "line 3: 3 fields"),
        ("time_s,counts\n0,1\n1,2,3\n4\n5,6\n", "line 3: 3 fields"),
        ("time_s,counts\n5,1\n\n4,2\n", "line 4: time_s 4 does not come after 5"),
        ("time_s,counts\n5,1\n5,2\n", "line 3: time_s 5 does not come after 5"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 1000])
def test_refuses_with_the_line(tmp_path, text, message, chunk):
    with pytest.raises(InputError, match=message) as caught:
        read(write(tmp_path, text), chunk=chunk)
    assert "scale.csv" in str(caught.value)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv"):
        read(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_audio_of_any_rate_becomes_16_khz_mono(tmp_path, rate_hz, channels):
    time_s = np.arange(rate_hz * 2) / rate_hz
    tone = 0.5 * np.sin(2 * np.pi * 1000 * time_s)
    path = tmp_path / "tone.flac"
    soundfile.write(path, np.repeat(tone[:, None], channels, axis=1), rate_hz)
    blocks = list(read_audio(path, 0.1))
    assert {len(b) for b in blocks} == {1600}
    sound = np.concatenate(blocks)
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(32_000) / 16_000)
    assert np.abs(sound - expected)[200:-200].max() < 2e-3
    assert sound.dtype == np.float32


def test_blocks_do_not_depend_on_their_size(tmp_path):
    rng = np.random.default_rng(1)
    path = tmp_path / "noise.wav"
    soundfile.write(path, rng.uniform(-0.5, 0.5, 44_100), 44_100, subtype="FLOAT")
    whole, parts = (np.concatenate(list(read_audio(path, s))) for s in (10.0, 0.03))
    assert np.array_equal(whole, parts)
    assert len(whole) == 16_000


def test_bad_audio_names_the_file(tmp_path):
    (tmp_path / "text.wav").write_text("no sound")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16_000)
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), 16_000, subtype="FLOAT")
    for name in ("text.wav", "empty.wav", "nan.wav", "nowhere.wav"):
        with pytest.raises(InputError, match=name):
            list(read_audio(tmp_path / name))


def test_rechunker_keeps_every_sample_in_order():
    chunker = Rechunker(4)
    got = [list(b) for n in (3, 0, 6, 2) for b in chunker.push(np.arange(n, dtype=np.float32))]
    assert got == [[0, 1, 2, 0], [1, 2, 3, 4]]
    assert list(chunker.rest()) == [5, 0, 1]
    assert len(chunker.rest()) == 0


def test_batches_keep_gaps_and_span_at_most_half_a_second():
    times = np.array([0.0, 0.2, 0.4, 0.5, 3.0, 3.1])
    got = [b.times_s.tolist() for b in batches(ScaleBlock(times, times))]
    assert got == [[0.0, 0.2, 0.4], [0.5], [3.0, 3.1]]


def play(source, seconds):
    got = []
    start = time.monotonic()
    source.start(got.append)
    while time.monotonic() < start + seconds and not ended(got):
        time.sleep(0.01)
    source.stop()
    return got


def ended(got):
    return any(isinstance(o, SourceReport) and o.state == "failed" for o in got)


def test_a_recording_plays_at_the_pace_of_the_timeline_then_fails(tmp_path):
    path = write(tmp_path, "time_s,counts\n" + "".join(f"{i / 10},{i}\n" for i in range(100)))
    timeline = Timeline(5000.0, speed=20.0)
    began = time.monotonic()
    got = play(ReplayedScale(path, timeline), 60.0)
    assert time.monotonic() - began > 0.4  # 9.9 s at 20 times the pace, not all at once
    blocks = [o for o in got if isinstance(o, ScaleBlock)]
    assert np.concatenate([b.counts for b in blocks]).tolist() == list(range(100))
    assert blocks[0].times_s[0] == pytest.approx(5000.0, abs=10.0)  # half a second late, at most
    assert [o.state for o in got if isinstance(o, SourceReport)] == ["healthy", "failed"]


def test_a_faulty_recording_is_a_failed_source(tmp_path):
    path = write(tmp_path, "time_s,counts\n0,1\n0.1,nan\n")
    got = play(ReplayedScale(path, Timeline(0.0)), 60.0)
    assert "line 3" in got[-1].why


def test_sound_is_played_in_blocks_with_contiguous_times(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(16_000), 16_000)
    got = play(ReplayedMicrophone(path, Timeline(0.0, speed=10.0)), 3.0)
    blocks = [o for o in got if isinstance(o, AudioBlock)]
    assert len(blocks) == 10
    for before, after in pairwise(blocks):
        assert after.t_s == pytest.approx(before.end_s, abs=1e-6)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100])
@pytest.mark.parametrize("chunk_s", [0.1, 0.6, 1.0, 7.0])
def test_a_recording_is_the_same_however_it_is_cut(tmp_path, rate_hz, chunk_s):
    path = tmp_path / "x.wav"
    soundfile.write(path, np.random.default_rng(0).normal(size=3 * rate_hz) * 0.1, rate_hz)
    pieces = list(decode(path, chunk_s))
    assert len(pieces) == int(3.0 / chunk_s + 1e-9) + 1  # and what the filter still held
    assert [part for _, part in pieces] == sorted(part for _, part in pieces)
    whole = np.concatenate([samples for samples, _ in decode(path, 100.0)])
    assert np.array_equal(np.concatenate([samples for samples, _ in pieces]), whole)
