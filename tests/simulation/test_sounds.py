"""Synthetic sounds: pitch, level, seamless rooms, the same in any blocks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from monitor.simulation import sounds as synth

RATE = 16_000


@pytest.mark.parametrize("hertz", [1_134.0, 1_593.0])
def test_a_kitten_call_has_the_pitch_asked_for(hertz: float) -> None:
    one = synth.call("kitten", np.random.default_rng(1), pitch_hz=hertz)
    assert 0.4 <= len(one) / RATE <= 0.8
    assert np.abs(one).max() == pytest.approx(1)
    middle = one[len(one) // 4 : -len(one) // 4]
    correlation = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    lags = np.arange(int(RATE / 2_200), int(RATE / 800))
    assert RATE / lags[correlation[lags].argmax()] == pytest.approx(hertz, rel=0.2)


def test_level_is_that_of_the_loudest_quarter_second() -> None:
    sound = np.concatenate([np.zeros(RATE), np.ones(RATE // 4), np.zeros(RATE)]).astype(np.float32)
    assert np.abs(synth.at_level(sound, -20)).max() == pytest.approx(0.1, rel=1e-3)


def test_noise_and_hum_repeat_without_a_seam() -> None:
    rng = np.random.default_rng(0)
    for loop in (synth.noise(rng, 2.0), synth.hum(rng, 2.0)):
        assert loop.std() == pytest.approx(1, rel=1e-3)
        steps = np.abs(np.diff(loop))
        assert abs(loop[0] - loop[-1]) <= steps.max()


def test_a_room_is_the_same_in_any_blocks() -> None:
    def build() -> synth.Room:
        room = synth.Room(4, noise_db=-50)
        room.add(3.0, synth.bout("puppy", np.random.default_rng(2), 5.0))
        return room

    whole = build().render(0, 40 * RATE)
    room, cuts = build(), [0, 777, 16_000, 50_001, 300_000, 40 * RATE]
    parts = [room.render(a, b - a) for a, b in itertools.pairwise(cuts)]
    assert np.array_equal(whole, np.concatenate(parts))
    quiet = whole[10 * RATE : 20 * RATE]
    assert 10 * np.log10(np.square(quiet).mean()) == pytest.approx(-49.3, abs=1.5)
    assert np.abs(whole[3 * RATE : 8 * RATE]).max() > 5 * np.abs(quiet).max()


def test_the_same_seed_gives_the_same_cry() -> None:
    a, b = (synth.bout("kitten", np.random.default_rng(9), 3.0) for _ in range(2))
    assert np.array_equal(a, b)
