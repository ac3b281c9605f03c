"""ejabberd's ``mod_mqtt``, three nodes that ``systemd/cluster/ejabberd.sh`` has set up."""

from __future__ import annotations

import os
import subprocess
import time

from tests.system.cluster.engine import NAME, PORT, ROOT, WS_PORT, Engine

SCRIPT = ROOT / "systemd" / "cluster" / "ejabberd.sh"
DIST_PORT = 5210
ASK_TIMEOUT_S = 60


def tuple_of(address: str) -> str:
    """As Erlang writes it."""
    return "{" + address.replace(".", ",") + "}"


class Ejabberd(Engine):
    """The nodes find one another without ``epmd``: each at its address, all at one port."""

    title = "ejabberd"

    def start(self) -> Engine:
        more = {
            "NAMES": NAME,
            "PORT": str(PORT),
            "WS_PORT": str(WS_PORT),
            "DIST_PORT": str(DIST_PORT),
        }
        words = [str(SCRIPT), str(self.folder), *self.nodes, "--", *self.boxes]
        subprocess.run(words, check=True, capture_output=True, env=os.environ | more)
        for place, node in enumerate(self.nodes):
            written = self.folder / node / "ejabberd.yml"
            here = written.read_text().replace("/etc/ejabberd", str(self.folder / node))
            # all nodes are on one machine: their plain ports must differ
            written.write_text(here.replace("- port: 1883", f"- port: {self.local_port(place)}"))
            self.launch(node)
        for node in self.nodes:
            self.wait(node)
        for node in self.nodes[1:]:
            self.ask(node, "join_cluster", f"ejabberd@{self.nodes[0]}")
        self.register()
        return self

    def register(self) -> None:
        """Everybody's password, in one call for all."""
        rows = [line.split(":") for line in (self.folder / "users").read_text().splitlines()]
        calls = ",".join(
            f'ejabberd_auth:try_register(<<"{u}">>,<<"nursery">>,<<"{p}">>)' for u, p in rows
        )
        self.evaluate(self.nodes[0], f"[{calls}]")

    def command(self, node: str) -> tuple[list[str], dict[str, str]]:
        place = self.folder / node
        more = {"EJABBERD_CONFIG_PATH": str(place / "ejabberd.yml"),
                "EJABBERD_LOG_PATH": str(place / "ejabberd.log"),
                "ERL_INETRC": str(place / "inetrc"), **self._environment()}  # fmt: skip
        address = tuple_of(node)
        words = ["erl", "-name", f"ejabberd@{node}", *self._distribution(),
                 "-kernel", "inet_dist_use_interface", address, "net_ticktime", "8",
                 "inet_dist_connect_options", f"[{{ip,{address}}}]",
                 "+P", "250000", "-mnesia", "dir", f'"{place / "db"}"',
                 "-s", "ejabberd", "-noinput"]  # fmt: skip
        return words, more

    def _environment(self) -> dict[str, str]:
        return {"ERL_LIBS": "/usr/lib/x86_64-linux-gnu", "HOME": str(self.folder),
                "ERL_CRASH_DUMP_BYTES": "0"}  # fmt: skip

    def _distribution(self) -> list[str]:
        cookie = (self.folder / "cookie").read_text().strip()
        return ["-setcookie", cookie, "-erl_epmd_port", str(DIST_PORT), "-start_epmd", "false"]

    def ask(self, node: str, *words: str) -> str:
        """``ejabberdctl`` on this node."""
        return self._erl("-s", "ejabberd_ctl", "-extra", f"ejabberd@{node}", *words)

    def evaluate(self, node: str, expression: str) -> str:
        """An Erlang expression there."""
        code = (
            f"io:format(\"~p\", [erpc:call('ejabberd@{node}', fun() -> {expression} end)]), halt()."
        )
        return self._erl("-eval", code)

    def _erl(self, *words: str) -> str:
        base = ["erl", "-name", f"ctl{time.monotonic_ns()}@127.0.0.1", "-hidden", "-noinput",
                "-dist_listen", "false", *self._distribution(), *words]  # fmt: skip
        if self.root is not None:
            base = ["chroot", str(self.root), *base]
        done = subprocess.run(
            base, capture_output=True, text=True, check=False, timeout=ASK_TIMEOUT_S,
            env=os.environ | self._environment(),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def heal(self) -> None:
        """Mnesia does not join again by itself: the last node is started anew."""
        self.kill(self.nodes[-1])
        self.revive(self.nodes[-1])

    @property
    def version(self) -> str:
        return self.package("ejabberd")
