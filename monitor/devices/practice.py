"""Practice: ``source = "simulated"``, a nursery that is not there, at the pace of the clock.

Everything behind the sources is that of a real box: journal, broker, phone, Home Assistant. So all
of it can be tried before the parts have arrived; whatever leaves the box says that it is practice.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence

from monitor.config import Config
from monitor.devices import Put
from monitor.devices.source import Reporter
from monitor.events import (
    AnyEvent,
    AudioBlock,
    Baby,
    ProbeReading,
    RosterChanged,
    ScaleBlock,
    Weighing,
)
from monitor.host.timeline import Timeline
from monitor.names import SOURCES, SourceName
from monitor.simulation.household import Household, days_before, resident

BLOCK_S = 0.25
PROBE_S = 5.0
LATE_S = 5.0
"""further behind (the computer slept, or was busy), the nursery goes on with the present"""
WHY = "is simulated: this is practice"


class PracticeNursery:
    """One thread plays what is simulated of the sources; its roster is the monitor's."""

    name: SourceName = "scale"

    def __init__(
        self,
        config: Config,
        timeline: Timeline,
        babies: Sequence[Baby],
        weighings: Sequence[Weighing],
        *,
        is_new: bool,
    ) -> None:
        """Not yet started.

        Args:
            config: says which sources are simulated, and the scale's calibration.
            timeline: the clock of the box.
            babies: who is registered.
            weighings: what each weighed, in order of time.
            is_new: nobody has ever been registered: Kangaroo and Possum move in with ``before``.
        """
        self._timeline = timeline
        self.before: list[AnyEvent] = days_before(timeline.now_s()) if is_new else []
        """for the journal, before the core is built: who lives here, and their last days"""
        moved_in = [event.baby for event in self.before if isinstance(event, RosterChanged)]
        weights = {weighing.baby: weighing.weight_g for weighing in weighings}
        self._residents = [
            resident(baby, weights.get(baby.name, baby.weight_g)) for baby in [*babies, *moved_in]
        ]
        self._scale = config.scale
        self._plays = {name: getattr(config, name).source == "simulated" for name in SOURCES}
        self._changes: queue.SimpleQueue[RosterChanged] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._beat_s = time.monotonic()

    def start(self, put: Put) -> None:
        """Begin at the timeline's present."""
        self._thread = threading.Thread(
            target=self._play, args=(put,), name="practice", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End within two seconds."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def heartbeat_s(self) -> float:
        """When the player last turned."""
        return self._beat_s

    def follow(self, events: Sequence[AnyEvent]) -> None:
        """What the monitor made of it all: the nursery has the babies that are registered."""
        for event in events:
            if isinstance(event, RosterChanged):
                self._changes.put(event)

    # ------------------------------------------------------------------ its own thread

    def _play(self, put: Put) -> None:
        self._report(put)
        while not self._stopping.is_set():
            begin_s = self._timeline.now_s()
            seed = int(begin_s) % 2**31
            household = Household(seed, begin_s, self._residents, self._scale)
            self._live(household, put)
            self._residents = household.residents()

    def _report(self, put: Put) -> None:
        reporters: Mapping[SourceName, Reporter] = {
            name: Reporter(name, self._timeline) for name, plays in self._plays.items() if plays
        }
        for reporter in reporters.values():
            reporter.begin(put)
            reporter.healthy(WHY)

    def _live(self, household: Household, put: Put) -> None:
        """Until the end, or until the present has run away."""
        blocks: Iterator[ScaleBlock] = iter(())
        waiting: ScaleBlock | None = None
        number = 0
        while not self._stopping.is_set():
            end_s = household.start_s + (number + 1) * BLOCK_S
            late_s = self._wait_until(end_s)
            if late_s > LATE_S:
                return
            if number % round(60.0 / BLOCK_S) == 0:
                self._heed(household)
                blocks = household.minute()
                waiting = next(blocks, None)
            if self._plays["microphone"]:
                put(AudioBlock(end_s - BLOCK_S, household.sound(number * BLOCK_S, BLOCK_S)))
            while waiting is not None and waiting.t_s <= end_s:
                if self._plays["scale"]:
                    put(waiting)
                waiting = next(blocks, None)
            if self._plays["probe"] and number % round(PROBE_S / BLOCK_S) == 0:
                put(ProbeReading(end_s, household.nest_c(number * BLOCK_S)))
            number += 1

    def _heed(self, household: Household) -> None:
        while not self._changes.empty():
            change = self._changes.get()
            household.heed(change.baby, deleted=change.deleted)

    def _wait_until(self, t_s: float) -> float:
        """How late it is then."""
        while not self._stopping.is_set():
            self._beat_s = time.monotonic()
            left_s = t_s - self._timeline.now_s()
            if left_s <= 0:
                return -left_s
            self._stopping.wait(min(left_s, BLOCK_S))
        return 0.0
