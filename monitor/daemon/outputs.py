"""Everything that leaves the box: the broker, pushes, growth charts, the panel.

Retained state is refreshed on a timer and at once when something happened; passing events are
published as they come; alerts travel by the outbox and never from here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import monitor
from monitor.config import Config, MqttConfig
from monitor.daemon.push import Notifier
from monitor.daemon.recorder import Recorder
from monitor.daemon.shedding import Shedding
from monitor.errors import CommandError
from monitor.events import (
    Alert,
    AnyEvent,
    Command,
    CommandResult,
    CryEnded,
    CryStarted,
    Feed,
    IdentityReport,
    LinkReport,
    RosterChanged,
    SourceState,
    WeighIn,
    slug,
)
from monitor.host.usage import ProcessUsage
from monitor.mqtt.announcement import Announcement
from monitor.mqtt.connection_events import Received
from monitor.mqtt.protocol_version import ProtocolVersion
from monitor.mqtt.publisher import NOT_YET, Publisher
from monitor.mqtt.topics import (
    chart_message,
    command_result_message,
    event_message,
    health_message,
    parse_command,
    state_messages,
)
from monitor.report.chart_worker import ChartWorker
from monitor.store.journal import Journal
from monitor.store.push_rows import wanted
from monitor.store.secrets import read_password

if TYPE_CHECKING:  # the client library is loaded with the first connection
    from monitor.mqtt.connection import Connection

STATE_EVERY_S = 5.0
"""Retained numbers are refreshed this often, and at once when something happened."""

THINNED_STATE_EVERY_S = 20.0
"""... and this often while the processor is short: as late as the broker's expiry allows."""

HEALTH_EVERY_S = 30.0

_FOR_A_PERSON = (Alert, CommandResult, RosterChanged, CryStarted, CryEnded)

WEIGHED_NEWS_S = 60.0
"""A weight is known 10 to 30 s after the move; later the one at the box has gone."""

REPLY_S = 2.0
"""What the panel answers takes at most 1.6 s; then it shows the state again."""

LAST_WORDS_S = 2.0
"""At a polite stop alerts on their way may still arrive; systemd waits far longer than this."""


class Panel(Protocol):
    """What is shown on the box itself (see ``devices.panel``)."""

    def show(
        self,
        *,
        open_alerts: Sequence[Alert],
        blind: bool,
        linked: bool,
        in_box: Sequence[str] | None = None,
        weighing: bool = False,
    ) -> None:
        """Light and sound for what is open."""

    def reply(self, reply: Literal["yes", "weighed", "no"]) -> None:
        """Answer the one at the button."""

    def close(self) -> None:
        """Everything off."""


