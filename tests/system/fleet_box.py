"""One box of a fleet: its own publisher, outbox and connection, and what it has to say."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

import msgspec

from monitor.config import MqttConfig
from monitor.documents import BabyStatus, BoxState, CryStatus, ScaleStatus
from monitor.events import Alert, Baby
from monitor.mqtt.connection import Connection
from monitor.mqtt.discovery import discovery
from monitor.mqtt.publisher import Publisher
from monitor.mqtt.publisher_settings import Hooks
from monitor.mqtt.topics import Topics, alert_messages, state_messages
from monitor.store.outbox import Outbox
from monitor.store.outbox_message import OutboxMessage
from monitor.store.schema import migrate

STATE_EVERY_S = 5.0
BABIES = [Baby(id=f"b{i}", name=f"Baby {i}", species="kitten") for i in range(2)]


class FleetBox:
    """``turn`` is its loop: live numbers every five seconds, an alert every ``alert_every_s``."""

    def __init__(
        self, name: str, number: int, config: MqttConfig, alert_every_s: float,
        password: str | None = None,
    ) -> None:  # fmt: skip
        self.topics = Topics(name)
        connection = sqlite3.connect(":memory:")
        connection.row_factory = sqlite3.Row
        migrate(connection)
        self._outbox = Outbox(connection)
        self._alert_every_s = alert_every_s
        self.publisher = Publisher(
            config,
            self._outbox,
            topics=self.topics,
            connect=lambda protocol: Connection(config, protocol, f"fleet-{number}", password),
            hooks=Hooks(receive=lambda _: None),
        )
        self.publisher.set_retained(
            discovery(self.topics, identity=str(number), babies=BABIES, mode="device", version="1")
        )
        self._state_due_s = 0.0
        self._alert_due_s = 0.0
        self._count = number
        self._open: list[Alert] = []
        self.raised: list[str] = []
        """the identifier of each alert, in order"""
        self.away: list[tuple[float, float]] = []
        """from when until when it had no broker (Unix seconds), since ``begin``"""
        self._lost_s: float | None = None

    def begin(self, share: float) -> None:
        """Spread the boxes evenly over their intervals."""
        now_s = time.time()
        self._state_due_s = now_s + share * STATE_EVERY_S
        self._alert_due_s = now_s + share * self._alert_every_s

    def turn(self, *, alerts: bool) -> None:
        """What one turn of the daemon's loop does."""
        now_s = time.time()
        if now_s >= self._state_due_s:
            self._state_due_s = now_s + STATE_EVERY_S
            self._count += 1
            self._tell()
        if alerts and now_s >= self._alert_due_s:
            self._alert_due_s += self._alert_every_s
            self._raise_alert(now_s)
        self.publisher.pump(now_s)
        self._watch(now_s)

    @property
    def waiting(self) -> int:
        """Messages that no broker has acknowledged."""
        return self.publisher.status().waiting

    @property
    def truth(self) -> list[str]:
        """The alerts that are open."""
        return [alert.id for alert in self._open]

    def _watch(self, now_s: float) -> None:
        connected = self.publisher.connected
        if self._lost_s is None and not connected:
            self._lost_s = now_s
        elif self._lost_s is not None and connected:
            self.away.append((self._lost_s, now_s))
            self._lost_s = None

    def _tell(self) -> None:
        self.publisher.set_retained(state_messages(self._state(), self.topics))

    def _state(self) -> BoxState:
        return self.plain_state(self._count, self._open)

    @staticmethod
    def plain_state(count: int = 0, alerts: Sequence[Alert] = ()) -> BoxState:
        """What a box with two babies says; ``count`` makes it another one."""
        return BoxState(
            cry=CryStatus(crying=False, level_db=-50.0 - count % 7),
            scale=ScaleStatus(total_g=1500.0 + count % 11, still=True, activity=0.1,
                              in_box=[baby.name for baby in BABIES]),
            babies=[BabyStatus(name=baby.name, species="kitten", weight_g=200.0)
                    for baby in BABIES],
            alerts=list(alerts),
            sources={},
        )  # fmt: skip

    def _raise_alert(self, now_s: float) -> None:
        alert = Alert(
            t_s=now_s, id=f"crying-{now_s}", kind="crying", state="raised", severity="warning",
            baby=None, since=now_s - 20, title="Kitten crying", why="calls", box=self.topics.box,
            message="A kitten has been crying for 20 s: Possum's bottle was due 20 min ago.",
        )  # fmt: skip
        for message in alert_messages(alert, self.topics):
            self._outbox.add(
                OutboxMessage(topic=message.topic, payload=message.payload, expires_s=now_s + 600)
            )
        self.raised.append(alert.id)
        self._open = [msgspec.structs.replace(alert)]
        self._tell()
