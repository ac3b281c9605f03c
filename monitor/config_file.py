"""One TOML file becomes ``Config``; anything wrong is one sentence naming the key.

A key nobody knows, a wrong type, a pin used twice or a combination that cannot work is a
``ConfigError``: a monitor that starts with half its settings ignored is worse than one that
refuses.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from monitor import config_errors
from monitor.config import (
    SIMULATED_COUNTS_PER_GRAM,
    SIMULATED_ZERO_COUNTS,
    Config,
    MqttConfig,
    PageConfig,
    PageFile,
    PanelConfig,
    ProbeConfig,
    ShelterConfig,
)
from monitor.errors import ConfigError

S = TypeVar("S", bound=msgspec.Struct)

SEARCH_PATHS = (Path("nursery.toml"), Path("/etc/nursery/nursery.toml"))


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
    return parse_config(read_config(path), str(path))


def read_config(path: str | Path) -> bytes:
    """The content of a configuration file, unread.

    Raises:
        ConfigError: one sentence with the file.
    """
    try:
        return Path(path).read_bytes()
    except IsADirectoryError as error:
        raise ConfigError(f"{path} is a directory: name the file in it") from error
    except PermissionError as error:
        raise ConfigError(
            f'cannot read {path}: only the service and root may; put "sudo" before the command, '
            "or name another file with --config PATH"
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from error


def parse_config(raw: bytes, origin: str) -> Config:
    """Like ``load_config`` for bytes; ``origin`` names them in errors."""
    config = _decoded(raw, origin, Config)
    for problem in _impossible(config):
        raise ConfigError(f"{origin}: {problem}")
    return _calibrated(config)


def _calibrated(config: Config) -> Config:
    """A simulated scale knows its own calibration; another one is somebody's to measure."""
    scale = config.scale
    if scale.source != "simulated" or scale.calibrated:
        return config
    known = msgspec.structs.replace(
        scale,
        counts_per_gram=SIMULATED_COUNTS_PER_GRAM,
        zero_counts=SIMULATED_ZERO_COUNTS,
    )
    return msgspec.structs.replace(config, scale=known)


def load_page_config(
    path: str | Path, *, host: str | None = None, port: int | None = None
) -> tuple[MqttConfig, PageConfig]:
    """The broker and the page's own settings, from a box's file or from one without a box.

    ``host`` and ``port``, where given, are used instead of the file's.

    Raises:
        ConfigError: one sentence with the file and the key.
    """
    found = _with_or_without_a_box(path)
    page = found.page
    for problem in _impossible_page(page):
        raise ConfigError(f"{path}: {problem}")
    if host is not None:
        page = msgspec.structs.replace(page, host=host)
    if port is not None:
        page = msgspec.structs.replace(page, port=port)
    return found.mqtt, page


def load_shelter_config(path: str | Path) -> tuple[MqttConfig, ShelterConfig]:
    """The broker and what is said of many boxes, from a box's file or from one without a box.

    Raises:
        ConfigError: one sentence with the file and the key.
    """
    found = _with_or_without_a_box(path)
    return found.mqtt, found.shelter


def rooms_beside(path: str | Path, shelter: ShelterConfig) -> ShelterConfig:
    """The same with the rooms of ``shelter.toml`` beside the file, where it names none itself.

    One that is not there, or that ``nursery records`` refuses, too, changes nothing.
    """
    beside = Path(path).with_name("shelter.toml")
    if shelter.rooms or not os.access(beside, os.R_OK):
        return shelter
    try:
        _, found = load_shelter_config(beside)
    except ConfigError:
        return shelter
    return msgspec.structs.replace(shelter, rooms=found.rooms)


def _with_or_without_a_box(path: str | Path) -> Config | PageFile:
    raw = read_config(path)
    if "box" in (config_errors.untyped(raw) or {}):
        return parse_config(raw, str(path))
    found = _decoded(raw, str(path), PageFile)
    for problem in _impossible_broker(found.mqtt):
        raise ConfigError(f"{path}: {problem}")
    return found


def _decoded(raw: bytes, origin: str, kind: type[S]) -> S:
    if (mark := config_errors.byte_order_mark(raw)) is not None:
        raise ConfigError(f"{origin} {mark}")
    try:
        return msgspec.toml.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        told = config_errors.sentence(str(error), kind, config_errors.untyped(raw))
        raise ConfigError(f"{origin}: {told}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise ConfigError(f"{origin} is not valid TOML: {error}") from error


def _impossible_page(page: PageConfig) -> Iterator[str]:
    for given, missing in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if getattr(page, given) and not getattr(page, missing):
            yield f'"page.{given}" is given, but "page.{missing}" is missing: give both or neither'
    if page.password_file and not page.username:
        yield '"page.password_file" is given, but "page.username" is missing: give both or neither'


def overlaid(raw: bytes, values: Mapping[str, Any]) -> Config:
    """The configuration in ``raw`` with these values over it, judged as one.

    ``values`` are plain, by dotted key; ``None``: there is none.

    Raises:
        ConfigError: they do not fit; a sentence that names the key and no file.
    """
    tables: dict[str, Any] = msgspec.toml.decode(raw)
    for key, value in values.items():
        *path, name = key.split(".")
        table = tables
        for part in path:
            table = table.setdefault(part, {})
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value
    try:
        config = msgspec.convert(tables, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(config_errors.sentence(str(error), Config, tables)) from error
    for problem in _impossible(config):
        raise ConfigError(problem)
    return _calibrated(config)


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
    yield from _impossible_probe(config.probe, config.box)
    yield from _impossible_broker(config.mqtt)


def _impossible_probe(probe: ProbeConfig, box: str) -> Iterator[str]:
    if probe.source == "csv" and not probe.file:
        yield '"probe.file" is missing: source "csv" needs the path of a CSV'
    if probe.source == "mqtt" and not probe.topic:
        yield (
            '"probe.topic" is missing: source "mqtt" needs the topic of a thermometer, such as '
            '"zigbee2mqtt/nest"'
        )
    if f"{probe.topic}/".startswith(f"nursery/{box}/"):
        yield '"probe.topic" is one of this box: name the topic of a thermometer'
    if probe.device and not re.fullmatch(r"[0-9a-f]{2}-[0-9a-f]{12}", probe.device):
        yield (
            f'"probe.device" is {probe.device!r}: give the name of a folder in {probe.directory}, '
            'such as "28-0316a2798eff"'
        )


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
