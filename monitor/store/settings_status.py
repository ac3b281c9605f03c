"""Every setting with its value and where that comes from: for topic ``settings`` and ``get``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from monitor.config import Config
from monitor.documents import Origin, SettingsStatus, SettingStatus
from monitor.errors import ConfigError
from monitor.store.secrets import read_password
from monitor.store.settings import BoxSettings, value_of
from monitor.written.settings import PASSWORD, Setting, settings


def settings_status(box: BoxSettings, credential: str | None = None) -> SettingsStatus:
    """Of a box; no secret. ``credential``: the password that systemd hands over, read by root."""
    found = [_status(box, setting, credential) for setting in settings().values()]
    return SettingsStatus(settings=found, problem=box.problem)


def origin_of(box: BoxSettings, key: str, credential: str | None = None) -> Origin:
    """Where the value of a key comes from."""
    if box.is_set(key):
        return "settings"
    if key == PASSWORD:
        if credential or _has_credential(box.file):
            return "credential"
        return "file" if box.file.mqtt.password_file else "default"
    if key == "notify.urls" and box.file.notify.urls_file:
        return "file"
    tables: Any = box.tables
    for part in key.split("."):
        if not isinstance(tables, dict) or part not in tables:
            return "default"
        tables = tables[part]
    return "file"


def _has_credential(config: Config) -> bool:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder or not (Path(folder) / "mqtt-password").exists():
        return False
    try:
        return bool(read_password(config.mqtt, folder))
    except ConfigError:
        return True


def _status(box: BoxSettings, setting: Setting, credential: str | None) -> SettingStatus:
    value, origin = value_of(setting.key, box.config), origin_of(box, setting.key, credential)
    secret = setting.kind == "secret"
    given = bool(value) if secret else value not in (None, "", [])
    if secret and origin in {"credential", "file"}:
        given = True
    return SettingStatus(
        key=setting.key,
        value=None if secret else value,
        from_=origin,
        kind=setting.kind,
        given=given,
        choices=setting.choices,
        least=setting.least,
        most=setting.most,
        optional=setting.optional,
    )
