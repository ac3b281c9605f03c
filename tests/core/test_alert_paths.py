"""Every way in which an alert could fall silent, through the whole pipeline."""

from __future__ import annotations

import functools

import msgspec
import numpy as np
import pytest

from calibration.evaluation.alert_nights import ScriptedDetector
from monitor.config import AlertsConfig, Config, MicrophoneConfig, NightConfig, ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import shipped
from monitor.events import (
    Alert,
    AudioBlock,
    Baby,
    HostReport,
    ScaleBlock,
    Tick,
    Weighing,
)
from monitor.mqtt.topics import Topics, state_messages
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import GOOD_CELL
from monitor.times import rfc3339
from monitor.timeshift import TimeShift
from tests.asking import asked
from tests.restarting import resume, saved

T = 1_767_268_800.0  # 2026-01-01T12:00:00Z
MINUTE, HOUR = 60, 3600
DAYTIME = NightConfig(from_="00:00", to="00:00")
POSSUM = SimBaby(name="Possum", species="puppy", weight_g=205.0, born="2025-12-29", lively=0.0)
ROOM = np.random.default_rng(4).normal(0, 2e-4, 16_000).astype(np.float32)


class World:
    """A box with one neonate, a room, and whatever breaks."""

    def __init__(
        self,
        bouts=(),
        *,
        sway=None,
        night=DAYTIME,
        limit_min=90,
        babies=None,
        room=True,
        history=(),
    ) -> None:
        self.box = SimulatedBox(4, T, [POSSUM], box_g=700.0)
        self._room, self._history = room, history
        if sway is not None:
            self.box.vibrate(T + sway[0], T + sway[1], 10.0, 0.07)
        self.config = Config(
            box="box",
            microphone=MicrophoneConfig(source="simulated" if room else "none"),
            scale=ScaleConfig(
                source="simulated",
                counts_per_gram=GOOD_CELL.counts_per_gram,
                zero_counts=GOOD_CELL.zero_counts,
            ),
            alerts=AlertsConfig(night=night, too_quiet_after_min=limit_min),
        )
        self._bouts = [(T + a, T + b) for a, b in bouts]
        self._babies = [Baby(id="p", name="Possum", species="puppy", weight_g=205.0)]
        if babies is not None:
            self._babies = babies
        self.second = 0
        self.told: list[Alert] = []
        self.pipeline = self._new()

    def _new(self) -> Pipeline:
        pipeline = Pipeline(
            self.config,
            babies=self._babies,
            history=self._history,
            model=None,
            reference=GrowthReference.parse(shipped("growth.toml")),
            start_s=T + self.second,
            local_minute=lambda t_s: int(t_s // 60) % 1440,
        )
        later = [bout for bout in self._bouts if bout[0] >= T + self.second]
        pipeline.detector = ScriptedDetector(later)  # type: ignore[assignment]  # as one
        return pipeline

    def restart(self, off_s: int, *, keep: bool = True) -> None:
        snapshot, self.second = saved(self.pipeline), self.second + off_s
        before = self.pipeline.policy.open
        self.pipeline = self._new()
        if keep:
            resume(self.pipeline, snapshot)
        else:
            assert self.pipeline.adopt(before) == []

    def without(self, sense: str, *, keep: bool = True) -> None:
        """Started again with a configuration that has one source less."""
        source = msgspec.structs.replace(getattr(self.config, sense), source="none")
        self.config = msgspec.structs.replace(self.config, **{sense: source})
        self.restart(10, keep=keep)

    def run(self, seconds: int, *, microphone=True, scale=True, host=None) -> list[Alert]:
        """Live on; returns what was told meanwhile."""
        told: list[Alert] = []
        blocks = {round(b.t_s - T): b for b in self._blocks(seconds)} if scale else {}
        for _ in range(seconds):
            now_s = T + self.second
            events = []
            if microphone and self._room:
                quiet = np.float32(0.8 + 0.4 * (self.second * 7919 % 97) / 97)
                sound = np.roll(ROOM, self.second * 7919) * quiet
                events += self.pipeline.observe(AudioBlock(now_s, sound))
            self.second += 1
            if (block := blocks.get(self.second)) is not None:
                events += self.pipeline.observe(block)
            if host is not None and self.second % 30 == 0:
                events += self.pipeline.observe(HostReport(T + self.second, **host))
            events += self.pipeline.observe(Tick(T + self.second))
            told += [e for e in events if isinstance(e, Alert)]
        self.told += told
        return told

    def _blocks(self, seconds: int) -> list[ScaleBlock]:
        return list(self.box.blocks(T + self.second, T + self.second + seconds))

    def say(self, verb: str, **args) -> list[Alert]:
        events = self.pipeline.observe(asked(T + self.second, verb, args))
        self.told += [e for e in events if isinstance(e, Alert)]
        return [e for e in events if isinstance(e, Alert)]

    def open(self, kind: str) -> list[Alert]:
        return [a for a in self.pipeline.policy.open if a.kind == kind]

    def on(self) -> set[str]:
        """The problem topics that say ON."""
        messages = state_messages(self.pipeline.status(T + self.second), Topics("box"))
        return {m.topic.partition("problem/")[2] for m in messages if m.payload == b"ON"}


def changes(told: list[Alert], kind: str) -> list[str]:
    return [a.state for a in told if a.kind == kind]


def quiet_world() -> World:
    world = World(limit_min=5)
    world.run(7 * MINUTE)
    assert changes(world.told, "too_quiet") == ["raised"]
    return world


@pytest.mark.parametrize("away", [{"microphone": False}, {"scale": False}])
@pytest.mark.parametrize("gap_s", [20, 600])
def test_too_quiet_stays_open_while_a_source_is_away(away, gap_s) -> None:
    world = quiet_world()
    told = world.run(gap_s, **away) + world.run(90)
    assert "cleared" not in changes(told, "too_quiet")
    assert len(world.open("too_quiet")) == 1


@pytest.mark.parametrize("keep", [True, False])
def test_too_quiet_stays_open_across_a_restart_with_and_without_its_snapshot(keep) -> None:
    world = quiet_world()
    (before,) = world.open("too_quiet")
    world.restart(45, keep=keep)
    told = world.run(10 * MINUTE)
    assert "cleared" not in changes(told, "too_quiet")
    assert [a.id for a in world.open("too_quiet")] == [before.id]
    assert "reminded" in changes(told, "too_quiet")


def test_a_call_ends_it_and_the_sentence_claims_no_more_than_that() -> None:
    world = World([(440, 445)], limit_min=5)
    world.run(9 * MINUTE)
    *_, cleared = [a for a in world.told if a.kind == "too_quiet"]
    assert cleared.message == (
        "Something has stirred in the box again: a call, a movement or a hand."
    )


def test_a_deaf_microphone_does_not_end_a_crying_incident() -> None:
    world = World([(60, 120)])
    world.run(125)
    assert changes(world.told, "crying") == ["raised"]
    told = world.run(12 * MINUTE, microphone=False)
    assert changes(told, "crying") == ["reminded"]
    assert world.open("crying")[0].message.endswith(
        "Whether it is over cannot be told now: the microphone does not hear."
    )
    assert changes(told, "monitor_blind")[0] == "raised"
    told = world.run(3 * MINUTE)
    assert changes(told, "crying") == ["cleared"]


def test_a_cry_that_begins_while_the_microphone_comes_back_is_told() -> None:
    """It is trusted after five steady seconds; the bout has no pause, and begins in the third."""
    world = World([(36, 400)])
    world.run(30)
    world.run(5, microphone=False)
    told = world.run(40)
    assert changes(told, "crying") == ["raised"]


def test_forty_minutes_of_crying_on_a_swaying_platform_raise_and_become_critical() -> None:
    """10 g at 0.07 Hz looks like hands for 96 % of the time."""
    begin_s, end_s = 10 * MINUTE, 50 * MINUTE
    bouts = [(begin_s + 20 * i, begin_s + 20 * i + 12) for i in range(120)]
    world = World(bouts, sway=(60, end_s))
    told = world.run(end_s)
    crying = [a for a in told if a.kind == "crying"]
    assert crying[0].state == "raised"
    assert crying[0].t_s - T - begin_s <= 5 * MINUTE + 60
    critical = next(a for a in crying if a.severity == "critical")
    assert critical.t_s - T - begin_s <= 10 * MINUTE + 10
    unsettled = next(a for a in told if a.kind == "scale_unsettled")
    assert (unsettled.severity, unsettled.state) == ("warning", "raised")
    assert unsettled.t_s - T - 60 <= 12 * MINUTE
    assert world.on() >= {"crying", "scale_unsettled"}
    assert changes(world.run(11 * MINUTE), "scale_unsettled") == ["cleared"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_scale_that_is_never_still_for_an_hour_is_critical_where_it_hides_a_silence(
    inside,
) -> None:
    babies = None if inside else []
    night = NightConfig(from_="12:00", to="22:00")
    world = World(sway=(60, 2 * HOUR), night=night, room=False, babies=babies)
    told = [a for a in world.run(80 * MINUTE) if a.kind == "scale_unsettled"]
    critical = [a for a in told if a.severity == "critical"]
    assert bool(critical) == inside
    if inside:
        assert not critical[0].silent
        assert critical[0].t_s - T == pytest.approx(60 + HOUR, abs=2 * MINUTE)
        assert "nobody can tell when it is too quiet" in critical[0].message


def test_five_minutes_of_cleaning_are_no_unsettled_scale() -> None:
    world = World()
    world.box.lean(T + 300, T + 600, 250.0, 40.0)
    assert changes(world.run(20 * MINUTE), "scale_unsettled") == []


@functools.cache
def hungry() -> dict[str, bytes]:
    world = World(room=False)
    world.run(4 * HOUR)  # a neonate puppy: every 3 h, overdue at 3.9 h
    assert changes(world.told, "bottle_overdue") == ["raised"]
    return saved(world.pipeline)


def hungry_world(**more) -> World:
    world = World(room=False, **more)
    world.second = 4 * HOUR
    resume(world.pipeline, hungry())
    world.run(60)
    return world


def test_a_scale_that_is_gone_does_not_clear_an_overdue_bottle_nor_raise_one() -> None:
    world = hungry_world()
    told = world.run(1 * HOUR, scale=False)
    assert set(changes(told, "bottle_overdue")) == {"reminded"}
    assert changes(told, "monitor_blind")[0] == "raised"
    assert changes(world.run(90), "bottle_overdue") == []
    (alert,) = world.open("bottle_overdue")
    assert "cannot be told" not in alert.message


def test_a_neonate_unfed_for_twice_its_interval_is_critical_in_the_middle_of_the_night() -> None:
    world = hungry_world(night=NightConfig(from_="12:00", to="22:00"))
    told = [a for a in world.run(2 * HOUR + 20 * MINUTE) if a.kind == "bottle_overdue"]
    assert [(a.state, a.severity, a.silent) for a in told[:2]] == [
        ("reminded", "critical", False),
        ("reminded", "critical", False),
    ]
    assert told[0].t_s - T == pytest.approx(6 * HOUR, abs=120)
    assert "too long" in told[0].message


def test_a_rename_leaves_no_topic_on_and_keeps_the_acknowledgement() -> None:
    world = hungry_world()
    world.say("acknowledge")
    assert "bottle_overdue/possum" in world.on()
    told = world.say("baby_edit", name="Possum", rename="Joey")
    assert told == []
    assert "bottle_overdue/joey" in world.on()
    assert "bottle_overdue/possum" not in world.on()
    (alert,) = world.open("bottle_overdue")
    assert (alert.title, alert.state) == ("Joey's bottle is overdue", "acknowledged")
    assert changes(world.run(10 * MINUTE), "bottle_overdue") == []


def test_a_retirement_closes_its_alerts_with_the_true_reason() -> None:
    world = hungry_world()
    (closed,) = world.say("baby_retire", name="Possum")
    assert (closed.state, closed.title, closed.message) == (
        "cleared",
        "Closed: Possum's bottle is overdue",
        "Possum has left the nursery.",
    )
    assert not {topic for topic in world.on() if topic.startswith("bottle_overdue")}


def test_a_newcomer_is_not_overdue_since_before_it_came() -> None:
    world = hungry_world()
    world.say("baby_add", name="Joey", species="puppy", weight_g=205.0)
    assert [a for a in world.run(60) if a.baby == "Joey"] == []


@pytest.mark.parametrize("how", ["imported", "typed"])
def test_older_weights_of_a_newcomer_make_no_worry_of_before_it_came(how) -> None:
    """A loss of last week that is entered now: known now, so nothing is open since last week."""
    older = [(T - days * 24 * HOUR, 200.0 - 8.0 * (7 - days)) for days in range(7, 0, -1)]
    came_s = T + 30
    if how == "imported":
        joey = Baby(id="j", name="Joey", species="puppy", born="2025-12-15", registered_s=came_s)
        weighings = [
            Weighing(
                step_id=f"{t_s:.0f}", t_s=t_s, baby="Joey", weight_g=g, sigma_g=1.0,
                origin="imported", stamp="person",
            )
            for t_s, g in older
        ]  # fmt: skip
        world = World(room=False, babies=[joey], history=weighings)
        world.run(120)
    else:
        world = World(room=False)
        world.run(30)
        world.say("baby_add", name="Joey", species="puppy", born="2025-12-15")
        for t_s, grams in older:
            world.say("weigh", baby="Joey", grams=grams, at=rfc3339(t_s))
        world.run(90)
    (losing,) = [a for a in world.told if a.kind == "losing_weight"]
    assert (losing.state, losing.baby) == ("raised", "Joey")
    assert losing.since >= came_s


HOT = {"temperature_c": 85.0, "under_voltage": True, "disk_free_bytes": 10_000_000}


@pytest.mark.parametrize("then", [None, {}])
def test_a_host_that_says_nothing_any_more_has_not_healed(then) -> None:
    world = World()
    world.run(3 * MINUTE, host=HOT)
    opened = {a.title for a in world.pipeline.open_alerts}
    assert {"Pi is too hot", "Power supply too weak", "Disk is full"} <= opened
    told = world.run(6 * MINUTE, host=then)
    assert "cleared" not in [a.state for a in told]
    assert all("at 0 °C" not in a.message for a in world.pipeline.open_alerts)


def test_what_the_host_said_before_a_restart_is_open_until_it_says_otherwise() -> None:
    world = World()
    world.run(3 * MINUTE, host=HOT)
    before = {a.id for a in world.pipeline.open_alerts}
    world.restart(30)
    assert "cleared" not in [a.state for a in world.run(3 * MINUTE)]
    assert "cleared" not in [a.state for a in world.run(2 * MINUTE, host=HOT)]
    assert {a.id for a in world.pipeline.open_alerts} == before
    well = {"temperature_c": 50.0, "under_voltage": False, "disk_free_bytes": 10**9}
    told = world.run(2 * MINUTE, host=well)
    assert [a.state for a in told if a.id in before].count("cleared") == len(before)


@pytest.mark.parametrize("dead", ["microphone", "scale"])
def test_a_source_that_is_still_dead_after_a_restart_is_the_same_alert(dead) -> None:
    world = World()
    world.run(60)
    (raised,) = [a for a in world.run(60, **{dead: False}) if a.kind == "monitor_blind"]
    world.say("acknowledge")
    world.restart(40)
    assert world.run(5 * MINUTE, **{dead: False}) == []
    assert [a.id for a in world.open("monitor_blind")] == [raised.id]
    told = world.run(3 * MINUTE)
    assert changes(told, "monitor_blind") == ["cleared"]


def crying_and_deaf() -> World:
    world = World([(60, 120)])
    world.run(125)
    world.run(40, microphone=False)
    return world


def too_quiet_and_without_weight() -> World:
    world = quiet_world()
    world.run(60, scale=False)
    return world


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("sense", "begin", "kinds"),
    [
        ("microphone", crying_and_deaf, {"crying", "monitor_blind"}),
        ("scale", too_quiet_and_without_weight, {"too_quiet", "monitor_blind"}),
    ],
)
def test_what_needs_a_source_that_is_no_longer_configured_is_closed_with_that_reason(
    sense, begin, kinds, keep
) -> None:
    world = begin()
    assert {a.kind for a in world.pipeline.open_alerts} == kinds
    world.without(sense, keep=keep)
    told = world.run(5 * MINUTE, **{sense: False})
    assert {a.kind for a in told} == kinds
    for closed in told:
        assert closed.state == "cleared"
        assert closed.title.startswith("Closed: ")
        assert closed.message == f"The {sense} is no longer configured."
    assert not world.pipeline.open_alerts


def test_a_sense_that_is_configured_again_begins_its_silence_anew() -> None:
    world = quiet_world()
    whole = world.config
    world.without("microphone")
    world.run(10 * MINUTE, microphone=False)
    world.config = whole
    world.restart(10)
    assert changes(world.run(4 * MINUTE), "too_quiet") == []


def test_the_clock_moves_what_is_held() -> None:
    world = quiet_world()
    world.run(30, microphone=False)
    shift = TimeShift(by_s=HOUR)
    world.pipeline.shift(shift)
    assert world.open("too_quiet")[0].since >= T + HOUR
