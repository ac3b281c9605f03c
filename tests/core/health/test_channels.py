"""Several channels to one: the living one is heard, nothing cancels, nothing clicks."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.health.channels import ChannelMix

RATE_HZ = 48_000
TURN = RATE_HZ // 4
RNG = np.random.default_rng(4)


def noise(seconds: float, rms: float = 1e-2) -> np.ndarray:
    return RNG.normal(0, rms, round(seconds * RATE_HZ))


def frames(*channels: np.ndarray) -> np.ndarray:
    return np.round(np.column_stack(channels) * 2.0**31).astype(np.int32)


def mixed(mix: ChannelMix, sound: np.ndarray) -> np.ndarray:
    turns = [mix.mix(sound[at : at + TURN]) for at in range(0, len(sound), TURN)]
    return np.concatenate(turns)


def level_db(sound: np.ndarray) -> float:
    return 20 * float(np.log10(sound.std() + 1e-12))


@pytest.mark.parametrize(("gains", "words"), [((0, 1), "the right"), ((1, 0), "the left")])
def test_the_only_living_channel_is_heard_without_loss(gains, words):
    sound, mix = noise(2), ChannelMix(2, RATE_HZ)
    heard = mixed(mix, frames(*(gain * sound for gain in gains)))
    assert level_db(heard) == pytest.approx(level_db(sound), abs=0.01)
    assert mix.words == f"{words} channel, the other one is silent"


def test_a_dead_channel_that_is_dithered_or_offset_is_left_out_within_seconds():
    sound, mix = noise(14), ChannelMix(3, RATE_HZ)
    dither = RNG.choice([-1, 0], len(sound)) / 2.0**15
    heard = mixed(mix, frames(dither, np.full(len(sound), 0.3), sound))
    assert level_db(heard[-RATE_HZ:]) == pytest.approx(level_db(sound[-RATE_HZ:]), abs=0.01)
    assert mix.words == "channel 3 of 3, the others are silent"


@pytest.mark.parametrize("gains", [(1, -1), (-1, 1), (0.5, -1), (1, -1, 1, -1)])
def test_counter_phase_does_not_cancel(gains):
    sound, mix = noise(2), ChannelMix(len(gains), RATE_HZ)
    heard = mixed(mix, frames(*(gain * sound for gain in gains)))
    loudest_db = level_db(max(map(abs, gains)) * sound)
    assert level_db(heard[:TURN]) > loudest_db - 6.1
    assert level_db(heard[-TURN:]) > loudest_db - 6.1
    assert "counter-phase" in mix.words


def test_what_one_of_two_hears_is_at_most_6_db_softer():
    for left, right in ((noise(2), noise(2, 1e-4)), (noise(2, 1e-4), noise(2))):
        heard = mixed(ChannelMix(2, RATE_HZ), frames(left, right))
        assert level_db(heard) > max(level_db(left), level_db(right)) - 6.1


def test_a_channel_that_dies_and_comes_back_makes_no_click():
    """A slow tone, so that any step stands out: its own steepest step is 0.003."""
    tone = 0.5 * np.sin(2 * np.pi * 50 * np.arange(30 * RATE_HZ) / RATE_HZ)
    right = np.where(np.arange(len(tone)) < 4 * RATE_HZ, tone, 0)
    right[26 * RATE_HZ :] = -tone[26 * RATE_HZ :]
    mix = ChannelMix(2, RATE_HZ)
    heard = mixed(mix, frames(tone, right))
    silent_from, back_at = 4 * RATE_HZ, 26 * RATE_HZ
    steps = np.abs(np.diff(heard))
    steps[silent_from - 2 : silent_from + 2] = 0  # the channel itself stops with a step
    steps[back_at - 2 : back_at + 2] = 0
    assert steps.max() < 0.004
    assert level_db(heard[20 * RATE_HZ : 25 * RATE_HZ]) == pytest.approx(level_db(tone), abs=0.01)


def test_with_nothing_alive_nothing_is_heard():
    dither = RNG.choice([-1, 0], 12 * RATE_HZ) / 2.0**15
    for sound in (frames(dither, dither), frames(np.full(RATE_HZ, 0.2), np.zeros(RATE_HZ))):
        mix = ChannelMix(2, RATE_HZ)
        assert np.ptp(mixed(mix, sound)[-TURN:]) == 0.0
        assert mix.words == ""


def test_one_channel_is_itself_in_full_resolution():
    sound = RNG.integers(-300, 300, RATE_HZ).astype(np.int32)[:, None]
    heard = mixed(ChannelMix(1, RATE_HZ), sound)
    assert np.array_equal(heard, (sound[:, 0] / 2.0**31).astype(np.float32))


def test_counter_phase_after_a_silent_beginning_does_not_cancel():
    sound = np.concatenate([np.zeros(5 * TURN), noise(2)])  # a converter or decoder that starts up
    heard = mixed(ChannelMix(2, RATE_HZ), frames(sound, -sound))
    second = heard[5 * TURN : 5 * TURN + RATE_HZ]
    assert level_db(second) > level_db(noise(2)) - 6.1


def test_frames_may_come_in_the_units_of_a_file():
    sound = noise(2)
    for full_scale, kind in ((2.0**15, np.int16), (1.0, np.float32)):
        values = np.column_stack([sound, -sound]) * full_scale
        values = (values.round() if kind is np.int16 else values).astype(kind)
        heard = mixed(ChannelMix(2, RATE_HZ, full_scale), values)
        assert level_db(heard) == pytest.approx(level_db(sound), abs=0.1)
