"""The daemon's loop: sources fill one queue, one thread empties it.

Order of a turn: take an observation, let the recorder fold it in and write it down, hand the events
to the outputs. systemd is told ``READY`` once configuration and journal are open (not when the
hardware answers: an unplugged scale must not loop the boot), and its watchdog is notified only
while every source's own loop turns.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Protocol, runtime_checkable

from monitor.config import Config
from monitor.daemon import adopting
from monitor.daemon.configuring import Configuring
from monitor.daemon.looking import Looking
from monitor.daemon.observation_queue import ObservationQueue
from monitor.daemon.outputs import Outputs, Panel
from monitor.daemon.recorder import Recorder
from monitor.daemon.shedding import Shedding
from monitor.errors import ConfigError, JournalError
from monitor.events import (
    AnyEvent,
    AudioBlock,
    Command,
    CommandResult,
    LagReport,
    Observation,
    ScaleBlock,
    SourceReport,
    Tick,
)
from monitor.host.boot_clock import RunStart
from monitor.host.systemd import Watchdog, notify
from monitor.mqtt.bridge import Bridge
from monitor.store.cry_clips import open_clips
from monitor.store.journal import Journal

WAIT_S = 0.05
"""for the next observation; the broker and the command line are looked at between two"""
FRESH_S = 15.0
"""When a source's loop has not turned for this long, systemd's watchdog is no longer notified."""

TOO_BUSY = "is paused: the computer is too busy for it, stop other programs"
"""the scale's state while weights are left out"""


class Worker(Protocol):
    """What the loop needs of a source or ticker (see ``devices.Source``)."""

    def start(self, put: Callable[[Observation], None]) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""

    def heartbeat_s(self) -> float:
        """Monotonic time of its last turn."""


@runtime_checkable
class HasMetrics(Protocol):
    """A source that counts what it had to refuse or drop."""

    def metrics(self) -> Mapping[str, object]:
        """Names and values for ``health``."""


@runtime_checkable
class CanPause(Protocol):
    """A source that costs processor time all the while."""

    def pause(self) -> None:
        """Deliver nothing until ``resume``."""

    def resume(self) -> None:
        """Deliver again."""


