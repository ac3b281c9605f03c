"""The service protocol on a real socket: ready, watchdog, a restart asked for."""

import os
import signal
import socket
import time

import pytest

from monitor.host import systemd as service


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
    assert service.Watchdog().notify([time.monotonic()])


def test_watchdog_is_fed_only_while_every_loop_turns(systemd, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    watchdog = service.Watchdog(stale_s=10.0)
    now_s = time.monotonic()
    assert not watchdog.notify([now_s, now_s - 11.0])
    assert watchdog.notify([now_s, now_s - 9.0])
    assert systemd.recv(100) == b"WATCHDOG=1"
    assert watchdog.notify([now_s])  # too early for another
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
