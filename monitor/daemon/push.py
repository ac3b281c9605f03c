"""Pushes for people without Home Assistant: Apprise URLs, from the changes of each alert.

A plain MQTT app on a phone is a live view, not an alarm: Android and iOS suspend its connection.
Apprise speaks to ntfy, Pushover, Telegram and many more by one URL each. What is to be pushed are
rows in the journal (``push_rows``); here they are sent, one after the other, by a thread of its
own, because a push service that hangs must not stop the weighing. The thread never touches the
journal: ``pump`` hands it the next row and takes back what became of the last one.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Literal

import msgspec

from monitor.config import NotifyConfig
from monitor.daemon.push_message import message_of
from monitor.daemon.push_routes import PushRoutes
from monitor.host.backoff import Backoff
from monitor.store.push_buttons import PushButtons
from monitor.store.push_rows import PushRow, PushRows

RETRY_AFTER_S = (5.0, 30.0, 120.0)
"""a service that is down is asked again this much later, the last one for good"""
HUNG_S = 120.0
"""Apprise gives a service 4 s to answer; a plug-in that is silent for this long never will, and
what is behind it must not wait for it"""
CRITICAL_WAITS_S = 15.0
"""something critical does not wait for longer than this behind a softer push that does not come
back; one that works takes 8 s at most (4 s to connect, 4 s for the answer)"""
MOST_HUNG = 5
"""threads given up that have not come back; more would be a leak"""
LOOK_EVERY_S = 60.0
"""a file that could not be used is looked at again this often, also when nothing is to be sent"""


_Job = PushRow | Literal["look"] | None
"""a row to send, the file to be looked at again, or the end"""


class _Sent(msgspec.Struct, frozen=True):
    """What became of one row."""

    row: PushRow
    failed: list[str]
    why: str | None


class Notifier:
    """``pump`` it from the daemon's loop; it sends, retries and reports its own failures."""

    def __init__(
        self,
        config: NotifyConfig,
        rows: PushRows,
        *,
        retry_after_s: tuple[float, ...] = RETRY_AFTER_S,
        hung_s: float = HUNG_S,
        critical_waits_s: float = CRITICAL_WAITS_S,
        look_every_s: float = LOOK_EVERY_S,
        local_minute: Callable[[float], int | None] | None = None,
        routes: PushRoutes | None = None,
        buttons: PushButtons | None = None,
    ) -> None:
        """Check the URLs, unless ``routes`` are given, and start the thread.

        ``buttons`` are put on pushes; None: no push has one.

        Raises:
            ConfigError: Apprise is not installed, or a URL in the configuration means nothing to
                it. A file that cannot be used is a ``problem`` instead.
        """
        self._rows = rows
        self._retry_after_s, self._hung_s = retry_after_s, hung_s
        self._critical_waits_s = min(critical_waits_s, hung_s)
        self._look_every_s = look_every_s
        self._local_minute = local_minute
        self._routes = routes or PushRoutes(config)
        self._page_url, self._buttons = config.page_url, buttons
        self._backoffs: dict[int, Backoff] = {}
        self._due_s: dict[int, float] = {}
        self._failure: str | None = None
        self._given_up: list[threading.Thread] = []
        self._looked_s = time.monotonic()
        self.expired = 0
        """pushes that were no longer news when they could have been sent, since the start"""
        self._start_thread()

    def _start_thread(self) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[_Sent] = queue.SimpleQueue()
        self._under_way: tuple[PushRow, float] | None = None
        """the row that the thread has, and since when (monotonic seconds)"""
        self._thread = threading.Thread(
            target=self._work, args=(self._jobs, self._done), name="notify", daemon=True
        )
        self._thread.start()

    @property
    def problem(self) -> str | None:
        """Why pushes do not arrive, for ``health``; None while all is well."""
        return self._routes.problem or self._failure

    # ------------------------------------------------------------------ the daemon's thread

    def pump(self, now_s: float) -> None:
        """Take back what was sent, hand over what is due; never waits.

        ``now_s``: on the timeline, for what is no longer news.
        """
        self._collect()
        self._mind_the_thread()
        if self._under_way is not None:
            return
        row = self._next(now_s)
        monotonic_s = time.monotonic()
        if row is not None:
            self._under_way = (row, monotonic_s)
            self._jobs.put(row)
        elif self._routes.problem and monotonic_s - self._looked_s >= self._look_every_s:
            self._looked_s = monotonic_s
            self._jobs.put("look")

    @property
    def waiting(self) -> int:
        """Pushes that have not reached everybody they are for."""
        return len(self._rows.waiting())

    def close(self, now_s: float, timeout_s: float = 5.0) -> None:
        """Send what is due now, then end; what is left waits on disk for the next start."""
        deadline_s = time.monotonic() + timeout_s
        self.pump(now_s)
        while self._under_way is not None and time.monotonic() < deadline_s:
            time.sleep(0.01)
            self.pump(now_s)
        self._jobs.put(None)
        self._thread.join(max(0.0, deadline_s - time.monotonic()))

    def _next(self, now_s: float) -> PushRow | None:
        monotonic_s = time.monotonic()
        expired = [row.id for row in self._rows.waiting() if row.expires_s <= now_s]
        if expired:
            self.expired += len(expired)
            self._forget(expired)
        for row in self._rows.waiting():
            if self._due_s.get(row.id, 0.0) <= monotonic_s:
                return row
        return None

    def _collect(self) -> None:
        while not self._done.empty():
            sent = self._done.get()
            self._under_way = None
            self._failure = sent.why
            row = sent.row
            if not sent.failed:
                self._forget([row.id])
                continue
            if sent.failed != row.to:
                self._rows.keep(row, sent.failed)
            self._postpone(row.id)

    def _postpone(self, number: int) -> None:
        backoff = self._backoffs.setdefault(number, Backoff(self._retry_after_s))
        self._due_s[number] = time.monotonic() + backoff.next_s()

    def _forget(self, ids: list[int]) -> None:
        for number in ids:
            self._backoffs.pop(number, None)
            self._due_s.pop(number, None)
        self._rows.delete(ids)

    def _mind_the_thread(self) -> None:
        """Start another when the thread ended or hangs; no push is lost with it."""
        if not self._thread.is_alive():
            why = "the thread that pushes ended by itself; a new one was begun"
        elif self._under_way is None or self._lasts_s() < self._patience_s(self._under_way[0]):
            return
        elif self._too_many_hang():
            self._failure = f"pushes hang: {MOST_HUNG} were given up; restart the monitor"
            return
        else:
            self._given_up.append(self._thread)
            self._jobs.put(None)  # it ends when its push comes back after all
            names = " and ".join(self._under_way[0].to)
            why = f"a push to {names} has not come back for {self._lasts_s():.0f} s"
        if self._under_way is not None:
            self._postpone(self._under_way[0].id)
        self._start_thread()
        self._failure = why

    def _too_many_hang(self) -> bool:
        self._given_up = [thread for thread in self._given_up if thread.is_alive()]
        return len(self._given_up) >= MOST_HUNG

    def _lasts_s(self) -> float:
        return 0.0 if self._under_way is None else time.monotonic() - self._under_way[1]

    def _patience_s(self, under_way: PushRow) -> float:
        """How long this one may take, given what waits behind it."""
        soft = under_way.alert.severity != "critical"
        overtaken = soft and any(
            row.alert.severity == "critical" and row.id != under_way.id
            for row in self._rows.waiting()
        )
        return self._critical_waits_s if overtaken else self._hung_s

    # ------------------------------------------------------------------ in its own thread

    def _work(self, jobs: queue.SimpleQueue[_Job], done: queue.SimpleQueue[_Sent]) -> None:
        self._routes.refresh()
        while (job := jobs.get()) is not None:
            self._routes.refresh()
            if job != "look":
                done.put(self._send(job))

    def _send(self, row: PushRow) -> _Sent:
        alert, buttons = row.alert, self._buttons
        message = message_of(
            alert,
            page_url=self._page_url,
            token=None if buttons is None else buttons.token(alert.id, alert.t_s),
            local_minute=self._local_minute,
        )
        reasons = {name: self._routes.send(name, message) for name in row.to}
        failed = [name for name, why in reasons.items() if why is not None]
        why = "; ".join(dict.fromkeys(reason for reason in reasons.values() if reason))
        return _Sent(row, failed, why or None)