class Loop:
    """Owns the loop; ``run`` returns when a signal or ``stop`` asked for it."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        workers: Sequence[Worker],
        *,
        start_s: float | None = None,
        run_start: RunStart | None = None,
        on_events: Callable[[list[AnyEvent]], None] | None = None,
        log: Callable[[str], None] = lambda _text: None,
        shedding: Shedding | None = None,
        open_bridge: Callable[..., Bridge] = Bridge,
        configuring: Configuring | None = None,
    ) -> None:
        """Build the recorder and its outputs.

        Args:
            config: the box's settings.
            journal: open, and ours alone.
            workers: sources and ticker, not yet started.
            start_s: where a timeline begins that is right by definition; or
            run_start: where this boot lies, as far as is known.
            on_events: also called with every event.
            log: one line for the service's log.
            shedding: what is left out when the processor is short; None: nothing (simulations).
            configuring: what a person may change meanwhile; None: nothing (simulations).
            open_bridge: called as ``Bridge``, with settings, journal, recorder and log.
        """
        self._config, self._journal, self._workers = config, journal, workers
        self._queue = ObservationQueue()
        self._looking, self._configuring = Looking(), configuring or Configuring(None, log)
        self.recorder = Recorder(
            config,
            journal,
            start_s=start_s,
            run_start=run_start,
            on_events=on_events,
            carry_out=self._carry_out,
            keep=self._configuring.keep,
            log=log,
        )
        self._log = log
        self._shedding, self._may_shed = shedding or Shedding(), shedding is not None
        self._bridge = open_bridge(config, journal, self.recorder, log=log)
        self._outputs = Outputs(
            config, journal, self.recorder, self._shedding, self._bridge, self._metrics,
            self._looking, self._configuring.status,
        )  # fmt: skip
        self._clips = open_clips(config, log)
        self._watchdog = Watchdog(FRESH_S)
        self._stopping = False

    def run(self, after: Loop | None = None) -> int:
        """Work until stopped, or until other settings hold; returns the exit code.

        ``after``: the one that ended for that; a signal that it was sent is for this one.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        self._stopping = self._stopping or (after is not None and after._stopping)
        for worker in self._workers:
            worker.start(self.put)
        notify(f"READY=1\nSTATUS=watching {self._config.box}")
        try:
            while not (self._stopping or self.reconfigured):
                self.turn()
        finally:
            self._shut_down()
        return 0

    def stop(self) -> None:
        """Ask the loop to end after this turn; safe from any thread."""
        self._stopping = True

    @property
    def reconfigured(self) -> bool:
        """Whether it is to be opened anew, because other settings hold; not once it was stopped."""
        return self._configuring.changed and not self._stopping

    def _carry_out(self, command: Command) -> CommandResult | None:
        return (
            self._looking.carry_out(command)
            or self._configuring.carry_out(command)
            or adopting.carry_out(command, self._journal, self._config.box)
        )

    def put(self, observation: Observation) -> None:
        """Where sources put what they observe."""
        self._queue.put(observation)

    def attach_panel(self, panel: Panel | None) -> None:
        """Show what is open on LED and buzzer."""
        self._outputs.panel = panel

    @property
    def backlog(self) -> int:
        """Observations waiting."""
        return len(self._queue)

    @property
    def connected(self) -> bool:
        """Whether there is a connection to the broker."""
        return self._bridge.connected

    def _metrics(self) -> dict[str, object]:
        """What ``health`` contains about queue and sources."""
        metrics: dict[str, object] = {"queue": len(self._queue), "drops": self._queue.audio_drops}
        for worker in self._workers:
            if isinstance(worker, HasMetrics):
                metrics |= worker.metrics()
        if self._clips is not None:
            metrics |= self._clips.metrics()
        return metrics

    def turn(self, wait_s: float = WAIT_S) -> None:
        """One turn; waits at most ``wait_s`` for an observation."""
        more = self._journal.inbox.has_more
        observation = self._queue.get(0.0 if more else wait_s)
        if self._may_shed and self._shedding.observe(time.monotonic(), self._queue.lag_s):
            self._shed()
        if observation is not None and not self._is_shed(observation):
            self._handle(self.recorder.retimed(observation))
            if isinstance(observation, Tick):
                self._second(self.recorder.now_s)
        if more and observation is None:  # nothing else waits
            self._take_inbox(self.recorder.now_s)
        for came_in in self._outputs.pump():
            self._handle(came_in)

    def _is_shed(self, observation: Observation) -> bool:
        return isinstance(observation, ScaleBlock) and self._shedding.sheds("weights")

    def _shed(self) -> None:
        """The level changed: pause or resume what depends on it, and report it."""
        status = self._shedding.status()
        self._log(f"{status.lag_s:.1f} s behind, leaves out: {', '.join(status.shed) or 'nothing'}")
        paused = self._shedding.sheds("weights")
        for worker in self._workers:
            if isinstance(worker, CanPause):
                (worker.pause if paused else worker.resume)()
        self._outputs.shedding_changed()

    def _handle(self, observation: Observation) -> None:
        before_s = self.recorder.shifted_s
        events = self.recorder.handle(self._outputs.pressed(observation))
        if events:
            self._outputs.handle_events(events)
        if self._clips is not None:
            if self.recorder.shifted_s != before_s:
                self._clips.shift(self.recorder.shifted_s - before_s)
            if not self._shedding.sheds("charts"):
                self._clips.observe(observation, events, synced=self.recorder.synced)

    def _second(self, now_s: float) -> None:
        if self._may_shed:
            self._handle(LagReport(now_s, self._queue.lag_s, self._shedding.exhausted))
        if self._shedding.sheds("weights"):
            self._handle(SourceReport(now_s, "scale", "stalled", TOO_BUSY))
        self._take_inbox(now_s)
        self._outputs.tick()
        link = self._bridge.connection_report(now_s)
        self._handle(link)
        self._configuring.look(link)
        if (report := self._outputs.identity_report()) is not None:
            self._handle(report)
        self._watchdog.notify([worker.heartbeat_s() for worker in self._workers])

    def _take_inbox(self, now_s: float) -> None:
        """What was typed on the Pi; a list of thousands comes in over many turns."""
        commands: list[Command] = []
        with suppress(JournalError):  # the next second may read it
            commands = self._journal.inbox.submitted(now_s)
        for command in commands:
            self._handle(command)

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _shut_down(self) -> None:
        if self.reconfigured:
            self._log("other settings hold: beginning anew")
        else:
            notify("STOPPING=1")
        for worker in self._workers:
            worker.stop()
        while (observation := self._queue.get(0.0)) is not None:
            if not isinstance(observation, AudioBlock):
                self._handle(self.recorder.retimed(observation))
        self.recorder.save(self.recorder.now_s)
        self._outputs.close()
        if self._clips is not None:
            self._clips.close()


def announce(text: str) -> None:
    """One line for the service's log; an error in writing it is ignored."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def check_config_for_run(config: Config) -> None:
    """Refuse a configuration with nothing to watch.

    Raises:
        ConfigError: no source is configured.
    """
    if not config.sources:
        raise ConfigError(
            'there is nothing to watch: set "microphone.source" or "scale.source" in the '
            "configuration"
        )
