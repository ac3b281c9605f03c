"""Waits between attempts grow, and start small again after health."""

from __future__ import annotations

from monitor.host.backoff import Backoff


def test_waits_grow_and_starts_small_again_after_health() -> None:
    now = [0.0]
    backoff = Backoff(proof_s=10.0, clock=lambda: now[0])
    assert [backoff.next_s() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.healthy()
    now[0] = 9.0
    backoff.healthy()
    assert not backoff.is_reset
    now[0] = 11.0
    backoff.healthy()
    assert backoff.next_s() == 1


def test_the_last_wait_is_for_good_and_a_reset_begins_anew() -> None:
    backoff = Backoff((5.0, 30.0))
    assert [backoff.next_s() for _ in range(4)] == [5.0, 30.0, 30.0, 30.0]
    backoff.reset()
    assert backoff.is_reset
    assert backoff.next_s() == 5.0
