"""The lines of ``nursery check`` about the microphone and the scale, opened as the daemon does."""

from __future__ import annotations

import msgspec

from monitor.config import Config, ScaleConfig
from monitor.config_errors import HEADER_BCM
from monitor.core.health.codes import offset_binary
from monitor.core.health.scale_readings import RATES_HZ, diagnose_scale
from monitor.core.scale.converter import least_g
from monitor.devices.collect import Collected, open_tap
from monitor.devices.diagnosis import diagnose_sound, sound_problems
from monitor.host.standard_error import silent_libraries
from monitor.names import SourceName
from monitor.verbs.finding import Finding, State

LISTEN_S = 6.0
START_S = 4.0
"""for a source to deliver its first value: a Zero 2 W needs about 3 s to start Python"""
NOISE_LIMIT_G = 1.0
"""a day's gain of a small kitten is about 10 g: more noise than this hides it"""


def check_microphone(config: Config, busy: bool = False, listen_s: float = LISTEN_S) -> Finding:
    """Whether sound arrives, and whether its level makes sense.

    Args:
        config: names the microphone.
        busy: the daemon runs and has it open.
        listen_s: for how long to listen.
    """
    name: SourceName = "microphone"
    if (skipped := _not_tried(name, config.microphone.source, busy)) is not None:
        return skipped
    with silent_libraries():
        heard = _collect(config, name, listen_s)
    sound = diagnose_sound(heard.samples)
    if sound.level_db is None or sound.floor_db is None:
        return _blind(name, heard)
    if sound.dead:
        return Finding(name, "failed", f"the microphone {sound.dead}")
    text = (
        f"{heard.reason('is heard')}; level {sound.level_db:.0f} dBFS, "
        f"quietest {sound.floor_db:.0f} dBFS"
    )
    for problem, todo in sound_problems(sound):
        return Finding(name, "warning", f"{text}: {problem}", todo)
    return Finding(name, "ok", text)


def check_scale(config: Config, busy: bool = False, listen_s: float = LISTEN_S) -> Finding:
    """Whether values arrive, how many, how noisy; the arguments are those of the microphone."""
    name: SourceName = "scale"
    if (skipped := _not_tried(name, config.scale.source, busy)) is not None:
        return skipped
    heard = _collect(config, name, listen_s)
    scale = diagnose_scale(heard.times_s, heard.counts)
    if scale.rate_hz is None or scale.noise_counts is None or scale.mean_counts is None:
        blind = _blind(name, heard)
        if config.scale.source != "hx711":
            return blind
        return msgspec.structs.replace(blind, todo=pins_advice(config.scale))
    text = f"{scale.rate_hz:.1f} values a second, noise {scale.noise_counts:.0f} counts"
    if (offset := offset_binary(heard.counts)) is not None:
        return Finding(name, "failed", text, f"the scale {offset}")
    if scale.saturated * 2 > scale.values:
        return Finding(
            name, "failed", text, "at the end of the range: check the cell's four wires, and that "
            "nothing heavy stands on it",
        )  # fmt: skip
    return _weighed(config.scale, text, scale.rate_hz, scale.noise_counts, scale.mean_counts)


def _weighed(
    scale: ScaleConfig, text: str, rate_hz: float, noise_counts: float, mean_counts: float
) -> Finding:
    """What values within the range say, in grams."""
    factor, zero = scale.counts_per_gram, scale.zero_counts
    if factor is None or zero is None:
        return Finding(
            "scale", "warning", f"{text}; not calibrated, so nothing is weighed",
            "run: nursery calibrate scale",
        )  # fmt: skip
    noise_g = noise_counts / abs(factor)
    total_g = (mean_counts - zero) / factor
    text += f" = {noise_g:.2f} g, {total_g:.0f} g on it"
    state: State = "failed"
    todo = ""
    if scale.source == "hx711" and not RATES_HZ[0][0] <= rate_hz <= RATES_HZ[-1][1]:
        todo = "expected 10 or 80 a second: check the SCK wire"
    elif total_g > scale.capacity_g:
        todo = "more than the cell can carry: take weight off"
    elif total_g < least_g(scale):
        todo = "less than an empty platform: take everything off, then run: nursery calibrate scale"
    elif noise_g > NOISE_LIMIT_G:
        state = "warning"
        todo = "too restless: nothing may touch the box; check the cell's wires"
    return Finding("scale", state if todo else "ok", text, todo)


def _collect(config: Config, name: SourceName, listen_s: float) -> Collected:
    tap = open_tap(config, name)
    try:
        return tap.collect(listen_s, START_S)
    finally:
        tap.close()


def _not_tried(name: str, source: str, busy: bool) -> Finding | None:
    if source in {"none", "simulated"}:
        practice = "simulated: this is practice, there is nothing to check"
        return Finding(name, "skipped", "not configured" if source == "none" else practice)
    if busy and source in {"hx711", "sounddevice"}:
        return Finding(
            name, "skipped", "in use by the running monitor, which reports on it itself",
            "to test it here: sudo systemctl stop nursery",
        )  # fmt: skip
    return None


def pins_advice(scale: ScaleConfig) -> str:
    """What to do about a silent scale; also for whoever counted on the header instead of BCM."""
    pins = (scale.dout_pin, scale.sck_pin)
    counted = [f"{pin} would be {HEADER_BCM[pin]}" for pin in pins if pin in HEADER_BCM]
    named = f"dout_pin = {pins[0]} and sck_pin = {pins[1]} are BCM numbers"
    if not counted:
        return f"check power and wires; {named}"
    return f"check power and wires; {named}: if you counted on the header, {', '.join(counted)}"


def _blind(name: SourceName, heard: Collected) -> Finding:
    return Finding(name, "failed", f"the {name} {heard.reason('says nothing')}")
