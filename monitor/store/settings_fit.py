"""As much of what was set as fits the configuration file that lies beneath it now."""

from __future__ import annotations

from typing import Any

from monitor.config import Config
from monitor.config_file import overlaid
from monitor.errors import ConfigError


def fitting(
    raw: bytes, values: dict[str, Any], secrets: dict[str, Any]
) -> tuple[Config, list[str]]:
    """The configuration with ``values`` and ``secrets`` over ``raw``, and why some are left out.

    What does not fit is taken out of both: as few as will do.

    Raises:
        ConfigError: not even the file alone can be used.
    """
    left_out: list[str] = []
    while True:
        try:
            return overlaid(raw, {**values, **secrets}), left_out
        except ConfigError as error:
            if not values and not secrets:
                raise
            left_out.append(str(error))
        for name in _culprits(raw, {**values, **secrets}):
            values.pop(name, None)
            secrets.pop(name, None)


def _culprits(raw: bytes, values: dict[str, Any]) -> list[str]:
    """The least that has to go: one key, or a table, or everything."""
    tables = sorted({key.partition(".")[0] for key in values})
    candidates = [[key] for key in values]
    candidates += [[key for key in values if key.partition(".")[0] == table] for table in tables]
    for names in candidates:
        try:
            overlaid(raw, {key: value for key, value in values.items() if key not in names})
        except ConfigError:
            continue
        return names
    return list(values)
