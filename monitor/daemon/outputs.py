"""What leaves the box, and when: the broker, pushes, growth charts, the panel.

Retained state is refreshed on a timer and at once when something happened; passing events are
published as they come; alerts travel by the outbox and never from here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import msgspec

import monitor
from monitor.commands import Acknowledge
from monitor.config import Config
from monitor.daemon.answers import Answers
from monitor.daemon.looking import Looking
from monitor.daemon.push import Notifier
from monitor.daemon.recorder import Recorder
from monitor.daemon.shedding import Shedding
from monitor.documents import SettingsStatus
from monitor.events import (
    Alert,
    AnyEvent,
    Command,
    CommandResult,
    CryEnded,
    CryStarted,
    Feed,
    IdentityReport,
    Observation,
    ProbeReading,
    RosterChanged,
    SourceState,
    WeighIn,
    slug,
)
from monitor.host.usage import ProcessUsage
from monitor.mqtt.bridge import Bridge
from monitor.report.chart_worker import ChartWorker
from monitor.store.journal import Journal
from monitor.store.push_buttons import PushButtons
from monitor.store.push_rows import wanted

STATE_EVERY_S = 5.0
"""retained numbers are refreshed this often, and at once when something happened"""

THINNED_STATE_EVERY_S = 20.0
"""... and this often while the processor is short: as late as the broker's expiry allows"""

HEALTH_EVERY_S = 30.0

_FOR_A_PERSON = (Alert, CommandResult, RosterChanged, CryStarted, CryEnded)

TELLS_OF_SET_UP = frozenset({"set_up", "calibrate_scale", "baby_add"})
"""whoever sets a box up sees at once what is left"""

WEIGHED_NEWS_S = 60.0
"""a weight is known 10 to 30 s after the move; later the one at the box has gone"""

REPLY_S = 2.0
"""what the panel answers takes at most 1.6 s; then it shows the state again"""

LAST_ALERTS_S = 2.0
"""at a stop, for alerts that are on their way; systemd waits far longer than this"""


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

    def take_code(self) -> str | None:
        """The pairing code that somebody has just asked for at the button."""

    def close(self) -> None:
        """Everything off."""


