"""The phone in the demo: a subscriber on the other side of the broker."""

from __future__ import annotations

import shutil
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from monitor.alert_kinds import BABY_KINDS
from monitor.events import PRACTICE
from monitor.simulation.night import HOT_WATER_BOTTLE_G
from monitor.times import parse_rfc3339

_MARKS = {"info": " ", "warning": "!", "critical": "!!"}
_SHOWN_EVENTS = {"feed", "weigh_in", "unassigned", "joint_weigh_in", "object"}

INDENT = " " * 9


class DemoPhone:
    """Prints each alert as a phone shows it, and each feed as a line between them."""

    def __init__(self, host: str, port: int, clock: Callable[[], str]) -> None:
        self._address = (host, port)
        self._clock = clock
        self.printing = threading.Lock()
        """held while a line is written"""
        self.before_print: Callable[[], None] = lambda: None
        self.alerts = 0
        self.raised: Counter[str] = Counter()
        """alerts raised, by kind"""
        self.still_open: list[str] = []
        self.last_state: dict[str, Any] = {}
        self._put_back: dict[str, float] = {}
        self.subscribed = False
        self._received_s = time.monotonic()
        self._client = client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="demo-phone", protocol=mqtt.MQTTv311
        )
        client.on_connect = self._subscribe
        client.on_subscribe = self._subscription_done
        client.on_message = self._received

    def start(self) -> None:
        """Connect in the background."""
        self._client.connect(*self._address, keepalive=60)
        self._client.loop_start()

    def settle(self, quiet_s: float = 0.5, at_most_s: float = 5.0) -> None:
        """Wait until nothing has come for a moment."""
        deadline = time.monotonic() + at_most_s
        while time.monotonic() < min(deadline, self._received_s + quiet_s):
            time.sleep(0.05)

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(
            [
                ("nursery/+/alert", 1),
                ("nursery/+/alerts", 1),
                ("nursery/+/event", 0),
                ("nursery/+/scale", 0),
            ]
        )

    def _subscription_done(self, *_: object) -> None:
        self.subscribed = True

    def _received(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self._received_s = time.monotonic()
        found = msgspec.json.decode(message.payload) if message.payload else None
        leaf = message.topic.rsplit("/", 1)[1]
        if leaf == "alerts" and isinstance(found, list):
            self.still_open = [_title(alert) for alert in found]
        elif leaf == "scale" and isinstance(found, dict):
            self.last_state = found
        elif leaf == "alert" and isinstance(found, dict):
            self._alert(found)
        elif leaf == "event" and isinstance(found, dict) and found["event"] in _SHOWN_EVENTS:
            self._event(found)

    def _event(self, event: dict[str, Any]) -> None:
        """A bottle is one line: what it weighs when it is put back belongs to what it drank."""
        if event["event"] == "weigh_in" and event["move"] == "return":
            self._put_back[event["baby"]] = event["weight_g"]
        elif event["event"] == "feed":
            weight_g = self._put_back.pop(event["baby"], None)
            now = "" if weight_g is None else f"; put back with {weight_g:.1f} g"
            self._print(f"{_time_of(event)}    {_line(event)}{now}")
        else:
            self._print(f"{_time_of(event)}    {_line(event)}")

    def _alert(self, alert: dict[str, Any]) -> None:
        self.alerts += 1
        state = alert["state"]
        if state == "raised":
            self.raised[alert["kind"]] += 1
        seen = state == "reminded" and alert["kind"] in BABY_KINDS
        if seen:  # and acted upon
            command = msgspec.json.encode({"id": alert["id"]})
            self._client.publish(f"nursery/{alert['box']}/cmd/acknowledge", command, qos=1)
        mark = _MARKS[alert["severity"]] if state != "cleared" else "ok"
        headline = f"{_time_of(alert)} {mark:>2} {_title(alert)}"
        if state in {"acknowledged", "snoozed"}:
            self._print(f"{headline}: reminded, and {state} on this phone")
        elif state == "reminded":
            if not seen:
                self._print(f"{headline} (reminder)")
        else:
            self._print(f"{headline}\n{alert['message']}")

    def say(self, text: str) -> None:
        """A line that is about the demo itself."""
        with self.printing:
            self.before_print()
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def _print(self, text: str) -> None:
        """A headline, and what follows it indented, within the terminal's width."""
        width = max(40, shutil.get_terminal_size().columns - 1)
        first, *more = text.split("\n")
        lines = textwrap.wrap(first, width, subsequent_indent=INDENT)
        for line in more:
            lines += textwrap.wrap(line, width, initial_indent=INDENT, subsequent_indent=INDENT)
        with self.printing:
            self.before_print()
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()


def _title(alert: dict[str, Any]) -> str:
    """Without its mark: the demo says above and below that all of it is simulated."""
    return str(alert["title"]).removeprefix(PRACTICE)


def _time_of(found: dict[str, Any]) -> str:
    """Local time of day."""
    return time.strftime("%H:%M", time.localtime(parse_rfc3339(found["at"])))


def _line(event: dict[str, Any]) -> str:
    match event["event"]:
        case "feed":
            return f"{event['baby']} drank: {event['net_g']:+.1f} g net, ±{event['sigma_g']:.1f} g"
        case "weigh_in":
            return f"{event['baby']} lifted out: {event['weight_g']:.1f} g"
        case "joint_weigh_in":
            return f"{' and '.join(event['babies'])} together: {event['weight_g']:.1f} g"
        case "object":
            moved = "taken out" if event["delta_g"] < 0 else "put in"
            return f"a thing {moved}: {abs(event['delta_g']):.0f} g, no baby{_what(event)}"
        case _:
            return f"somebody of {event['weight_g']:.1f} g, not sure who"


def _what(event: dict[str, Any]) -> str:
    """What it is, for whoever watches: the story has one thing."""
    is_it = abs(abs(event["delta_g"]) - HOT_WATER_BOTTLE_G) < HOT_WATER_BOTTLE_G / 20
    return " (a hot-water bottle)" if is_it else ""
