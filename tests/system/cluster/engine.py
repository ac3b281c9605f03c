"""What every engine under test offers: nodes that start, are killed and come back."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

from tests.system.cluster import network

ROOT = Path(__file__).parents[3]
ADDRESSES = ("127.0.0.11", "127.0.0.12", "127.0.0.13")
NAME = "shelter.test"
"""the one name that boxes and phones know"""
PORT, WS_PORT = 8883, 8884
PEOPLE = ("homeassistant", "phone", "page")


class Engine(ABC):
    """A broker of one or more nodes; ``root`` is another system's files, to take its programs."""

    title = ""
    protocol_5 = True
    ws_path = "/mqtt"
    nodes: tuple[str, ...] = ADDRESSES
    together = False
    """everybody is at one node at a time"""

    def __init__(self, folder: Path, boxes: list[str], root: Path | None = None) -> None:
        self.folder, self.boxes, self.root = folder, boxes, root
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    # ------------------------------------------------------------------ of each engine

    @abstractmethod
    def start(self) -> Engine:
        """Start every node and make them one; ready when this returns."""

    @abstractmethod
    def command(self, node: str) -> tuple[list[str], dict[str, str]]:
        """How one node is started, and what is added to its environment."""

    @property
    @abstractmethod
    def version(self) -> str:
        """As the package says."""

    @property
    def ca_file(self) -> Path:
        """What clients trust."""
        return self.folder / "nursery-ca.crt"

    def password(self, user: str) -> str:
        """Of one user, from the list that the set-up wrote."""
        lines = (self.folder / "users").read_text().splitlines()
        return next(line.partition(":")[2] for line in lines if line.startswith(f"{user}:"))

    # ------------------------------------------------------------------ of all

    def local_port(self, place: int) -> int:
        """The plain port of a node on 127.0.0.1, for programs on its machine."""
        return 1883 + place

    def pid(self, node: str) -> int:
        """Of the node's process."""
        return self._running[node].pid

    def launch(self, node: str) -> None:
        """Start one node's process; ``wait`` for its port."""
        words, more = self.command(node)
        if self.root is not None:
            words = ["chroot", str(self.root), *words]
        with (self.folder / f"{node}.out").open("ab") as log:
            self._running[node] = subprocess.Popen(
                words,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=os.environ | more,
                start_new_session=True,
                cwd=self.folder,
            )

    def wait(self, node: str, timeout_s: float = 90.0) -> None:
        """Until it takes connections."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                probe.settimeout(1.0)
                if probe.connect_ex((node, PORT)) == 0:
                    return
            assert self._running[node].poll() is None, self.output(node)
            time.sleep(0.1)
        raise AssertionError(f"{node} takes no connections: {self.output(node)}")

    @property
    def victim(self) -> str:
        """The node that is killed or cut off."""
        return self.nodes[-1]

    def answers(self, down: str = "") -> tuple[str, ...]:
        """The addresses that have the one name while a node is down: still all."""
        return self.nodes

    def kill(self, node: str) -> None:
        """As the machine's power fails."""
        process = self._running.pop(node)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def revive(self, node: str) -> None:
        """It is started again, as the service manager does."""
        self.launch(node)
        self.wait(node)

    def cut(self) -> None:
        """The victim and the other nodes do not hear one another."""
        for other in self.nodes:
            if other != self.victim:
                network.cut(self.victim, other)

    def mend(self) -> None:
        """They do again."""
        network.mend()

    def heal(self) -> None:  # noqa: B027 - nothing, mostly
        """What somebody has to do after a line was cut and mended."""

    def stop(self) -> None:
        for node in list(self._running):
            self.kill(node)

    def output(self, node: str) -> str:
        """The end of what the node printed."""
        return (self.folder / f"{node}.out").read_text(errors="replace")[-800:]

    def package(self, name: str) -> str:
        """A Debian package's version."""
        words = ["dpkg-query", "-W", "-f", "${Version}", name]
        words = ["chroot", str(self.root), *words] if self.root else words
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.stdout.partition("-")[0] if done.returncode == 0 else "?"
