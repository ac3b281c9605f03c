"""The loop and its outputs in this process, without a broker: panel, pauses, what goes where."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from monitor.config import Config, MqttConfig, ScaleConfig
from monitor.daemon.loop import TOO_BUSY, Loop
from monitor.daemon.shedding import Shedding
from monitor.events import ScaleBlock, Tick
from monitor.mqtt.publisher import Publisher
from monitor.mqtt.topics import Message
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import GOOD_CELL
from monitor.store.journal import Journal
from tests.asking import asked

T = 1_700_000_000.0
POSSUM = SimBaby(name="Possum", species="puppy", weight_g=119.0)


class PanelStub:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.replies: list[str] = []
        self.code: str | None = None
        self.shown: list[dict] = []

    def show(self, **what: object) -> None:
        self.shown.append(what)

    def reply(self, reply: str) -> None:
        self.replies.append(reply)

    def take_code(self) -> str | None:
        code, self.code = self.code, None
        return code

    def close(self) -> None:
        pass


class SourceStub:
    """A scale that can pause."""

    def __init__(self) -> None:
        self.paused = False

    def start(self, put: object) -> None:
        pass

    def stop(self) -> None:
        pass

    def heartbeat_s(self) -> float:
        return time.monotonic()

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False


class Rig:
    """An app with a panel and one baby, driven observation by observation."""

    def __init__(self, folder: Path, shedding: Shedding | None = None) -> None:
        config = Config(
            box="a",
            state_dir=str(folder),
            scale=ScaleConfig(
                source="simulated",
                counts_per_gram=GOOD_CELL.counts_per_gram,
                zero_counts=GOOD_CELL.zero_counts,
            ),
            mqtt=MqttConfig(port=9, tls=False),
        )
        self.journal = Journal.open(config.journal_path)
        self.shedding, self.panel, self.source = shedding, PanelStub(), SourceStub()
        self.app = Loop(config, self.journal, [self.source], start_s=T, shedding=shedding)
        self.app.attach_panel(self.panel)
        self.do(asked(T, "baby_add", {"name": "Possum", "species": "puppy", "weight_g": 119.0}))

    def do(self, *observations: object) -> None:
        """Have the loop take these and nothing else."""
        for observation in observations:
            self.app.put(observation)
        while self.app.backlog:
            self.app.turn()

    def live(self, box: SimulatedBox, from_s: float, to_s: float) -> None:
        for block in box.blocks(T + from_s, T + to_s, 1.0):
            self.do(block, Tick(block.t_s))

    @property
    def health(self) -> dict:
        return self.app.recorder.status(self.app.recorder.now_s).sources


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.journal.close()


def test_a_weigh_in_at_the_panel_is_answered_there(rig: Rig) -> None:
    box = SimulatedBox(1, T, [POSSUM])
    box.feed(T + 60.0, "Possum", 0.0, 40.0)
    rig.do(asked(T, "weigh_in", origin="panel"))
    assert rig.panel.replies == ["no"]  # nothing has been seen of the scale yet
    rig.live(box, 0.0, 50.0)
    rig.do(asked(T + 50.0, "weigh_in", origin="panel"), Tick(T + 50.5))
    assert rig.panel.replies == ["no", "yes"]
    assert rig.panel.shown[-1]["weighing"]
    rig.live(box, 51.0, 160.0)
    assert rig.panel.replies == ["no", "yes", "weighed"]
    assert not rig.panel.shown[-1]["weighing"]
    assert rig.journal.weighings()[0].only_weighed
    assert rig.journal.feeds() == []


def test_the_code_that_the_light_blinks_is_told_the_page(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Message] = []
    monkeypatch.setattr(Publisher, "publish", lambda _, message: told.append(message))
    rig.panel.code = "25143361"
    rig.do(Tick(T + 1.0), Tick(T + 2.0))
    (said,) = [each for each in told if "pairing" in each.topic]
    assert said.topic == "nursery/a/setup/pairing/code"
    assert said.payload == b'{"code":"25143361"}'
    assert not said.retain


def test_an_acknowledgement_needs_no_answer(rig: Rig) -> None:
    rig.do(asked(T, "acknowledge", origin="panel"), asked(T, "test_alert"), Tick(T + 1.0))
    assert rig.panel.replies == []


class Scripted(Shedding):
    """At the level it is set to."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = 0

    def observe(self, now_s: float, lag_s: float) -> bool:
        changed = self.level != self.wanted
        self.level = self.wanted
        return changed


def test_paused_weights_are_said_and_come_back(tmp_path: Path) -> None:
    shedding = Scripted()
    rig = Rig(tmp_path, shedding)
    box = SimulatedBox(1, T, [POSSUM])
    rig.live(box, 0.0, 30.0)
    assert rig.health["scale"].state == "healthy"
    shedding.wanted = 3
    rig.live(box, 30.0, 33.0)
    assert rig.source.paused
    assert (rig.health["scale"].state, rig.health["scale"].why) == ("stalled", TOO_BUSY)
    rig.live(box, 33.0, 50.0)
    (alert,) = rig.app.recorder.status(T + 50.0).alerts
    assert (alert.kind, alert.severity) == ("monitor_blind", "critical")
    assert rig.app.recorder.status(T + 50.0).scale.total_g is None
    shedding.wanted = 2
    rig.live(box, 50.0, 60.0)
    assert not rig.source.paused
    assert rig.health["scale"].state == "healthy"
    rig.journal.close()


def test_thinned_telemetry_still_shows_at_once_what_is_for_a_person(tmp_path: Path) -> None:
    shedding = Scripted()
    rig = Rig(tmp_path, shedding)
    shedding.wanted = 1
    rig.do(Tick(T + 1.0), Tick(T + 2.0))
    shown = len(rig.panel.shown)
    still = ScaleBlock(T + 3.0 + np.arange(10) / 10, np.full(10, 100_000.0))
    rig.do(still, Tick(T + 4.0), Tick(T + 5.0))
    assert len(rig.panel.shown) == shown
    rig.do(asked(T + 6.0, "test_alert"), Tick(T + 7.0))
    assert len(rig.panel.shown) == shown + 1
    rig.journal.close()
