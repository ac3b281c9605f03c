"""Two Mosquittos on machines of their own, and keepalived between them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.system.cluster.engine import NAME, ROOT, Engine
from tests.system.cluster.mosquittos import Mosquitto
from tests.system.cluster.relay import Relay

SCRIPT = ROOT / "systemd" / "cluster" / "reserve.sh"
FLOATING = "10.71.0.10"
HOUSE = "10.71.0.20"
"""a machine that remembers for itself who has the floating address; whoever connects there is
passed on to it"""
OURS = "10.71.0.1"
TAKEN_S = 60.0


def ip(*words: str) -> None:
    """The command, which succeeds."""
    subprocess.run(["ip", *words], check=True)


class MosquittoReserve(Mosquitto):
    """Each node is a machine of its own on a switch; one of them has the address at a time.

    Set up by ``systemd/cluster/reserve.sh``; as root, with ``keepalived`` installed.
    """

    title = "a Mosquitto and one in reserve"
    nodes = ("10.71.0.11", "10.71.0.12")
    names = f"{NAME} {FLOATING} {HOUSE}"

    def start(self) -> Engine:
        Path("/run/netns").mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run/netns"], check=True)
        ip("link", "add", "switch", "type", "bridge")
        ip("addr", "add", f"{OURS}/24", "dev", "switch")
        ip("link", "set", "switch", "up")
        for node in (*self.nodes, HOUSE):
            self._plug_in(node)
        passes_on = [sys.executable, "-m", "tests.system.cluster.relay", HOUSE, FLOATING]
        subprocess.Popen(["ip", "netns", "exec", self._machine(HOUSE), *passes_on], cwd=ROOT)
        super().start()
        self._relay = Relay("127.0.0.1", self.local_port(0), (FLOATING, self.local_port(0)), OURS)
        for node, role in zip(self.nodes, ("main", "reserve"), strict=True):
            self._keep_alive(node, role)
            if role == "main":
                self._until_somebody_has_it()
        return self

    def _plug_in(self, node: str) -> None:
        machine = self._machine(node)
        ip("netns", "add", machine)
        ip("link", "add", f"port-{machine}", "type", "veth", "peer", "name", "eth0",
           "netns", machine)  # fmt: skip
        ip("link", "set", f"port-{machine}", "master", "switch", "up")
        for words in (["addr", "add", f"{node}/24", "dev", "eth0"],
                      ["link", "set", "eth0", "up"], ["link", "set", "lo", "up"]):  # fmt: skip
            ip("-n", machine, *words)

    def local_port(self, place: int) -> int:
        """Of whichever node has the address, passed on from here."""
        return 1883

    def take_over(self) -> None:
        """The first broker dies; until the reserve has the address."""
        self.kill(self.victim)
        deadline = time.monotonic() + TAKEN_S
        while self.holder() != self.nodes[1]:
            assert time.monotonic() < deadline, "the reserve does not take over"
            time.sleep(0.1)

    def stop(self) -> None:
        super().stop()
        self._relay.close()

    def _keep_alive(self, node: str, role: str) -> None:
        place = self.folder / node
        words = [str(SCRIPT), f"{FLOATING}/24", "eth0", role]
        subprocess.run(
            words, check=True, capture_output=True, env=os.environ | {"ROOT": str(place)}
        )
        command = ["ip", "netns", "exec", self._machine(node), "keepalived", "--dont-fork",
                   "--log-console", "--vrrp", "--use-file",
                   str(place / "etc" / "keepalived" / "keepalived.conf"),
                   "--pid", str(place / "keepalived.pid"),
                   "--vrrp_pid", str(place / "vrrp.pid")]  # fmt: skip
        with (place / "keepalived.out").open("ab") as log:
            subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def _until_somebody_has_it(self) -> None:
        deadline = time.monotonic() + TAKEN_S
        while self.holder() is None:
            assert time.monotonic() < deadline, (
                self.folder / self.nodes[0] / "keepalived.out"
            ).read_text()
            time.sleep(0.2)

    def holder(self) -> str | None:
        """The node that has the address."""
        return next(iter(self.holders()), None)

    def holders(self) -> list[str]:
        """All of them that say so."""
        return [node for node in self.nodes if f"{FLOATING}/" in self._addresses(node)]

    def _addresses(self, node: str) -> str:
        words = ["ip", "-n", self._machine(node), "addr", "show", "dev", "eth0"]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    @staticmethod
    def _machine(node: str) -> str:
        return f"machine{node.rpartition('.')[2]}"

    @property
    def victim(self) -> str:
        return self.nodes[0]

    def answers(self, down: str = "") -> tuple[str, ...]:
        return (FLOATING,)

    def cut(self) -> None:
        ip("link", "set", f"port-{self._machine(self.victim)}", "down")

    def mend(self) -> None:
        ip("link", "set", f"port-{self._machine(self.victim)}", "up")

    def part(self) -> None:
        """The two machines do not hear each other, and the house goes on talking to the first."""
        own = self._addresses(self.nodes[0]).partition("link/ether ")[2].split()[0]
        ip("-n", self._machine(HOUSE), "neigh", "replace", FLOATING, "lladdr", own,
           "dev", "eth0", "nud", "permanent")  # fmt: skip
        self._tell_each_other("off")

    def join(self) -> None:
        """They do again, and the house asks anew."""
        ip("-n", self._machine(HOUSE), "neigh", "del", FLOATING, "dev", "eth0")
        self._tell_each_other("on")

    def _tell_each_other(self, flood: str) -> None:
        """keepalived's signs of life are multicast."""
        for node in self.nodes:
            port = f"port-{self._machine(node)}"
            ip("link", "set", port, "type", "bridge_slave", "mcast_flood", flood)

    def listens(self, node: str) -> str:
        return "0.0.0.0"  # noqa: S104 - a machine that nobody else reaches

    def command(self, node: str) -> tuple[list[str], dict[str, str]]:
        words, more = super().command(node)
        return ["ip", "netns", "exec", self._machine(node), *words], more
