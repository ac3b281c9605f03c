"""Was anything lost, told twice under another name, or shown that is not so?

The journal is the box's own memory, the phone is what a person learned: the judge compares the two
after every round and keeps, over all rounds, which incident is open under which id.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from monitor.core.alerts.lifecycle import CLEAR_HOLD_S
from monitor.times import parse_rfc3339
from tests.system.campaign.phone import Heard
from tests.system.campaign.silence import incident_of

EVERYDAY = ("test", "losing_weight-", "not_gaining-", "monitor_blind-noise_gate")
"""incidents that the provocations themselves bring about"""


BUSY = ("monitor_blind-microphone", "monitor_blind-scale", "monitor_blind-late")
"""a machine that cannot keep up is really deaf for a while, and says so: counted, not held against
it, because nothing here may depend on how fast the machine is"""

IDENTITY_FOUND = "not_delivered-identity_found"


class Figures(msgspec.Struct, kw_only=True):
    """What the report adds up."""

    rounds: int = 0
    raised: int = 0
    """new incidents"""
    changes: int = 0
    """messages that had to arrive: raised, reminded, acknowledged, snoozed, cleared"""
    delivered: int = 0
    superseded: int = 0
    """reminders that were still waiting when something newer was said of the same alert"""
    lost: int = 0
    renamed: int = 0
    """raised under a second id while it was open under the first"""
    duplicated: int = 0
    """the same message again (QoS 1 allows it; phones know it by its id and state)"""
    busy: int = 0
    """times the machine was too slow to listen or to weigh, and said so"""
    crashes: int = 0
    """times the sound library took the process with it, or never returned; systemd restarts"""
    misled: int = 0
    """bottles called overdue, or a box too quiet, by a daemon started with a wrong clock"""
    critical: int = 0
    """things that were true and critical while something was broken"""
    silent_s: float = 0.0
    """time beyond the stated delays in which one of them had been told to nobody (``silence``)"""
    worst_told_s: float = 0.0
    """from the moment at which one of them became true to the first telling"""
    worst_delay_s: float = 0.0
    """from the change to the phone, the fault's own length included"""
    worst_after_s: float = 0.0
    """from the change, or the mending of the fault where that came later, to the phone"""

    def add(self, other: Figures) -> None:
        """Counts add up; of delays the worst counts."""
        for name in self.__struct_fields__:
            mine, theirs = getattr(self, name), getattr(other, name)
            worst = name.startswith("worst")
            setattr(self, name, max(mine, theirs) if worst else mine + theirs)


class Memory(msgspec.Struct):
    """The journal as it stands: what must have been told, and what is open."""

    told: Counter[tuple[str, str]]
    """how often each (id, state) was written down"""
    last: dict[str, str]
    """id: latest state"""
    weights: dict[str, float]
    """the latest of each baby"""
    weighed: set[tuple[str, float]]
    """all of them"""
    waiting: int
    unanswered: int
    sound: str

    @property
    def open(self) -> dict[str, str]:
        """id: state, of what has not been cleared."""
        return {i: state for i, state in self.last.items() if state != "cleared"}

    @classmethod
    def read(cls, path: Path) -> Memory:
        """Read a journal that a daemon may be writing.

        Raises:
            sqlite3.Error: it cannot be read.
        """
        with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5) as db:
            rows = db.execute("SELECT id, state FROM alerts ORDER BY rowid").fetchall()
            weights = db.execute("SELECT baby, weight_g FROM weighings ORDER BY t_s").fetchall()
            corrected = db.execute("SELECT baby, weight_g FROM weighing_history").fetchall()
            memory = cls(
                told=Counter(rows),
                last=dict(rows),
                weights=dict(weights),
                weighed={*weights, *corrected},
                waiting=db.execute("SELECT count(*) FROM outbox").fetchone()[0],
                unanswered=db.execute("SELECT count(*) FROM inbox WHERE done_s IS NULL").fetchone()[
                    0
                ],
                sound=db.execute("PRAGMA integrity_check").fetchone()[0],
            )
        db.close()
        return memory

    @staticmethod
    def history(path: Path) -> list[tuple[str, str, float]]:
        """Every change of an alert that was written down, in order: id, state, when.

        Raises:
            sqlite3.Error: it cannot be read.
        """
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)) as db:
            return db.execute("SELECT id, state, t_s FROM alerts ORDER BY rowid").fetchall()


