"""Every kind of alert, one row each, with all that is known of a kind beforehand.

When a kind is stated, and in which words, is decided by the part of the core that states it; what
is done with an alert follows from its row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from monitor.names import SourceName
from monitor.times import DAY_S, HOUR_S

Severity = Literal["info", "warning", "critical"]
RANK: dict[Severity, int] = {"info": 0, "warning": 1, "critical": 2}
"""which severity outranks which"""

AlertKind = Literal[
    "crying",
    "too_quiet",
    "monitor_blind",
    "scale_overload",
    "scale_unsettled",
    "low_power",
    "not_delivered",
    "who_is_it",
    "losing_weight",
    "not_gaining",
    "low_intake",
    "bottle_overdue",
    "out_of_box",
    "fading",
    "too_cold",
    "too_warm",
    "test",
]
"""The keys of ``KINDS``, for the type checker; a test holds that they are the same."""

About = Literal["box", "baby", "nothing"]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one kind of alert."""

    about: About
    """of whom its problem topic speaks: the box, or one baby, whose id is then the key of each
    condition of this kind; about nothing: there is no such topic"""
    label: str
    """what Home Assistant calls it"""
    news_for_s: float
    """a message that has waited for longer is not sent any more; the journal still tells of it"""
    acknowledged_for_s: float = 2 * HOUR_S
    """for how long "seen" holds where it is critical; then it is asked again. Judgement: a bottle
    or a warm-up takes half an hour, a round of bottles an hour; a trend moves with two bottles; a
    supply, a cable or a broker is put right, or given up for the night (snoozed), within two"""
    slow_reminders: bool = False
    """it changes with a bottle, not with a minute"""
    needs: tuple[SourceName, ...] = ()
    """where one of these is not configured, it can be neither true nor over"""
    held_back_by_hands: bool = False
    """not said, unless critical, while hands are in the box: whoever is there knows"""
    about_the_litter: bool = False
    """about whoever is in the box, though not about one of them"""

    @property
    def hands_answer(self) -> bool:
        """Whether somebody who lifts or feeds a baby has acted on it."""
        return self.about == "baby" or self.about_the_litter


KINDS: Mapping[AlertKind, Kind] = {
    "crying": Kind(
        about="box",
        label="Needs somebody: crying",
        news_for_s=600.0,  # later it has been heard or is over; one that lasts is reminded anyway
        acknowledged_for_s=0.5 * HOUR_S,
        needs=("microphone",),
        held_back_by_hands=True,
        about_the_litter=True,
    ),
    "too_quiet": Kind(
        about="box",
        label="Too quiet",
        news_for_s=HOUR_S,
        acknowledged_for_s=0.5 * HOUR_S,
        needs=("microphone", "scale"),
        about_the_litter=True,
    ),
    "monitor_blind": Kind(about="box", label="Monitor blind", news_for_s=HOUR_S),
    "scale_overload": Kind(
        about="box", label="Scale overload", news_for_s=HOUR_S, needs=("scale",)
    ),
    "scale_unsettled": Kind(
        about="box", label="Scale unsettled", news_for_s=HOUR_S, needs=("scale",)
    ),
    "low_power": Kind(about="box", label="Low power", news_for_s=DAY_S),
    "not_delivered": Kind(about="box", label="Not delivered", news_for_s=HOUR_S),
    "who_is_it": Kind(about="box", label="Weighing without a name", news_for_s=6 * HOUR_S),
    # weight trends and intake stay true for a day: the next weighings renew or clear them
    "losing_weight": Kind(
        about="baby",
        label="Losing weight",
        news_for_s=DAY_S,
        acknowledged_for_s=6 * HOUR_S,
        slow_reminders=True,
    ),
    "not_gaining": Kind(
        about="baby",
        label="Not gaining",
        news_for_s=DAY_S,
        acknowledged_for_s=6 * HOUR_S,
        slow_reminders=True,
    ),
    "low_intake": Kind(
        about="baby",
        label="Low intake",
        news_for_s=DAY_S,
        acknowledged_for_s=6 * HOUR_S,
        slow_reminders=True,
    ),
    "bottle_overdue": Kind(
        about="baby",
        label="Bottle overdue",
        news_for_s=HOUR_S,
        acknowledged_for_s=HOUR_S,
        needs=("scale",),
    ),
    "out_of_box": Kind(
        about="baby",
        label="Out of the box",
        news_for_s=HOUR_S,
        acknowledged_for_s=0.5 * HOUR_S,  # whoever looks for it has found it by then
        needs=("scale",),
    ),
    "fading": Kind(
        about="baby",
        label="Signs of fading",
        news_for_s=DAY_S,
        slow_reminders=True,
    ),
    # held back while hands are in the box: an open box cools down, and who opened it knows
    "too_cold": Kind(
        about="box",
        label="Nest too cold",
        news_for_s=HOUR_S,
        acknowledged_for_s=0.5 * HOUR_S,  # a hot-water bottle has warmed a nest by then
        needs=("probe",),
        held_back_by_hands=True,
        about_the_litter=True,
    ),
    "too_warm": Kind(
        about="box",
        label="Nest too warm",
        news_for_s=HOUR_S,
        acknowledged_for_s=0.5 * HOUR_S,
        needs=("probe",),
        held_back_by_hands=True,
        about_the_litter=True,
    ),
    "test": Kind(about="nothing", label="Test alert", news_for_s=DAY_S),
}


def _about(whom: About) -> tuple[AlertKind, ...]:
    return tuple(kind for kind, known in KINDS.items() if known.about == whom)


BOX_KINDS = _about("box")
"""kinds with one problem topic of the box"""
BABY_KINDS = _about("baby")
"""kinds with a problem topic for each baby"""
