"""How much one engine carries: all boxes at once after a power cut, then their daily work."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

from tests.system.cluster.engine import Engine
from tests.system.cluster.fleet import Fleet
from tests.system.cluster.storm import Ear

STEADY_S = 30.0
SETTLE_S = 5.0


class Load(msgspec.Struct):
    """One number of boxes on one engine."""

    boxes: int
    online: int
    """boxes that had their broker by then"""
    online_s: float
    """from the power coming back until the last box had its broker"""
    burst_p99_s: float
    """of alerts raised until then"""
    p50_ms: float
    p99_ms: float
    core_pct: float
    """of all nodes together, in the daily work"""
    kb_per_box: float
    """what the nodes' memory grew by"""

    def __str__(self) -> str:
        return (
            f"{self.online} of {self.boxes} boxes online after {self.online_s:.1f} s, "
            f"alerts meanwhile p99 {self.burst_p99_s:.1f} s; "
            f"then p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.0f} ms, "
            f"{self.core_pct:.1f} % of a core, {self.kb_per_box:.0f} KB a box"
        )


def loaded(engine: Engine, spread_s: float) -> Load:
    """All boxes of an engine start within ``spread_s``, then work for half a minute."""
    total = len(engine.boxes)
    kept_kb = _memory_kb(engine)
    ear = Ear(engine, engine.answers(), "listener")
    ear.tend()
    begun_s = time.time()
    fleet = Fleet(engine, max(4.0, total / 33), spread_s=spread_s)
    try:
        online, online_s = fleet.connected()
        online_at_s = time.time()
        time.sleep(SETTLE_S)
        steady_at_s, before_s = time.time(), _cpu_s(engine)
        time.sleep(STEADY_S)
        used_s = _cpu_s(engine) - before_s
        grown_kb = _memory_kb(engine) - kept_kb
        fleet.begin()
        told = fleet.end()
        time.sleep(2.0)
    finally:
        fleet.close()
        ear.close()
    raised = {f"{box.box} {alert}": float(alert.removeprefix("crying-"))
              for box in told for alert in box.raised}  # fmt: skip
    delays = sorted((raised[key], at - raised[key]) for key, at in ear.at.items())
    burst = sorted(delay for at, delay in delays if begun_s <= at <= online_at_s)
    steady = sorted(delay for at, delay in delays if at >= steady_at_s)
    return Load(
        boxes=total, online=online, online_s=online_s, burst_p99_s=_quantile(burst, 0.99),
        p50_ms=1000 * _quantile(steady, 0.5), p99_ms=1000 * _quantile(steady, 0.99),
        core_pct=100 * used_s / STEADY_S, kb_per_box=grown_kb / total,
    )  # fmt: skip


def _quantile(ordered: list[float], part: float) -> float:
    return ordered[int(len(ordered) * part)] if ordered else float("nan")


def _cpu_s(engine: Engine) -> float:
    ticks = 0
    for node in engine.nodes:
        fields = Path(f"/proc/{engine.pid(node)}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory_kb(engine: Engine) -> int:
    told = [Path(f"/proc/{engine.pid(node)}/status").read_text() for node in engine.nodes]
    lines = [line for text in told for line in text.splitlines() if line.startswith("VmRSS")]
    return sum(int(line.split()[1]) for line in lines)
