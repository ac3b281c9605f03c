"""A message of a box, and the samples that are kept of it.

What has a time of its own (a weighing, a bottle, an alert) is kept at that time, so that the same
document said again is the same sample. What is unknown is no sample: never 0, never the last value.
Whatever comes from the broker is somebody else's: what does not fit is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, TypeVar, get_args

import msgspec

from monitor.alert_kinds import KINDS
from monitor.events import slug
from monitor.names import SOURCES
from monitor.times import DAY_S, parse_rfc3339

MOST_BYTES = 65_536
"""of one document; the longest of a real box, a list of alerts, has some 10 kB"""
TOPICS = ("status", "health", "cry", "nest", "baby/+", "alerts", "alert", "problem/#")
"""what is listened to below ``nursery/+/``: all of it is said at QoS 1"""
OLDEST_S, NEWEST_S = 20 * 365 * DAY_S, DAY_S
"""a time of its own further from now than that is a broken clock's"""

_BOX = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
_SLUG = re.compile(r"[a-z0-9_]{1,64}")
_LEVELS = {"well": 0.0, "watch": 1.0, "act": 2.0}
Severity = Literal["info", "warning", "critical"]
T = TypeVar("T")
AlertState = Literal["raised", "reminded", "acknowledged", "snoozed", "cleared"]


class Sample(msgspec.Struct, frozen=True):
    """Numbers of one thing at one moment; named ``<of>_<field>`` in the database."""

    of: str
    labels: Mapping[str, str]
    fields: Mapping[str, float]
    t_s: float


class _Watch(msgspec.Struct):
    level: Literal["well", "watch", "act"]


class _Baby(msgspec.Struct):
    weight_g: float | None = None
    weighed_at: str | None = None
    last_feed_g: float | None = None
    last_feed_at: str | None = None
    gain_24h_g: float | None = None
    gain_24h_pct: float | None = None
    intake_24h_g: float | None = None
    intake_24h_ml_per_kg: float | None = None
    in_box: bool | None = None
    watch: _Watch | None = None


class _Cry(msgspec.Struct):
    crying: bool | None = None
    cry_minutes_1h: float | None = None
    cry_minutes_24h: float | None = None


class _Nest(msgspec.Struct):
    temperature_c: float | None = None


class _Source(msgspec.Struct):
    state: str | None = None


class _Link(msgspec.Struct):
    waiting: float | None = None


class _Share(msgspec.Struct):
    share: float | None = None


class _Week(msgspec.Struct):
    all: _Share | None = None


class _ActedOn(msgspec.Struct):
    last_7_days: _Week | None = None


class _SetUp(msgspec.Struct):
    ready: bool | None = None


class _Health(msgspec.Struct):
    sources: dict[str, _Source] = {}
    link: _Link | None = None
    drops: float | None = None
    cpu_pct: float | None = None
    memory_mb: float | None = None
    clock_synced: bool | None = None
    practice: bool | None = None
    set_up: _SetUp | None = None
    acted_on: _ActedOn | None = None


class _Alert(msgspec.Struct):
    kind: str
    state: AlertState
    severity: Severity
    since: str
    at: str
    baby: str | None = None


def samples(topic: str, payload: bytes, now_s: float, room: str | None = None) -> Iterator[Sample]:
    """What is kept of one message.

    Args:
        topic: in full, ``nursery/<box>/...``; others give nothing.
        payload: as it came; one that does not fit its topic gives nothing.
        now_s: Unix seconds at which it came.
        room: in which the box stands.
    """
    _, _, rest = topic.partition("/")
    box, _, what = rest.partition("/")
    if not topic.startswith("nursery/") or not _BOX.fullmatch(box) or len(payload) > MOST_BYTES:
        return
    labels = {"box": box} | ({"room": room} if room is not None else {})
    kind, _, about = what.partition("/")
    try:
        match kind:
            case "status":
                yield from _status(payload, labels, now_s)
            case "problem":
                yield from _problem(about, payload, labels, now_s)
            case "baby" if _SLUG.fullmatch(about) and payload:
                yield from _baby(_decoded(payload, _Baby), labels | {"baby": about}, now_s)
            case "health" if not about and payload:
                yield from _health(_decoded(payload, _Health), labels, now_s)
            case "cry" if not about and payload:
                cry = _decoded(payload, _Cry)
                yield from _known("nursery_cry", labels, now_s, crying=cry.crying,
                                  minutes_1h=cry.cry_minutes_1h,
                                  minutes_24h=cry.cry_minutes_24h)  # fmt: skip
            case "nest" if not about and payload:
                nest = _decoded(payload, _Nest)
                yield from _known("nursery_nest", labels, now_s, temperature_c=nest.temperature_c)
            case "alert" if not about and payload:
                yield from _change(_decoded(payload, _Alert), labels, now_s)
            case "alerts" if not about and payload:
                yield from _open(_decoded(payload, list[_Alert]), labels, now_s)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return


