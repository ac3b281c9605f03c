"""Snapshots as they were written until 28 November 2026: four parts as bytes in one struct.

They lie in users' journals, so they are read; nothing writes them any more.
"""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from monitor.core.activity import ActivityState
from monitor.core.cry.incident import CryingState
from monitor.core.state import decoded
from monitor.errors import InputError


class _Snapshot(msgspec.Struct, frozen=True):
    scale: bytes
    """empty in a light one, which is the newer for the other parts"""
    policy: bytes
    crying: bytes
    """JSON, as is ``activity``"""
    activity: bytes


def parts_of(data: bytes) -> dict[str, Any]:
    """The state of each part that is in it, by name.

    Raises:
        InputError: it cannot be read; start without it.
    """
    try:
        found = msgspec.msgpack.decode(zlib.decompress(data), type=_Snapshot)
        parts: dict[str, Any] = {
            "crying": msgspec.json.decode(found.crying, type=CryingState),
            "activity": msgspec.json.decode(found.activity, type=ActivityState),
        }
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise InputError(f"the saved state cannot be read: {error}") from error
    parts["alerts"] = decoded("alerts", found.policy)
    if found.scale:
        parts["scale"] = decoded("scale", found.scale)
    return parts
