"""Sources that are blind: what a person is told, word by word."""

from __future__ import annotations

import numpy as np

from monitor.core.health.sources import Health
from monitor.documents import SourceHealth
from monitor.events import (
    Condition,
    ScaleBlock,
    SourceReport,
    SourceState,
    Tick,
)

T0 = 1_700_000_000.0


def block(after_s: float, *codes: float, every_s: float = 0.1) -> ScaleBlock:
    """Values of which the last is at this time."""
    times = T0 + after_s - every_s * np.arange(len(codes))[::-1]
    return ScaleBlock(times, np.array(codes, float))


def lively(after_s: float, n: int = 10, every_s: float = 0.1) -> ScaleBlock:
    return block(after_s, *(400_000 + (k * 37 + round(after_s) * 11) % 90 for k in range(n)),
                 every_s=every_s)  # fmt: skip


def scale_health(seconds: int = 0, **how) -> Health:
    health = Health(["scale"], T0, **how)
    for second in range(1, seconds + 1):
        health.observe(lively(second))
        health.observe(Tick(T0 + second))
    return health


def tick(health: Health, after_s: float) -> list[SourceState]:
    return health.observe(Tick(T0 + after_s))


def blind(health: Health, after_s: float) -> list[Condition]:
    return [c for c in health.conditions(T0 + after_s) if c.key in {"scale", "microphone"}]


def waiting(health: Health, after_s: float) -> list[str]:
    return [e.why for e in health.unjudged(T0 + after_s) if e.key in {"scale", "microphone"}]


# ------------------------------------------------------------------ a source


def test_a_scale_that_sends_nothing_is_stalled_then_failed():
    health = scale_health(100)
    assert tick(health, 102.9) == []
    assert tick(health, 103.0) == [
        SourceState(t_s=T0 + 103, source="scale", state="stalled", why="sends nothing")
    ]
    assert tick(health, 129.9) == []
    assert tick(health, 130.0) == [
        SourceState(
            t_s=T0 + 130, source="scale", state="failed",
            why="has sent nothing for more than 30 s",
        )
    ]  # fmt: skip
    assert blind(health, 130.0) == [
        Condition(
            kind="monitor_blind",
            key="scale",
            severity="critical",
            since_s=T0 + 100,
            title="Scale is blind",
            message="Scale has sent nothing for more than 30 s. Until it works, weights and feeds "
            "are not seen: look after the babies yourself.",
            why="has sent nothing for more than 30 s",
            all_clear="Scale works again.",
            false_before_s=99.0,
        )
    ]


def test_a_stalled_source_is_told_after_fifteen_seconds():
    health = scale_health(100)
    tick(health, 103.0)
    assert blind(health, 114.9) == []
    assert waiting(health, 114.9) == ["the scale has not proven itself yet"]
    assert len(blind(health, 115.0)) == 1
    assert waiting(health, 115.0) == []


def test_a_microphone_is_called_deaf():
    health = Health(["microphone"], T0)
    tick(health, 31.0)
    (found,) = blind(health, 31.0)
    assert (found.title, found.all_clear) == ("Microphone is deaf", "Microphone works again.")
    assert found.message == (
        "Microphone has sent nothing for more than 30 s. Until it works, cries are not heard: "
        "look after the babies yourself."
    )
    assert (found.since_s, found.false_before_s) == (T0, 0.0)


def test_a_source_starts_then_delivers():
    health = Health(["scale"], T0)
    assert health.sources() == {
        "scale": SourceHealth(state="healthy", why="starting", since=T0),
        "microphone": SourceHealth(state=None, why="not configured"),
        "probe": SourceHealth(state=None, why="not configured"),
    }
    assert not health.alive("scale")
    health.observe(lively(1.0))
    assert tick(health, 1.0) == [
        SourceState(t_s=T0 + 1, source="scale", state="healthy", why="delivers data")
    ]
    assert health.alive("scale")
    assert not health.alive("microphone")
    assert health.sources()["scale"] == SourceHealth(
        state="healthy", why="delivers data", since=T0 + 1
    )
    health.observe(lively(2.0))
    assert tick(health, 2.0) == []


def test_a_source_is_proven_after_75_seconds():
    assert waiting(scale_health(75), 75.0) == ["the scale has not proven itself yet"]
    assert waiting(scale_health(76), 76.0) == []


def test_a_source_is_healthy_again_after_five_steady_seconds():
    health = scale_health(100)
    tick(health, 105.0)
    for second in range(106, 111):
        health.observe(lively(second))
        assert tick(health, second) == []
    health.observe(lively(111))
    assert tick(health, 111)[0].state == "healthy"
    assert blind(health, 111) == []


def test_what_a_device_says_of_itself_counts_at_once_while_no_data_come():
    health = scale_health(10)
    report = SourceReport(t_s=T0 + 11, source="scale", state="restarting", why="unplugged")
    assert health.observe(report) == [
        SourceState(t_s=T0 + 11, source="scale", state="restarting", why="unplugged")
    ]
    assert health.observe(report) == []
    assert tick(health, 39.9) == []
    assert tick(health, 40.0)[0] == SourceState(
        t_s=T0 + 40, source="scale", state="failed", why="unplugged"
    )
    other = SourceReport(t_s=T0 + 11, source="microphone", state="failed", why="x")
    assert health.observe(other) == []


def test_data_after_what_a_device_said_count_more():
    health = scale_health(10)
    health.observe(SourceReport(t_s=T0 + 10.5, source="scale", state="failed", why="gone"))
    assert [c.why for c in blind(health, 10.5)] == ["gone"]
    for second in range(11, 20):
        health.observe(lively(second))
        tick(health, second)
    assert health.sources()["scale"].state == "healthy"
    health.observe(SourceReport(t_s=T0 + 20, source="scale", state="healthy", why="10 a second"))
    assert health.sources()["scale"].why == "10 a second"


def test_a_fault_that_the_weighing_finds_is_a_failure():
    health = scale_health(80)
    health.know_scale_fault("cannot carry this")
    tick(health, 80.5)
    assert blind(health, 80.5)[0].message.startswith("Scale cannot carry this. Until it works")
    health.know_scale_fault(None)
    tick(health, 81.0)
    assert health.sources()["scale"].state == "healthy"
    Health(["microphone"], T0).know_scale_fault("nobody asks")
