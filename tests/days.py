"""A carer's day: a simulated box, what people say meanwhile, and all that the core made of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from monitor.config import AlertsConfig, Config, MicrophoneConfig, NightConfig, ScaleConfig
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import growth_reference
from monitor.documents import BabyStatus
from monitor.events import Alert, AnyEvent, Baby, CommandResult, Feed, Tick, WeighIn
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import GOOD_CELL
from monitor.times import HOUR_S, MINUTE_S
from tests.asking import asked

T = 1_767_220_200.0
"""2025-12-31T22:30:00Z"""
ALWAYS_DAY = NightConfig(from_="00:00", to="00:00")


def kitten(name: str, grams: float, *, born: str | None = "2025-12-22") -> SimBaby:
    """One of nine days, that sleeps well."""
    return SimBaby(name=name, species="kitten", weight_g=grams, born=born, lively=0.3)


class Day:
    """Script ``box``, and what people ``say``; then ``live``."""

    def __init__(
        self,
        babies: Sequence[SimBaby],
        *,
        registered: Sequence[Baby] | None = None,
        seed: int = 7,
        night: NightConfig = ALWAYS_DAY,
    ) -> None:
        self.box = SimulatedBox(seed, T, babies, box_g=700.0)
        config = Config(
            box="box",
            microphone=MicrophoneConfig(source="none"),
            scale=ScaleConfig(
                source="simulated",
                counts_per_gram=GOOD_CELL.counts_per_gram,
                zero_counts=GOOD_CELL.zero_counts,
            ),
            alerts=AlertsConfig(night=night),
        )
        here = [baby.as_baby() for baby in babies] if registered is None else registered
        self.pipeline = Pipeline(
            config, babies=here, history=(), model=None, reference=growth_reference(),
            start_s=T, local_minute=lambda t_s: int(t_s // 60) % 1440,
        )  # fmt: skip
        self.events: list[AnyEvent] = []
        self.now_s = T
        self._said: list[tuple[float, str, dict[str, object]]] = []

    def say(self, after_s: float, verb: str, **args: object) -> None:
        """Somebody asks for this so long after the beginning."""
        self._said.append((T + after_s, verb, args))

    def live(self, until_s: float) -> list[AnyEvent]:
        """Go on until so long after the beginning; returns what that made happen."""
        blocks = {math.ceil(b.t_s): b for b in self.box.blocks(self.now_s, T + until_s)}
        seen: list[AnyEvent] = []
        while self.now_s < T + until_s:
            self.now_s += 1.0
            for said in sorted((s for s in self._said if s[0] <= self.now_s), key=lambda s: s[0]):
                self._said.remove(said)
                seen += self.pipeline.observe(asked(said[0], said[1], said[2]))
            if (block := blocks.get(round(self.now_s))) is not None:
                seen += self.pipeline.observe(block)
            seen += self.pipeline.observe(Tick(self.now_s))
        self.events += seen
        return seen

    # ------------------------------------------------------------------ what was said

    def told(self, kind: str) -> list[Alert]:
        """Every change of alerts of this kind."""
        return [e for e in self.events if isinstance(e, Alert) and e.kind == kind]

    def weighed(self, baby: str) -> list[tuple[str | None, int]]:
        """The moves that were named so, and how many minutes after the beginning."""
        return [
            (e.move, round((e.t_s - T) / MINUTE_S))
            for e in self.events
            if isinstance(e, WeighIn) and e.baby == baby
        ]

    def fed(self, baby: str) -> list[Feed]:
        """Its bottles that the scale saw, the last word on each."""
        found = {e.step_id: e for e in self.events if isinstance(e, Feed) and e.baby == baby}
        return sorted(found.values(), key=lambda feed: feed.t_s)

    def refused(self) -> list[str]:
        """Why what was said was not done."""
        return [e.error or "" for e in self.events if isinstance(e, CommandResult) and not e.ok]

    def baby(self, name: str) -> BabyStatus:
        """Its retained document."""
        return next(b for b in self.pipeline.status(self.now_s).babies if b.name == name)


def hours(h: float) -> float:
    """In seconds."""
    return h * HOUR_S


def minutes(m: float) -> float:
    """In seconds."""
    return m * MINUTE_S
