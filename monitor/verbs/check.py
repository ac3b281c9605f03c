"""``nursery check``: ten seconds that tell whether a night can be trusted to this box.

One line per part, each with what was measured and, where something is wrong, what to do. Parts
are tried side by side and on their own, through the same code the daemon uses; nothing of the
box's is written or changed.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

import msgspec

from monitor.config import Config, ScaleConfig, is_loopback
from monitor.config_errors import HEADER_BCM
from monitor.core.health.codes import offset_binary
from monitor.core.scale.converter import least_g
from monitor.devices import open_sources
from monitor.devices.collect import Collected, Tap
from monitor.devices.diagnosis import diagnose_scale, diagnose_sound
from monitor.errors import NurseryError
from monitor.host.clock_sync import ClockSync
from monitor.host.ownership import is_there, open_own, refuse_link
from monitor.host.probe import HostProbe
from monitor.host.timeline import Timeline
from monitor.store.card import can_be_read, kept_aside
from monitor.store.kept_journals import sentence
from monitor.store.lock import StateLock
from monitor.store.reading import JournalReader
from monitor.verbs.check_broker import check_broker
from monitor.verbs.check_identity import check_identity
from monitor.verbs.check_push import check_push
from monitor.verbs.finding import Finding

LISTEN_S = 6.0
START_S = 4.0
"""for a source to deliver its first value: a Zero 2 W needs about 3 s to start Python"""
FEWEST_HZ, MOST_HZ = 8.0, 100.0
"""an HX711 gives 10 or 80 values a second, up to 17 % faster on its own oscillator"""
NOISE_LIMIT_G = 1.0
"""a day's gain of a small kitten is about 10 g: more noise than this hides it"""
QUIET_DB, LOUD_FLOOR_DB = -75.0, -35.0
"""room floors that mean: gain all the way down; nothing fainter than shouting can be heard"""
FREE_BYTES = 500_000_000
HOT_C = 80.0
"""a Pi slows down from here (Raspberry Pi documentation)"""


def run_check(
    config: Config,
    as_json: bool,
    out: TextIO,
    *,
    password: str | None = None,
    push: bool = False,
) -> int:
    """Check everything and write a line each to ``out``; 1 if anything failed, else 0.

    ``password`` is the credential that root read for the service before it became its user.
    With ``push`` one is sent to every route of ``[notify]``.
    """
    busy = _daemon_runs(config)
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("microphone", lambda: check_microphone(config, busy)),
        ("scale", lambda: check_scale(config, busy)),
        ("broker", lambda: check_broker(config, password, busy=busy)),
        ("identity", lambda: check_identity(config, busy=busy)),
        ("push", lambda: check_push(config, send=push)),
        ("encryption", lambda: check_encryption(config)),
        ("journal", lambda: check_journal(config)),
        ("clock", lambda: check_clock(config)),
        ("power", lambda: check_power(config)),
        ("temperature", lambda: check_temperature(config)),
        ("disk", lambda: check_disk(config)),
    ]
    with ThreadPoolExecutor(len(checks)) as pool:
        running = [(name, pool.submit(check)) for name, check in checks]
        findings = [_finding(name, future.result) for name, future in running]
    for finding in findings:
        out.write(_json(finding) if as_json else _line(finding))
    return 0 if all(finding.ok for finding in findings) else 1


