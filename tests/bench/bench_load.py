"""A starved daemon: what it lets go of when the processor is taken away, and what it still tells.

Runs the real daemon on recordings (a still box, a kitten that cries) against a private Mosquitto
and stops the whole process for most of each half second, so that only SHARE of the time is left to
it. Prints what a phone saw, by the clock: levels of load, cries, alerts. The reference is the same
daemon before and after.

    python tests/bench/bench_load.py [--share 0.001] [--seconds 60]
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import msgspec

from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber
from tests.system.test_load import BASE, nursery_at_work

PERIOD_S = 0.5
FREE_S = 10.0


class Starver:
    """Stops a process for most of each period while ``on``."""

    def __init__(self, pid: int, share: float) -> None:
        self._pid, self._share = pid, share
        self.on = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            if not self.on.is_set():
                self._ended.wait(0.05)
                continue
            os.kill(self._pid, signal.SIGSTOP)
            time.sleep(PERIOD_S * (1 - self._share))
            os.kill(self._pid, signal.SIGCONT)
            time.sleep(PERIOD_S * self._share)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()


def line(topic: str, payload: bytes) -> str | None:
    """What is worth a line."""
    if topic == f"{BASE}/health":
        told = msgspec.json.decode(payload)
        load, scale = told["load"], told["sources"]["scale"]["state"]
        left_out = ", ".join(load["shed"]) or "nothing"
        return f"level {load['level']}, {load['lag_s']:.1f} s behind, leaves out {left_out}; \
{told['drops']} blocks of sound lost, scale {scale}"
    if topic == f"{BASE}/alert":
        alert = msgspec.json.decode(payload)
        return f"ALERT {alert['state']}: {alert['title']}"
    if topic == f"{BASE}/event":
        event = msgspec.json.decode(payload)
        return f"{event['event']}" if event["event"].startswith("cry") else None
    return None


def watch(phone: Subscriber, began_s: float, until_s: float, seen: int) -> int:
    """Print what arrives until ``until_s``; returns how many messages have been looked at."""
    while time.monotonic() < until_s:
        messages = list(phone.messages)
        for message in messages[seen:]:
            if (text := line(message.topic, message.payload)) is not None:
                print(f"{time.monotonic() - began_s:6.1f} s  {text}", flush=True)
        seen = len(messages)
        time.sleep(0.05)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=0.001, help="of the time left (0.001)")
    parser.add_argument("--seconds", type=float, default=60.0, help="with so little (60)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nb") as folder:
        broker = Mosquitto(Path(folder) / "mosquitto").start()
        with Subscriber(broker.port, f"{BASE}/#") as phone:
            daemon = Daemon(Path(folder), broker.port, more=nursery_at_work(Path(folder)))
            daemon.start()
            starver = Starver(daemon.pid, given.share)
            began_s = time.monotonic()
            try:
                seen = watch(phone, began_s, began_s + FREE_S, 0)
                print(f"--- {given.share:.2%} of the time is left", flush=True)
                starver.on.set()
                seen = watch(phone, began_s, began_s + FREE_S + given.seconds, seen)
                print("--- all of it again", flush=True)
                starver.on.clear()
                watch(phone, began_s, time.monotonic() + 9 * FREE_S, seen)
            finally:
                starver.close()
                daemon.stop()
                broker.stop()


if __name__ == "__main__":
    main()
