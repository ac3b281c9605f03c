"""Where a run begins on the timeline, and what a shift of it leaves alone."""

from typing import Any

import pytest

from monitor.events import (
    Alert,
    ClockReading,
    Weighing,
)
from monitor.host.boot_clock import BootClock, ClockTracker, RunStart, locate_run
from monitor.times import DAY_S, HOUR_S
from monitor.timeshift import TimeShift, shifted

T0 = 1_778_266_800.0


# ------------------------------------------------------------------ where a run begins


def run_start(**changes: Any) -> RunStart:
    values = {
        "saved": None, "boot_id": "b", "boot_s": 20.0, "unix_s": T0, "synced": False, "last_s": 0.0,
    }  # fmt: skip
    return locate_run(**(values | changes))


def test_a_clock_that_is_right_is_believed_even_backwards() -> None:
    assert run_start(synced=True).start_s == T0
    run = run_start(synced=True, last_s=T0 + 500.0)
    assert run.start_s == T0
    assert run.earlier is not None
    assert run.earlier.moment(T0 + 500.0) == T0 - 1.0
    assert not run.earlier.sure


@pytest.mark.parametrize("unix_s", [0.0, T0 - 40.0])
def test_a_clock_that_is_not_set_begins_after_all_that_is_known(unix_s: float) -> None:
    run = run_start(unix_s=unix_s, last_s=T0)  # 1970, or the last shutdown's time
    assert run.start_s == T0 + 1.0
    assert not run.clock.known


def test_a_daemon_that_starts_again_goes_on_with_its_boot() -> None:
    first = run_start(unix_s=0.0, last_s=T0)
    again = run_start(saved=first.clock, unix_s=99.0, boot_s=320.0, last_s=T0 + 200.0, synced=True)
    assert again.clock == first.clock
    assert again.start_s == first.start_s + 300.0
    other = run_start(saved=first.clock, boot_id="other", unix_s=T0 + 9e4, synced=True)
    assert other.start_s == T0 + 9e4


def test_boots_nobody_placed_are_put_before_the_next() -> None:
    """A broken battery clock said 2035; the box was off before the network came."""
    dead = run_start(unix_s=T0 + 9 * 365 * DAY_S)
    run = run_start(
        saved=dead.clock, boot_id="next", unix_s=T0, synced=True, last_s=dead.start_s + 600.0
    )
    assert run.earlier is not None
    assert run.earlier.moment(dead.start_s) == T0 - 601.0
    assert run.earlier.moment(T0 - 50.0) == T0 - 50.0  # what was rightly timed stays
    late = run_start(saved=dead.clock, boot_id="next", unix_s=T0, last_s=dead.start_s + 600.0)
    (aside, own) = ClockTracker(late.clock).observe(ClockReading(late.start_s, T0, synced=True))
    assert own.moment(late.start_s) == T0
    assert aside.moment(dead.start_s + 600.0) == T0 - 1.0
    assert aside.moment(late.start_s) == late.start_s


class TestPlacing:
    def tracker(self, *, known: bool) -> ClockTracker:
        return ClockTracker(BootClock(boot_id="b", offset_s=T0, began_s=T0, known=known))

    def test_the_first_synchronisation_places_the_boot_at_once(self) -> None:
        tracker = self.tracker(known=False)
        assert tracker.observe(ClockReading(T0 + 9, T0 + 5000, synced=False)) == []
        (shift,) = tracker.observe(ClockReading(T0 + 10, T0 + 5010.3, synced=True))
        assert shift.by_s == 5000.0
        assert shift.moment(T0) == T0 + 5000
        assert shift.moment(T0 - 2) == T0 - 2
        assert tracker.clock.began_s == T0 + 5000

    def test_one_that_was_right_by_chance_is_known_from_then_on(self) -> None:
        tracker = self.tracker(known=False)
        (shift,) = tracker.observe(ClockReading(T0, T0 + 0.4, synced=True))
        assert shift.by_s == 0.0
        assert tracker.clock.known

    def test_a_clock_set_by_hand_moves_nothing(self) -> None:
        tracker = self.tracker(known=True)
        for minute in range(10):  # the kernel calls a clock that was set by hand unsynchronised
            t_s = T0 + 60 * minute
            assert tracker.observe(ClockReading(t_s, t_s + 3 * HOUR_S, synced=False)) == []

    def test_a_step_of_a_synchronised_clock_must_last(self) -> None:
        tracker = self.tracker(known=True)
        assert tracker.observe(ClockReading(T0, T0 - 7200, synced=True)) == []
        assert tracker.observe(ClockReading(T0 + 60, T0 + 60, synced=True)) == []
        assert tracker.observe(ClockReading(T0 + 120, T0 - 7080, synced=True)) == []
        (shift,) = tracker.observe(ClockReading(T0 + 180, T0 - 7020, synced=True))
        assert shift.by_s == -7200.0

    def test_a_disciplined_clock_is_left_alone(self) -> None:
        tracker = self.tracker(known=True)
        for minute in range(100):
            t_s = T0 + 60 * minute
            assert tracker.observe(ClockReading(t_s, t_s + 0.9, synced=True)) == []


# ------------------------------------------------------------------ what is shifted


def test_a_snooze_of_an_earlier_boot_ends_when_it_was_told_to() -> None:
    def alert(t_s: float) -> Alert:
        return Alert(
            t_s=t_s, id="i", kind="crying", state="snoozed", severity="warning", baby=None,
            since=t_s - 60, title="", message="", why="", box="b", until=T0 + 1800,
        )  # fmt: skip

    shift = TimeShift(by_s=HOUR_S, since_s=T0)
    assert shifted(alert(T0 - 60), shift).until == T0 + 1800
    assert shifted(alert(T0 + 60), shift).until == T0 + 1800 + HOUR_S


def test_a_typed_time_is_never_moved() -> None:
    typed = Weighing(step_id="x", t_s=T0 + 5, baby="P", weight_g=1.0, sigma_g=1.0, stamp="person")
    assert shifted(typed, TimeShift(by_s=HOUR_S, since_s=T0)) == typed
