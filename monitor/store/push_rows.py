"""Pushes that must arrive: rows in the journal, beside the outbox of what goes to the broker.

A push is written in the transaction of the alert it tells of and deleted when every route has
taken it, so that it survives a killed process. Of one alert only the newest change waits; a route
that an older change had not reached yet gets the newer one. What is no longer news is dropped.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from monitor.alert_kinds import KINDS, RANK
from monitor.config import NotifyConfig
from monitor.events import Alert
from monitor.timeshift import Deadline, Moment, TimeShift, shifted

PUSHED_STATES = frozenset({"raised", "reminded", "cleared"})
"""a push cannot be taken back, so an acknowledgement is no reason for another one"""

MOST_HELD = 500
"""in memory while the card refuses; one row for each open alert"""

PUSHED_KEY = "pushed"
"""where the journal's ``state`` keeps which open alerts have been pushed"""


class PushRow(msgspec.Struct, frozen=True, kw_only=True):
    """One alert's newest change, waiting for the routes in ``to``."""

    alert: Alert
    to: list[str]
    t_s: Moment
    expires_s: Deadline
    """seconds on the timeline after which it is no longer news"""
    id: int = 0
    """row number, given by the table; negative while it is held in memory"""


def wanted(config: NotifyConfig) -> bool:
    """Whether there is anybody to push to."""
    return bool(route_names(config))


def route_names(config: NotifyConfig) -> list[str]:
    """The routes that the configuration names, readable or not."""
    named = {
        "urls": bool(config.urls or config.urls_file),
        "critical_urls": bool(config.critical_urls),
        "escalation_urls": bool(config.escalation_urls),
    }
    return [name for name, is_named in named.items() if is_named]


class PushRules:
    """Which change of an alert is pushed, and to whom."""

    def __init__(self, config: NotifyConfig, pushed: dict[str, bool]) -> None:
        """``pushed``: ids of open alerts that have been pushed; True where it was escalated."""
        self._from_rank = RANK[config.from_severity]
        self._routes = route_names(config)
        self.pushed = pushed

    def row(self, alert: Alert) -> PushRow | None:
        """What to push; ``None`` for a change that is no news."""
        if alert.silent or alert.state not in PUSHED_STATES or not self._routes:
            return None
        if alert.state == "cleared":
            if alert.id not in self.pushed:
                return None  # it was never pushed, so its end is not either
            to = self._concerned(alert, ended=self.pushed.pop(alert.id))
        elif RANK[alert.severity] < self._from_rank:
            return None
        else:
            to = self._concerned(alert)
        expires_s = alert.t_s + KINDS[alert.kind].news_for_s
        return PushRow(alert=alert, to=to, t_s=alert.t_s, expires_s=expires_s) if to else None

    def _concerned(self, alert: Alert, *, ended: bool = False) -> list[str]:
        """A second person hears of an escalation once, and of its end."""
        critical = alert.severity == "critical" and "critical_urls" in self._routes
        concerned = ["critical_urls" if critical else "urls"]
        if alert.state == "cleared":
            if ended:
                concerned.append("escalation_urls")
        else:
            if alert.escalated and not self.pushed.get(alert.id, False):
                concerned.append("escalation_urls")
            self.pushed[alert.id] = alert.escalated or self.pushed.get(alert.id, False)
        return [name for name in concerned if name in self._routes]


