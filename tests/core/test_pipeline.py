"""The wiring: sound and weight meet, context is filled in, and a restart changes nothing."""

import numpy as np
import pytest

from monitor.commands import VERBS
from monitor.config import AlertsConfig, Config, MicrophoneConfig, ScaleConfig
from monitor.core.cry.model import CryModel
from monitor.core.growth.reference import GrowthReference
from monitor.core.pipeline import Pipeline
from monitor.core.state import PARTS, decoded
from monitor.data.shipped import shipped
from monitor.errors import InputError
from monitor.events import (
    AUDIO_RATE_HZ,
    Alert,
    AnyEvent,
    AudioBlock,
    ClockReading,
    CommandResult,
    CryEnded,
    CryStarted,
    Feed,
    SourceReport,
    SourceState,
    Tick,
    WeighIn,
)
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import GOOD_CELL
from tests.asking import asked
from tests.restarting import resume, saved

START_S = 1_778_266_800.0


def kittens() -> list[SimBaby]:
    return [
        SimBaby(name="Kangaroo", species="kitten", weight_g=181.0, born="2026-05-01"),
        SimBaby(name="Possum", species="puppy", weight_g=119.0),
    ]


def pipeline(*, microphone: bool = False, scale: bool = True) -> Pipeline:
    config = Config(
        box="test",
        microphone=MicrophoneConfig(source="simulated" if microphone else "none"),
        scale=ScaleConfig(
            source="simulated" if scale else "none",
            counts_per_gram=GOOD_CELL.counts_per_gram,
            zero_counts=GOOD_CELL.zero_counts,
        ),
        alerts=AlertsConfig(cry_after_s=5.0),
    )
    return Pipeline(
        config,
        babies=[baby.as_baby() for baby in kittens()],
        history=(),
        model=CryModel.from_bytes(shipped("cry.npz")) if microphone else None,
        reference=GrowthReference.parse(shipped("growth.toml")),
        start_s=START_S,
        local_minute=lambda _t_s: 12 * 60,
    )


def feed_scale(line: Pipeline, box: SimulatedBox, begin_s: float, end_s: float) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    for block in box.blocks(START_S + begin_s, START_S + end_s):
        events += line.observe(block)
        events += line.observe(Tick(block.t_s))
    return events


def one_feed() -> SimulatedBox:
    box = SimulatedBox(5, START_S, kittens())
    box.feed(START_S + 120, "Possum", 5.0, 300.0)
    return box


def test_a_feed_is_weighed_and_named() -> None:
    line = pipeline()
    events = feed_scale(line, one_feed(), 0, 600)
    weighed = [e for e in events if isinstance(e, WeighIn)]
    assert [(e.baby, e.move) for e in weighed] == [("Possum", "lift"), ("Possum", "return")]
    (feed,) = [e for e in events if isinstance(e, Feed)]
    assert feed.net_g == pytest.approx(5.0, abs=1.0)
    state = line.status(START_S + 600)
    assert state.scale.in_box is not None
    assert set(state.scale.in_box) == {"Kangaroo", "Possum"}
    possum = next(b for b in state.babies if b.name == "Possum")
    assert possum.last_feed_g == feed.net_g
    assert state.sources["scale"].state == "healthy"
    assert state.cry.crying is None  # nothing listens: unknown, not False


def test_a_snapshot_in_the_middle_of_a_feed_changes_nothing() -> None:
    whole = [e for e in feed_scale(pipeline(), one_feed(), 0, 600) if isinstance(e, WeighIn | Feed)]
    first = pipeline()
    events = feed_scale(first, one_feed(), 0, 300)
    second = pipeline()
    resume(second, saved(first))
    events += feed_scale(second, one_feed(), 300, 600)
    assert [e for e in events if isinstance(e, WeighIn | Feed)] == whole


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("row", [b"", b"\x01not ours", b"\xc0"])
def test_a_foreign_state_is_refused(part: str, row: bytes) -> None:
    with pytest.raises(InputError, match=f"the saved state of {part} cannot be read"):
        decoded(part, row)


