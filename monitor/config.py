"""One TOML file becomes frozen structs; anything wrong is one sentence naming the key.

Units are in the keys. A key nobody knows, a wrong type, a pin used twice or a combination that
cannot work is a ``ConfigError``: a monitor that starts with half its settings ignored is worse
than one that refuses.
"""

from __future__ import annotations

import ipaddress
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from monitor import config_errors
from monitor.errors import ConfigError
from monitor.names import SOURCES, SourceName

Positive = Annotated[float, Meta(gt=0)]
Minutes = Annotated[float, Meta(gt=0, le=1440)]
Pin = Annotated[int, Meta(ge=0, le=27)]
Port = Annotated[int, Meta(ge=1, le=65535)]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

SEARCH_PATHS = (Path("nursery.toml"), Path("/etc/nursery/nursery.toml"))


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class MicrophoneConfig(_Section, frozen=True, kw_only=True):
    """Where the sound comes from."""

    source: Literal["sounddevice", "wav", "simulated", "none"] = "none"
    device: str = ""
    """part of the device's name; names survive a reboot, numbers do not; "" = system default"""
    file: str | None = None
    """for source "wav" """
    model: str | None = None
    """a fine-tuned cry model instead of the one that ships"""
    keep_cries_days: Annotated[float, Meta(ge=0, le=90)] = 0.0
    """short recordings of cries are kept on this machine for so long; 0: no sound is ever kept"""
    keep_cries_mb: Annotated[float, Meta(ge=1, le=10_000)] = 100.0
    """... and the oldest go when all together are larger"""


class ScaleConfig(_Section, frozen=True, kw_only=True):
    """Where the weights come from, and the scale's calibration."""

    source: Literal["hx711", "csv", "simulated", "none"] = "none"
    driver: Literal["gpiozero", "hx711-package"] = "gpiozero"
    dout_pin: Pin = 5
    sck_pin: Pin = 6
    file: str | None = None
    """for source "csv" """
    counts_per_gram: float | None = None
    """negative when the cell is wired the other way round; None = not calibrated"""
    zero_counts: float | None = None
    """converter value of the empty platform"""
    capacity_g: Positive = 5000.0

    @property
    def calibrated(self) -> bool:
        """True when counts can be turned into grams."""
        return self.counts_per_gram is not None and self.zero_counts is not None


class NightConfig(_Section, frozen=True, kw_only=True):
    """Quiet hours in local time: they soften what is not critical."""

    from_: ClockTime = msgspec.field(name="from", default="22:00")
    to: ClockTime = "07:00"


class AlertsConfig(_Section, frozen=True, kw_only=True):
    """When and how often a person is told."""

    night: NightConfig = NightConfig()
    too_quiet_after_min: Minutes = 90.0
    remind_every_min: Minutes = 10.0
    """first interval between reminders; they slow down from there"""
    cry_after_s: Annotated[float, Meta(ge=0, le=600)] = 20.0
    """seconds of crying in one incident before anybody is told"""


class PanelConfig(_Section, frozen=True, kw_only=True):
    """Optional parts on the box; a pin left out means the part is not there."""

    led_pin: Pin | None = None
    buzzer_pin: Pin | None = None
    button_pin: Pin | None = None


class MqttConfig(_Section, frozen=True, kw_only=True):
    """The broker and how to talk to it."""

    host: Annotated[str, Meta(min_length=1)] = "localhost"
    port: Port | None = None
    """8883 with TLS, 1883 without"""
    tls: bool | None = None
    """None: on, unless the broker is on this machine; a plain line needs tls = false"""
    ca_file: str | None = None
    username: str | None = None
    password_file: str | None = None
    """a file only its owner can read, or the systemd credential "mqtt-password" """
    protocol: Literal["5", "3.1.1"] = "5"
    keepalive_s: Annotated[int, Meta(ge=5, le=600)] = 20
    discovery: Literal["device", "entity", "off"] = "device"
    discovery_prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_/-]+$")] = "homeassistant"
    birth_topic: Annotated[str, Meta(pattern=r"^[^+#\x00]+$")] = "homeassistant/status"
    """where Home Assistant says that it has started; it does not follow the discovery prefix"""

    @property
    def use_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.tls if self.tls is not None else not self.is_loopback

    @property
    def is_loopback(self) -> bool:
        """Whether the broker is certainly on this machine.

        Only ``localhost`` and loopback addresses are certain: what another name means is up to
        whoever answers the resolver (``127.example.org`` is anybody's).
        """
        return is_loopback(self.host)

    @property
    def port_number(self) -> int:
        """The port in force."""
        return self.port if self.port is not None else (8883 if self.use_tls else 1883)


class NotifyConfig(_Section, frozen=True, kw_only=True):
    """Real pushes to phones without Home Assistant, by Apprise URLs (ntfy, Pushover, ...)."""

    urls: list[str] = []
    """who hears everything that is news"""
    critical_urls: list[str] = []
    """where critical alerts go instead, for example the same service at its highest priority"""
    escalation_urls: list[str] = []
    """who hears, as well, of a critical alert that nobody acknowledged"""
    urls_file: str | None = None
    """a file only its owner can read with more ``urls``, one per line: they hold passwords"""
    from_severity: Literal["info", "warning", "critical"] = "info"


