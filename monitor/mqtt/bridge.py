"""One box at its broker: what it announces and publishes, and the commands that reach it.

Events and documents come in; commands, and how the connection is, go out. Alerts are not told from
here: they are rows of the outbox, which the publisher empties.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec

from monitor.config import Config, MqttConfig
from monitor.documents import BoxState, LiveStatus, SettingsStatus, SourceHealth
from monitor.errors import CommandError
from monitor.events import (
    Alert,
    AnyEvent,
    Baby,
    Command,
    CommandResult,
    IdentityReport,
    LinkReport,
    ProbeReading,
    RosterChanged,
    ThingChanged,
)
from monitor.host.certificates import CertificateWatch, of_file
from monitor.mqtt.announcement import Announcement
from monitor.mqtt.certificate import of_broker
from monitor.mqtt.connecting import Connect, connector
from monitor.mqtt.connection_events import Received
from monitor.mqtt.connection_settings import ProtocolVersion
from monitor.mqtt.flood_gate import CommandGate
from monitor.mqtt.publisher import NOT_YET, Publisher
from monitor.mqtt.publisher_settings import Hooks, Patience
from monitor.mqtt.publisher_status import PublisherStatus
from monitor.mqtt.thermometer import Thermometer
from monitor.mqtt.topics import (
    Topics,
    chart_message,
    command_result_message,
    event_message,
    health_message,
    live_message,
    pairing_message,
    parse_command,
    settings_message,
    state_messages,
)
from monitor.store.journal import Journal

if TYPE_CHECKING:
    from monitor.mqtt.connection import Connection


class BoxView(Protocol):
    """What is asked of the box itself."""

    @property
    def now_s(self) -> float:
        """On the timeline."""

    @property
    def synced(self) -> bool:
        """Whether the timeline is where the world's clocks are."""

    @property
    def babies(self) -> Sequence[Baby]:
        """Who is in the nursery."""

    def status(self, now_s: float) -> BoxState:
        """The retained documents."""


