"""The retained documents: what a phone that connects now should know.

Pure data. A number that is not known is ``None``. Times are ``t_s`` floats here and RFC 3339 in
JSON (``codec.py``).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from monitor.events import Alert, CryContext, SourceCondition, Species, Verdict, Voice
from monitor.names import SetUpStep, SourceName
from monitor.timeshift import Moment


class CryStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Topic ``cry``."""

    crying: bool | None
    """``None`` while the microphone is blind"""
    since: float | None = None
    species: Voice | None = None
    score: float | None = None
    context: CryContext | None = None
    level_db: float | None = None
    cry_minutes_1h: float | None = None
    cry_minutes_24h: float | None = None


class ThingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A known thing, in topic ``scale``."""

    name: str
    grams: float
    in_box: bool | None
    """``None``: nobody can tell"""


class CalibrationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A calibration that is under way, in topic ``scale``."""

    next: Literal["empty", "mass", "check", "accept"]
    """the step that is due; ``check`` may be left out"""
    ends_at: float
    """given up then, unless another step is taken"""
    said: str
    """what was understood of the last step"""
    counts_per_gram: float | None = None
    zero_counts: float | None = None


class ScaleStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Topic ``scale``."""

    total_g: float | None
    still: bool | None
    activity: float | None
    """0 = motionless, 1 = as lively as a box gets"""
    in_box: list[str] | None
    """names; ``None`` when the scale cannot know"""
    weigh_in_ends_at: float | None = None
    """until then the next move of one baby is a weighing and no bottle; ``None``: nobody said so"""
    things: list[ThingStatus] = []
    """those with a name, in the order in which they were named"""
    calibration: CalibrationStatus | None = None
    """``None``: none is under way"""
    calibrated: bool = True
    """whether counts can be turned into grams"""


class BabyWatch(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a baby begins to fade, inside topic ``baby/<slug>``."""

    level: Literal["well", "watch", "act"]
    signs: list[str]
    """what was seen, a sentence each, the strongest first"""


class MovingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A baby's way to another box, inside topic ``baby/<slug>``."""

    id: str
    to: str
    since: Moment


class BabyStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Topic ``baby/<slug>``."""

    name: str
    species: Species
    id: str | None = None
    """its stored identity, which stays when it is renamed or goes to another box"""
    registered_at: Moment | None = None
    born: str | None = None
    """date, often a guess; ``None``: nobody knows"""
    adult_weight_kg: float | None = None
    weight_g: float | None = None
    weighed_at: float | None = None
    told_weight_g: float | None = None
    """what it weighed when it was registered; ``None`` from its first weighing on"""
    told_at: float | None = None
    gain_24h_g: float | None = None
    gain_24h_pct: float | None = None
    verdict: Verdict = "not_enough_data"
    last_feed_at: float | None = None
    last_feed_g: float | None = None
    intake_24h_g: float | None = None
    intake_24h_ml_per_kg: float | None = None
    """``None`` also when a bottle of the day is of unknown amount"""
    need_24h_ml_per_kg: float | None = None
    """``None`` also when it nurses as well; 0 when it is weaned"""
    milk_g_per_gain_g: float | None = None
    """of the last day; 2 to 5 is usual"""
    also_nurses: bool | None = None
    weaning: bool | None = None
    next_feed_ml: float | None = None
    """for the bottle that is due at ``bottle_due_at``"""
    bottle_due_at: float | None = None
    in_box: bool | None = None
    out_since: float | None = None
    """since when it has certainly been out; ``None``: it is in, or nobody knows"""
    watch: BabyWatch | None = None
    """``None``: too little is known of its own last days"""
    warm_first: bool | None = None
    """it has lain cold and must be warmed before it is fed; ``None``: nobody knows"""
    moving: MovingStatus | None = None
    """``None``: it is not on its way to another box"""
    stayed: str | None = None
    """why it did not go, when it last was to"""
    came_from: str | None = None
    """the box that it came from, with its record"""


class Summary(msgspec.Struct, frozen=True, kw_only=True, rename={"from_s": "from", "to_s": "to"}):
    """Topics ``summary`` and ``summary/week``: the last ones; all ``None`` before the first."""

    text: str | None = None
    from_s: Moment | None = None
    to_s: Moment | None = None


class NestStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Topic ``nest``."""

    temperature_c: float | None = None
    """``None`` while nobody knows"""
    at: float | None = None
    """when it was measured"""
    wanted_c: tuple[float, float] | None = None
    """by the age of the youngest; ``None``: nobody is in the nursery"""
    probe: Literal["healthy", "stalled", "none"] = "none"


