"""RabbitMQ's MQTT plugin, three nodes."""

from __future__ import annotations

import os
import subprocess
from typing import ClassVar

import msgspec

from tests.system.cluster.ejabberd import DIST_PORT, SCRIPT, tuple_of
from tests.system.cluster.engine import NAME, PORT, WS_PORT, Engine

VERSION_5_SINCE = (3, 13)
BUT_SETUP = r"[^.]+\.(?!setup|#|\*).+"
"""what phones may ask for: rights are looked at when they subscribe, not at each message"""


class RabbitMq(Engine):
    """The plugins ``rabbitmq_mqtt`` and ``rabbitmq_web_mqtt``; a minority pauses itself."""

    title = "RabbitMQ"
    ws_path = "/ws"
    LINES: ClassVar[tuple[str, ...]] = (
        "listeners.tcp = none",
        "mqtt.allow_anonymous = false",
        "cluster_partition_handling = pause_minority",
        "cluster_formation.peer_discovery_backend = classic_config",
        "vm_memory_high_watermark.absolute = 1GB",
        "disk_free_limit.absolute = 100MB",
        "log.console.level = warning",
        "ssl_options.verify = verify_none",
        "ssl_options.fail_if_no_peer_cert = false",
    )

    def start(self) -> Engine:
        self.protocol_5 = tuple(map(int, self.version.split(".")[:2])) >= VERSION_5_SINCE
        words = [str(SCRIPT), str(self.folder), *self.nodes, "--", *self.boxes]
        subprocess.run(words, check=True, capture_output=True, env=os.environ | {"NAMES": NAME})
        self._write_definitions()
        for node in self.nodes:
            place = self.folder / node
            lines = [*self.LINES, f"mqtt.listeners.ssl.1 = {node}:{PORT}",
                     f"mqtt.listeners.tcp.1 = 127.0.0.1:{self.local_port(self.nodes.index(node))}",
                     f"web_mqtt.tcp.ip = {node}", f"web_mqtt.ssl.ip = {node}",
                     f"web_mqtt.ssl.port = {WS_PORT}",
                     f"load_definitions = {self.folder / 'definitions.json'}"]  # fmt: skip
            lines += [f"cluster_formation.classic_config.nodes.{k} = {self.name(n)}"
                      for k, n in enumerate(self.nodes, 1)]  # fmt: skip
            for use in ("ssl_options", "web_mqtt.ssl"):
                lines += [f"{use}.cacertfile = {self.ca_file}",
                          f"{use}.certfile = {place / 'nursery.pem'}",
                          f"{use}.keyfile = {place / 'nursery.pem'}"]  # fmt: skip
            (place / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
            (place / "plugins").write_text("[rabbitmq_mqtt,rabbitmq_web_mqtt].\n")
        home = self.folder / ".erlang.cookie"
        if not home.exists():
            home.write_text((self.folder / "cookie").read_text().strip())
            home.chmod(0o400)
        for node in self.nodes:
            self.launch(node)
        for node in self.nodes:
            self.wait(node)
        return self

    def name(self, node: str) -> str:
        """The addresses share one register of names, so each name is another."""
        return f"rabbit{self.nodes.index(node)}@{node}"

    def _write_definitions(self) -> None:
        """Users and, by regular expressions on routing keys ("/" is written ".") their rights."""
        rows = [line.split(":") for line in (self.folder / "users").read_text().splitlines()]
        named: dict[str, tuple[str, str]] = {
            "homeassistant": (r"^(nursery\..+\.cmd\..+|homeassistant\..+)$",
                              rf"^(nursery\.{BUT_SETUP}|homeassistant\..+)$"),
            "phone": (r"^nursery\..+\.cmd\..+$", rf"^nursery\.{BUT_SETUP}$"),
            "page": (r"^nursery\..+\.(cmd|setup)\..+$", ".*"),
        }  # fmt: skip
        own = (r"^(nursery\.{n}\..+|homeassistant\..+\.nursery-{n}\..+\.config)$",
               r"^(nursery\.{n}\..+|homeassistant\.status)$")  # fmt: skip
        topics = []
        for user, _ in rows:
            write, read = named.get(user, tuple(rule.replace("{n}", user) for rule in own))
            topics.append({"user": user, "vhost": "/", "exchange": "amq.topic",
                           "write": write, "read": read})  # fmt: skip
        definitions = {
            "users": [{"name": u, "password": p, "tags": []} for u, p in rows],
            "vhosts": [{"name": "/"}],
            "permissions": [{"user": u, "vhost": "/", "configure": "^mqtt-.*", "write": ".*",
                             "read": ".*"} for u, _ in rows],
            "topic_permissions": topics,
        }  # fmt: skip
        (self.folder / "definitions.json").write_bytes(msgspec.json.encode(definitions))

    def command(self, node: str) -> tuple[list[str], dict[str, str]]:
        place, address = self.folder / node, tuple_of(node)
        extra = (f"-kernel inet_dist_use_interface {address} "
                 f"-kernel inet_dist_connect_options [{{ip,{address}}}] "
                 "-kernel net_ticktime 8")  # fmt: skip
        more = {
            "HOME": str(self.folder), "RABBITMQ_NODENAME": self.name(node),
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_DIST_PORT": str(DIST_PORT + self.nodes.index(node)),
            "RABBITMQ_MNESIA_BASE": str(place / "db"), "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(place / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(place / "plugins"),
            "RABBITMQ_PID_FILE": str(place / "pid"), "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": extra,
        }  # fmt: skip
        return ["/usr/lib/rabbitmq/bin/rabbitmq-server"], more

    @property
    def version(self) -> str:
        return self.package("rabbitmq-server")
