"""Who is asked whether the clock is right, and whose word counts."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.devices.ticker import Ticker
from monitor.events import Observation, Tick
from monitor.host.clock_sync import ClockSync, ask_kernel
from monitor.host.timeline import Timeline


class Asked:
    """Answers, and counts how often it had to."""

    def __init__(self, *answers: bool | None) -> None:
        self._answers, self.times = list(answers), 0

    def __call__(self) -> bool | None:
        self.times += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Steps the wall clock, and lets steady seconds pass."""
    ahead, passed = [1e9], [0.0]
    monkeypatch.setattr(time, "time", lambda: ahead[0] + passed[0])
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])

    def change(by_s: float = 0.0, after_s: float = 1.0) -> None:
        ahead[0] += by_s
        passed[0] += after_s

    return change


def sync(kernel: Asked, bus: Asked, file: Path) -> ClockSync:
    return ClockSync(kernel=kernel, bus=bus, file=file)


def test_the_kernel_has_the_first_word(tmp_path: Path) -> None:
    bus = Asked(True)
    (tmp_path / "set").touch()
    assert sync(Asked(False), bus, tmp_path / "set")() is False
    assert sync(Asked(True), bus, tmp_path / "gone")() is True
    assert bus.times == 0


def test_in_the_sandbox_the_bus_is_asked_and_any_time_daemon_counts(tmp_path: Path, wall) -> None:
    bus = Asked(False, True)
    synced = sync(Asked(None), bus, tmp_path / "no timesyncd here")
    assert synced() is False
    wall(after_s=5.0)
    assert synced() is False
    assert bus.times == 1  # not every five seconds: a child process is dear
    wall(after_s=60.0)
    assert synced() is True


def test_nobody_is_asked_while_the_clock_just_goes_on(tmp_path: Path, wall) -> None:
    bus = Asked(True)
    synced = sync(Asked(None), bus, tmp_path / "gone")
    for _ in range(100):
        assert synced() is True
        wall(after_s=60.0)
    assert bus.times == 1


def test_a_clock_set_by_hand_is_doubted_at_once_and_believed_again(tmp_path: Path, wall) -> None:
    (tmp_path / "set").touch()
    bus = Asked(True, False, False, True)
    synced = sync(Asked(None), bus, tmp_path / "set")
    assert synced() is True
    wall(by_s=3 * 3600.0)
    assert synced() is False  # timesyncd's file is still there
    wall(after_s=60.0)
    assert synced() is False
    wall(by_s=-3 * 3600.0, after_s=60.0)
    assert synced() is True


def test_timesyncd_is_noticed_as_soon_as_it_is_done(tmp_path: Path, wall) -> None:
    synced = sync(Asked(None), Asked(False, True), tmp_path / "set")
    assert synced() is False
    (tmp_path / "set").touch()
    wall(after_s=5.0)
    assert synced() is True


def test_without_a_bus_its_file_is_what_remains(tmp_path: Path, wall) -> None:
    synced = sync(Asked(None), Asked(None), tmp_path / "set")
    assert synced() is False
    (tmp_path / "set").touch()
    assert synced() is True


def test_this_kernel_answers() -> None:
    assert ask_kernel() in {True, False, None}


class AfterHundredSeconds(threading.Event):
    """Is waited for in no time, and set after a hundred waits."""

    waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits += 1
        return self.waits > 100


def test_the_ticker_looks_often_until_it_is_set() -> None:
    synced = Asked(False, False, True)
    stopping = AfterHundredSeconds()
    ticker = Ticker(Timeline(0.0), clock_synced=lambda: bool(synced()), stopping=stopping)
    ticks: list[Observation] = []
    ticker.start(ticks.append)
    ticker.stop()
    assert sum(isinstance(tick, Tick) for tick in ticks) == 100
    assert synced.times == 4  # at 0, 5 and 10 s, then a minute later
