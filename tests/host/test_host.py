"""The computer's health from a made-up /sys, and the service protocol on a real socket."""

import os
import signal
import socket
import threading
import time

import pytest

from monitor.config import Config
from monitor.devices.bounded_call import CallHangsError, Pending
from monitor.host import systemd as service
from monitor.host.probe import HostProbe


def probe(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    made = HostProbe(Config(box="a", state_dir=str(tmp_path)), root=tmp_path)
    made._vcgencmd = None
    return made


HWMON = {"class/hwmon/hwmon0/name": "cpu\n", "class/hwmon/hwmon1/name": "rpi_volt\n"}
FLAGS = "devices/platform/soc/soc:firmware/get_throttled"


def test_unknown_is_none(tmp_path):
    report = probe(tmp_path, {}).report(7.0)
    assert (report.under_voltage, report.throttled, report.temperature_c) == (None, None, None)
    assert report.t_s == 7.0
    assert report.disk_free_bytes > 0


@pytest.mark.parametrize(("text", "expected"), [("0\n", False), ("1\n", True)])
def test_under_voltage_from_hwmon(tmp_path, text, expected):
    alarm = {"class/hwmon/hwmon1/in0_lcrit_alarm": text}
    assert probe(tmp_path, HWMON | alarm).report(0.0).under_voltage is expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("0", (False, False)),
        ("50005", (True, True)),
        ("50000", (False, False)),
        ("1", (True, False)),
    ],
)
def test_throttling_flags(tmp_path, flags, expected):
    report = probe(tmp_path, {FLAGS: flags}).report(0.0)
    assert (report.under_voltage, report.throttled) == expected


def test_temperature(tmp_path):
    files = {"class/thermal/thermal_zone0/temp": "48312\n"}
    assert probe(tmp_path, files).report(0.0).temperature_c == pytest.approx(48.312)


def test_a_missing_state_directory_has_no_free_space_known(tmp_path):
    config = Config(box="a", state_dir=str(tmp_path / "gone"))
    assert HostProbe(config, tmp_path).report(0.0).disk_free_bytes is None


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "notify"))
        server.settimeout(2.0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield server


def test_notify_reaches_the_socket(systemd):
    assert service.notify("READY=1")
    assert systemd.recv(100) == b"READY=1"


def test_notify_reaches_an_abstract_socket(monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(f"\0nursery-test-{os.getpid()}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@nursery-test-{os.getpid()}")
        assert service.notify("WATCHDOG=1")
        assert server.recv(100) == b"WATCHDOG=1"


def test_without_systemd_nothing_happens(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    assert not service.notify("READY=1")
    assert not service.restart_process("a test")
    assert service.watchdog_period_s() is None
    assert service.Watchdog().feed([time.monotonic()])


def test_watchdog_is_fed_only_while_every_loop_turns(systemd, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    watchdog = service.Watchdog(stale_s=10.0)
    now_s = time.monotonic()
    assert not watchdog.feed([now_s, now_s - 11.0])
    assert watchdog.feed([now_s, now_s - 9.0])
    assert systemd.recv(100) == b"WATCHDOG=1"
    assert watchdog.feed([now_s])  # too early for another
    systemd.settimeout(0.05)
    with pytest.raises(TimeoutError):
        systemd.recv(100)


def test_the_watchdog_of_another_process_is_not_ours(monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert service.watchdog_period_s() is None


def test_restart_asks_politely_first(systemd, monkeypatch):
    monkeypatch.setattr(service, "EXIT_GRACE_S", 3600.0)
    caught = []
    before = signal.signal(signal.SIGTERM, lambda *_: caught.append(True))
    try:
        assert service.restart_process("a hung driver")
        end_s = time.monotonic() + 60
        while not caught and time.monotonic() < end_s:
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught
    assert b"a hung driver" in systemd.recv(200)


def test_a_call_that_hangs_is_given_up_and_may_still_return():
    let_go = threading.Event()
    pending = Pending(lambda: let_go.wait(60) and "late", "waiting")
    with pytest.raises(CallHangsError, match="waiting"):
        pending.result(0.02)
    let_go.set()
    assert pending.result(60.0) == "late"


def test_what_a_call_raises_is_raised():
    def fail():
        raise KeyError("x")

    with pytest.raises(KeyError):
        Pending(fail, "failing").result(60.0)
