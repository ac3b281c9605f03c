"""What an installation wrote down for other programs: how they reach the broker of this machine."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec

HOME_ASSISTANT = "homeassistant"
MOST_BYTES = 65_536


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """As ``/etc/nursery/access.toml`` says it, for one user of the broker."""

    host: str
    port: int
    tls: bool
    username: str
    password: str
    ca: bytes = b""
    """the authority of the broker's certificate (PEM), which is no secret; empty: not there"""


def read_access(path: str, user: str = HOME_ASSISTANT) -> Access | None:
    """How ``user`` reaches the broker; ``None``: nothing is written down, or it cannot be read."""
    try:
        raw = Path(path).read_bytes()[:MOST_BYTES]
        found: dict[str, Any] = tomllib.loads(raw.decode())
        known = {key: found[key] for key in ("host", "port", "tls")} | found[user]
        access = msgspec.convert(known, Access)
        return msgspec.structs.replace(access, ca=_authority(found.get("ca_file")))
    except (OSError, ValueError, KeyError, TypeError):  # msgspec and tomllib raise ValueErrors
        return None


def _authority(path: object) -> bytes:
    try:
        return Path(path).read_bytes()[:MOST_BYTES] if isinstance(path, str) else b""
    except OSError:
        return b""
