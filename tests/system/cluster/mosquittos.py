"""Engines of Mosquittos: one alone, and two that a bridge keeps equal."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.system.cluster.engine import ADDRESSES, NAME, PORT, ROOT, WS_PORT, Engine
from tests.system.cluster.relay import Relay
from tests.system.mosquitto import BINARY

SCRIPT = ROOT / "systemd" / "cluster" / "ejabberd.sh"
RELAY_PORT = 7883
BRIDGE = """
connection pair
address {second}:{port}
bridge_cafile {ca}
bridge_insecure true
bridge_protocol_version mqttv50
remote_username bridge
remote_password {password}
cleansession false
restart_timeout 1 5
keepalive_interval 5
notifications false
topic # both 1
"""


class Mosquitto(Engine):
    """One node, which the service manager starts again."""

    title = "one Mosquitto"
    nodes = ADDRESSES[:1]
    together = True
    names = NAME
    """that stand in the certificates beside the nodes' addresses"""

    def start(self) -> Engine:
        words = [str(SCRIPT), str(self.folder), *self.nodes, "--", *self.boxes]
        subprocess.run(
            words, check=True, capture_output=True, env=os.environ | {"NAMES": self.names}
        )
        users = self.folder / "users"
        users.write_text(users.read_text() + "bridge:between-the-two\n")
        hashed = self.folder / "passwd"
        shutil.copy(users, hashed)
        subprocess.run(["mosquitto_passwd", "-U", str(hashed)], check=True)
        self._write_rules()
        for node in self.nodes:
            self._write(node)
            self.launch(node)
        for node in self.nodes:
            self.wait(node)
        return self

    def _write_rules(self) -> None:
        """As ``systemd/mosquitto/setup.sh`` does."""
        lines = [(ROOT / "systemd" / "mosquitto" / "nursery.acl").read_text()]
        lines += [
            f"user {box}\ntopic readwrite nursery/{box}/#\n"
            f"topic readwrite homeassistant/+/nursery-{box}/+/config\n"
            "topic read homeassistant/status\n"
            for box in self.boxes
        ]
        lines.append("user bridge\ntopic readwrite #\n")
        (self.folder / "acl").write_text("\n".join(lines))

    def _write(self, node: str) -> None:
        place = self.folder / node
        config = (
            "per_listener_settings false\nallow_anonymous false\n"
            f"password_file {self.folder / 'passwd'}\nacl_file {self.folder / 'acl'}\n"
            f"listener {PORT} {self.listens(node)}\nsocket_domain ipv4\n{self._tls(place)}"
            f"listener {WS_PORT} {self.listens(node)}\nsocket_domain ipv4\nprotocol websockets\n"
            f"{self._tls(place)}"
            f"listener {self.local_port(self.nodes.index(node))} {self.listens('127.0.0.1')}\n"
            "set_tcp_nodelay true\nmax_queued_messages 20000\nmax_inflight_messages 100\n"
            f"persistence true\npersistence_location {place}/\nautosave_interval 300\n"
            "max_packet_size 600000\nuser root\n"
        )
        (place / "mosquitto.conf").write_text(config + self.bridge(node))

    def listens(self, node: str) -> str:
        """Where a node's broker listens that would listen at ``node``."""
        return node

    def _tls(self, place: Path) -> str:
        return (f"cafile {self.ca_file}\ncertfile {place / 'nursery.pem'}\n"
                f"keyfile {place / 'nursery.pem'}\n")  # fmt: skip

    def bridge(self, node: str) -> str:
        """Its lines, on the node that has one."""
        return ""

    def command(self, node: str) -> tuple[list[str], dict[str, str]]:
        program = BINARY if self.root is None else "/usr/sbin/mosquitto"
        return [str(program), "-c", str(self.folder / node / "mosquitto.conf")], {}

    @property
    def version(self) -> str:
        return self.package("mosquitto")


class MosquittoPair(Mosquitto):
    """Two nodes; the second keeps a line to the first, and both say everything to the other."""

    title = "two Mosquittos and a bridge"
    nodes = ADDRESSES[:2]
    together = False

    def start(self) -> Engine:
        self._relay = Relay(self.nodes[1], RELAY_PORT, (self.nodes[0], PORT))
        return super().start()

    def stop(self) -> None:
        super().stop()
        self._relay.close()

    def bridge(self, node: str) -> str:
        if node == self.nodes[0]:
            return ""
        return BRIDGE.format(
            second=node, port=RELAY_PORT, ca=self.ca_file, password=self.password("bridge")
        )
