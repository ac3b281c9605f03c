"""A box whose senses are scripted; everything from the alert policy outwards is the real thing.

Reads one JSON line at a time from standard input: ``{"conditions": [...]}`` is what is true from
now on, ``{"babies": [...]}`` who is here, ``{"told": {slug: {...}}}`` fields of a baby's document,
``{"chart": [slug, hex]}`` a picture, ``{"cry": {...}}`` the cry document, ``{"an_hour_later":
true}`` what had come and gone within the hour is over for good when it is over. Prints each
command it received as a JSON line.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import msgspec

from monitor.commands import AlertRequest, Assign, arguments
from monitor.config import AlertsConfig, MqttConfig, NightConfig
from monitor.core.alerts.policy import AlertPolicy
from monitor.documents import BabyStatus, BoxState, CryStatus, ScaleStatus, SourceHealth
from monitor.errors import CommandError
from monitor.events import Alert, Baby, Command, Condition
from monitor.mqtt.connection import Connection
from monitor.mqtt.connection_events import Received
from monitor.mqtt.discovery import discovery
from monitor.mqtt.publisher import Publisher
from monitor.mqtt.publisher_settings import Hooks
from monitor.mqtt.topics import (
    Topics,
    alert_messages,
    chart_message,
    command_result_message,
    health_message,
    parse_command,
    state_messages,
)
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.outbox_message import OutboxMessage

BOX = "kangaroo-and-possum"
IDENTITY = "c0ffee"
KANGAROO = Baby(id="k1", name="Kangaroo", species="kitten")
POSSUM = Baby(id="p1", name="Possum", species="puppy")
ALL_DAY = NightConfig(from_="00:00", to="00:00")


class ScriptedBox:
    """State, policy, journal and publisher of one box; ``turn`` is its loop."""

    def __init__(self, directory: Path, port: int, mode: Any, login: str = "") -> None:
        user, _, password = login.partition(":")
        self.topics = Topics(BOX)
        self.babies = [KANGAROO, POSSUM]
        self.conditions: list[Condition] = []
        self.cry = CryStatus(crying=False, level_db=-52.0, cry_minutes_1h=0.0, cry_minutes_24h=4.5)
        self.told: dict[str, dict[str, Any]] = {}
        self._mode = mode
        self._begun_s = time.time()
        """what it says of its babies stays as it is: all who listen can be compared"""
        self._journal = Journal.open(directory / "journal.sqlite")
        self._policy = AlertPolicy(AlertsConfig(night=ALL_DAY), BOX, lambda _t: 0)
        config = MqttConfig(
            host="127.0.0.1", port=port, tls=False, keepalive_s=5, username=user or None
        )
        self._publisher = Publisher(
            config,
            self._journal.outbox,
            topics=self.topics,
            connect=lambda protocol: Connection(
                config, protocol, "nursery-scripted", password or None
            ),
            hooks=Hooks(receive=self._receive),
        )
        self._publisher.set_retained(self._discovery())
        self.missing: list[str] = []
        """steps of the set-up"""
        self._renew_s = 0.0

    def obey(self, line: str) -> None:
        """One line of the script."""
        order = msgspec.json.decode(line)
        if "conditions" in order:
            self.conditions = msgspec.convert(order["conditions"], list[Condition])
        if "cry" in order:
            self.cry = msgspec.convert(order["cry"], CryStatus)
        if "told" in order:
            self.told = order["told"]
        if "an_hour_later" in order:
            self._policy.state.raised_s.clear()
        if "missing" in order:
            self.missing = order["missing"]
        if "chart" in order:
            baby_slug, content = order["chart"]
            self._publisher.set_retained(
                [chart_message(self.topics, baby_slug, bytes.fromhex(content))]
            )
        if "babies" in order:
            after = msgspec.convert(order["babies"], list[Baby])
            self._roster(after)
        self._renew_s = 0.0

    def turn(self) -> None:
        """Once around."""
        now_s = time.time()
        self._tell(self._policy.observe(now_s, self.conditions, handled=False))
        for command in self._publisher.pump(now_s):
            self._carry_out(command)
        if now_s >= self._renew_s:
            self._renew_s = now_s + 1.0
            self._publisher.set_retained(state_messages(self._state(), self.topics))
            self._publisher.set_retained([self._health()])

    def close(self) -> None:
        """Stop politely."""
        self._publisher.close()
        self._journal.close()

    def _roster(self, after: list[Baby]) -> None:
        before = self._own_topics()
        self.babies = after
        self._publisher.empty(before - self._own_topics())
        self._publisher.set_retained(self._discovery())

    def _own_topics(self) -> set[str]:
        documents = [*self._discovery(), *state_messages(self._state(), self.topics)]
        charts = {self.topics.chart(baby.slug) for baby in self.babies}
        return charts | {message.topic for message in documents}

    def _carry_out(self, command: Command) -> None:
        fields = {"verb": command.verb, "args": arguments(command.request)}
        print(msgspec.json.encode(fields).decode(), flush=True)
        if isinstance(command.request, AlertRequest):
            alerts, result = self._policy.carry_out(command)
            self._tell(alerts)
        else:
            if isinstance(command.request, Assign):
                answered = command.request.step_id
                self.conditions = [c for c in self.conditions if c.step_id != answered]
            result = command.answer()
        self._publisher.publish(command_result_message(result, self.topics))
        self._renew_s = 0.0

    def _tell(self, alerts: list[Alert]) -> None:
        rows = [
            OutboxMessage(topic=m.topic, payload=m.payload, expires_s=alert.t_s + 600)
            for alert in alerts
            if not alert.silent
            for m in alert_messages(alert, self.topics)
        ]
        if alerts:
            self._journal.write(Batch(events=alerts, messages=rows))
            self._renew_s = 0.0

    def _state(self) -> BoxState:
        return BoxState(
            cry=self.cry,
            scale=ScaleStatus(
                total_g=1534.2, still=True, activity=0.05, in_box=[b.name for b in self.babies]
            ),
            babies=[self._status(baby, self._begun_s) for baby in self.babies],
            alerts=self._policy.open,
            sources={},
        )

    def _status(self, baby: Baby, now_s: float) -> BabyStatus:
        status = BabyStatus(
            name=baby.name,
            species=baby.species,
            weight_g=112.4,
            weighed_at=now_s - 3600,
            gain_24h_g=-2.5,
            gain_24h_pct=-2.2,
            verdict="losing",
            last_feed_at=now_s - 3600,
            last_feed_g=4.1,
            intake_24h_g=None,
            bottle_due_at=now_s + 3600,
            in_box=True,
        )
        told = msgspec.to_builtins(status) | self.told.get(baby.slug, {})
        return msgspec.convert(told, BabyStatus)

    def _health(self) -> Any:
        sources = {name: SourceHealth(state="healthy") for name in ("microphone", "scale")}
        fields: dict[str, Any] = {"set_up": {"missing": self.missing}}
        fields |= {"queue": 0, "drops": 0, "cpu_pct": 3.5, "memory_mb": 61.0, "version": "1"}
        return health_message(sources, self.topics, fields=fields)

    def _discovery(self) -> Any:
        return discovery(
            self.topics, identity=IDENTITY, babies=self.babies, mode=self._mode, version="1"
        )

    def _receive(self, received: Received) -> Command | None:
        try:
            return parse_command(
                received.topic,
                received.payload,
                self.topics,
                retain=received.retain,
                now_s=time.time(),
            )
        except CommandError as error:
            self._publisher.publish(self.topics.refusal(received.topic, str(error)))
            return None


def main(directory: str, port: str, mode: str, login: str = "") -> None:
    """Run until standard input ends."""
    box = ScriptedBox(Path(directory), int(port), mode, login)
    lines: deque[str] = deque()
    ended = threading.Event()

    def read() -> None:
        for line in sys.stdin:
            lines.append(line)
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    while not ended.is_set():
        while lines:
            box.obey(lines.popleft())
        box.turn()
        time.sleep(0.02)
    box.close()


if __name__ == "__main__":
    main(*sys.argv[1:5])
