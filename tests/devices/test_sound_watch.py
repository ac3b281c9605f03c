"""Liveness of a sound stream, in virtual time."""

from itertools import pairwise

import pytest

from monitor.devices.sound_watch import STALL_S, Retries, SoundWatch, StreamClock

RATE_HZ = 48_000


def feed(watch, start_s, seconds, *, rate_hz=RATE_HZ, flat=False):
    for step in range(1, round(seconds * 10) + 1):
        watch.block(start_s + step / 10, round(rate_hz / 10), flat)
    return start_s + seconds


def test_a_steady_stream_is_sound():
    watch = SoundWatch(RATE_HZ, 0.0)
    now_s = feed(watch, 0.0, 60)
    assert watch.fault(now_s, active=True, wait_s=60) is None
    assert watch.measured_rate_hz() == pytest.approx(RATE_HZ, rel=1e-6)
    assert watch.is_healthy


def test_callbacks_that_stop_are_noticed_though_the_stream_claims_to_be_active():
    watch = SoundWatch(RATE_HZ, 0.0)
    now_s = feed(watch, 0.0, 5)
    assert watch.fault(now_s + STALL_S - 0.1, active=True, wait_s=60) is None
    assert "no sound" in watch.fault(now_s + STALL_S + 0.1, active=True, wait_s=60)


def test_a_closed_stream_is_noticed_at_once():
    assert "closed" in SoundWatch(RATE_HZ, 0.0).fault(0.1, active=False, wait_s=60)


def test_silence_is_borne_for_a_while_then_the_device_is_opened_again():
    watch = SoundWatch(RATE_HZ, 0.0)
    now_s = feed(watch, 0.0, 59, flat=True)
    assert watch.fault(now_s, active=True, wait_s=60) is None
    now_s = feed(watch, now_s, 2, flat=True)
    assert "digital silence" in watch.fault(now_s, active=True, wait_s=60)
    assert not watch.is_healthy
    now_s = feed(watch, now_s, 0.1)
    assert watch.fault(now_s, active=True, wait_s=60) is None
    assert watch.is_healthy


def test_what_does_not_help_is_tried_more_and_more_rarely():
    retries = Retries()
    waits_s = []
    for _ in range(4):
        waits_s.append(retries.wait_s)
        retries.tried()
    assert waits_s == [60, 600, 3600, 3600]
    retries.healthy()
    assert retries.wait_s == 60


@pytest.mark.parametrize(("factor", "fine"), [(0.97, False), (0.99, True), (1.01, True), (1.03, 0)])
def test_samples_per_second_within_two_percent(factor, fine):
    watch = SoundWatch(RATE_HZ, 0.0)
    now_s = feed(watch, 0.0, 40, rate_hz=RATE_HZ * factor)
    assert watch.loses != bool(fine)
    assert watch.fault(now_s, active=True, wait_s=60) is None
    now_s = feed(watch, now_s, 60, rate_hz=RATE_HZ * factor)
    fault = watch.fault(now_s, active=True, wait_s=60)
    assert (fault is None) == bool(fine)
    if fault:
        assert f"{100 * factor:.0f} %" in fault


def clock_after(delays_s, start_s=100.0):
    clock = StreamClock(RATE_HZ)
    begins = []
    for step, delay_s in enumerate(delays_s, 1):
        clock.block(start_s + step / 10 + delay_s, RATE_HZ // 10)
        begins.append(clock.begin_s)
    return begins


def test_late_blocks_do_not_move_the_time():
    delays = [0.02, 0.0, 0.15, 0.01, 2.0, 1.9, 1.0, 0.0] + [0.03, 0.0, 0.1] * 20
    begins = clock_after(delays)
    assert max(abs(b - 100.0) for b in begins) < 0.03


def test_lost_samples_move_the_time_forward_once():
    begins = clock_after([0.0] * 20 + [1.0] * 20)
    assert begins[-1] == pytest.approx(101.0, abs=0.01)
    assert begins == sorted(begins)


def test_a_late_first_block_is_corrected_without_a_jump_back():
    begins = clock_after([0.8] + [0.0] * 300)
    steps = [after - before for before, after in pairwise(begins)]
    assert min(steps) >= -0.0061
    assert begins[-1] == pytest.approx(100.0, abs=0.02)