class PushRows:
    """The table ``pushes``; adding is part of the journal's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._waiting: list[PushRow] | None = None
        self._held: dict[int, PushRow] = {}
        self._last_held = 0
        self._last_read: list[PushRow] = []
        """what a card that cannot be read any more still held"""
        self._sent: set[int] = set()
        """rows that have arrived and could not be deleted yet"""

    def reconnect(self, connection: sqlite3.Connection) -> None:
        """The journal has moved, with its rows."""
        self._db, self._waiting = connection, None

    # ------------------------------------------------------------------ writing

    @property
    def held(self) -> list[PushRow]:
        """Rows that are in memory only, oldest first."""
        return list(self._held.values())

    def hold(self, rows: Iterable[PushRow]) -> None:
        """Keep in memory what the next transaction writes; the oldest go beyond ``MOST_HELD``."""
        for row in rows:
            incident = row.alert.incident
            for older in [old for old in self._held.values() if old.alert.incident == incident]:
                row = _merged(row, older.to)  # noqa: PLW2901 - the same news, for more routes
                del self._held[older.id]
            self._last_held -= 1
            self._held[self._last_held] = msgspec.structs.replace(row, id=self._last_held)
            self._waiting = None
        for oldest in list(self._held)[: max(0, len(self._held) - MOST_HELD)]:
            del self._held[oldest]

    def write(self, rows: Iterable[PushRow]) -> None:
        """Write each in the place of its alert's older row; the caller commits."""
        for row in rows:
            to = row.to
            for old in self._of(row.alert.incident):
                to = _merged(row, old.to).to if old.id not in self._sent else to
                self._db.execute("DELETE FROM pushes WHERE id = ?", (old.id,))
            self._db.execute(
                "INSERT INTO pushes (alert_id, document, routes, t_s, expires_s) "
                "VALUES (?, ?, ?, ?, ?)",
                (row.alert.id, msgspec.json.encode(row.alert), " ".join(to), row.t_s,
                 row.expires_s),
            )  # fmt: skip
            self._waiting = None

    def add(self, rows: Iterable[PushRow]) -> None:
        """Write rows under their own numbers; the caller commits."""
        self._db.executemany(
            "INSERT INTO pushes (id, alert_id, document, routes, t_s, expires_s) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                (row.id, row.alert.id, msgspec.json.encode(row.alert), " ".join(row.to), row.t_s,
                 row.expires_s)
                for row in rows
            ],
        )  # fmt: skip

    def release(self, held: Iterable[PushRow]) -> None:
        """These are rows now."""
        for row in held:
            self._held.pop(row.id, None)
        self._waiting = None

    def delete(self, ids: Sequence[int]) -> None:
        """Forget rows that arrived or expired; a refusing card is asked again the next time."""
        self._sent.update(i for i in ids if self._held.pop(i, None) is None and i > 0)
        self._waiting = None
        try:
            with self._db:
                self._db.executemany("DELETE FROM pushes WHERE id = ?", [(i,) for i in self._sent])
        except sqlite3.Error:
            return
        self._sent.clear()

    def keep(self, row: PushRow, to: list[str]) -> None:
        """Only the routes in ``to`` still wait for it; a refusing card remembers more of them."""
        if row.id in self._held:
            self._held[row.id] = msgspec.structs.replace(row, to=to)
            self._waiting = None
            return
        try:
            with self._db:
                self._db.execute(
                    "UPDATE pushes SET routes = ? WHERE id = ?", (" ".join(to), row.id)
                )
        except sqlite3.Error:
            return
        self._waiting = None

    def shift(self, shift: TimeShift) -> None:
        """The timeline was shifted: so are what waits here, its expiry and the times in it."""
        for row in self._rows():
            if (after := shifted(row, shift)) != row:
                self._db.execute(
                    "UPDATE pushes SET t_s = ?, expires_s = ?, document = ? WHERE id = ?",
                    (after.t_s, after.expires_s, msgspec.json.encode(after.alert), row.id),
                )
        self._waiting = None

    def shift_held(self, shift: TimeShift) -> None:
        """The same for what is in memory only."""
        self._held = {i: shifted(row, shift) for i, row in self._held.items()}
        self._waiting = None

    # ------------------------------------------------------------------ reading

    def waiting(self) -> list[PushRow]:
        """All that waits, critical first, then oldest first. Asked at every turn of the loop."""
        if self._waiting is None:
            rows = [row for row in self._rows() if row.id not in self._sent]
            rows += self._held.values()
            self._waiting = sorted(rows, key=lambda row: (-RANK[row.alert.severity], row.t_s))
        return self._waiting

    def pushed_alerts(self) -> dict[str, bool]:
        """Which open alerts have been pushed; True where a second person heard of it."""
        try:
            stored = self._db.execute(
                "SELECT value FROM state WHERE key = ?", (PUSHED_KEY,)
            ).fetchone()
            return {} if stored is None else msgspec.json.decode(stored[0], type=dict[str, bool])
        except (sqlite3.Error, msgspec.MsgspecError, TypeError):
            return {}

    def _of(self, incident: str) -> list[PushRow]:
        return [row for row in self._rows() if row.alert.incident == incident]

    def _rows(self) -> list[PushRow]:
        try:
            stored = self._db.execute("SELECT * FROM pushes ORDER BY id").fetchall()
        except sqlite3.Error:
            return self._last_read
        read = [_read(row) for row in stored]
        self._last_read = [row for row in read if row is not None]
        return self._last_read


def _read(row: sqlite3.Row) -> PushRow | None:
    try:
        return PushRow(
            alert=msgspec.json.decode(row["document"], type=Alert),
            to=str(row["routes"]).split(),
            t_s=float(row["t_s"]),
            expires_s=float(row["expires_s"]),
            id=int(row["id"]),
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError, ValueError):
        return None


def _merged(row: PushRow, to: Sequence[str]) -> PushRow:
    return msgspec.structs.replace(row, to=list(dict.fromkeys([*row.to, *to])))
