"""``nursery watch``: every box on the broker, live in a terminal, with keys that answer it.

The MQTT connection is the daemon's own ``Connection`` (with its fall-back to version 3.1.1), opened
again whenever it ends. Needs the optional extra "watch".
"""

from __future__ import annotations

import importlib.util
import io
import os
import secrets
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec

from monitor.codec import encode
from monitor.config import MqttConfig
from monitor.errors import ConfigError
from monitor.host.extras import install_command
from monitor.mqtt.connecting import connector
from monitor.mqtt.connection import Connection
from monitor.mqtt.connection_events import Connected, Ended, Received, Refused, Subscribed
from monitor.mqtt.connection_settings import Intake, VersionChoice
from monitor.mqtt.topics import Message, Topics
from monitor.store.secrets import read_password
from monitor.verbs.watched_boxes import WatchedBoxes, answers, strip_control
from monitor.verbs.watched_records import WatchedRecords

REDRAW_S = 0.5
INTAKE = Intake(most_waiting=20_000, most_bytes=1_000_000, kept_s=0)
"""every retained document of a large fleet comes at once"""
RETRY_S = 2.0
LONGEST = 300
"""of an answer that is shown"""
WIDTH = 100
"""characters, where there is no terminal"""
FIRST_S, WRITE_EVERY_S, IDLE_S = 2.0, 10.0, 0.05
"""retained topics come within a second; ages change every minute"""
SNOOZE_MIN = 30


class Watch:
    """What is known of the boxes, the connection and what the last key did."""

    def __init__(self, config: MqttConfig, handed_over: str | None = None) -> None:
        self.boxes, self.records = WatchedBoxes(), WatchedRecords()
        self.connection_text = "connecting"
        self.answer = ""
        self._config = config
        self._connect = connector(config, handed_over or read_password(config))
        self._version = VersionChoice(config.protocol)
        self._connection: Connection | None = None
        self._retry_s = 0.0

    def pump(self) -> None:
        """Take what came in; open the connection again when it is time."""
        connection = self._connection
        if connection is None:
            if time.monotonic() >= self._retry_s:
                client_id = f"nursery-watch-{secrets.token_hex(4)}"
                self._connection = self._connect(self._version.current, client_id, intake=INTAKE)
                self._connection.open()
            return
        while connection.events:
            match connection.events.popleft():
                case Connected():
                    self.connection_text = (
                        f"connected to {self._config.host} (MQTT {self._version.current})"
                    )
                    connection.subscribe(["nursery/#"])
                case Subscribed() as answered if answered.why_deaf is not None:
                    self._lost(answered.why_deaf)
                    return
                case Received(topic, payload):
                    self._take(topic, payload)
                case Refused(why, wrong_protocol):
                    self._lost(why, wrong_version=wrong_protocol)
                case Ended(why):
                    self._lost(why)
        if self._connection is connection and connection.is_ignored:
            self._lost("the broker does not answer", wrong_version=True)

    def press(self, key: str) -> bool:
        """Do what a key means; False when it ends the watch."""
        if key in {"q", "\x03", "\x04"}:
            return False
        if key in {"j", "down", "k", "up"}:
            self.boxes.select(1 if key in {"j", "down"} else -1)
            return True
        verbs: dict[str, tuple[str, dict[str, Any]]] = {
            "a": ("acknowledge", {}),
            "s": ("snooze", {"minutes": SNOOZE_MIN}),
            "n": ("not_a_cry", {}),
        }
        alert = self.boxes.selected()
        if alert is not None and key in (names := answers(alert)):
            named = {"step_id": alert["step_id"], "baby": names[key]}
            self._send(alert, "assign", named, f"assign: it was {names[key]} ...")
        if key in verbs and alert is not None:
            verb, arguments = verbs[key]
            said = f"{verb}: {alert.get('title')} ..."
            self._send(alert, verb, {"id": alert["id"], **arguments}, said)
        return True

    def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            self._connection.close(1.0)

    def _send(self, alert: dict[str, Any], verb: str, body: dict[str, Any], said: str) -> None:
        """Ask the alert's box for something; ``said`` stands there until it answers."""
        if self._connection is not None:
            topic = Topics(str(alert["box"])).command(verb)
            self._connection.publish(Message(topic=topic, payload=encode(body)))
            self.answer = said

    def _take(self, topic: str, payload: bytes) -> None:
        if self.records.observe(topic, payload, time.time()):
            return
        self.boxes.observe(topic, payload)
        if topic.endswith("/result") and "/cmd/" in topic:
            self.answer = said_of(topic.split("/")[-2], payload)

    def _lost(self, why: str, *, wrong_version: bool = False) -> None:
        if self._connection is not None:
            self._connection.close(0.0)
        self._connection = None
        self.records.forget()
        falls_back = self._version.over(wrong_version=wrong_version)
        self._retry_s = time.monotonic() + (0.0 if falls_back else RETRY_S)
        self.connection_text = "connecting" if falls_back else f"not connected: {why}"
        for box in self.boxes.by_name.values():
            box.online = None  # unknown without a connection


