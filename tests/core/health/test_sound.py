"""Sound that no living microphone makes, and quiet or odd sound that one does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from monitor.core.cry.resample import Resampler
from monitor.core.health.sources import Health
from monitor.events import AUDIO_RATE_HZ, AudioBlock, Tick
from monitor.simulation import sounds as synth

T = 1_000_000.0
BLOCK = 1600
Sound = np.ndarray


class Ear:
    """A Health that listens; ``blind`` is why a person is told."""

    def __init__(self) -> None:
        self.health = Health(("microphone",), T)
        self.t_s = T
        self.told: list[tuple[float, str]] = []

    def hear(self, sound: Sound, share: float = 1.0) -> Ear:
        """A stretch at 16 kHz, as blocks of 0.1 s; ``share`` of them arrive."""
        owed = 0.0
        for start in range(0, len(sound) - BLOCK + 1, BLOCK):
            owed += share
            if owed >= 1.0:
                owed -= 1.0
                self.health.observe(AudioBlock(self.t_s, sound[start : start + BLOCK]))
            self.t_s += 0.1
            if start // BLOCK % 10 == 9:
                for change in self.health.observe(Tick(round(self.t_s))):
                    self.told.append((change.t_s - T, change.state))
        return self

    @property
    def blind(self) -> str:
        found = [c for c in self.health.conditions(self.t_s) if c.severity == "critical"]
        return found[0].message if found else ""

    @property
    def warnings(self) -> list[str]:
        found = [c for c in self.health.conditions(self.t_s) if c.severity == "warning"]
        return [c.message for c in found]


def samples(seconds: float) -> int:
    return round(seconds * AUDIO_RATE_HZ)


def quantised(sound: Sound, bits: int) -> Sound:
    steps = 2 ** (bits - 1)
    return (np.round(sound * steps) / steps).astype(np.float32)


def white(seconds: float, rms: float, seed: int = 0) -> Sound:
    return np.random.default_rng(seed).normal(0, rms, samples(seconds)).astype(np.float32)


def room(seconds: float, db: float, seed: int = 3) -> Sound:
    return synth.Room(seed, noise_db=db, hum_db=None).render(0, samples(seconds))


LIVING: dict[str, Callable[[], Sound]] = {
    "a good microphone's own noise, 16 bits": lambda: quantised(white(600, 1e-5), 16),
    "... with an offset of half a step": lambda: quantised(white(600, 1e-5) + 2**-16, 16),
    "a good microphone's own noise, 24 bits": lambda: quantised(white(600, 1e-5), 24),
    "a room of -96 dBFS, 16 bits": lambda: quantised(room(600, -96), 16),
    "a room of -100 dBFS, 24 bits": lambda: quantised(room(600, -100), 24),
    "a room behind an offset": lambda: room(120, -70) + np.float32(0.4),
    "a kitten that cries for two minutes, 20 dB too loud": lambda: np.clip(
        10 * synth.bout("kitten", np.random.default_rng(1), 120, level_db=-12), -1, 1
    ),
    "an alarm's tone": lambda: (
        (0.1 * np.sin(2 * np.pi * 3100 * np.arange(samples(120)) / AUDIO_RATE_HZ))
        .astype(np.float32)
    ),
    "a room through 8 bits": lambda: quantised(room(120, -42), 8),
}  # fmt: skip


@pytest.mark.parametrize("name", LIVING)
def test_quiet_odd_and_loud_sound_of_a_living_microphone_is_believed(name: str) -> None:
    ear = Ear().hear(LIVING[name]())
    assert ear.told == [(1, "healthy")], ear.blind
    assert ear.warnings == []


def dithered(values: tuple[int, ...], seconds: float = 120) -> Sound:
    codes = np.random.default_rng(5).choice(values, samples(seconds))
    return (codes / 32768).astype(np.float32)


def repeated(period_s: float, rate_hz: int) -> Sound:
    piece = Resampler(AUDIO_RATE_HZ).process(room(2, -50))[: round(period_s * rate_hz)]
    return Resampler(rate_hz).process(np.resize(piece, rate_hz * 100))


DEAD: dict[str, tuple[Callable[[], Sound], str, float]] = {
    "zeros": (lambda: np.zeros(samples(60), np.float32), "digital silence", 10),
    "an offset": (lambda: np.full(samples(60), 0.3, np.float32), "digital silence", 10),
    "not numbers": (lambda: np.full(samples(60), np.nan, np.float32), "no sound", 10),
    "infinite": (lambda: np.full(samples(60), -np.inf, np.float32), "no sound", 10),
    "dither, -1 and 0": (lambda: dithered((-1, 0)), "last bit's noise", 10),
    "dither, -1, 0 and 1": (lambda: dithered((-1, 0, 0, 1)), "last bit's noise", 60),
    "dither of 24 bits": (lambda: dithered((-1, 0, 1)) / 256, "digital silence", 10),
    "full scale": (
        lambda: np.sign(white(120, 1.0)).astype(np.float32) * np.float32(0.9999), "overdriven", 10,
    ),
    "overdriven for ever": (lambda: np.clip(white(120, 5.0), -1, 1), "overdriven", 60),
    "a quarter second again and again": (lambda: repeated(0.25, 16_000), "again and again", 35),
    "a buffer of 1024 at 48 kHz": (lambda: repeated(1024 / 48_000, 48_000), "again and", 35),
}  # fmt: skip


@pytest.mark.parametrize("name", DEAD)
def test_what_no_living_microphone_makes_is_told_in_its_own_words(name: str) -> None:
    make, words, within_s = DEAD[name]
    ear = Ear().hear(room(30, -60))
    assert ear.blind == ""
    ear.hear(make())
    failed = [t_s for t_s, state in ear.told if state == "failed"]
    assert failed
    assert failed[0] - 30 <= within_s + 2
    assert words in ear.blind
    assert not ear.health.alive("microphone")
    ear.hear(room(20, -60))
    assert ear.blind == ""
    assert ear.told[-1][1] == "healthy"


@pytest.mark.parametrize(("share", "told"), [(0.1, True), (0.7, True), (0.95, False), (1.0, False)])
def test_seconds_of_sound_per_second_are_counted(share: float, told: bool) -> None:
    ear = Ear().hear(room(60, -60)).hear(room(90, -60), share)
    assert ("loses sound" in ear.blind) == told
    if told:
        assert f"{100 * share:.0f} %" in ear.blind


def test_a_restart_of_five_seconds_is_no_lost_sound() -> None:
    ear = Ear().hear(room(60, -60)).hear(room(5, -60), 0.0).hear(room(60, -60))
    assert ear.blind == ""
    assert ear.told[-1][1] == "healthy"


def test_more_sound_than_time_is_told() -> None:
    ear, sound = Ear(), white(60, 1e-3).reshape(60, -1)
    for second in range(60):
        for half in range(2):
            ear.health.observe(AudioBlock(ear.t_s, sound[second - half]))
        ear.t_s += 1
        ear.health.observe(Tick(ear.t_s))
    assert "2.0 s of sound a second" in ear.blind


def gate(ear: Ear, silent_s: float, sound_s: float = 8.0) -> Ear:
    return ear.hear(np.zeros(samples(silent_s), np.float32)).hear(room(sound_s, -40))


def test_a_noise_gate_is_called_one_and_not_a_dead_microphone_for_each_of_its_silences() -> None:
    ear = Ear().hear(room(8, -40))
    for _ in range(3):
        gate(ear, 60)
    deaths = len([1 for _, state in ear.told if state == "failed"])
    assert deaths == 3
    for _ in range(3):
        gate(ear, 900)
        (warning,) = ear.warnings
        assert "noise suppression" in warning
    assert len([1 for _, state in ear.told if state == "failed"]) == deaths


def test_the_silence_of_a_noise_gate_is_believed_for_half_an_hour() -> None:
    ear = Ear().hear(room(8, -40))
    for _ in range(4):
        gate(ear, 60)
    ear.hear(np.zeros(samples(1795), np.float32))
    assert ear.blind == ""
    ear.hear(np.zeros(samples(10), np.float32))
    assert "digital silence" in ear.blind


def test_a_loose_plug_is_no_noise_gate() -> None:
    ear = Ear()
    for _ in range(4):
        ear.hear(room(720, -60)).hear(np.zeros(samples(30), np.float32))
        assert "digital silence" in ear.blind
        assert ear.warnings == []
