"""One source: what is known of it, and what state that makes.

Liveness is the age of the last data on the nursery timeline, never what a driver claims: audio
libraries report an unplugged microphone as "active" for ever and raise nothing. What the device
says of itself (restarting, failed) refines the picture while no data arrive.
"""

from __future__ import annotations

import msgspec

from monitor.alert_kinds import Severity
from monitor.events import SourceCondition, SourceReport
from monitor.times import spoken_duration
from monitor.timeshift import Moment

STALLED_S = 3.0
"""blocks come every 0.1 s (microphone) and at least every second (scale)"""
FAILED_S = 30.0
"""a USB microphone takes 5 to 10 s to come back after a bus reset; this is beyond that"""
STEADY_S = 5.0
"""real data for this long before a source counts as healthy again; stops a loose plug's flutter"""
STARTING = "starting"
BLIND_S = 15.0
"""not healthy for this long: a person must know. Shorter gaps are restarts that work."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a source may be silent, in seconds, and how loudly its end is told."""

    stalled_s: float = STALLED_S
    failed_s: float = FAILED_S
    steady_s: float = STEADY_S
    blind_s: float = BLIND_S
    severity: Severity = "critical"


LIVE = Patience()
"""microphone and scale: without them nobody watches"""


def probe_patience(silent_after_s: float) -> Patience:
    """Of a thermometer that may say nothing for so long; who is deaf to the nest still hears."""
    return Patience(
        stalled_s=silent_after_s,
        failed_s=2 * silent_after_s,
        steady_s=min(60.0, silent_after_s),
        blind_s=120.0,
        severity="warning",
    )


class SourceMemory(msgspec.Struct, kw_only=True):
    """What is known of one source."""

    state: SourceCondition = "healthy"
    why: str = STARTING
    since_s: Moment
    data_s: Moment
    """time of the newest data of any kind; before the first, when the wait for them began"""
    real_s: Moment | None = None
    """time of the newest data that can be real"""
    real_from_s: Moment | None = None
    """beginning of the present unbroken run of real data"""
    doubt: str = ""
    """why the newest data cannot be real; empty when they can"""
    fault: str = ""
    """what the weighing finds wrong with them"""
    report: SourceReport | None = None
    sick_s: Moment | None = None
    """since when it has not been healthy"""
    worked_s: float = 0.0
    """for how long it had delivered real data, without a break, until then"""
    proven: bool = False
    """it has worked, or not worked, since the monitor started: what it is can be judged"""


def judged(
    source: SourceMemory, now_s: float, patience: Patience = LIVE
) -> tuple[SourceCondition, str]:
    """The state of a source at ``now_s`` and why."""
    report, age_s = source.report, now_s - source.data_s
    reported = report is not None and report.state != "healthy" and report.t_s >= source.data_s
    if report is not None and reported:
        return ("failed" if age_s >= patience.failed_s else report.state), report.why
    if age_s >= patience.failed_s:
        return "failed", f"has sent nothing for more than {spoken_duration(patience.failed_s)}"
    if age_s >= patience.stalled_s:
        return "stalled", "sends nothing"
    if source.doubt or source.fault:
        return "failed", source.doubt or source.fault
    if source.real_s is None or source.real_from_s is None:
        return "healthy", STARTING
    broken = (
        now_s - source.real_s >= patience.stalled_s
        or now_s - source.real_from_s < patience.steady_s
    )
    if source.sick_s is not None and broken:
        return source.state, source.why
    said = report.why if report is not None and report.state == "healthy" else ""
    return "healthy", said or "delivers data"