class Judge:
    """One per world; ``round`` after every fault."""

    def __init__(self) -> None:
        self._heard = 0
        self._open: dict[str, str] = {}
        """incident: the id it is open under, as the phone has heard"""
        self._delivered: Counter[tuple[str, str]] = Counter()
        self._payloads: set[bytes] = set()
        self._judged: Counter[tuple[str, str]] = Counter()
        self._forgiven: set[str] = set()
        """ids of a journal that is lost; what is still said of them is no phantom"""

        self._damaged_s = 0.0
        """what was said before this moment may be gone with the journal"""
        self._identity_lost = False
        """a box without its journal is a new one, and finds the old one announced at the broker"""
        self.clock_has_lied = False
        """from then on which of two weights is the later one depends on whose clock is asked"""

    def forget(self, damaged_s: float) -> None:
        """A fresh journal was begun: what the old one held is not asked for again.

        ``damaged_s``: Unix time of the damage; the phone may have heard, or hear later, what was
        said before it and is not judged yet.
        """
        self._damaged_s = damaged_s
        self._forgiven |= {alert_id for alert_id, _ in self._delivered}
        self._judged.clear()
        self._open.clear()
        self._identity_lost = True

    def round(
        self,
        memory: Memory,
        alerts: list[Heard],
        retained: dict[str, Any],
        *,
        expected: set[str],
        required: str | None,
        later: Memory,
        foreign: set[str] | frozenset[str] = frozenset(),
        broken_unix_s: float,
        mended_unix_s: float,
        honest_clock: bool = True,
    ) -> tuple[Figures, list[str]]:
        """Figures of this round and everything that is wrong, a sentence each.

        ``later`` is the journal once more, read after ``alerts`` had been taken: what arrived in
        between is no phantom. ``foreign`` are incidents that another box of the same name says.
        """
        figures, wrong = Figures(rounds=1), []
        self._raised_now: set[str] = set()
        open_since_then: set[str] = set()
        news, self._heard = alerts[self._heard :], len(alerts)
        for heard in news:
            if incident_of(heard.document["id"]) in foreign and self._is_anothers(heard, later):
                continue
            if parse_rfc3339(heard.document["at"]) < self._damaged_s:
                self._remember(heard)
                continue
            incident = incident_of(heard.document["id"])
            if incident in self._open and _cleared_s(heard) > broken_unix_s + CLEAR_HOLD_S:
                open_since_then.add(incident)  # from an earlier round, and true in this one, too
            wrong += self._hear(heard, expected, figures, mended_unix_s if honest_clock else None)
        wrong += self._missing(memory, figures)
        wrong += self._phantoms(later)
        wrong += self.false_state(memory, retained)
        known = self._raised_now | open_since_then | set(self._open)
        known |= {incident_of(i) for i in memory.open}
        if required is not None and not any(incident.startswith(required) for incident in known):
            wrong.append(f"nobody was told of {required}")
        if memory.sound != "ok":
            wrong.append(f"the journal's integrity check says: {memory.sound}")
        if memory.unanswered:
            wrong.append(f"{memory.unanswered} commands typed on the Pi were never carried out")
        return figures, wrong

    def _is_anothers(self, heard: Heard, memory: Memory) -> bool:
        """Whether a box of the same name said this; two may even choose one id."""
        alert_id, state = heard.document["id"], heard.document["state"]
        said = self._delivered[alert_id, state]
        return said >= memory.told[alert_id, state]

    def _remember(self, heard: Heard) -> None:
        """Said before the damage: the journal may know it, or not."""
        alert_id, state = heard.document["id"], heard.document["state"]
        if _said(heard) not in self._payloads:
            self._payloads.add(_said(heard))
            self._delivered[alert_id, state] += 1
        self._forgiven.add(alert_id)

    def _hear(
        self, heard: Heard, expected: set[str], figures: Figures, mended_unix_s: float | None
    ) -> list[str]:
        if _said(heard) in self._payloads:
            figures.duplicated += 1
            return []
        self._payloads.add(_said(heard))
        alert = heard.document
        alert_id, state = alert["id"], alert["state"]
        self._delivered[alert_id, state] += 1
        if mended_unix_s is not None:
            at_s = parse_rfc3339(alert["at"])
            figures.worst_delay_s = max(figures.worst_delay_s, heard.unix_s - at_s)
            after_s = heard.unix_s - max(at_s, mended_unix_s)
            figures.worst_after_s = max(figures.worst_after_s, after_s)
        incident = incident_of(alert_id)
        before = self._open.get(incident)
        if state == "cleared":
            self._open.pop(incident, None)
        else:
            self._open[incident] = alert_id
        if state != "raised":
            return []
        figures.raised += 1
        self._raised_now.add(incident)
        wrong = []
        if before is not None:
            figures.renamed += 1
            wrong.append(f"{incident} was raised as {alert_id} while it was open as {before}")
        if incident in BUSY and incident not in expected:
            figures.busy += 1
        elif incident.startswith(("bottle_overdue-", "too_quiet")) and self.clock_has_lied:
            figures.misled += 1
        elif incident == IDENTITY_FOUND and self._identity_lost:
            pass
        elif not incident.startswith(EVERYDAY) and incident not in expected:
            wrong.append(f"{alert_id} was raised for nothing: {alert['message']}")
        return wrong

    def _missing(self, memory: Memory, figures: Figures) -> list[str]:
        wrong = []
        for (alert_id, state), count in memory.told.items():
            figures.changes += count - self._judged[alert_id, state]
            arrived = self._delivered[alert_id, state]
            if arrived >= count:
                continue
            self._delivered[alert_id, state] = count  # held against it once
            if state == "reminded" and (memory.last[alert_id] != "reminded" or arrived):
                figures.superseded += count - arrived
            else:
                figures.lost += count - arrived
                wrong.append(f"{alert_id} {state}: written {count} times, arrived {arrived} times")
        self._judged = Counter(memory.told)
        figures.delivered = figures.changes - figures.lost - figures.superseded
        return wrong

    def _phantoms(self, memory: Memory) -> list[str]:
        known = {alert_id for alert_id, _ in memory.told}
        return [
            f"{alert_id} reached the phone, but the journal does not know it"
            for alert_id in {i for i, _ in self._delivered} - self._forgiven - known
        ]

    def false_state(self, memory: Memory, retained: dict[str, Any]) -> list[str]:
        """Where what a newcomer is told is not what the journal says."""
        wrong = []
        if retained.get("status") != "online":
            wrong.append(f"retained status is {retained.get('status')}")
        shown = {alert["id"]: alert["state"] for alert in retained.get("alerts") or []}
        if shown != memory.open:
            wrong.append(f"retained alerts {shown}, journal {memory.open}")
        kinds = {incident_of(alert_id).split("-")[0] for alert_id in memory.open} - {"test"}
        problems = {t: v for t, v in retained.items() if t.startswith("problem/")}
        lit = {topic.split("/")[1] for topic, value in problems.items() if value == "ON"}
        if lit != kinds:
            wrong.append(f"retained problems {sorted(lit)}, open in the journal {sorted(kinds)}")
        for name, grams in memory.weights.items():
            told = (retained.get(f"baby/{name.lower()}") or {}).get("weight_g")
            right = {g for n, g in memory.weighed if n == name} if self.clock_has_lied else {grams}
            if told is None or all(abs(told - g) > 0.011 for g in right):
                wrong.append(f"retained weight of {name} is {told}, the journal's {grams}")
        return wrong


def _said(heard: Heard) -> bytes:
    """The message itself: one that comes a second time may say that it is late."""
    return heard.payload.replace(b',"late":true}', b"}")


def _cleared_s(heard: Heard) -> float:
    """When the box cleared it (Unix time); long ago where it did not."""
    document = heard.document
    return parse_rfc3339(document["at"]) if document["state"] == "cleared" else 0.0
