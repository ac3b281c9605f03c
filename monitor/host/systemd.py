"""The service's side of sd_notify: ready, watchdog, restart.

Protocol: sd_notify(3), a datagram to the socket named in ``NOTIFY_SOCKET``. Without systemd every
function does nothing and says so by its result.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

EXIT_GRACE_S = 5.0
"""for an orderly end before the process is killed; a hung sound library may block it"""
EX_SOFTWARE = 70
"""sysexits.h: tells "restart asked for from inside" from a crash in the log"""


def notify(message: str) -> bool:
    """Send e.g. ``READY=1``, ``STATUS=...`` or ``STOPPING=1``; False without systemd."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return False
    address = "\0" + path[1:] if path.startswith("@") else path
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
            link.settimeout(1.0)
            link.sendto(message.encode(), address)
    except OSError:
        return False
    return True


def watchdog_period_s() -> float | None:
    """How often to notify the watchdog (half its limit), ``None`` when there is none for us."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    limit_us = os.environ.get("WATCHDOG_USEC", "")
    return int(limit_us) / 2e6 if limit_us.isdigit() and int(limit_us) else None


class Watchdog:
    """Notifies systemd's watchdog, but only while every loop turns.

    ``notify`` is called from the main loop with the other loops' heartbeats (monotonic seconds):
    with one that hangs no notification is sent, and systemd restarts the process. Failed hardware
    is no reason: its loop still turns.
    """

    def __init__(self, stale_s: float = 10.0) -> None:
        self._period_s = watchdog_period_s()
        self._stale_s = stale_s
        self._fed_s = -1e9

    def notify(self, heartbeats_s: list[float]) -> bool:
        """Notify if it is time; False when a loop is stale and nothing is sent."""
        now_s = time.monotonic()
        if any(now_s - beat_s > self._stale_s for beat_s in heartbeats_s):
            return False
        if self._period_s is not None and now_s - self._fed_s >= self._period_s / 2:
            self._fed_s = now_s
            notify("WATCHDOG=1")
        return True


def restart_process(why: str) -> bool:
    """Ask systemd for a fresh process; False (and nothing happens) without systemd.

    SIGTERM first (the state is saved), an immediate exit after ``EXIT_GRACE_S``.
    """
    if not notify(f"STATUS=restarting: {why}"):
        return False
    timer = threading.Timer(EXIT_GRACE_S, os._exit, (EX_SOFTWARE,))
    timer.daemon = True
    timer.start()
    os.kill(os.getpid(), signal.SIGTERM)
    return True
