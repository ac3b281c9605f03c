"""The daemon: sources fill one queue, one loop empties it.

Order of a turn: take an observation, let the nursery fold it in and write it down, show the panel,
keep the broker's picture true. systemd hears ``READY`` once configuration and journal are open
(not when the hardware answers: an unplugged scale must not loop the boot) and the watchdog is fed
only while every source's own loop turns.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Protocol

import monitor
from monitor.config import Config
from monitor.errors import CommandError, ConfigError
from monitor.events import (
    Alert,
    AnyEvent,
    AudioBlock,
    Command,
    CommandResult,
    Observation,
    RosterChanged,
    Tick,
)
from monitor.homeassistant import discovery, removal
from monitor.journal import Journal
from monitor.link import Arrived, read_password
from monitor.nursery import Nursery
from monitor.observation_queue import ObservationQueue
from monitor.process import ProcessUsage
from monitor.publisher import Publisher
from monitor.service import Watchdog, notify
from monitor.topics import (
    Message,
    command_result_message,
    event_message,
    health_message,
    parse_command,
    state_messages,
)

STATE_EVERY_S = 5.0
"""Retained numbers are refreshed this often, and at once when something happened."""

HEALTH_EVERY_S = 30.0
FRESH_S = 15.0
"""A source whose loop has not turned for this long stops the watchdog's food."""


class Worker(Protocol):
    """What the loop needs of a source or ticker (see ``devices.Source``)."""

    def start(self, put: Callable[[Observation], None]) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""

    def heartbeat_s(self) -> float:
        """Monotonic time of its last turn."""


class Panel(Protocol):
    """What the loop needs of the panel."""

    def show(self, *, open_alerts: Sequence[Alert], blind: bool, linked: bool) -> None:
        """Light and sound for what is open."""

    def close(self) -> None:
        """Everything off."""