def _decoded(payload: bytes, kind: type[T]) -> T:
    return msgspec.json.decode(payload, type=kind)


def _known(
    of: str, labels: Mapping[str, str], t_s: float, **fields: float | None
) -> Iterator[Sample]:
    """One sample of the fields that are known, if any is."""
    known = {name: float(value) for name, value in fields.items() if value is not None}
    if known:
        yield Sample(of, labels, known, t_s)


def _moment(text: str | None, now_s: float) -> float | None:
    """Unix seconds, unless there is none or it cannot be."""
    try:
        t_s = parse_rfc3339(text) if text is not None else None
    except ValueError:
        return None
    return t_s if t_s is not None and now_s - OLDEST_S <= t_s <= now_s + NEWEST_S else None


def _status(payload: bytes, labels: Mapping[str, str], now_s: float) -> Iterator[Sample]:
    """An emptied topic is a box that has gone for good, or has another name now."""
    online = {b"online": 1.0, b"offline": 0.0}.get(payload)
    if online is not None or not payload:
        yield from _known("nursery_box", labels, now_s, expected=bool(payload), online=online)


def _problem(
    about: str, payload: bytes, labels: Mapping[str, str], now_s: float
) -> Iterator[Sample]:
    kind, _, baby = about.partition("/")
    if kind not in KINDS or (baby and not _SLUG.fullmatch(baby)):
        return
    on = {b"ON": 1.0, b"OFF": 0.0, b"": 0.0}.get(payload)
    labels = {**labels, "kind": kind} | ({"baby": baby} if baby else {})
    yield from _known("nursery_problem", labels, now_s, on=on)


def _baby(baby: _Baby, labels: Mapping[str, str], now_s: float) -> Iterator[Sample]:
    for of, at, value in (
        ("weight_g", baby.weighed_at, baby.weight_g),
        ("feed_g", baby.last_feed_at, baby.last_feed_g),
    ):
        if (t_s := _moment(at, now_s)) is not None:
            yield from _known("nursery_baby", labels, t_s, **{of: value})
    yield from _known(
        "nursery_baby", labels, now_s,
        gain_24h_g=baby.gain_24h_g, gain_24h_pct=baby.gain_24h_pct,
        intake_24h_g=baby.intake_24h_g, intake_24h_ml_per_kg=baby.intake_24h_ml_per_kg,
        in_box=baby.in_box, watch=_LEVELS[baby.watch.level] if baby.watch is not None else None,
    )  # fmt: skip


def _health(health: _Health, labels: Mapping[str, str], now_s: float) -> Iterator[Sample]:
    week = health.acted_on.last_7_days if health.acted_on is not None else None
    yield from _known(
        "nursery_box", labels, now_s,
        drops=health.drops, cpu_pct=health.cpu_pct, memory_mb=health.memory_mb,
        clock_synced=health.clock_synced, practice=health.practice,
        waiting=health.link.waiting if health.link is not None else None,
        ready=health.set_up.ready if health.set_up is not None else None,
        acted_on_share=week.all.share if week is not None and week.all is not None else None,
    )  # fmt: skip
    for name, source in health.sources.items():
        if name in SOURCES and source.state is not None:
            yield from _known("nursery_source", {**labels, "source": name}, now_s,
                              healthy=source.state == "healthy")  # fmt: skip


def _change(alert: _Alert, labels: Mapping[str, str], now_s: float) -> Iterator[Sample]:
    """A change in the life of an alert, at its own time."""
    if alert.kind not in KINDS or (t_s := _moment(alert.at, now_s)) is None:
        return
    named = {**labels, "kind": alert.kind, "state": alert.state, "severity": alert.severity}
    if alert.baby is not None:
        named["baby"] = slug(alert.baby)
    yield from _known("nursery_alert", named, t_s, changes=1.0)


def _open(alerts: list[_Alert], labels: Mapping[str, str], now_s: float) -> Iterator[Sample]:
    """How many are open, and since when nobody has answered the oldest of those that matter."""
    waiting = [
        since
        for alert in alerts
        if alert.severity != "info" and alert.state in {"raised", "reminded"}
        if (since := _moment(alert.since, now_s)) is not None
    ]
    by_severity = {
        name: sum(alert.severity == name for alert in alerts) for name in get_args(Severity)
    }
    yield from _known(
        "nursery_alerts", labels, now_s, open=len(alerts), **by_severity,
        unanswered=len(waiting), unanswered_since_s=min(waiting, default=None),
    )  # fmt: skip