def _finding(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (NurseryError, OSError) as error:
        return Finding(name, "failed", str(error))


def _line(finding: Finding) -> str:
    mark = {"ok": "ok     ", "warning": "WARNING", "failed": "FAILED ", "skipped": "skipped"}
    todo = f"\n{'':21}-> {finding.todo}" if finding.todo else ""
    return f"{mark[finding.state]}  {finding.check:<11} {finding.text}{todo}\n"


def _json(finding: Finding) -> str:
    document = {"check": finding.check, "ok": finding.ok, "state": finding.state}
    document |= {"text": finding.text, "todo": finding.todo}
    return msgspec.json.encode(document).decode() + "\n"


def _daemon_runs(config: Config) -> bool:
    try:
        if not is_there(config.journal_path.parent / "daemon.lock"):
            return False
        with StateLock(config.state_dir) as lock:
            return not lock.take()
    except NurseryError:
        return False


# --------------------------------------------------------------------------- the sources


def _collect(config: Config, name: str) -> Collected:
    timeline = Timeline.from_wall_clock()
    source = next(s for s in open_sources(config, timeline) if s.name == name)
    tap = Tap(source)
    try:
        return tap.take(LISTEN_S, START_S)
    finally:
        tap.close()


def _not_tried(name: str, source: str, busy: bool) -> Finding | None:
    if source in {"none", "simulated"}:
        text = "not configured" if source == "none" else "simulated: there is nothing to check"
        return Finding(name, "skipped", text)
    if busy and source in {"hx711", "sounddevice"}:
        return Finding(
            name, "skipped", "in use by the running monitor, which reports on it itself",
            "to test it here: sudo systemctl stop nursery",
        )  # fmt: skip
    return None


def _pins(scale: ScaleConfig) -> str:
    """For who counted pins on the header, where BCM numbers belong."""
    pins = (scale.dout_pin, scale.sck_pin)
    counted = [f"{pin} would be {HEADER_BCM[pin]}" for pin in pins if pin in HEADER_BCM]
    told = f"dout_pin = {pins[0]} and sck_pin = {pins[1]} are BCM numbers"
    if not counted:
        return f"check power and wires; {told}"
    return f"check power and wires; {told}: if you counted on the header, {', '.join(counted)}"


def _blind(name: str, label: str, heard: Collected) -> Finding:
    why = heard.report.why if heard.report is not None else "says nothing"
    return Finding(name, "failed", f"{label} {why}")


def check_microphone(config: Config, busy: bool = False) -> Finding:
    """Whether sound arrives, and whether its level makes sense."""
    name = "microphone"
    if (skipped := _not_tried(name, config.microphone.source, busy)) is not None:
        return skipped
    heard = _collect(config, name)
    sound = diagnose_sound(heard.samples)
    if sound.level_db is None or sound.floor_db is None or sound.clipped is None:
        return _blind(name, "the microphone", heard)
    if sound.dead:
        return Finding(name, "failed", f"the microphone {sound.dead}")
    why = heard.report.why if heard.report is not None else "is heard"
    text = f"{why}; level {sound.level_db:.0f} dBFS, quietest {sound.floor_db:.0f} dBFS"
    if sound.clipped > 1e-3:
        return Finding(name, "warning", f"{text}; clips", "turn the capture level down (alsamixer)")
    if sound.floor_db < QUIET_DB:
        return Finding(
            name, "warning", f"{text}: hardly anything arrives",
            "turn the capture level up (alsamixer, F4)",
        )  # fmt: skip
    if sound.floor_db > LOUD_FLOOR_DB:
        return Finding(
            name, "warning", f"{text}: the room is loud",
            "move the microphone away from fans and pumps",
        )  # fmt: skip
    if sound.hum_hz is not None:
        return Finding(
            name, "warning", f"{text}; {sound.hum_hz:.0f} Hz hum stands {sound.hum_over_db:.0f} dB "
            "out", "keep the cable away from mains leads; try another power supply",
        )  # fmt: skip
    return Finding(name, "ok", text)


def check_scale(config: Config, busy: bool = False) -> Finding:
    """Whether values arrive, how many, how noisy."""
    name = "scale"
    if (skipped := _not_tried(name, config.scale.source, busy)) is not None:
        return skipped
    heard = _collect(config, name)
    scale = diagnose_scale(heard.times_s, heard.counts)
    if scale.rate_hz is None or scale.noise_counts is None or scale.mean_counts is None:
        blind = _blind(name, "the scale", heard)
        if config.scale.source != "hx711":
            return blind
        return msgspec.structs.replace(blind, todo=_pins(config.scale))
    text = f"{scale.rate_hz:.1f} values a second, noise {scale.noise_counts:.0f} counts"
    if (offset := offset_binary(heard.counts)) is not None:
        return Finding(name, "failed", text, f"the scale {offset}")
    if scale.saturated * 2 > scale.values:
        return Finding(
            name, "failed", text, "at the end of the range: check the cell's four wires, and that "
            "nothing heavy stands on it",
        )  # fmt: skip
    factor, zero = config.scale.counts_per_gram, config.scale.zero_counts
    if factor is None or zero is None:
        return Finding(
            name, "warning", f"{text}; not calibrated, so nothing is weighed",
            "run: nursery calibrate scale",
        )  # fmt: skip
    noise_g = scale.noise_counts / abs(factor)
    total_g = (scale.mean_counts - zero) / factor
    text += f" = {noise_g:.2f} g, {total_g:.0f} g on it"
    if config.scale.source == "hx711" and not FEWEST_HZ <= scale.rate_hz <= MOST_HZ:
        return Finding(name, "failed", text, "expected 10 or 80 a second: check the SCK wire")
    if total_g > config.scale.capacity_g:
        return Finding(name, "failed", text, "more than the cell can carry: take weight off")
    if total_g < least_g(config.scale):
        return Finding(
            name, "failed", text, "less than an empty platform: take everything off, then run: "
            "nursery calibrate scale",
        )  # fmt: skip
    if noise_g > NOISE_LIMIT_G:
        return Finding(
            name, "warning", text, "too restless: nothing may touch the box; check the cell's wires"
        )
    return Finding(name, "ok", text)


# --------------------------------------------------------------------------- the rest


def check_encryption(config: Config) -> Finding:
    """Whether anybody on the network can listen to the line, or speak on it."""
    mqtt = config.mqtt
    if mqtt.use_tls:
        whose = f"the authority in {mqtt.ca_file}" if mqtt.ca_file else "a public authority"
        return Finding("encryption", "ok", f"TLS; the broker proves its name by {whose}")
    if mqtt.is_loopback or _leads_here(mqtt.host):
        return Finding("encryption", "ok", f"none needed: {mqtt.host} is this machine")
    return Finding(
        "encryption", "warning",
        f"the line to {mqtt.host} is plain: anybody on the network can read the password, "
        "silence alerts and fake them",
        'set tls = true and ca_file under [mqtt]; see "A broker of your own" in docs/service.md',
    )  # fmt: skip


def _leads_here(host: str) -> bool:
    """Whether every address of a name is a loopback address, as of now."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(is_loopback(str(address[0])) for *_, address in found)


def check_journal(config: Config) -> Finding:
    """Whether the journal is sound and its directory can be written."""
    path = config.journal_path
    folder = path.parent
    if not is_there(folder):
        return Finding(
            "journal", "failed", f"{folder} does not exist",
            "run: sudo nursery install, or set state_dir to a directory you own",
        )  # fmt: skip
    if not os.access(folder, os.W_OK):
        return Finding(
            "journal", "failed", f"{folder} cannot be written by this user",
            "run: sudo nursery check",
        )  # fmt: skip
    for name in ("daemon.lock", f"{path.name}-wal", f"{path.name}-shm"):
        refuse_link(folder / name)
    if not is_there(path):
        return Finding("journal", "ok", f"{path} will be created at the first start")
    os.close(open_own(path, os.O_RDONLY))
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2.0)
        try:
            verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok" and not can_be_read(path):
        return Finding(
            "journal", "failed", f"the card does not answer for {path}",
            "the monitor goes on in memory meanwhile; check the card, or replace it",
        )  # fmt: skip
    if verdict != "ok":
        return Finding(
            "journal", "failed", f"{path} is damaged: {verdict}",
            "copy it away; the monitor starts a new one and keeps the old aside",
        )  # fmt: skip
    return _what_lies_beside(path) or Finding(
        "journal", "ok", f"{path}, {path.stat().st_size / 1e6:.1f} MB, is sound"
    )


def _what_lies_beside(path: Path) -> Finding | None:
    """Other journals that wait for a person, and values that were left out within a day."""
    if files := kept_aside(path, "copy"):
        told = " ".join(sentence(file) for file in files)
        return Finding("journal", "warning", "another journal is kept aside", told)
    journal = JournalReader.open_for_reading(path)
    try:
        counts = journal.rejected_since(time.time() - 86_400.0)
    finally:
        journal.close()
    if not counts:
        return None
    where = ", ".join(f"{table} {count}" for table, count in sorted(counts.items()))
    return Finding(
        "journal", "warning", f"stored values were damaged and are left out ({where})",
        "check the list of babies and their weights: nursery baby list",
    )  # fmt: skip


def check_clock(config: Config) -> Finding:
    """Whether times can be shown with confidence."""
    if config.trust_clock:
        return Finding("clock", "ok", "trusted, as the configuration says")
    if ClockSync()():
        return Finding("clock", "ok", "synchronised")
    return Finding(
        "clock", "warning", "not synchronised: gains are unknown until it is; durations are right",
        "connect the network, or run: timedatectl status; with a battery clock: trust_clock = true",
    )  # fmt: skip


def check_power(config: Config) -> Finding:
    """Whether the Pi gets its voltage: a weak supply bends weights before it crashes anything."""
    report = HostProbe(config).report(0.0)
    if report.under_voltage is None:
        return Finding("power", "skipped", "this machine does not tell its supply voltage")
    if report.under_voltage:
        return Finding(
            "power", "failed", "under-voltage now, less than 4.63 V: weights cannot be trusted",
            "use the Pi's own supply and a short, thick cable",
        )  # fmt: skip
    if report.throttled:
        return Finding(
            "power", "warning", "the processor is throttled", "cool it, check the supply"
        )
    return Finding("power", "ok", "supply voltage is right")


def check_temperature(config: Config) -> Finding:
    """Whether the Pi is cool enough to keep up."""
    degrees = HostProbe(config).report(0.0).temperature_c
    if degrees is None:
        return Finding("temperature", "skipped", "this machine does not tell its temperature")
    if degrees >= HOT_C:
        return Finding(
            "temperature", "failed", f"{degrees:.0f} °C: too hot", "move it away from the heat pad"
        )
    return Finding("temperature", "ok", f"{degrees:.0f} °C")


def check_disk(config: Config) -> Finding:
    """Whether there is space for the journal."""
    free = HostProbe(config).report(0.0).disk_free_bytes
    if free is None:
        return Finding("disk", "skipped", f"{config.state_dir} does not exist yet")
    text = f"{free / 1e9:.1f} GB free"
    if free < FREE_BYTES:
        return Finding("disk", "warning", text, "free some space: the journal needs it")
    return Finding("disk", "ok", text)
