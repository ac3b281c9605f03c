"""The load cell on the real lgpio library over a preloaded GPIO chip, every wire broken once."""

import errno
import os
import queue
import signal
import subprocess
import time

import pytest

from monitor.config import ScaleConfig
from monitor.devices import load_cell, load_cell_process
from monitor.devices.load_cell import LoadCell
from monitor.events import ScaleBlock, SourceReport
from monitor.host.timeline import Timeline
from tests.system.fake_gpiochip import FakeChip, missing

pytestmark = pytest.mark.system
CODE = 84_000
LIMIT_S = 60.0
"""for anything to happen at all; only a fault needs it"""
LATE_S = 10.0
"""a machine with other work may add seconds to the three that the settings below add up to"""


@pytest.fixture
def chip(tmp_path, monkeypatch):
    if reason := missing():
        pytest.skip(reason)
    made = FakeChip(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RPI_LGPIO_REVISION", "a02082")  # a Pi 4: rpi-lgpio refuses to run elsewhere
    return made


class Scale:
    """A load cell that is listened to with deadlines."""

    def __init__(self, driver="gpiozero"):
        self._arrived = queue.SimpleQueue()
        self.values = []
        self.children = []
        config = ScaleConfig(source="hx711", driver=driver)
        self.source = LoadCell(config, Timeline(1000.0), self._popen)
        self.source.start(self._arrived.put)

    def _popen(self, *words, **settings):
        self.children.append(subprocess.Popen(*words, **settings))
        return self.children[-1]

    def wait(self, wanted, limit_s):
        start_s = time.monotonic()
        reports = []
        while (left_s := start_s + limit_s - time.monotonic()) > 0:
            try:
                item = self._arrived.get(timeout=left_s)
            except queue.Empty:
                break
            if isinstance(item, ScaleBlock):
                self.values += item.counts.tolist()
                self.last_s = float(item.times_s[-1])
            else:
                reports.append(item)
            if wanted(item):
                return time.monotonic() - start_s, item
        pytest.fail(f"not within {limit_s} s; instead: {reports}")

    def state(self, state, limit_s, words=""):
        return self.wait(
            lambda item: (
                isinstance(item, SourceReport) and item.state == state and words in item.why
            ),
            limit_s,
        )

    def weigh(self, limit_s=60):
        return self.wait(lambda item: isinstance(item, ScaleBlock), limit_s)


@pytest.fixture
def scale(chip):
    made = []

    def start(driver="gpiozero"):
        made.append(Scale(driver))
        return made[-1]

    yield start
    for one in made:
        one.source.stop()


def shows(item, code):
    """Whether it is a block of this value alone."""
    return isinstance(item, ScaleBlock) and set(item.counts.tolist()) == {code}


both = pytest.mark.parametrize("driver", ["gpiozero", "hx711-package"])


@both
def test_reads_what_the_cell_shows(chip, scale, driver):
    began_s = time.monotonic()
    cell = scale(driver)
    cell.weigh()
    for before, code in ((CODE, -123_456), (-123_456, 0), (0, -1)):
        chip.set(code=code)
        known = len(cell.values)
        cell.wait(lambda item, code=code: shows(item, code), LIMIT_S)
        assert set(cell.values[known:]) <= {before, code}
    assert len(cell.values) <= 2 + 11.7 * (time.monotonic() - began_s)  # no value comes twice
    assert chip.get("longest_high_us") < 60 or cell.source.metrics()["scale_rejected_share"] > 0
    start_s = time.monotonic()
    cell.source.stop()
    assert time.monotonic() - start_s < 20  # two, but never waits for the chip


HIGH = ({"stuck": 1}, {"stuck": -1}, "stays high")
LOW = ({"stuck": 0}, {"stuck": -1}, "stays low")
DEAD = ({"dead": 1}, {"dead": 0}, "stays high")
ABOVE = ({"code": 0x7FFFFF}, {"code": CODE}, "end of its range")
BELOW = ({"code": -0x800000}, {"code": CODE}, "end of its range")


@pytest.mark.parametrize(
    ("driver", "fault", "cure", "words"),
    [("gpiozero", *case) for case in (HIGH, LOW, DEAD, ABOVE, BELOW)]
    + [("hx711-package", *case) for case in (HIGH, LOW, ABOVE)],
)
def test_a_broken_chip_is_told_within_three_seconds_and_never_weighed(
    chip, scale, driver, fault, cure, words
):
    cell = scale(driver)
    cell.weigh()
    chip.set(**fault)
    _, told = cell.state("stalled", LIMIT_S, words)
    assert told.t_s - cell.last_s < LATE_S
    chip.set(**cure)
    cell.state("healthy", LIMIT_S)
    cell.weigh()
    assert set(cell.values) == {CODE}


def test_the_limits_add_up_to_three_seconds():
    slowest_s = load_cell.STALL_S + load_cell_process.BATCH_S + load_cell.TURN_S
    assert slowest_s < 3.0


def test_pauses_in_the_pulses_never_make_a_wrong_value(chip, scale):
    cell = scale()
    cell.weigh()
    before = chip.get("resets")
    chip.set(pause_us=120, pause_every=211)  # about one frame in four is hit
    cell.wait(lambda _: chip.get("resets") - before >= 10, LIMIT_S)
    cell.weigh()
    assert set(cell.values) == {CODE}


def test_a_hung_gpio_library_is_killed_and_replaced(chip, scale):
    cell = scale()
    cell.weigh()
    chip.set(hang=1)
    cell.state("stalled", LIMIT_S)
    cell.state("restarting", LIMIT_S, "hung")
    chip.set(hang=0)
    cell.state("healthy", LIMIT_S)


def test_a_dead_child_is_replaced(chip, scale):
    cell = scale()
    cell.weigh()
    os.kill(cell.children[-1].pid, signal.SIGKILL)
    cell.state("restarting", LIMIT_S, "ended by itself")
    cell.state("healthy", LIMIT_S)


def test_a_paused_scale_costs_nothing_and_comes_back(chip, scale):
    cell = scale()
    cell.weigh()
    child = cell.children[-1]
    cell.source.pause()
    assert child.wait(LIMIT_S) is not None
    beat_s = cell.source.heartbeat_s()
    until_s = time.monotonic() + LIMIT_S
    while cell.source.heartbeat_s() == beat_s:  # the watchdog must not take it for hung
        assert time.monotonic() < until_s
        time.sleep(0.05)
    assert len(cell.children) == 1
    cell.source.resume()
    cell.weigh(LIMIT_S)
    assert set(cell.values) == {CODE}


@pytest.mark.parametrize(
    ("fault", "words"),
    [({"open_errno": errno.EACCES}, "cannot be opened"), ({"line_errno": errno.EIO}, "GPIO")],
)
def test_a_failing_gpio_chip_is_told_in_words(chip, scale, fault, words):
    chip.set(**fault)
    cell = scale()
    cell.state("restarting", LIMIT_S, words)
    chip.set(open_errno=0, line_errno=0)
    cell.state("healthy", LIMIT_S)


@both
def test_a_header_chip_that_moved_is_found_by_its_label(chip, scale, monkeypatch, driver):
    """A Pi 5 of an older kernel: gpiochip0 is the board's own, gpiochip4 the header."""
    monkeypatch.setenv("FAKE_REVISION", "d04170")
    chip.set(chip=4)
    cell = scale(driver)
    cell.weigh()
    assert set(cell.values) == {CODE}


@pytest.mark.parametrize("pin", [5, 6])
def test_a_pin_held_by_somebody_is_told_with_the_holders_name(chip, scale, pin):
    chip.set(held_line=pin)
    cell = scale()
    _, told = cell.state("restarting", LIMIT_S, "held by")
    assert f'GPIO {pin} is held by "onewire@0"' in told.why
    chip.set(held_line=-1)
    cell.state("healthy", LIMIT_S)


def test_a_directory_of_another_users_is_told_and_not_written_to(
    chip, scale, tmp_path, monkeypatch
):
    monkeypatch.setenv("LG_WD", str(tmp_path / "nowhere"))
    _, told = scale().state("restarting", LIMIT_S, "notification files")
    assert "set LG_WD" in told.why


def test_the_child_dies_with_its_parent(chip, scale):
    cell = scale()
    cell.weigh()
    child = cell.children[-1]
    child.stdout.close()  # what the end of the parent does
    assert child.wait(LIMIT_S) is not None


@pytest.mark.parametrize("revision", ["902120", "a02082", "c03115", "d04170"])
def test_reads_on_every_board(chip, scale, monkeypatch, revision):
    """Zero 2 W, Pi 3, Pi 4 and Pi 5: gpiozero asks for the board before it claims a pin."""
    monkeypatch.setenv("FAKE_REVISION", revision)
    cell = scale()
    cell.weigh()
    assert set(cell.values) == {CODE}


def test_the_child_leaves_the_signals_of_a_stop_to_the_monitor(chip, scale):
    cell = scale()
    cell.weigh()
    for number in (signal.SIGINT, signal.SIGTERM):  # systemd sends them to the whole group
        os.kill(cell.children[-1].pid, number)
    cell.weigh()
    cell.weigh()
    assert cell.children[-1].poll() is None