def test_a_cry_carries_its_context() -> None:
    from monitor.simulation.sounds import Room, bout

    line = pipeline(microphone=True)
    room, box = Room(3, noise_db=-58.0), SimulatedBox(5, START_S, kittens())
    box.feed(START_S + 60, "Kangaroo", 8.0, 120.0)
    box.feed(START_S + 240, "Possum", 5.0, 120.0)
    room.add(700, bout("kitten", np.random.default_rng(3), 40.0, level_db=-30.0))
    events: list[AnyEvent] = []
    scale = box.blocks(START_S, START_S + 850)
    for second in range(850):
        block = AudioBlock(START_S + second, room.render(second * AUDIO_RATE_HZ, AUDIO_RATE_HZ))
        events += line.observe(block)
        events += line.observe(next(scale))
        events += line.observe(Tick(START_S + second + 1.0))
    started = [e for e in events if isinstance(e, CryStarted)]
    ended = [e for e in events if isinstance(e, CryEnded)]
    assert started
    assert 698 <= started[0].t_s - START_S <= 712
    assert started[0].context == "just_fed"
    assert ended
    assert ended[-1].t_s - START_S <= 742
    crying = [e for e in events if isinstance(e, Alert) and e.kind == "crying"]
    assert [e.state for e in crying][:1] == ["raised"]
    assert crying[-1].state == "cleared"


def test_silence_of_a_source_is_told() -> None:
    line = pipeline()
    feed_scale(line, one_feed(), 0, 30)
    events: list[AnyEvent] = []
    for second in range(31, 120):
        events += line.observe(Tick(START_S + second))
    assert any(isinstance(e, SourceState) and e.state != "healthy" for e in events)
    assert any(isinstance(e, Alert) and e.kind == "monitor_blind" for e in events)
    assert line.status(START_S + 120).scale.total_g is None


def test_a_report_of_a_device_reaches_the_state() -> None:
    line = pipeline()
    line.observe(SourceReport(START_S + 1, "scale", "failed", "no chip answers"))
    assert line.status(START_S + 2).sources["scale"].why == "no chip answers"


def test_commands_are_answered_by_whoever_knows() -> None:
    line = pipeline()
    for verb, args in (("test_alert", {}), ("weigh", {"baby": "Possum", "grams": 120.0})):
        events = line.observe(asked(START_S + 1, verb, args))
        (result,) = [e for e in events if isinstance(e, CommandResult)]
        assert result.ok, result.error
    events = line.observe(asked(START_S + 2, "acknowledge", {"id": "no-such"}))
    (result,) = [e for e in events if isinstance(e, CommandResult)]
    assert not result.ok


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_has_a_part_that_answers_it_once(verb: str) -> None:
    fields = {
        "step_id": "s",
        "baby": "Possum",
        "grams": 120.0,
        "name": "Possum",
        "species": "puppy",
        "kind": "stool",
        "key": "box",
        "value": "attic",
        "step": {"set_up": "name", "baby_give": "read", "baby_take": "begin"}.get(verb, "mass"),
        "move": "m",
        "carrier": "c",
        "origin": "attic",
    }
    if verb == "acknowledge":
        fields["kind"] = "low_intake"
    args = {name: fields[name] for name in VERBS[verb].__struct_fields__ if name in fields}
    events = pipeline().observe(asked(START_S + 1, verb, args))
    (result,) = [e for e in events if isinstance(e, CommandResult)]
    assert result.verb == verb
    assert f"{verb} is not" not in (result.error or "")


def test_the_clock_is_not_the_cores_business() -> None:
    line = pipeline()
    assert line.observe(ClockReading(START_S, START_S + 1e6, synced=True)) == []


def test_sound_that_is_not_numbers_leaves_no_trace_in_the_hearing() -> None:
    line = pipeline(microphone=True, scale=False)
    sound = np.random.default_rng(1).normal(0, 1e-3, 60 * AUDIO_RATE_HZ).astype(np.float32)
    for second, block in enumerate(sound.reshape(60, -1)):
        heard = np.full_like(block, np.nan) if second in {20, 21} else block
        line.observe(AudioBlock(START_S + second, heard))
        line.observe(Tick(START_S + second + 1))
    level_db = line.status(START_S + 60).cry.level_db
    assert level_db == pytest.approx(-60, abs=1)