class Outputs:
    """``handle_events`` as they happen, ``tick`` once a second, ``pump`` at every turn."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        recorder: Recorder,
        shedding: Shedding,
        bridge: Bridge,
        metrics: Callable[[], dict[str, object]],
        looking: Looking,
        settings: Callable[[], SettingsStatus | None],
    ) -> None:
        """Open what the configuration asks for.

        ``metrics`` are the loop's part of ``health``, ``looking`` says whether somebody looks,
        ``settings`` what may be changed.

        Raises:
            ConfigError: a push URL cannot be used.
        """
        self._journal, self._recorder, self._metrics = journal, recorder, metrics
        self._practice = config.practice
        self._shedding, self._looking = shedding, looking
        self._bridge, self._settings = bridge, settings
        self.panel: Panel | None = None
        self._buttons = (
            PushButtons(config.state_dir, config.box) if config.notify.page_url else None
        )
        self._notifier = (
            Notifier(
                config.notify,
                journal.pushes,
                local_minute=recorder.spoken_minute,
                buttons=self._buttons,
            )
            if wanted(config.notify)
            else None
        )
        self._answers = Answers(journal)
        self._charts = ChartWorker(config)
        self._usage = ProcessUsage()
        self._slugs = {baby.id: baby.slug for baby in recorder.babies}
        self._state_due_s = 0.0
        self._health_due_s = 0.0
        self._light_due_s = math.inf
        self._changed = True
        self._journal_error: str | None = None

    def pressed(self, observation: Observation) -> Observation:
        """What the button of a push asks for, by the alert that it stands for."""
        if self._buttons is None or not isinstance(observation, Command):
            return observation
        asked = observation.request
        if not isinstance(asked, Acknowledge) or asked.token is None:
            return observation
        alert_id = self._buttons.alert_of(asked.token, self._recorder.now_s)
        if alert_id is None:
            return observation
        return msgspec.structs.replace(observation, request=Acknowledge(id=alert_id))

    # ------------------------------------------------------------------ what has happened

    def handle_events(self, events: Sequence[AnyEvent]) -> None:
        """Pass on what just happened."""
        self._changed = self._changed or any(self._is_urgent(event) for event in events)
        self._bridge.handle_events(events)
        self._answers.observe(events, self._recorder.now_s)
        for event in events:
            if isinstance(event, CommandResult):
                self._answer(event)
                if event.verb in TELLS_OF_SET_UP:
                    self._show_health()
            elif isinstance(event, SourceState):
                self._health_due_s = 0.0  # with the next second
            elif isinstance(event, RosterChanged):
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
        """The one at the button is answered by light and sound."""
        if result.origin == "panel" and result.verb != "acknowledge":
            self._reply("yes" if result.ok else "no")

    def _is_news(self, event: WeighIn) -> bool:
        """An announced weigh-in, just now: not one that is told again after an answer."""
        fresh = self._recorder.now_s - event.t_s < WEIGHED_NEWS_S
        return event.only_weighed and event.origin == "scale" and fresh

    def _reply(self, reply: Literal["yes", "weighed", "no"]) -> None:
        if self.panel is not None:
            self.panel.reply(reply)
            self._light_due_s = time.monotonic() + REPLY_S

    def _roster_changed(self, event: RosterChanged) -> None:
        """Charts follow a baby's name, and end with it."""
        baby = event.baby
        before = self._slugs.get(baby.id, baby.slug)
        self._slugs[baby.id] = baby.slug
        if before != baby.slug:
            self._charts.forget(before)
            self._charts.ask(baby.slug, baby.name)
        if baby.retired_s is not None:
            self._charts.forget(baby.slug)

    # ------------------------------------------------------------------ the loop

    def tick(self) -> None:
        """Once a second: refresh what is due."""
        if self._bridge.tick() or self._recorder.error != self._journal_error:
            self._journal_error = self._recorder.error
            self._health_due_s = 0.0
        if self.panel is not None and (code := self.panel.take_code()) is not None:
            self._bridge.offer_pairing(code)
        monotonic_s = time.monotonic()
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
            self._bridge.show_chart(*chart)

    def identity_report(self) -> IdentityReport | None:
        """For the core: whether somebody else is this box, when that has changed."""
        report = self._bridge.identity_report()
        if report is not None:
            self._health_due_s = 0.0  # with the next second
        return report

    def pump(self) -> list[Command | ProbeReading]:
        """Send what can be sent without waiting; returns what came in for the core."""
        if self._notifier is not None:
            self._notifier.pump(self._recorder.now_s)
        if not self._shedding.sheds("telemetry") and self._looks():
            self._bridge.show_live(self._recorder.live_status(self._looking.until_s))
        return self._bridge.pump()

    def close(self) -> None:
        """Show the last state, give alerts a moment, then close broker, pushes and panel."""
        self._show_state()
        deadline_s = time.monotonic() + LAST_ALERTS_S
        self.pump()
        while self._bridge.connected and self._bridge.status().waiting:
            if time.monotonic() > deadline_s:
                break  # what is left waits on disk for the next start
            self.pump()
            time.sleep(0.01)
        self._bridge.close()
        self._charts.close()
        if self._notifier is not None:
            self._notifier.close(self._recorder.now_s)
        if self.panel is not None:
            self.panel.close()

    # ------------------------------------------------------------------ inside

    def _looks(self) -> bool:
        return self._looking.due(self._recorder.now_s, time.monotonic())

    def _show_state(self) -> None:
        state = self._recorder.status(self._recorder.now_s)
        self._bridge.show_state(state)
        if (settings := self._settings()) is not None:
            self._bridge.show_settings(settings)
        if self.panel is not None:
            self.panel.show(
                open_alerts=state.alerts,
                blind=any(alert.kind == "monitor_blind" for alert in state.alerts),
                linked=self._bridge.delivers,
                in_box=state.scale.in_box,
                weighing=state.scale.weigh_in_ends_at is not None,
            )

    def _show_health(self) -> None:
        recorder, notifier = self._recorder, self._notifier
        state = recorder.status(recorder.now_s)
        fields = self._metrics() | {
            "cpu_pct": self._usage.cpu_pct(),
            "memory_mb": self._usage.memory_mb(),
            "load": self._shedding.status(),
            "clock_synced": recorder.synced,
            "push_error": None if notifier is None else notifier.problem,
            "push_waiting": 0 if notifier is None else notifier.waiting,
            "journal_error": recorder.error,
            "journals_kept": len(recorder.report.kept),
            "rows_rejected": sum(recorder.report.rejected.values()),
            "roster_known": self._journal.knows_roster,
            "practice": self._practice,
            "set_up": state.set_up,
            "acted_on": self._answers.fields(recorder.now_s),
            "version": monitor.__version__,
        }
        self._bridge.show_health(state.sources, fields)