SettingKind = Literal[
    "text", "number", "whole_number", "yes_no", "choice", "time", "list", "secret"
]
Origin = Literal["default", "file", "settings", "credential"]
"""where a value comes from: the program, the configuration file, a person, systemd"""


class SettingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One setting, in topic ``settings``."""

    key: str
    value: str | float | int | bool | list[str] | None
    """``None``: there is none, or it is a secret"""
    from_: Origin = msgspec.field(name="from")
    kind: SettingKind
    given: bool
    """whether there is a value; all that is told of a secret"""
    choices: list[str] = []
    least: float | None = None
    most: float | None = None
    optional: bool = False
    """whether there may be none"""


class SettingsStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Topic ``settings``."""

    settings: list[SettingStatus]
    problem: str | None = None
    """what of the settings could not be used, in a sentence"""


class LiveStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Topic ``live``: while somebody looks."""

    at: float
    until: float
    raw_counts: float | None
    """mean of the last second; ``None``: the scale sends nothing"""
    noise_counts: float | None
    """of one value, over the last seconds"""
    still: bool | None
    """whether the last seconds can be taken for a step of the calibration"""
    total_g: float | None
    """``None`` also while the scale is not calibrated"""
    level_db: float | None
    """loudness of the last half second, dB of full scale"""


class SourceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One source inside topic ``health``."""

    state: SourceCondition | None
    """``None``: not configured"""
    why: str = ""
    since: float | None = None


class SetUpStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far this box has been set up, inside topic ``health``."""

    ready: bool = True
    """it watches somebody, with every source that it has"""
    next: SetUpStep | None = None
    """the first step that is open; ``None``: all are done"""
    steps: dict[SetUpStep, bool] = {}
    """each step, in order, and whether it is done or was left out by a person"""
    missing: list[SetUpStep] = []
    """steps without which nobody is watched; empty when ``ready``"""
    not_yet: list[SourceName] = []
    """sources that were never set up: that they deliver nothing is no alert"""


class BoxState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything retained about one box, except host health."""

    cry: CryStatus
    scale: ScaleStatus
    babies: list[BabyStatus]
    nest: NestStatus = NestStatus()
    alerts: list[Alert]
    """open alerts, oldest first"""
    sources: dict[str, SourceHealth]
    summary: Summary = Summary()
    week: Summary = Summary()
    set_up: SetUpStatus = SetUpStatus()


class FiringRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule over all boxes that applies now, in ``RecordsStatus``."""

    name: str
    severity: Literal["warning", "critical"]
    text: str
    """one sentence"""
    advice: str
    since: float | None


class RecordsStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a shelter's years of numbers are kept, and what the rules over them say."""

    online: bool
    """``False`` is also the last will of whoever keeps them"""
    at: float
    keeping: bool | None
    """``None``: not known yet; ``False``: for minutes nothing could be written"""
    why: str | None = None
    """what hinders it, in a sentence"""
    kept_at: float | None = None
    """when the database last took something"""
    waiting: int | None = None
    """messages that it has not taken; more of them may be waiting at the broker"""
    rules: bool | None = None
    """``None``: there are none to look after; ``False``: for minutes nobody looked at them"""
    rules_why: str | None = None
    firing: list[FiringRule] = []
