"""A real Mosquitto on loopback, started and stopped by the tests, by process id."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

BINARY = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")


QUIET_PORTS = range(10_000, 32_000)
"""below those that Linux gives to outgoing connections: a server that is down for a while finds its
port free when it comes back"""


def free_port() -> int:
    """A port nobody listens on; by chance, because several tests run side by side."""
    while True:
        port = random.choice(QUIET_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def end(broker: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """Stop a Mosquitto, and wait for it.

    Asked more than once: it listens and takes signals before its bridges have started, and only
    then sets the mark that a SIGTERM clears, so one that comes in between is forgotten.
    """
    for _ in range(30):
        broker.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            broker.wait(1)
            return
    raise TimeoutError(f"mosquitto {broker.pid} does not end")


class Mosquitto:
    """One broker with a directory of its own; ``lines`` are added to its configuration."""

    def __init__(self, directory: Path, lines: str = "", *, anonymous: bool = True) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        self._config = directory / "mosquitto.conf"
        self._log = directory / "mosquitto.log"
        self._anonymous = anonymous
        self.configure(lines)

    def configure(self, lines: str) -> None:
        """Write the configuration anew; it holds from the next start."""
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\n"
            f"allow_anonymous {'true' if self._anonymous else 'false'}\n"
            "persistence false\nset_tcp_nodelay true\nmax_queued_messages 20000\n"
            f"{'user root' if os.geteuid() == 0 else ''}\n{lines}\n"
        )

    def start(self) -> Mosquitto:
        assert BINARY is not None
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [BINARY, "-c", str(self._config)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"mosquitto did not start: {self._log.read_text()[-500:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None and self._process.poll() is None:
            end(self._process, how)
        self._process = None

    @property
    def pid(self) -> int:
        """Of the broker that runs."""
        assert self._process is not None
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def reload(self) -> None:
        """Read the rules anew."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def freeze(self) -> None:
        """Stop answering without closing anything: a half-open connection."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)
