"""The room's calibration from recordings: numbers, advice, false alarms, this room's threshold."""

import io

import numpy as np
import pytest
import soundfile

from calibration.room import calibrate_room, conclude, count_alarms, false_alarms, is_fit
from monitor.config import Config, MicrophoneConfig
from monitor.core.cry.bouts import CryWindow
from monitor.core.cry.model import CryModel
from monitor.core.health.scale_readings import diagnose_scale
from monitor.data.shipped import cry_model_bytes
from monitor.devices.diagnosis import diagnose_sound
from monitor.errors import CalibrationError, ConfigError

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def model():
    return CryModel.from_bytes(cry_model_bytes(None))


def noise(seconds, level=0.003, seed=1):
    return np.random.default_rng(seed).normal(0, level, round(seconds * RATE_HZ)).astype(np.float32)


def tone(seconds, hz, level):
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (level * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


def test_level_floor_and_peak():
    sound = noise(10)
    sound[RATE_HZ : 2 * RATE_HZ] += tone(1, 700, 0.5)
    found = diagnose_sound(sound)
    assert found.floor_db == pytest.approx(20 * np.log10(0.003), abs=0.7)
    assert found.peak_db == pytest.approx(-6, abs=0.2)
    assert found.level_db == pytest.approx(10 * np.log10(0.1 * 0.5**2 / 2), abs=0.3)
    assert found.clipped == 0
    assert found.hum_hz is None


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
@pytest.mark.parametrize("harmonic", [1, 2])
def test_hum_is_named(mains_hz, harmonic):
    assert diagnose_sound(noise(10) + tone(10, mains_hz * harmonic, 0.003)).hum_hz == mains_hz


def test_clipping_and_offset():
    found = diagnose_sound(np.clip(tone(5, 300, 2.0), -1, 1))
    assert found.clipped > 0.3
    assert diagnose_sound(noise(5) + np.float32(0.2)).offset == pytest.approx(0.2, abs=0.01)


def test_too_little_is_unknown():
    assert diagnose_sound(noise(0.3)).level_db is None
    assert diagnose_scale(np.arange(2.0), np.zeros(2)).noise_counts is None


def recording(tmp_path, sound):
    path = tmp_path / "room.flac"
    soundfile.write(path, sound, RATE_HZ)
    return str(path)


def test_a_quiet_room_needs_nothing(tmp_path):
    out = io.StringIO()
    path = recording(tmp_path, noise(400))
    done = calibrate_room(Config(box="a"), from_audio=path, out_dir=str(tmp_path), out=out)
    assert done == 0
    assert "Fit for listening" in out.getvalue()
    assert "0 false alarm" in out.getvalue()
    assert not list(tmp_path.glob("*.npz"))


@pytest.mark.parametrize(
    ("sound", "words"),
    [
        (noise(20, 0.1), "loud"),
        (noise(20, 1e-5), "turn the capture level up"),
        (noise(20) + tone(20, 50, 0.01), "50 Hz hum"),
        (np.clip(tone(20, 300, 3.0), -1, 1), "clip"),
    ],
)
def test_advice(sound, words):
    out = io.StringIO()
    assert not is_fit(diagnose_sound(sound), out)
    assert words in out.getvalue()


def test_a_short_recording_is_refused(tmp_path):
    with pytest.raises(CalibrationError, match="too short"):
        calibrate_room(
            Config(box="a"), from_audio=recording(tmp_path, noise(40)), out=io.StringIO()
        )


def test_without_a_microphone():
    with pytest.raises(ConfigError, match="no microphone"):
        calibrate_room(Config(box="a", microphone=MicrophoneConfig()), out=io.StringIO())


def windows(scores):
    return [
        CryWindow(0.48 * k, {"kitten": p, "puppy": 0.0, "human": 0.0, "other": 1 - p})
        for k, p in enumerate(scores)
    ]


def test_a_higher_threshold_counts_fewer_alarms(model):
    scores = ([0.96] * 8 + [0.0] * 200) * 3
    assert count_alarms(model, windows(scores), 0.9) == 3
    assert count_alarms(model, windows(scores), 0.97) == 0


class Fooled:
    """Stands in for a room in which something scores so much every ten minutes."""

    def __init__(self, score):
        self.score = score

    def observe(self, block):
        score = self.score if block.t_s % 600 < 6 else 0.0
        found = windows([score, score])
        times = [CryWindow(block.t_s + 0.48 * (k + 1), w.p) for k, w in enumerate(found)]
        return type("Heard", (), {"windows": times})


def fooled_for_an_hour(model, score):
    return false_alarms(model, (np.zeros(RATE_HZ, np.float32) for _ in range(3600)), Fooled(score))


def test_a_room_that_fools_the_model_gets_a_threshold_of_its_own(model, tmp_path):
    found = fooled_for_an_hour(model, 0.38)
    assert found.alarms == 6
    assert (found.advised, found.advised_alarms, found.deaf) == (0.4, 0, None)
    conclude(found, model, tmp_path, out := io.StringIO())
    (path,) = tmp_path.glob("cry-room-*.npz")
    assert str(path) in out.getvalue()
    assert "Faint cries are then told later or not at all" in out.getvalue()
    assert CryModel.from_bytes(path.read_bytes()).card.rule.on == 0.4


def test_a_threshold_that_is_deaf_to_crying_is_not_advised(model, tmp_path):
    found = fooled_for_an_hour(model, 0.96)
    assert (found.advised, found.deaf) == (None, 0.97)
    assert found.deaf_to > 0.5
    conclude(found, model, tmp_path, out := io.StringIO())
    assert not list(tmp_path.iterdir())
    assert "A threshold of 0.97 would miss" in out.getvalue()
    assert "keep_cries_days" in out.getvalue()
    hopeless = fooled_for_an_hour(model, 0.999)
    assert (hopeless.advised, hopeless.deaf) == (None, None)
    conclude(hopeless, model, tmp_path, out := io.StringIO())
    assert "No threshold helps:\nfind" in out.getvalue()


def test_a_dead_microphone_is_no_quiet_room() -> None:
    values = np.random.default_rng(1).choice([-1, 0], 80_000) / 32768
    assert "digital silence" in diagnose_sound(np.full(80_000, 0.2, np.float32)).dead
    assert "last bit" in diagnose_sound(values.astype(np.float32)).dead
    assert diagnose_sound(noise(5)).dead == ""
