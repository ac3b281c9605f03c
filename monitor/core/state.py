"""All that the core remembers, as one tree of structs.

``CoreState`` outlives a restart: a snapshot is its encoding, a restore its decoding. ``RunState``
is what only this run can know, so a restart forgets it. Both follow a shift of the timeline by the
marks in their types (``timeshift``).
"""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.core.activity import ActivityRun, ActivityState
from monitor.core.alerts.memory import AlertMemory, AlertsRun
from monitor.core.calibrating import CalibratingState
from monitor.core.cry.detector import DetectorState
from monitor.core.cry.incident import CryingRun, CryingState
from monitor.core.fading.watch import FadingRun, FadingState
from monitor.core.health.identity import IdentityState
from monitor.core.health.link import LinkState
from monitor.core.health.sources import HealthState
from monitor.core.scale.state import WeigherState
from monitor.core.set_up import SetUpState
from monitor.core.warmth.nest import NestState
from monitor.errors import InputError


class CoreState(msgspec.Struct, kw_only=True):
    """What a restart goes on with; each field is one part, kept and read by itself."""

    scale: WeigherState
    alerts: AlertMemory
    crying: CryingState
    activity: ActivityState
    fading: FadingState = msgspec.field(default_factory=FadingState)
    nest: NestState = msgspec.field(default_factory=NestState)
    set_up: SetUpState = msgspec.field(default_factory=SetUpState)


class RunState(msgspec.Struct, kw_only=True):
    """What is true of this run alone: sources, computer and broker prove themselves anew."""

    hearing: DetectorState | None
    """``None``: nothing listens"""
    crying: CryingRun
    activity: ActivityRun
    alerts: AlertsRun
    health: HealthState
    fading: FadingRun
    identity: IdentityState
    link: LinkState
    calibrating: CalibratingState


PARTS: dict[str, type[msgspec.Struct]] = {
    field.name: field.type for field in msgspec.structs.fields(CoreState)
}
"""the struct of each part that is kept, by its name"""


def encoded(state: msgspec.Struct) -> bytes:
    """One part as bytes; ``kept`` of its struct leaves out what the journal has anyway."""
    kept = getattr(state, "kept", None)
    return msgspec.msgpack.encode(state if kept is None else kept())


def decoded(part: str, data: bytes) -> Any:
    """The state of one part, of this version or an earlier one.

    Raises:
        InputError: it cannot be read; that part begins anew.
    """
    try:
        return msgspec.msgpack.decode(data, type=PARTS[part])
    except (msgspec.MsgspecError, ValueError) as error:
        raise InputError(f"the saved state of {part} cannot be read: {error}") from error
