"""A Home Assistant and a scripted box, each in a process of its own, and what both should show."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.events import Condition
from monitor.mqtt.discovery import discovery
from monitor.mqtt.topics import Topics
from tests.system.home_assistant.box import BOX, IDENTITY, KANGAROO, POSSUM
from tests.system.mosquitto import BINARY, free_port
from tests.system.subscriber import Subscriber, wait_for

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[3]


def installed() -> Path | None:
    """The interpreter ``setup.sh`` made, newest core first."""
    chosen = os.environ.get("NURSERY_HOME_ASSISTANT")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = Path(chosen) if chosen else cache / "nursery-home-assistant"
    found = sorted(folder.glob("core-*/.complete"), reverse=True)
    return found[0].parent / "bin" / "python" if found else None


def web_pages() -> bool:
    """Whether a browser can open what is installed."""
    python = installed()
    home = python.parent.parent if python else Path()
    return python is not None and any(home.glob("lib/python3*/site-packages/hass_frontend"))


needed = [
    pytest.mark.system,
    pytest.mark.optional,
    pytest.mark.skipif(BINARY is None, reason="mosquitto is not installed"),
    pytest.mark.skipif(
        installed() is None, reason='no Home Assistant here: "make home-assistant" installs one'
    ),
]
"""marks of the tests that need one"""


class Core:
    """A running Home Assistant; ``ask`` calls a method of ``driver.Core``."""

    def __init__(self, folder: Path, broker_port: int, *more: str) -> None:
        self._log = (folder / "home_assistant.log").open("a")
        self._process = subprocess.Popen(
            [str(installed()), str(HERE / "driver.py"), "--config", str(folder / "config"),
             "--broker-port", str(broker_port), "--http-port", str(free_port()), *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
        )  # fmt: skip
        self._answer()

    def ask(self, question: str, **arguments: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"ask": question, **arguments}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"Home Assistant ended; see {self._log.name}"
        answer = json.loads(line)
        assert "ok" in answer, answer
        return answer["ok"]

    def becomes(self, entity_id: str, state: str, timeout: float = 60.0) -> None:
        found = self.ask("wait", entity_id=entity_id, state=state, timeout=timeout)
        assert found["hit"], f"{entity_id} is {found['state']}, not {state}"

    def entities(self) -> dict[str, dict[str, Any]]:
        return {entity["entity_id"]: entity for entity in self.ask("entities")}

    def shows(self, entity_id: str) -> dict[str, Any]:
        """The attributes that an entity has now."""
        return dict(self.ask("state", entity_id=entity_id)["attributes"])

    def knows(self, unique_ids: Iterable[str]) -> None:
        """Wait until its entities are exactly these."""
        wanted = set(unique_ids)
        wait_for(lambda: {entity["unique_id"] for entity in self.entities().values()} == wanted)

    def press(self, entity_id: str) -> None:
        self.ask("call", service="button.press", data={"entity_id": entity_id})

    def close(self) -> None:
        if self._process.poll() is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        self._log.close()


class Box:
    """The scripted box as a process of its own, so that it can be killed."""

    def __init__(
        self, folder: Path, broker_port: int, mode: str = "device", login: str = ""
    ) -> None:
        """``login``: ``name:password``, where the broker asks."""
        folder.mkdir(exist_ok=True)
        self._output = (folder / "box.out").open("w+")
        self._forgotten = 0
        self._arguments = [str(folder), str(broker_port), mode, login]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.home_assistant.box", *self._arguments],
            stdin=subprocess.PIPE, stdout=self._output, text=True, cwd=ROOT,
        )  # fmt: skip

    def play(self, **script: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(script).decode() + "\n")
        self._process.stdin.flush()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(5)

    def commands(self) -> list[dict[str, Any]]:
        """What it received since the test began."""
        self._output.seek(0)
        return [json.loads(line) for line in self._output][self._forgotten :]

    def forget(self) -> None:
        self._forgotten = 0
        self._forgotten = len(self.commands())

    def received(self, verb: str, timeout: float = 60.0) -> dict[str, Any]:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for command in self.commands():
                if command["verb"] == verb:
                    return dict(command["args"])
            time.sleep(0.05)
        raise AssertionError(f"no {verb} among {self.commands()}")

    def close(self) -> None:
        if self._process.poll() is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(10)
        self._output.close()


def crying(severity: str = "warning") -> Condition:
    return Condition(
        kind="crying",
        severity=severity,
        since_s=1_767_268_800.0,
        title="Kitten crying",
        message="A kitten has been crying for 3 min: the bottle was due 20 min ago.",
        why="calls",
    )


def announced() -> dict[str, str]:
    """Unique id and device name of everything the discovery documents promise."""
    documents = discovery(
        Topics(BOX), identity=IDENTITY, babies=[KANGAROO, POSSUM], mode="device", version="1"
    )
    bodies = [json.loads(message.payload) for message in documents]
    return {
        row["unique_id"]: body["device"]["name"]
        for body in bodies
        for row in body["components"].values()
    }


def promised(broker_port: int) -> set[str]:
    """Unique ids of everything that the discovery documents at a broker promise."""
    with Subscriber(broker_port, "homeassistant/device/#") as late:
        late.caught_up()
        kept = [m.payload for m in late.messages if m.retain and m.payload]
    documents = [msgspec.json.decode(payload) for payload in kept]
    return {row["unique_id"] for each in documents for row in each["components"].values()}


def mqtt_complaints(core: Core) -> list[str]:
    return [text for text in core.ask("complaints") if "mqtt" in text.lower()]