class Config(_Section, frozen=True, kw_only=True):
    """The whole file."""

    box: Annotated[str, Meta(min_length=1, max_length=48)]
    state_dir: str = "/var/lib/nursery"
    trust_clock: bool = False
    """a battery clock keeps the time here: it is right without a network"""
    microphone: MicrophoneConfig = MicrophoneConfig()
    scale: ScaleConfig = ScaleConfig()
    alerts: AlertsConfig = AlertsConfig()
    panel: PanelConfig = PanelConfig()
    mqtt: MqttConfig = MqttConfig()
    notify: NotifyConfig = NotifyConfig()

    @property
    def sources(self) -> tuple[SourceName, ...]:
        """Those that the box has."""
        return tuple(name for name in SOURCES if getattr(self, name).source != "none")

    @property
    def journal_path(self) -> Path:
        """The SQLite file."""
        return Path(self.state_dir) / "journal.sqlite"


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def find_config(path: str | None) -> Path:
    """The file named, else $NURSERY_CONFIG, else the first of SEARCH_PATHS that exists."""
    chosen = path or os.environ.get("NURSERY_CONFIG")
    if chosen:
        return Path(chosen)
    for candidate in SEARCH_PATHS:
        try:
            candidate.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            pass  # it is there, but not for this user: reading it tells what to do
        return candidate
    tried = ", ".join(str(p) for p in SEARCH_PATHS)
    raise ConfigError(f"no configuration found (tried {tried}): name one with --config PATH")


def load_config(path: str | Path) -> Config:
    """Read and check a TOML file.

    Raises:
        ConfigError: one sentence with the file and the key.
    """
    try:
        raw = Path(path).read_bytes()
    except IsADirectoryError as error:
        raise ConfigError(f"{path} is a directory: name the file in it") from error
    except PermissionError as error:
        raise ConfigError(
            f'cannot read {path}: only the service and root may; put "sudo" before the command, '
            "or name another file with --config PATH"
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from error
    return parse_config(raw, str(path))


def parse_config(raw: bytes, origin: str) -> Config:
    """Like ``load_config`` for bytes; ``origin`` names them in errors."""
    if (mark := config_errors.byte_order_mark(raw)) is not None:
        raise ConfigError(f"{origin} {mark}")
    try:
        config = msgspec.toml.decode(raw, type=Config)
    except msgspec.ValidationError as error:
        told = config_errors.sentence(str(error), Config, config_errors.untyped(raw))
        raise ConfigError(f"{origin}: {told}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise ConfigError(f"{origin} is not valid TOML: {error}") from error
    for problem in _impossible(config):
        raise ConfigError(f"{origin}: {problem}")
    return config


def _impossible(config: Config) -> Iterator[str]:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", config.box):
        yield (
            f'"box" is {config.box!r}, but it becomes part of every topic: '
            'use lower-case letters, digits, "-" and "_" only'
        )
    yield from _pin_clashes(config)
    scale, microphone = config.scale, config.microphone
    for key in ("counts_per_gram", "zero_counts", "capacity_g"):
        value = getattr(scale, key)
        if value is not None and not math.isfinite(value):
            yield f'"scale.{key}" is {value}: give a number'
    if scale.counts_per_gram == 0:
        yield '"scale.counts_per_gram" is 0: run "nursery calibrate scale"'
    if (scale.counts_per_gram is None) != (scale.zero_counts is None):
        yield '"scale.counts_per_gram" and "scale.zero_counts" belong together: give both'
    if scale.source == "csv" and not scale.file:
        yield '"scale.file" is missing: source "csv" needs the path of a CSV'
    if microphone.source == "wav" and not microphone.file:
        yield '"microphone.file" is missing: source "wav" needs the path of a recording'
    yield from _impossible_broker(config.mqtt)


def broker(host: str, **settings: Any) -> MqttConfig:
    """Settings of a broker that was named on the command line, judged like those of a file.

    Raises:
        ConfigError: one sentence with the option.
    """
    given = {"host": host} | {key: value for key, value in settings.items() if value is not None}
    try:
        config = msgspec.convert(given, MqttConfig)
    except msgspec.ValidationError as error:
        told = config_errors.sentence(str(error), MqttConfig, given)
        raise ConfigError(re.sub(r'"(\w+)"', _option, told, count=1)) from error
    for problem in _impossible_broker(config):
        raise ConfigError(re.sub(r'"mqtt\.(\w+)"', _option, problem))
    return config


def _option(key: re.Match[str]) -> str:
    return f"--{key[1].replace('_', '-')}"


def _impossible_broker(mqtt: MqttConfig) -> Iterator[str]:
    if (problem := config_errors.host_problem(mqtt.host)) is not None:
        yield f'"mqtt.host" {problem}'
    if mqtt.password_file and not mqtt.username:
        yield '"mqtt.password_file" is given, but "mqtt.username" is missing: give both or neither'
    if mqtt.ca_file and not mqtt.use_tls:
        yield '"mqtt.ca_file" is set but TLS is off: set mqtt.tls = true or remove it'


def _pin_clashes(config: Config) -> Iterator[str]:
    named: dict[str, int | None] = {}
    if config.scale.source == "hx711":
        named |= {"scale.dout_pin": config.scale.dout_pin, "scale.sck_pin": config.scale.sck_pin}
    named |= {f"panel.{key}": getattr(config.panel, key) for key in PanelConfig.__struct_fields__}
    taken: dict[int, str] = {}
    for key, pin in named.items():
        if pin is None:
            continue
        if pin in taken:
            yield f'pin {pin} is used twice, by "{taken[pin]}" and "{key}": give one another pin'
        taken[pin] = key
