"""Which alerts somebody acted on: acknowledged, fed or lifted within ten minutes of being told.

The share of them, by kind, shows alarm fatigue: where almost every alarm is false people stop
running (a ward of newborns hears 177 a patient and day; raising the true ones from 31 to 57 %
brought the nurses in 12 s instead of 35). Only what was told aloud counts: what the night keeps
silent, nobody could answer. Who acted is not known; that somebody did is.
"""

from __future__ import annotations

import math
import sqlite3
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from monitor.alert_kinds import KINDS, AlertKind, Severity
from monitor.events import LISTENED
from monitor.store.event_rows import PERSON
from monitor.store.reading import JournalReader
from monitor.times import DAY_S, MINUTE_S

WITHIN_S = 10 * MINUTE_S
RECENT_S = 7 * DAY_S
LEAST_FOR_PERCENT = 20
"""of fewer a percentage would promise what it cannot keep: they are counted"""

Answer = Literal["acknowledged", "fed", "lifted", "named"]
"""what somebody did; "named": told who it was"""


class ToldAlert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert that was told, and whether somebody acted on it."""

    id: str
    kind: AlertKind
    severity: Severity
    """of itself, before quiet hours lowered it"""
    baby: str | None
    title: str
    since_s: float
    told_s: float
    """when it was told aloud first"""
    answer: Answer | None

    def decided(self, now_s: float) -> bool:
        """Whether it is known if somebody acted on it in time."""
        return self.answer is not None or now_s - self.told_s > WITHIN_S


class Share(msgspec.Struct, frozen=True):
    """How many alerts were told, and how many of them somebody acted on."""

    alerts: int = 0
    acted_on: int = 0

    def __add__(self, other: Share) -> Share:
        """Both together."""
        return Share(self.alerts + other.alerts, self.acted_on + other.acted_on)

    @property
    def spoken(self) -> str:
        """``4 of 5``, and from twenty on with a percentage."""
        counts = f"{self.acted_on} of {self.alerts}"
        if self.alerts < LEAST_FOR_PERCENT:
            return counts
        return f"{counts} ({self.acted_on / self.alerts:.0%})"

    @property
    def fields(self) -> dict[str, Any]:
        """For JSON; ``share`` is ``None`` where nothing was told."""
        share = round(self.acted_on / self.alerts, 2) if self.alerts else None
        return {"alerts": self.alerts, "acted_on": self.acted_on, "share": share}


Shares = Mapping[AlertKind, Share]
"""only kinds that were told"""


def shares(told: Sequence[ToldAlert], now_s: float) -> dict[AlertKind, Share]:
    """By kind; an alert of the last ten minutes that nobody has acted on is left out as yet."""
    found: dict[AlertKind, Share] = {}
    for alert in told:
        if alert.decided(now_s):
            one = Share(1, int(alert.answer is not None))
            found[alert.kind] = found.get(alert.kind, Share()) + one
    return {kind: found[kind] for kind in KINDS if kind in found}


def all_of(found: Shares) -> Share:
    """All kinds together."""
    return sum(found.values(), Share())


def added(one: Shares, other: Shares) -> dict[AlertKind, Share]:
    """Both together, by kind."""
    none = Share()
    both = {kind: one.get(kind, none) + other.get(kind, none) for kind in KINDS}
    return {kind: share for kind, share in both.items() if share.alerts}


def share_fields(found: Shares) -> dict[str, dict[str, Any]]:
    """For JSON: ``all`` kinds together, then each that was told."""
    return {"all": all_of(found).fields} | {kind: share.fields for kind, share in found.items()}


class ActedOn(msgspec.Struct, frozen=True, kw_only=True):
    """The shares of the last week and of all that is stored (alerts are kept for a year)."""

    last_7_days: Shares = {}
    since_beginning: Shares = {}

    @property
    def fields(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "last_7_days": share_fields(self.last_7_days),
            "since_beginning": share_fields(self.since_beginning),
        }


def acted_on(journal: JournalReader, now_s: float) -> ActedOn:
    """Both shares, read from the journal.

    Raises:
        JournalError: the journal cannot be read now.
    """
    told = told_alerts(journal)
    recent = [alert for alert in told if alert.told_s >= now_s - RECENT_S]
    return ActedOn(last_7_days=shares(recent, now_s), since_beginning=shares(told, now_s))


def told_alerts(
    journal: JournalReader, since_s: float = 0.0, until_s: float | None = None
) -> list[ToldAlert]:
    """Alerts told from ``since_s`` to before ``until_s``, in order of time; no test alerts.

    Raises:
        JournalError: the journal cannot be read now.
    """
    lives = _lives(journal, since_s)
    begun_before = [rows[0]["since_s"] for rows in lives.values() if rows[0]["state"] != "raised"]
    if begun_before:  # they may have been told then, and only be open still
        lives = _lives(journal, min([since_s, *begun_before]))
    deeds, end_s = _Deeds(journal, since_s), math.inf if until_s is None else until_s
    told = [_told(rows, deeds) for rows in lives.values()]
    within = [alert for alert in told if alert is not None and since_s <= alert.told_s < end_s]
    return sorted(within, key=lambda alert: alert.told_s)


def _lives(journal: JournalReader, since_s: float) -> dict[str, list[sqlite3.Row]]:
    """What this box said of each alert since then, by id and in order of time."""
    lives: dict[str, list[sqlite3.Row]] = {}
    for row in journal.alerts(since_s):
        if row["kind"] != "test" and row["session"] != PERSON:
            lives.setdefault(row["id"], []).append(row)
    return lives


class _Deeds:
    """What people did, in order of time."""

    def __init__(self, journal: JournalReader, since_s: float) -> None:
        weighings = journal.weighings(since_s)
        moves: list[_Deed] = [(w.t_s, w.baby) for w in weighings if w.move is not None]
        moves += [(row["t_s"], None) for row in journal.unassigned(since_s)]
        self._moves = sorted(moves, key=lambda deed: deed[0])
        self._feeds: list[_Deed] = [(feed.t_s, feed.baby) for feed in journal.feeds(since_s)]
        self._named = {round(w.t_s, 3) for w in weighings if w.origin == "assigned"}

    def after(self, told_s: float, baby: str | None) -> Answer | None:
        """What was done in time about this baby, or about any."""
        if _any_soon(self._feeds, told_s, baby):
            return "fed"
        return "lifted" if _any_soon(self._moves, told_s, baby) else None

    def named(self, since_s: float) -> bool:
        """Whether somebody has said who was weighed then."""
        return round(since_s, 3) in self._named


_Deed = tuple[float, str | None]
"""when, and with whom; None: nobody knows"""


def _any_soon(deeds: Sequence[_Deed], told_s: float, baby: str | None) -> bool:
    """Whether one of them was after an alert, in time, and about ``baby`` (None: about any)."""
    first = bisect_right(deeds, told_s, key=lambda deed: deed[0])
    last = bisect_right(deeds, told_s + WITHIN_S, key=lambda deed: deed[0])
    return any(baby is None or whom is None or whom == baby for _, whom in deeds[first:last])


def _told(rows: Sequence[sqlite3.Row], deeds: _Deeds) -> ToldAlert | None:
    """One alert out of the rows of its life; ``None`` where it was never told aloud."""
    aloud = [row for row in rows if row["state"] in {"raised", "reminded"} and not _silent(row)]
    if not aloud:
        return None
    first = aloud[0]
    told_s = first["t_s"]
    soon = [row for row in rows if told_s <= row["t_s"] <= told_s + WITHIN_S]
    return ToldAlert(
        id=first["id"],
        kind=first["kind"],
        severity=_own(first) or first["severity"],
        baby=first["baby"],
        title=first["title"],
        since_s=first["since_s"],
        told_s=told_s,
        answer=_answer(first, soon, deeds),
    )


def _answer(first: sqlite3.Row, soon: Sequence[sqlite3.Row], deeds: _Deeds) -> Answer | None:
    ended = any(row["state"] == "cleared" for row in soon)
    if first["kind"] == "who_is_it" and ended and deeds.named(first["since_s"]):
        return "named"
    if KINDS[first["kind"]].hands_answer:
        deed = deeds.after(first["t_s"], first["baby"])
        if deed is not None:
            return deed
    seen = any(
        row["state"] in {"acknowledged", "snoozed"} or row["message"] == LISTENED for row in soon
    )
    return "acknowledged" if seen else None


def _silent(row: sqlite3.Row) -> bool:
    """A journal of an earlier version that is only read does not say."""
    return "silent" in row.keys() and bool(row["silent"])  # noqa: SIM118 - no dict


def _own(row: sqlite3.Row) -> Severity | None:
    return row["own_severity"] if "own_severity" in row.keys() else None  # noqa: SIM118 - no dict