class Outputs:
    """Told by the loop what happened and how late it is."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        recorder: Recorder,
        shedding: Shedding,
        metrics: Callable[[], dict[str, object]],
        log: Callable[[str], None],
    ) -> None:
        """Open what the configuration asks for.

        Raises:
            ConfigError: a password, certificate or push URL cannot be used.
        """
        self._config, self._recorder, self._metrics = config, recorder, metrics
        self._shedding = shedding
        self._log, self._logged = log, ""
        self._refused: dict[str, str] = {}
        self._topics = recorder.topics
        self._journal = journal
        self._announcement = Announcement(
            config,
            journal,
            babies=lambda: recorder.babies,
            state=lambda: recorder.state(recorder.now_s),
            log=log,
        )
        self.panel: Panel | None = None
        self.publisher = Publisher(
            config.mqtt,
            journal.outbox,
            topics=self._topics,
            connect=self._connect,
            watch=self._announcement.watch,
            emptied=self._announcement.emptied,
            may_open=self._announcement.may_open,
            receive=self._receive,
            complain=self._complain,
            resized=lambda: self._announcement.begin(self.publisher),
        )
        self._notifier = (
            Notifier(config.notify, journal.pushes, local_minute=recorder.spoken_minute)
            if wanted(config.notify)
            else None
        )
        self._charts = ChartWorker(config)
        self._usage = ProcessUsage()
        self._slugs = {baby.id: baby.slug for baby in recorder.babies}
        self._state_due_s = 0.0
        self._health_due_s = 0.0
        self._light_due_s = math.inf
        self._changed = True
        self._journal_error: str | None = None
        self._announcement.begin(self.publisher)

    def handle_events(self, events: Sequence[AnyEvent]) -> None:
        """Pass on what just happened."""
        self._changed = self._changed or any(self._is_urgent(event) for event in events)
        for event in events:
            if isinstance(event, CommandResult):
                self._answer(event)
            elif not isinstance(event, Alert):  # alerts are rows in the journal
                self.publisher.publish(event_message(event, self._topics))
            if isinstance(event, SourceState):
                self._health_due_s = 0.0  # with the next second
            if isinstance(event, RosterChanged):
                self._roster_changed(event)
            elif isinstance(event, WeighIn | Feed):
                if isinstance(event, WeighIn) and self._is_news(event):
                    self._reply("weighed")
                self._charts.ask(slug(event.baby), event.baby)

    def shedding_changed(self) -> None:
        """What is left out for lack of time is shown at once."""
        self._show_health()
        if self._shedding.sheds("charts"):
            self._charts.pause()

    def _is_urgent(self, event: AnyEvent) -> bool:
        """Whether the retained state follows at once; with time short only what is for a person."""
        return not self._shedding.sheds("telemetry") or isinstance(event, _FOR_A_PERSON)

    def _answer(self, result: CommandResult) -> None:
        """Tell whoever asked: a phone by its topic, the one at the box by light and sound."""
        if result.origin == "mqtt":
            self.publisher.publish(command_result_message(result, self._topics))
        elif result.origin == "panel" and result.verb != "acknowledge":
            self._reply("yes" if result.ok else "no")

    def _is_news(self, event: WeighIn) -> bool:
        """An announced weigh-in, just now: not one that is told again after an answer."""
        fresh = self._recorder.now_s - event.t_s < WEIGHED_NEWS_S
        return event.only_weighed and event.origin == "scale" and fresh

    def _reply(self, reply: Literal["yes", "weighed", "no"]) -> None:
        if self.panel is not None:
            self.panel.reply(reply)
            self._light_due_s = time.monotonic() + REPLY_S

    def tick(self) -> None:
        """Once a second: refresh what is due."""
        self._log_connection()
        monotonic_s = time.monotonic()
        self._announcement.tick(self.publisher, self._recorder.now_s, monotonic_s)
        if self._recorder.error != self._journal_error:
            self._journal_error = self._recorder.error
            self._health_due_s = 0.0
        if self._changed or monotonic_s >= min(self._state_due_s, self._light_due_s):
            self._light_due_s = math.inf if monotonic_s >= self._light_due_s else self._light_due_s
            thinned = self._shedding.sheds("telemetry")
            self._state_due_s = monotonic_s + (THINNED_STATE_EVERY_S if thinned else STATE_EVERY_S)
            self._changed = False
            self._show_state()
        if monotonic_s >= self._health_due_s:
            self._health_due_s = monotonic_s + HEALTH_EVERY_S
            self._show_health()
        if not self._shedding.sheds("charts") and (chart := self._charts.poll()) is not None:
            self.publisher.set_retained(
                self._announcement.admit([chart_message(self._topics, *chart)])
            )

    def _log_connection(self) -> None:
        """One line when the connection comes, goes, or fails for another reason."""
        status, mqtt = self.publisher.status(), self._config.mqtt
        where = f"{mqtt.host}:{mqtt.port_number}"
        text = f"not connected to {where}: {status.why}; alerts wait on disk"
        if status.connected:
            plain = not (mqtt.use_tls or mqtt.is_loopback)
            text = f"connected to {where} (MQTT {status.protocol}{', not encrypted' * plain})"
        if text != self._logged and (status.connected or status.why != NOT_YET):
            self._logged = text
            self._log(text)
        for topic, why in status.refused.items():
            if self._refused.get(topic) != why:
                self._log(f"the broker does not take {topic}: {why}")
        if status.refused != self._refused:
            self._refused = dict(status.refused)
            self._health_due_s = 0.0  # with the next second

    def link_report(self, now_s: float) -> LinkReport:
        """How the connection to the broker is."""
        return self.publisher.report(now_s, expected=self._config.mqtt != MqttConfig())

    def identity_report(self) -> IdentityReport | None:
        """Whether somebody else is this box, when that has changed."""
        report = self._announcement.report(self._recorder.now_s, time.monotonic())
        if report is not None:
            self._health_due_s = 0.0  # with the next second
        return report

    def pump(self) -> list[Command]:
        """Let the publisher do its part; returns the commands that came in."""
        if self._notifier is not None:
            self._notifier.pump(self._recorder.now_s)
        return self.publisher.pump(self._recorder.now_s)

    def close(self) -> None:
        """Show the last state, then close broker, pushes and panel."""
        self._show_state()
        deadline_s = time.monotonic() + LAST_WORDS_S
        self.pump()
        while self.publisher.connected and self.publisher.status().waiting:
            if time.monotonic() > deadline_s:
                break  # what is left waits on disk for the next start
            self.pump()
            time.sleep(0.01)
        self.publisher.close()
        self._announcement.close()
        self._charts.close()
        if self._notifier is not None:
            self._notifier.close(self._recorder.now_s)
        if self.panel is not None:
            self.panel.close()

    # ------------------------------------------------------------------ inside

    def _show_state(self) -> None:
        state = self._recorder.state(self._recorder.now_s)
        self.publisher.set_retained(self._announcement.admit(state_messages(state, self._topics)))
        if self.panel is not None:
            self.panel.show(
                open_alerts=state.alerts,
                blind=any(alert.kind == "monitor_blind" for alert in state.alerts),
                linked=self.publisher.delivers,
                in_box=state.scale.in_box,
                weighing=state.scale.weigh_in_ends_at is not None,
            )

    def _show_health(self) -> None:
        recorder = self._recorder
        fields = self._metrics() | {
            "cpu_pct": self._usage.cpu_pct(),
            "memory_mb": self._usage.memory_mb(),
            "load": self._shedding.status(),
            "clock_synced": recorder.synced,
            "link": self.publisher.status(),
            "push_error": None if self._notifier is None else self._notifier.problem,
            "push_waiting": 0 if self._notifier is None else self._notifier.waiting,
            "journal_error": recorder.error,
            "identity_error": self._announcement.problem,
            "topics_to_empty": self._announcement.to_empty,
            "journals_kept": len(recorder.report.kept),
            "rows_rejected": sum(recorder.report.rejected.values()),
            "roster_known": self._journal.knows_roster,
            "version": monitor.__version__,
        }
        sources = recorder.state(self._recorder.now_s).sources
        message = health_message(sources, self._topics, fields=fields)
        self.publisher.set_retained([message])

    def _connect(self, protocol: ProtocolVersion) -> Connection:
        """A connection not yet open; the password is read when it is opened."""
        from monitor.mqtt.connection import Connection

        mqtt = self._config.mqtt
        client_id = self._announcement.watch.client_id
        return Connection(mqtt, protocol, client_id, lambda: read_password(mqtt))

    def _roster_changed(self, event: RosterChanged) -> None:
        baby = event.baby
        before = self._slugs.get(baby.id, baby.slug)
        self._slugs[baby.id] = baby.slug
        if before != baby.slug:
            self._charts.forget(before)
            self._charts.ask(baby.slug, baby.name)
        if baby.retired_s is not None:
            self._charts.forget(baby.slug)
        self._announcement.begin(self.publisher)  # an old name's topics must not live on

    def _receive(self, received: Received) -> Command | None:
        try:
            return parse_command(
                received.topic,
                received.payload,
                self._topics,
                retain=received.retain,
                now_s=self._recorder.now_s,
            )
        except CommandError as error:
            refusal = self._topics.refusal(received.topic, str(error), error.request_id)
            self.publisher.publish(refusal)
            return None

    def _complain(self, topic: str, text: str) -> None:
        """A flood of commands is told on the topic it came from, and in the log."""
        self._log(text)
        self.publisher.publish(self._topics.refusal(topic, text))
