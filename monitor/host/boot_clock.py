"""Where this boot lies on the timeline, and when to move it.

Within one boot everything is timed on the kernel's steady clock, and a restarted daemon takes up
the same seconds: only *where* they lie can be wrong. A boot whose wall clock is synchronised
begins at the right place. One whose clock is not (a Pi wakes in 1970, or at its last shutdown)
begins just after the last thing the journal knows, and all of it moves at once when the network
has set the clock. Later readings of a clock that is not synchronised move nothing; a synchronised
one that stands elsewhere twice in a row (a wrong server was corrected) moves the boot again.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from monitor.events import AudioBlock, ClockReading, Observation, ScaleBlock
from monitor.timeshift import TimeShift

APART_S = 1.0
"""Nearer than this the wall clock is only being disciplined; following it would blur times."""
EDGE_S = 0.5
"""The first moment of a boot, with room for rounding: what is older ends a second before it."""


class BootClock(msgspec.Struct, frozen=True, kw_only=True):
    """One boot; kept in the journal, so that a restarted daemon goes on with it."""

    boot_id: str
    """of the kernel; empty where there is none: then every start is a boot of its own"""
    offset_s: float
    """timeline minus the kernel's seconds since boot"""
    began_s: float
    """first moment of it on the timeline"""
    known: bool
    """it is where the world's clocks are"""
    guessed_s: float | None = None
    """first moment of the earlier boots, up to this one, that were never placed"""

    @property
    def since_s(self) -> float:
        """Moments from here on belong to this boot."""
        return self.began_s - EDGE_S


class RunStart(msgspec.Struct, frozen=True, kw_only=True):
    """How a run begins."""

    clock: BootClock
    start_s: float
    earlier: TimeShift | None = None
    """what an earlier boot's wrong clock put into the future, and how it gets out of the way"""


def locate_run(
    saved: BootClock | None,
    *,
    boot_id: str,
    boot_s: float,
    unix_s: float,
    synced: bool,
    last_s: float,
) -> RunStart:
    """Place a run that begins now.

    Args:
        saved: the last run's clock.
        boot_id: which boot of the kernel this is.
        boot_s: seconds since then.
        unix_s: what the wall clock shows.
        synced: whether that can be trusted.
        last_s: the latest moment the journal knows.
    """
    if saved is not None and boot_id and saved.boot_id == boot_id:
        return RunStart(clock=saved, start_s=saved.offset_s + boot_s)
    start_s = unix_s if synced else max(unix_s, last_s + 1.0)
    guessed_s = None
    if saved is not None and not saved.known:
        guessed_s = saved.since_s if saved.guessed_s is None else saved.guessed_s
    clock = BootClock(
        boot_id=boot_id,
        offset_s=start_s - boot_s,
        began_s=start_s,
        known=synced,
        guessed_s=None if synced else guessed_s,
    )
    if last_s < start_s:
        return RunStart(clock=clock, start_s=start_s)
    if guessed_s is None:
        guessed_s = start_s if saved is None else saved.since_s
    return RunStart(
        clock=clock, start_s=start_s, earlier=_out_of_the_way(guessed_s, last_s, start_s)
    )


def _out_of_the_way(since_s: float, last_s: float, before_s: float) -> TimeShift:
    """A shift of moments up to ``last_s`` to a second before ``before_s``; they stay a guess."""
    return TimeShift(by_s=before_s - 1.0 - last_s, since_s=since_s, sure=False)


class ClockTracker:
    """Reads the wall clock and says by how much this boot is off."""

    def __init__(self, clock: BootClock) -> None:
        self.clock = clock
        self.shifted_s = 0.0
        """how far this boot has been shifted since the sources began to stamp"""
        self._doubt_s: float | None = None

    def retimed(self, observation: Observation) -> Observation:
        """What a source stamped at this run's start, where the timeline lies now."""
        by_s = self.shifted_s
        if not by_s:
            return observation
        if isinstance(observation, ScaleBlock):
            return ScaleBlock(observation.times_s + by_s, observation.counts)
        if isinstance(observation, AudioBlock):
            return AudioBlock(observation.t_s + by_s, observation.samples)
        return msgspec.structs.replace(observation, t_s=observation.t_s + by_s)

    def observe(self, reading: ClockReading) -> list[TimeShift]:
        """The shifts to carry out now, in order; the clock is already where they lead.

        They are whole seconds, so that half-second windows and minutes stay what they were.
        """
        if not reading.synced:
            return []
        clock, off_s = self.clock, reading.unix_s - reading.t_s
        if not clock.known:
            by_s = float(round(off_s)) if abs(off_s) > APART_S else 0.0
            return self._move(by_s)
        if abs(off_s) <= APART_S:
            self._doubt_s = None
            return []
        doubt_s, self._doubt_s = self._doubt_s, off_s
        if doubt_s is None or abs(doubt_s - off_s) > APART_S:
            return []
        self._doubt_s = None
        return self._move(float(round(off_s)))

    def _move(self, by_s: float) -> list[TimeShift]:
        old = self.clock
        self.shifted_s += by_s
        self.clock = BootClock(
            boot_id=old.boot_id,
            offset_s=old.offset_s + by_s,
            began_s=old.began_s + by_s,
            known=True,
        )
        shifts = [TimeShift(by_s=by_s, since_s=old.since_s)]
        if old.guessed_s is not None and by_s < 0.0:
            # Earlier boots whose time is a guess lie before this one: they must not move past it.
            last_s = old.began_s - 1.0
            aside = _out_of_the_way(old.guessed_s, last_s, self.clock.began_s)
            shifts.insert(0, msgspec.structs.replace(aside, until_s=old.since_s))
        return shifts


def boot_id(path: Path = Path("/proc/sys/kernel/random/boot_id")) -> str:
    """The kernel's name for this boot; empty where it has none."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def boot_s() -> float:
    """Seconds since the kernel started."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)