def said_of(verb: str, payload: bytes) -> str:
    """A box's answer to a command in words."""
    what = strip_control(verb.replace("_", " "))
    try:
        answer = msgspec.json.decode(payload, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return f"{what}: the answer cannot be read"
    if not answer.ok:
        return f"{what}: not done: {strip_control(answer.error or 'no reason given')}"[:LONGEST]
    return f"{what}: {strip_control(answer.understood or 'done')}"[:LONGEST]


class _Answer(msgspec.Struct):
    """What of a result is shown."""

    ok: bool
    error: str | None = None
    understood: str | None = None


def run_watch(config: MqttConfig, handed_over: str | None = None) -> int:
    """Show the boxes until ``q``; without a terminal on standard input, until interrupted.

    Where the output is no terminal, the picture is written whenever it has changed.

    ``handed_over`` is the service's password, where root read it before it became its user.

    Raises:
        ConfigError: the "watch" extra is not installed, or the password file is wrong.
    """
    if importlib.util.find_spec("rich") is None:
        raise ConfigError(f'"nursery watch" needs rich: {install_command("watch")}')
    from rich.live import Live

    from monitor.verbs.watch_view import draw

    watch = Watch(config, handed_over)
    try:
        if not sys.stdout.isatty():
            return _write_changes(watch)
        with _keys() as keys, Live(screen=True, auto_refresh=False) as live:
            drawn_s = 0.0
            while True:
                watch.pump()
                if not all(watch.press(key) for key in keys(0.05)):
                    return 0
                if time.monotonic() - drawn_s >= REDRAW_S:
                    drawn_s = time.monotonic()
                    picture = draw(
                        watch.boxes,
                        time.time(),
                        connection=watch.connection_text,
                        answer=watch.answer,
                        wrong=watch.records.wrong(time.time()),
                    )
                    live.update(picture, refresh=True)
    except KeyboardInterrupt:
        return 0
    finally:
        watch.close()


def _write_changes(watch: Watch) -> int:
    """For a file, a pipe or a log: the picture as text, when it is another one."""
    from rich.console import Console

    from monitor.verbs.watch_view import draw

    written, next_s = "", time.monotonic() + FIRST_S
    while True:
        watch.pump()
        time.sleep(IDLE_S)
        if time.monotonic() < next_s:
            continue
        connection, console = watch.connection_text, Console(file=io.StringIO(), width=WIDTH)
        now_s = time.time()
        wrong = watch.records.wrong(now_s)
        console.print(draw(watch.boxes, now_s, connection=connection, keys="", wrong=wrong))
        text = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO
        if text != written:
            now = datetime.now().strftime("%Y-%m-%d %H:%M:%S")  # the reader's wall clock
            print(f"{now}\n{text}", flush=True)
            written, next_s = text, time.monotonic() + WRITE_EVERY_S


@contextmanager
def _keys() -> Iterator[Any]:
    """A function that waits a moment and returns the keys pressed meanwhile."""
    if not sys.stdin.isatty():
        yield _no_keys
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield lambda wait_s: _read_keys(descriptor, wait_s)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _no_keys(wait_s: float) -> list[str]:
    time.sleep(wait_s)
    return []


def _read_keys(descriptor: int, wait_s: float) -> list[str]:
    if not select.select([descriptor], [], [], wait_s)[0]:
        return []
    text = os.read(descriptor, 64).decode(errors="replace")
    text = text.replace("\x1b[A", "\0").replace("\x1b[B", "\1")
    return [{"\0": "up", "\1": "down"}.get(char, char) for char in text]
