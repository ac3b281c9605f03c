"""Too quiet, through the whole pipeline: a box that has gone silent and still."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.config import AlertsConfig, Config, MicrophoneConfig, NightConfig, ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import shipped
from monitor.events import Alert, AudioBlock, Baby, ScaleBlock, Tick

T = 1_767_268_800.0
CONFIG = Config(
    box="box",
    microphone=MicrophoneConfig(source="wav", file="x"),
    scale=ScaleConfig(source="csv", file="x", counts_per_gram=400.0, zero_counts=1000.0),
    alerts=AlertsConfig(night=NightConfig(from_="00:00", to="00:00")),
)


def alerts(hours: float, *, muted: bool = False, kicks: bool = False) -> list[Alert]:
    """What is raised while a scale with 0.3 g of noise and a quiet room are watched."""
    pipeline = Pipeline(
        CONFIG,
        babies=[Baby(id="p", name="Possum", species="puppy", weight_g=205.0)],
        history=[],
        model=None,
        reference=GrowthReference.parse(shipped("growth.toml")),
        start_s=T,
        local_minute=lambda _t: 720,
    )
    rng, told = np.random.default_rng(2), []
    room = rng.normal(0, 2e-4, 16_000).astype(np.float32)
    silence = np.zeros(16_000, np.float32)
    for second in range(int(hours * 3600)):
        now_s = T + second
        grams = 900 + rng.normal(0, 0.3, 10)
        if kicks and second % 1800 < 3:
            grams += 4 * np.sin(np.arange(10))
        events = pipeline.observe(ScaleBlock(now_s + np.arange(10) / 10, 1000 + 400 * grams))
        events += pipeline.observe(AudioBlock(now_s, silence if muted else room))
        events += pipeline.observe(Tick(now_s + 1))
        told += [e for e in events if isinstance(e, Alert) and e.state == "raised"]
    return told


def test_a_silent_still_box_is_told_after_ninety_minutes() -> None:
    (alert,) = alerts(1.6)
    assert (alert.kind, alert.severity) == ("too_quiet", "critical")
    assert alert.t_s - T == pytest.approx(5400, abs=60)


def test_a_kick_every_half_hour_is_life() -> None:
    assert alerts(1.6, kicks=True) == []


def test_a_muted_microphone_is_blindness_not_silence() -> None:
    assert [alert.kind for alert in alerts(1.6, muted=True)] == ["monitor_blind"]