class Bridge:
    """``tick`` it once a second, ``pump`` it at every turn of the loop; neither waits."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        box: BoxView,
        *,
        log: Callable[[str], None],
        connect: Connect | None = None,
        gate: CommandGate | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        """Announce the box as soon as there is a connection; none is opened before ``pump``.

        ``connect`` makes connections; None: by the configuration, with the password read at each.
        ``gate`` decides how many commands are too many, ``patience`` how long a broker may take.
        """
        self._config, self._box, self._log = config, box, log
        self._topics = Topics(config.box, practice=config.practice)
        self._thermometer = Thermometer(config.probe)
        self._connect = connect or connector(config.mqtt)
        self._announcement = Announcement(
            config,
            journal,
            babies=lambda: box.babies,
            state=lambda: box.status(box.now_s),
            connect=self._connect,
            log=log,
        )
        self._publisher = Publisher(
            config.mqtt,
            journal.outbox,
            topics=self._topics,
            connect=self._connect_as_this_box,
            hooks=self._hooks(),
            watch=self._announcement.watch,
            gate=gate,
            patience=patience,
        )
        self._certificate = CertificateWatch(partial(of_broker, config.mqtt))
        self._page_certificate = CertificateWatch(partial(of_file, config.page.cert_file))
        self._logged = ""
        self._refused: dict[str, str] = {}
        self._was_connected = False
        self._announce()

    # ------------------------------------------------------------------ what is published

    def handle_events(self, events: Sequence[AnyEvent]) -> None:
        """Publish what just happened; babies and things that changed are announced anew."""
        for event in events:
            if isinstance(event, CommandResult):
                if event.origin == "mqtt":
                    self._publisher.publish(command_result_message(event, self._topics))
            elif not isinstance(event, Alert):
                self._publisher.publish(event_message(event, self._topics))
            if isinstance(event, RosterChanged | ThingChanged):
                self._announce()  # an old name's topics must not live on

    def show_state(self, state: BoxState) -> None:
        """The retained documents; one that has not changed is not sent again."""
        messages = state_messages(state, self._topics)
        self._publisher.set_retained(self._announcement.admit(messages))

    def show_health(
        self, sources: Mapping[str, SourceHealth], fields: Mapping[str, object]
    ) -> None:
        """Topic ``health``: each source's state, ``fields``, and how the connection is."""
        own = {
            "link": self._link(),
            "identity_error": self._announcement.problem,
            "earlier_card": self._announcement.earlier_card,
            "topics_to_empty": self._announcement.to_empty,
        }
        message = health_message(sources, self._topics, fields={**fields, **own})
        self._publisher.set_retained([message])

    def show_live(self, live: LiveStatus) -> None:
        """Reading and sound level, while somebody looks."""
        self._publisher.publish(live_message(live, self._topics))

    def offer_pairing(self, code: str) -> None:
        """Tell the page the code that the LED blinks; nobody else may listen there."""
        self._publisher.publish(pairing_message(code, self._topics))

    def show_settings(self, settings: SettingsStatus) -> None:
        """What a person may change, and where each value comes from."""
        message = settings_message(settings, self._topics)
        self._publisher.set_retained(self._announcement.admit([message]))

    def show_chart(self, baby_slug: str, png: bytes) -> None:
        """A baby's growth chart."""
        message = chart_message(self._topics, baby_slug, png)
        self._publisher.set_retained(self._announcement.admit([message]))

    # ------------------------------------------------------------------ the loop

    def tick(self) -> bool:
        """Renew what is announced, log how the connection is.

        Returns:
            Whether the connection came or went, or other topics are refused than at the last
            call: ``health`` says so.
        """
        changed = self._log_connection()
        self._announcement.tick(self._publisher, self._box.now_s, time.monotonic())
        return changed

    def pump(self) -> list[Command | ProbeReading]:
        """Send what can be sent; returns the commands and readings that came in."""
        came_in = self._publisher.pump(self._box.now_s)
        if (unheard := self._thermometer.unheard(self._refused, self._box.now_s)) is not None:
            came_in.append(unheard)
        return came_in

    def close(self) -> None:
        """Say ``offline`` and end."""
        self._publisher.close()
        self._announcement.close()

    # ------------------------------------------------------------------ how it is

    @property
    def connected(self) -> bool:
        """Whether there is a connection to the broker."""
        return self._publisher.connected

    @property
    def delivers(self) -> bool:
        """Whether there is one, and the broker takes alerts."""
        return self._publisher.delivers

    def status(self) -> PublisherStatus:
        """The connection's health, and what waits for it."""
        return self._publisher.status()

    def connection_report(self, now_s: float) -> LinkReport:
        """For the core: how the connection is at ``now_s``."""
        report = self._publisher.report(now_s, expected=self._config.mqtt != MqttConfig())
        known = self._box.synced
        return msgspec.structs.replace(
            report,
            certificate=self._certificate.report(now_s, clock_known=known),
            page_certificate=self._page_certificate.report(now_s, clock_known=known),
        )

    def identity_report(self) -> IdentityReport | None:
        """For the core: whether somebody else is this box, when that has changed."""
        return self._announcement.report(self._box.now_s, time.monotonic())

    # ------------------------------------------------------------------ inside

    def _link(self) -> PublisherStatus:
        days = self._certificate.days_left(self._box.now_s, clock_known=self._box.synced)
        return msgspec.structs.replace(self.status(), certificate_days=days)

    def _hooks(self) -> Hooks:
        return Hooks(
            receive=self._receive,
            overhear=self._overhear,
            others=self._thermometer.topics,
            others_flooded=self._thermometer.is_flooded,
            complain=self._complain,
            resized=self._announce,
            emptied=self._announcement.emptied,
            may_open=self._announcement.may_open,
        )

    def _announce(self) -> None:
        self._announcement.begin(self._publisher)

    def _connect_as_this_box(self, protocol: ProtocolVersion) -> Connection:
        return self._connect(protocol, self._announcement.watch.client_id)

    def _receive(self, received: Received) -> Command | None:
        try:
            return parse_command(
                received.topic,
                received.payload,
                self._topics,
                retain=received.retain,
                now_s=self._box.now_s,
                clock_known=self._box.synced,
            )
        except CommandError as error:
            refusal = self._topics.refusal(received.topic, str(error), error.request_id)
            self._publisher.publish(refusal)
            return None

    def _overhear(self, received: Received) -> ProbeReading | None:
        return self._thermometer.received(received, time.monotonic(), self._box.now_s)

    def _complain(self, topic: str, text: str) -> None:
        """A flood of commands is told on the topic it came from, and in the log."""
        self._log(text)
        self._publisher.publish(self._topics.refusal(topic, text))

    def _log_connection(self) -> bool:
        """A line when it comes, goes, or fails for another reason, and for what is refused.

        Returns:
            Whether it came or went, or other topics are refused.
        """
        status, mqtt = self.status(), self._config.mqtt
        where = f"{mqtt.host}:{mqtt.port_number}"
        text = f"not connected to {where}: {status.why}; alerts wait on disk"
        if status.connected:
            plain = not (mqtt.use_tls or mqtt.is_loopback)
            text = f"connected to {where} (MQTT {status.protocol}{', not encrypted' * plain})"
        if text != self._logged and (status.connected or status.why != NOT_YET):
            self._logged = text
            self._log(text)
        was_connected, self._was_connected = self._was_connected, status.connected
        before, self._refused = self._refused, dict(status.refused)
        for topic, why in self._refused.items():
            if before.get(topic) != why:
                self._log(f"the broker does not take {topic}: {why}")
        return self._refused != before or self._was_connected != was_connected
