"""What changes the box itself: its settings, its calibration; and a closer look while that is done.

They arrive on ``setup/<verb>``, where the broker's rules let only the page's own user write, and on
the command line. Which keys there are, and what a value may be, is in ``settings``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from monitor.config import WebAddress
from monitor.errors import CommandError
from monitor.names import SetUpStep
from monitor.written.fields import BoxName, Filled, MassGrams, Text
from monitor.written.verb import Verb

LOOK_S = 60.0
LOOK_LONGEST_S = 300.0
"""a page that is still open asks again; one that was forgotten costs no more than this"""

Plain = str | float | bool
Given = Plain | list[str] | dict[str, Plain | list[str] | None]
"""a value of a setting, or of several of one table"""
CalibrationStep = Literal["empty", "mass", "check", "accept", "cancel"]
Value = Annotated[
    Given,
    Meta(
        description="text, a number, true or false, a list of texts, or a table of such values",
        extra={"nested": True},
    ),
]
Table = Annotated[
    dict[str, Plain | None], Meta(description="a table of plain values", extra={"nested": True})
]
Tables = Annotated[
    list[dict[str, Plain | None]],
    Meta(description="a list of tables of plain values", extra={"nested": True}),
]
Count = Annotated[float, Meta(ge=0, le=1e7, description="give 0 or more")]
LookSeconds = Annotated[float, Meta(ge=0, le=LOOK_LONGEST_S, description="give 0 to 300 (5 min)")]


class Configure(Verb, frozen=True, kw_only=True, tag="configure"):
    """A setting gets a value, or is taken back (``default``)."""

    key: Filled
    """such as ``alerts.night.from``; a table's name (``mqtt``) with a table of values sets several
    at once"""
    value: Value | None = None
    default: bool = False
    """what the configuration file says holds again"""

    def __post_init__(self) -> None:
        """It says one of them."""
        if self.value is None and not self.default:
            raise CommandError('configure needs "value", or "default" to take the setting back')
        if self.value is not None and self.default:
            raise CommandError('configure takes either "value" or "default", not both')


class CalibrateScale(Verb, frozen=True, kw_only=True, tag="calibrate_scale"):
    """One step of the guided calibration; each takes the last seconds of the scale."""

    step: CalibrationStep
    grams: MassGrams | None = None
    """what lies on the scale now, for ``mass`` and ``check``"""

    def __post_init__(self) -> None:
        """A mass is named where one lies on the scale."""
        weighs = self.step in {"mass", "check"}
        if weighs and self.grams is None:
            raise CommandError(f'"grams" is missing: say what lies on the scale for "{self.step}"')
        if not weighs and self.grams is not None:
            raise CommandError(f'"grams" does not belong to the step "{self.step}"')


class Look(Verb, frozen=True, kw_only=True, tag="look"):
    """Somebody looks: reading and sound level come twice a second for so long; 0 ends it."""

    seconds: LookSeconds = LOOK_S


class SetUp(Verb, frozen=True, kw_only=True, tag="set_up"):
    """A step of the set-up is done, or left out; without ``step`` only what is left is told."""

    step: SetUpStep | None = None
    done: bool = True
    """``False``: it is to be gone through again"""


class SubscribePhone(Verb, frozen=True, kw_only=True, tag="push"):
    """How a phone gets pushes by ntfy: the topic that there is, or a new one."""

    new: bool = False
    """the topic that there was gets nothing any more"""
    server: WebAddress = ""
    """an ntfy server of one's own; left out: ntfy.sh"""
    page_url: WebAddress | None = None
    """where pushes lead, kept as ``notify.page_url`` where that is not set yet"""


class Adopt(Verb, frozen=True, kw_only=True, tag="adopt"):
    """Go on as the earlier card of this box, which the broker still announces."""

    remove: bool = False
    """have the earlier card's entities removed instead"""


class BabyGive(Verb, frozen=True, kw_only=True, tag="baby_give"):
    """For whoever carries a baby's record to the box where it moves.

    ``read``: who it is, and the digest of its record; for a minute nobody else may carry it.
    ``let_go``: the other box has all of it. ``keep``: it stays, and ``why``.
    """

    move: Filled
    carrier: Filled
    step: Literal["read", "let_go", "keep"]
    digest: Text | None = None
    """of what the other box has, for ``let_go``"""
    carried: Count | None = None
    """how much it has by now"""
    why: Text | None = None
    """why it does not go on"""


class BabyTake(Verb, frozen=True, kw_only=True, tag="baby_take"):
    """A baby comes from the box ``origin``: who it is, its record piece by piece, then all of it.

    Nothing changes before ``accept``, and nothing then unless ``digest`` is that of what came.
    """

    move: Filled
    origin: BoxName
    step: Literal["begin", "items", "accept", "cancel"]
    who: Table | None = None
    """for ``begin``"""
    items: Tables | None = None
    """for ``items``"""
    digest: Text | None = None
    """for ``accept``"""


SetupRequest = (
    Configure | CalibrateScale | Look | SetUp | SubscribePhone | Adopt | BabyGive | BabyTake
)
