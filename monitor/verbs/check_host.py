"""The lines of ``nursery check`` about the computer: clock, supply, temperature, free space."""

from __future__ import annotations

from monitor.config import Config
from monitor.events import HostReport
from monitor.host.clock_sync import ClockSync
from monitor.verbs.finding import Finding

FREE_BYTES = 500_000_000
HOT_C = 80.0
"""a Pi slows down from here (Raspberry Pi documentation)"""


def check_clock(config: Config) -> Finding:
    """Whether the clock is set, so that times are right."""
    if config.trust_clock:
        return Finding("clock", "ok", "trusted, as the configuration says")
    if ClockSync()():
        return Finding("clock", "ok", "synchronised")
    return Finding(
        "clock", "warning", "not synchronised: gains are unknown until it is; durations are right",
        "connect the network, or run: timedatectl status; with a battery clock: trust_clock = true",
    )  # fmt: skip


def check_power(host: HostReport) -> Finding:
    """Whether the Pi gets its voltage: a weak supply falsifies weights before anything crashes."""
    if host.under_voltage is None:
        return Finding("power", "skipped", "this machine does not tell its supply voltage")
    if host.under_voltage:
        return Finding(
            "power", "failed", "under-voltage now, less than 4.63 V: weights cannot be trusted",
            "use the Pi's own supply and a short, thick cable",
        )  # fmt: skip
    if host.throttled:
        return Finding(
            "power", "warning", "the processor is throttled", "cool it, check the supply"
        )
    return Finding("power", "ok", "supply voltage is right")


def check_temperature(host: HostReport) -> Finding:
    """Whether the Pi is below the temperature at which it slows down."""
    degrees = host.temperature_c
    if degrees is None:
        return Finding("temperature", "skipped", "this machine does not tell its temperature")
    if degrees >= HOT_C:
        return Finding(
            "temperature", "failed", f"{degrees:.0f} °C: too hot", "move it away from the heat pad"
        )
    return Finding("temperature", "ok", f"{degrees:.0f} °C")


def check_disk(host: HostReport, state_dir: str) -> Finding:
    """Whether there is space for the journal."""
    free = host.disk_free_bytes
    if free is None:
        return Finding("disk", "skipped", f"{state_dir} does not exist yet")
    text = f"{free / 1e9:.1f} GB free"
    if free < FREE_BYTES:
        return Finding("disk", "warning", text, "free some space: the journal needs it")
    return Finding("disk", "ok", text)
