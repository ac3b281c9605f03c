"""What belongs to a box besides its journal, and where on a machine it lies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from monitor.config import Config
from monitor.store.backup import plain
from monitor.store.secrets import SERVICE_CONFIG
from monitor.store.settings import value_of

CONFIG = "config/nursery.toml"
FILE_KEYS = (
    "microphone.model",
    "mqtt.ca_file",
    "mqtt.password_file",
    "notify.urls_file",
    "page.cert_file",
    "page.key_file",
    "page.password_file",
)
"""settings of the configuration file that name a file of the box's"""
CALIBRATIONS = ("scale-*.toml", "cry-*.npz")
"""what ``nursery calibrate`` leaves beside the configuration or in the state directory"""
BROKER = "/etc/mosquitto"
BROKER_FOLDERS = {"broker": "", "own": "nursery"}
"""before a part's name, and where: among Mosquitto's files, or of a broker of our own beside it"""
BROKER_FILES = (
    "mosquitto.conf",
    "conf.d/nursery.conf",
    "nursery.passwd",
    "nursery.acl",
    "nursery.names",
    "certs/nursery-ca.crt",
    "certs/nursery-ca.key",
    "certs/nursery-server.crt",
    "certs/nursery-server.key",
)
"""of systemd/mosquitto/setup.sh: without them every phone would have to be set up again"""
OF_MOSQUITTO = "mosquitto.conf"
"""the distribution's own where Mosquitto serves others, too"""
SPARE_JOURNAL = Path("/run/nursery/spare.sqlite")
"""of the service, while its card refuses (RuntimeDirectory of the unit)"""


class Found(NamedTuple):
    """One file that belongs into a backup."""

    name: str
    """of the part"""
    path: Path
    key: str | None = None


def is_service(config_file: Path) -> bool:
    """Whether it is the configuration of the unit on this machine."""
    return os.path.abspath(config_file) == SERVICE_CONFIG  # noqa: PTH100 - resolves no link


def beside_configuration(config_file: Path, config: Config) -> Iterator[Found]:
    """The files that the configuration names, and what lies beside it."""
    named: set[Path] = {config_file.absolute()}
    for key in FILE_KEYS:
        value = value_of(key, config)
        if value:
            path = Path(value).absolute()
            named.add(path)
            yield Found(f"config/{key}", path, key)
    folder = config_file.absolute().parent
    patterns = ("*",) if is_service(config_file) else CALIBRATIONS
    for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
        if path not in named and path.is_file() and not path.is_symlink():
            yield Found(f"service/{plain(path.name)}", path)


def of_the_broker(config_file: Path) -> Iterator[Found]:
    """What setup.sh has made for a broker on this machine, for the service's own configuration."""
    if is_service(config_file) and os.geteuid() == 0:
        yield from (Found(f"broker/{name}", path) for name, path in _broker() if path.is_file())


def broker_place(name: str) -> Path | None:
    """Where a file of the broker's goes; None for a name that it has not."""
    return dict(_broker()).get(name)


def serves_others() -> bool:
    """Whether the nursery has a broker of its own here, beside a Mosquitto that serves others."""
    return Path(BROKER, BROKER_FOLDERS["own"]).is_dir()


def _broker() -> Iterator[tuple[str, Path]]:
    """Names as parts, without the room, and places."""
    for before, folder in BROKER_FOLDERS.items():
        for file in BROKER_FILES:
            if folder or file != OF_MOSQUITTO:
                path = Path(BROKER, folder, file)
                yield f"{before}-{path.name}", path


def of_the_page(config: Config) -> list[Path]:
    """Who is paired, and what else the page keeps, but for a code that is about to end."""
    folder = Path(config.page.state_dir)
    return [
        path
        for path in sorted(folder.glob("*.json"))
        if path.name != "pairing.json" and path.is_file() and not path.is_symlink()
    ]
