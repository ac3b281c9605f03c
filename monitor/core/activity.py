"""The last sign of life, from sound and from movement, and the alarm for its absence.

Hand-raised babies that fade go quiet and cold; silence is the worst news and the easiest to fake
by a broken sensor. So the alarm is armed only while both the microphone and the scale are proven
alive, the count starts anew whenever either comes back, and only for a box with somebody in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from monitor.config import AlertsConfig
from monitor.core.alert_life import spoken_duration
from monitor.core.stirring import Stirring
from monitor.errors import InputError
from monitor.events import AnyEvent, Baby, Condition, CryEnded, CryStarted, ScaleBlock
from monitor.moments import Moment, Shift, moved

REST_FACTOR = ((7.0, 1.0), (21.0, 4 / 3), (28.0, 5 / 3), (35.0, 2.0), (float("inf"), 8 / 3))
"""(age below, days; factor on the configured time). Babies sleep between bottles, and the longest
interval between bottles grows: 3 h in the first week, then 4, 5, 6 and 8 h (kitten feeding tables
in Small Animal Clinical Nutrition, ch. 23); the alarm keeps the same share of it. The youngest
baby in the box decides, and an unknown age counts as the youngest."""


class _Memory(msgspec.Struct):
    sound_s: Moment | None = None
    movement_s: Moment | None = None


class Activity:
    """Remembers the last sound and movement; states ``too_quiet``."""

    def __init__(self, config: AlertsConfig, start_s: float) -> None:
        self._limit_s = config.too_quiet_after_min * 60
        self._stirring = Stirring()
        self._sound_s: float | None = None
        self._movement_s: float | None = None
        self._armed_s: float | None = start_s

    def sound(self, bout: CryStarted | CryEnded) -> None:
        """A baby called; a human baby in the next room proves nothing."""
        if bout.species != "human":
            self._sound_s = max(bout.t_s, self._sound_s or bout.t_s)

    def weighed(self, block: ScaleBlock, events: Sequence[AnyEvent] = ()) -> None:
        """Raw readings of the scale and what it made of them: any event of it is a movement."""
        stirred_s = block.t_s if events else None
        stirred_s = self._stirring.see(block) or stirred_s
        if stirred_s is not None:
            self._movement_s = max(stirred_s, self._movement_s or stirred_s)

    @property
    def last_sign_s(self) -> float | None:
        """The later of the last sound and the last movement; None before the first."""
        known = [t for t in (self._sound_s, self._movement_s) if t is not None]
        return max(known) if known else None

    def conditions(
        self, now_s: float, *, microphone: bool, scale: bool, babies: Sequence[Baby]
    ) -> list[Condition]:
        """``too_quiet`` when nobody has stirred for longer than their age allows.

        ``microphone`` and ``scale``: each is proven alive now. ``babies``: those in the box.
        """
        if not (microphone and scale and babies):
            self._armed_s = None
            return []
        if self._armed_s is None:
            self._armed_s = now_s
        since_s = max(self._armed_s, self.last_sign_s or self._armed_s)
        still_s = now_s - since_s
        limit_s = self._limit_s * min(_rest_factor(_age_days(baby, now_s)) for baby in babies)
        if still_s < limit_s:
            return []
        span = spoken_duration(still_s)
        return [
            Condition(
                kind="too_quiet",
                severity="critical",
                since_s=since_s,
                title="No sound or movement",
                message=f"Nothing has stirred in the box for {span}: "
                "look and touch now, is everybody warm?",
                why=f"no call and no movement for {span}, limit {spoken_duration(limit_s)}; "
                "microphone and scale both work",
                all_clear="There is life in the box again.",
            )
        ]

    def move(self, shift: Shift) -> None:
        """The timeline was moved."""
        memory = moved(_Memory(self._sound_s, self._movement_s), shift)
        self._sound_s, self._movement_s = memory.sound_s, memory.movement_s
        self._armed_s = shift.maybe(self._armed_s)
        self._stirring.move(shift)

    def snapshot(self) -> bytes:
        """The last signs of life, as JSON."""
        return msgspec.json.encode(_Memory(self._sound_s, self._movement_s))

    def restore(self, data: bytes) -> None:
        """Take over a snapshot. The arming is not restored: both sources prove themselves anew.

        Raises:
            InputError: the bytes are no snapshot of this kind.
        """
        try:
            memory = msgspec.json.decode(data, type=_Memory)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise InputError(f"the stored activity cannot be read: {error}") from error
        self._sound_s, self._movement_s = memory.sound_s, memory.movement_s


def _rest_factor(age_days: float | None) -> float:
    age = age_days if age_days is not None else 0.0
    return next(factor for below, factor in REST_FACTOR if age < below)


def _age_days(baby: Baby, now_s: float) -> float | None:
    if baby.born is None:
        return None
    born = datetime.fromisoformat(baby.born).replace(tzinfo=UTC)
    return (now_s - born.timestamp()) / 86_400
