"""The probe's line of ``nursery check``: one reading, the way the daemon gets it.

The kernel's files may be read beside the daemon. A thermometer of the house is listened to for some
seconds over a connection of its own; one that runs on a battery says nothing for an hour, so its
silence is a warning, and what the broker has kept is shown with that word.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import msgspec

from monitor.config import Config, ProbeConfig
from monitor.core.health.temperature import TemperatureWatch
from monitor.devices.one_wire import read_probe
from monitor.events import ProbeReading
from monitor.mqtt.connecting import Connect, connector
from monitor.mqtt.connection_events import Connected, Ended, Received, Refused, Subscribed
from monitor.mqtt.connection_settings import Intake, VersionChoice
from monitor.mqtt.thermometer import Thermometer
from monitor.recordings.probe_csv import read_probe_csv
from monitor.store.secrets import read_password
from monitor.verbs.finding import Finding

if TYPE_CHECKING:
    from monitor.mqtt.connection import Connection

LISTEN_S = 6.0
TRIES, APART_S = 3, 1.0
"""a single checksum error among good readings is nothing"""
INTAKE = Intake(kept_s=0)


def check_probe(
    config: Config, password: str | None = None, *, listen_s: float = LISTEN_S
) -> Finding:
    """Whether a temperature arrives, and whether it can be one of a nest.

    Args:
        config: the box's settings.
        password: the credential that root read for the service.
        listen_s: for how long to listen to a thermometer of the house.
    """
    probe = config.probe
    if probe.source == "none":
        return Finding("probe", "skipped", "not configured")
    if probe.source == "simulated":
        return Finding("probe", "skipped", "simulated: there is nothing to check")
    if probe.source == "mqtt":
        return _of_the_house(config, password or read_password(config.mqtt), listen_s)
    if probe.source == "csv":
        first = read_probe_csv(probe.file or "")[0]
        return _judged([ProbeReading(first.time_s, first.temperature_c)], "in the recording")
    return _judged(_readings(probe), "in the nest")


def _readings(probe: ProbeConfig) -> list[ProbeReading]:
    """One of the kernel's, or up to three where the first are none."""
    found = []
    for number in range(TRIES):
        if number:
            time.sleep(APART_S)
        temperature_c, fault = read_probe(probe)
        found.append(ProbeReading(10.0 * number, temperature_c, fault))
        if temperature_c is not None and TemperatureWatch().observe(found[-1]) is not None:
            break
    return found


def _judged(readings: list[ProbeReading], where: str) -> Finding:
    watch = TemperatureWatch()
    for reading in readings:
        if (believed := watch.observe(reading)) is not None:
            return Finding("probe", "ok", f"{believed:.1f} °C {where}")
    why = watch.doubt or readings[-1].fault or f"says {readings[-1].temperature_c} °C"
    return Finding(
        "probe", "failed", f"the probe {why}",
        'its three wires, the resistor and the overlay are drawn under "The probe" in '
        "docs/wiring.md",
    )  # fmt: skip


# ------------------------------------------------------------------ a thermometer of the house


class _Heard(msgspec.Struct):
    """What came of listening; the last message counts, a live one before a kept one."""

    why: str | None = "there was no answer from the broker"
    """why there is no connection"""
    refused: str | None = None
    message: Received | None = None


def _of_the_house(config: Config, password: str | None, listen_s: float) -> Finding:
    topic = config.probe.topic
    heard = _hear(config, connector(config.mqtt, password), listen_s)
    if heard.why is not None:
        return Finding("probe", "failed", f"{topic} cannot be heard: {heard.why}")
    if heard.refused is not None:
        return Finding(
            "probe", "failed", f"the broker's rules (ACL) refuse {topic}: {heard.refused}",
            f'let this box read "{topic}"',
        )  # fmt: skip
    if heard.message is None:
        return Finding(
            "probe", "warning", f"nothing came on {topic} within {listen_s:.0f} s",
            "a thermometer with a battery speaks when it gets warmer or colder: hold it in your "
            "hand and try again",
        )  # fmt: skip
    live = msgspec.structs.replace(heard.message, retain=False)
    reading = Thermometer(config.probe).received(live, 0.0, 0.0)
    if reading is None or reading.temperature_c is None:
        fault = "sends no number" if reading is None else reading.fault
        return Finding("probe", "failed", f"the thermometer {fault}", 'set "probe.field"')
    kept = " (kept at the broker; nobody knows since when)" if heard.message.retain else ""
    found = _judged([reading], f"on {topic}{kept}")
    return msgspec.structs.replace(found, todo="") if found.ok else found


def _hear(config: Config, connect: Connect, listen_s: float) -> _Heard:
    """Subscribe, in either version of MQTT, and listen."""
    heard, version = _Heard(), VersionChoice(config.mqtt.protocol)
    end_s = time.monotonic() + listen_s
    while time.monotonic() < end_s:
        connection = connect(version.current, f"nursery-check-probe-{os.getpid()}", intake=INTAKE)
        connection.open()
        try:
            wrong_version = _listen(connection, config.probe.topic, heard, end_s)
        finally:
            connection.close(0.5)
        if wrong_version is None or not version.over(wrong_version=wrong_version):
            break
    return heard


def _listen(connection: Connection, topic: str, heard: _Heard, end_s: float) -> bool | None:
    """Until something live came or time is up; ``None``, or whether it may be the version."""
    while time.monotonic() < end_s and not connection.is_ignored:
        event = connection.events.popleft() if connection.events else None
        if isinstance(event, Connected):
            heard.why = None
            connection.subscribe([topic])
        elif isinstance(event, Subscribed) and event.refused and event.refused[0] is not None:
            heard.refused = event.refused[0]
            return None
        elif isinstance(event, Received):
            heard.message = event
            if not event.retain:
                return None
        elif isinstance(event, Refused | Ended):
            heard.why = event.why
            return isinstance(event, Refused) and event.wrong_protocol
        else:
            time.sleep(0.02)
    return True if connection.is_ignored else None