class App:
    """Owns the loop; ``run`` returns when a signal or ``stop`` asked for it."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        workers: Sequence[Worker],
        *,
        start_s: float,
        on_events: Callable[[list[AnyEvent]], None] | None = None,
    ) -> None:
        self._config = config
        self._workers = workers
        self._panel: Panel | None = None
        self._queue = ObservationQueue()
        self._journal = journal
        self.nursery = Nursery(config, journal, start_s=start_s, on_events=on_events)
        self._identity = journal.identity()
        self._topics = self.nursery.topics
        self.publisher = Publisher(
            config.mqtt,
            journal.outbox,
            client_id=f"nursery-{self._identity[:16]}",
            password=read_password(config.mqtt, os.environ.get("CREDENTIALS_DIRECTORY")),
            status_topic=self._topics.status,
            command_topic=self._topics.commands,
            receive=self._receive,
        )
        self.publisher.want(self._discovery())
        self._watchdog = Watchdog(FRESH_S)
        self._usage = ProcessUsage()
        self._now_s = start_s
        self._stopping = False
        self._state_due_s = 0.0
        self._health_due_s = 0.0
        self._dirty = True

    # ------------------------------------------------------------------ life

    def run(self) -> int:
        """Work until stopped; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        for worker in self._workers:
            worker.start(self.put)
        notify(f"READY=1\nSTATUS=watching {self._config.box}")
        try:
            while not self._stopping:
                self._turn()
        finally:
            self._shut_down()
        return 0

    def attach_panel(self, panel: Panel | None) -> None:
        """Show what is open on LED and buzzer."""
        self._panel = panel

    def stop(self) -> None:
        """Ask the loop to end after this turn; safe from any thread."""
        self._stopping = True

    def put(self, observation: Observation) -> None:
        """Where sources put what they observe."""
        self._queue.put(observation)

    @property
    def backlog(self) -> int:
        """Observations waiting."""
        return len(self._queue)

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _shut_down(self) -> None:
        notify("STOPPING=1")
        for worker in self._workers:
            worker.stop()
        while (observation := self._queue.get(0.0)) is not None:
            if not isinstance(observation, AudioBlock):
                self.nursery.handle(observation)
        self.nursery.save(self._now_s)
        self.publisher.close()
        if self._panel is not None:
            self._panel.close()

    # ------------------------------------------------------------------ one turn

    def _turn(self) -> None:
        observation = self._queue.get(0.05)
        if observation is not None:
            events = self.nursery.handle(observation)
            if events:
                self._tell(events)
            if isinstance(observation, Tick):
                self._second(observation.t_s)
        for command in self.publisher.pump(self._now_s + self.nursery.offset_s):
            self._tell(self.nursery.handle(command))

    def _second(self, now_s: float) -> None:
        self._now_s = now_s
        for command in self._journal.submitted(now_s):
            self._tell(self.nursery.handle(command))
        monotonic_s = time.monotonic()
        if self._dirty or monotonic_s >= self._state_due_s:
            self._state_due_s = monotonic_s + STATE_EVERY_S
            self._dirty = False
            self._publish_state()
        if monotonic_s >= self._health_due_s:
            self._health_due_s = monotonic_s + HEALTH_EVERY_S
            self._publish_health()
        self._watchdog.feed([worker.heartbeat_s() for worker in self._workers])

    def _tell(self, events: Sequence[AnyEvent]) -> None:
        """Pass on what just happened; alerts travel by the outbox, not from here."""
        self._dirty = True
        for event in events:
            if isinstance(event, CommandResult):
                if event.origin == "mqtt":
                    self.publisher.say(command_result_message(event, self._topics))
            elif not isinstance(event, Alert):
                self.publisher.say(
                    event_message(event, self._topics, offset_s=self.nursery.offset_s)
                )
            if isinstance(event, RosterChanged):
                self._roster_changed(event)

    def _publish_state(self) -> None:
        state = self.nursery.state(self._now_s)
        self.publisher.want(state_messages(state, self._topics, offset_s=self.nursery.offset_s))
        if self._panel is not None:
            blind = any(alert.kind == "monitor_blind" for alert in state.alerts)
            self._panel.show(open_alerts=state.alerts, blind=blind, linked=self.publisher.connected)

    def _publish_health(self) -> None:
        state = self.nursery.state(self._now_s)
        self.publisher.want(
            [
                health_message(
                    state.sources,
                    self._topics,
                    offset_s=self.nursery.offset_s,
                    fields={
                        "queue": len(self._queue),
                        "drops": self._queue.audio_drops,
                        "cpu_pct": self._usage.cpu_pct(),
                        "memory_mb": self._usage.memory_mb(),
                        "clock_synced": self.nursery.synced,
                        "link": self.publisher.status(),
                        "journal_error": self.nursery.journal_error,
                        "version": monitor.__version__,
                    },
                )
            ]
        )

    # ------------------------------------------------------------------ roster and commands

    def _discovery(self) -> list[Message]:
        return discovery(
            self._topics,
            identity=self._identity,
            babies=self.nursery.pipeline.scale.babies,
            mode=self._config.mqtt.discovery,
            prefix=self._config.mqtt.discovery_prefix,
            version=monitor.__version__,
        )

    def _roster_changed(self, event: RosterChanged) -> None:
        mqtt = self._config.mqtt
        if event.baby.retired_s is not None:
            gone = removal(
                self._topics, event.baby, mode=mqtt.discovery, prefix=mqtt.discovery_prefix
            )
            self.publisher.forget(message.topic for message in gone)
        self.publisher.want(self._discovery())

    def _receive(self, arrived: Arrived) -> Command | None:
        try:
            return parse_command(
                arrived.topic, arrived.payload, self._topics,
                retain=arrived.retain, now_s=self._now_s,
            )  # fmt: skip
        except CommandError as error:
            self.publisher.say(self._topics.refusal(arrived.topic, str(error)))
            return None


def announce(text: str) -> None:
    """One line for the service's log."""
    print(text, file=sys.stderr, flush=True)


def check_config_for_run(config: Config) -> None:
    """Refuse a configuration with nothing to watch.

    Raises:
        ConfigError: neither microphone nor scale is configured.
    """
    if config.microphone.source == "none" and config.scale.source == "none":
        raise ConfigError(
            'there is nothing to watch: set "microphone.source" or "scale.source" in the '
            "configuration"
        )
