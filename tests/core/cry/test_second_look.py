"""The second look: what is a bout of calls, what is not, and that little else is asked of it."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.cry.bouts import LOOK_AGAIN_S, BoutRule, Bouts, CryWindow
from monitor.core.cry.calls import calls_in
from monitor.core.cry.features import STEP_S
from monitor.core.cry.second_look import SecondLook, evidence, is_bout
from monitor.events import CryStarted
from monitor.simulation import sounds as synth

RATE = 16_000
RULE = BoutRule(
    on=0.2, off=0.14, hits=6, span_s=12.0, spread_s=2.4, hold_s=6.0, refractory_s=2.0,
    species_margin=0.2,
)  # fmt: skip


def window(t_s: float, pet: float) -> CryWindow:
    return CryWindow(t_s, {"kitten": pet, "puppy": 0.0, "human": 0.0, "other": 1 - pet})


def windows(pet: float, seconds: float) -> list[CryWindow]:
    return [window((k + 2) * STEP_S, pet) for k in range(int(seconds / STEP_S) - 1)]


def alike(sound: np.ndarray) -> np.ndarray:
    """The sound over a quiet room."""
    return sound + synth.Room(1, noise_db=-75.0).render(0, len(sound))


@pytest.mark.parametrize("kind", ["kitten", "puppy"])
@pytest.mark.parametrize("seed", range(4))
def test_calls_of_one_animal_convince(kind: synth.CallKind, seed: int) -> None:
    sound = alike(synth.bout(kind, np.random.default_rng(seed), 6.0, level_db=-30))
    assert is_bout(windows(0.6, 6.0), calls_in(sound))


def beeps(seconds: float) -> np.ndarray:
    """An alarm clock: the same pitch to the hundredth, a third of a second each."""
    t = np.arange(int(seconds * RATE)) / RATE
    on = (t % 0.7) < 0.33
    return (0.05 * np.sin(2 * np.pi * 936 * t) * on).astype(np.float32)


def clatter(seconds: float) -> np.ndarray:
    """Bursts whose pitch jumps about: barks, dishes, effects."""
    rng, sound = np.random.default_rng(1), np.zeros(int(seconds * RATE))
    for start in np.arange(0.2, seconds - 0.4, 0.7):
        for k in range(12):
            t = np.arange(RATE // 40) / RATE
            at = int((start + k / 40) * RATE)
            sound[at : at + len(t)] += 0.05 * np.sin(2 * np.pi * rng.uniform(300, 1_500) * t)
    return sound.astype(np.float32)


@pytest.mark.parametrize("make", [beeps, clatter])
def test_a_machine_and_a_clatter_do_not(make) -> None:
    assert not is_bout(windows(0.6, 6.0), calls_in(alike(make(6.0))))


def test_what_the_network_is_sure_of_needs_less() -> None:
    calls = calls_in(alike(clatter(6.0)))
    assert evidence(windows(0.9, 6.0), calls) > evidence(windows(0.6, 6.0), calls)


@pytest.mark.parametrize("make", [beeps, clatter])
@pytest.mark.parametrize("over_room_db", [3.0, 10.0])
def test_what_a_loud_room_covers_is_left_to_the_windows(make, over_room_db: float) -> None:
    """Pitches cannot be told there; a faint cry would be taken for none."""
    sound = make(6.0)
    room = synth.at_level(np.random.default_rng(2).standard_normal(len(sound)), -30.0)
    mixed = synth.at_level(sound, -30.0 + over_room_db) + room
    assert is_bout(windows(0.3, 6.0), calls_in(mixed.astype(np.float32)))


def test_without_sound_the_windows_decide() -> None:
    """After a restart the sound of the first windows is not remembered."""
    assert is_bout(windows(0.3, 6.0), calls_in(np.zeros(0, dtype=np.float32)))


@pytest.mark.parametrize("kind", ["kitten", "puppy"])
@pytest.mark.parametrize("over_room_db", [30.0, 20.0, 10.0, 6.0, 3.0])
def test_no_bout_is_lost_in_a_louder_room(kind: synth.CallKind, over_room_db: float) -> None:
    for seed in range(4):
        own = np.random.default_rng(seed)
        calls = synth.at_level(synth.bout(kind, own, 6.0, level_db=-30), -30.0)
        room = synth.at_level(own.standard_normal(len(calls)), -30.0 - over_room_db)
        assert is_bout(windows(0.45, 6.0), calls_in((calls + room).astype(np.float32))), seed


@pytest.mark.parametrize("cut", [1_600, 30_720, 61_440, 123_456])
def test_it_remembers_the_same_seconds_however_the_stream_is_cut(cut: int) -> None:
    sound = alike(synth.bout("kitten", np.random.default_rng(3), 40.0, level_db=-30))
    own = [window(30.0 + k * STEP_S, 0.3) for k in range(20)]
    whole, pieces = SecondLook(12.0), SecondLook(12.0)
    whole.hear(sound, 40.0)
    for at in range(0, len(sound), cut):
        piece = sound[at : at + cut]
        pieces.hear(piece, (at + len(piece)) / RATE)
    assert np.array_equal(whole.between(29.0, 39.0), pieces.between(29.0, 39.0))
    assert pieces.between(29.0, 39.0) == pytest.approx(sound[29 * RATE : 39 * RATE], abs=4e-5)
    assert whole.convinces(own) == pieces.convinces(own)
    assert pieces.kept_s < 12.0 + 2 * cut / RATE + 3.0


def test_blocks_of_any_lengths_leave_the_last_seconds_in_their_order() -> None:
    rng = np.random.default_rng(1)
    sound = rng.uniform(-1, 1, 150 * RATE).astype(np.float32)
    look, end = SecondLook(12.0), 0
    while end + 8 * RATE < len(sound):
        block = sound[end : end + int(rng.choice([0.48, 1.92, 1.92, 1.92, 3.84, 7.68]) * RATE)]
        end += len(block)
        look.hear(block, end / RATE)
        to = end - int(rng.integers(len(block)))
        first = max(0, to - int(rng.uniform(1, 12) * RATE))
        assert look.kept_s >= min(end, 12 * RATE + len(block)) / RATE, "a candidate and the block"
        found = look.between(first / RATE, to / RATE)
        assert found == pytest.approx(sound[first:to], abs=4e-5)
    look.reset()
    assert not len(look.between(0.0, end / RATE))
    look.hear(sound[:RATE], 1.0)
    assert look.between(0.0, 1.0) == pytest.approx(sound[:RATE], abs=4e-5)


def test_a_gap_forgets_what_was_before() -> None:
    look = SecondLook(12.0)
    look.hear(beeps(5.0), 5.0)
    look.reset()
    look.hear(np.zeros(RATE, dtype=np.float32), 300.0)
    assert len(look.between(290.0, 300.0)) == RATE


def test_a_pets_bout_opens_only_when_the_look_agrees_and_a_humans_without() -> None:
    asked: list[list[CryWindow]] = []

    def look(candidate: list[CryWindow]) -> bool:
        asked.append(candidate)
        return len(asked) > 1

    bouts, events = Bouts(RULE, look=look), []
    for k in range(14):
        events += bouts.observe(window(k * STEP_S, 0.5))
    (started,) = [e for e in events if isinstance(e, CryStarted)]
    assert len(asked) == 2
    assert started.decided_s == asked[-1][-1].t_s
    times = [candidate[-1].t_s for candidate in asked]
    assert np.diff(times) == pytest.approx(LOOK_AGAIN_S)
    assert all(candidate[0].pet >= RULE.on for candidate in asked)

    humans = Bouts(RULE, look=lambda _: False)
    p = {"kitten": 0.0, "puppy": 0.0, "human": 0.8, "other": 0.2}
    assert any(humans.observe(CryWindow(k * STEP_S, p)) for k in range(14))
