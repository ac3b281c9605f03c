"""Real pushes for people without Home Assistant: Apprise URLs, fed by the life of each alert.

A plain MQTT app on a phone is a live view, not an alarm: Android and iOS suspend its connection.
Apprise speaks to ntfy, Pushover, Telegram and many more by one URL each. It works in a thread of
its own, because a push service that hangs must not stop the weighing. Of one alert only the newest
change waits to be sent; what is too old to be news is dropped. The library is an optional extra
and is loaded only when there is somebody to tell.
"""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from monitor.config import NotifyConfig
from monitor.core.alert_life import RANK
from monitor.errors import ConfigError
from monitor.events import Alert
from monitor.secrets import read_urls
from monitor.topics import alert_sentence

TOLD_STATES = frozenset({"raised", "reminded", "cleared"})
"""a push cannot be taken back, so an acknowledgement is no reason for another one"""
RETRY_AFTER_S = (5.0, 30.0, 120.0)
NEWS_FOR_S = 600.0
"""ten minutes: what could not be sent until then is renewed by a reminder if it is still true"""


class Push(msgspec.Struct):
    """One alert's newest change, waiting."""

    alert: Alert
    to: list[str]
    """names of the routes that have not got it yet"""
    told_s: float
    due_s: float
    attempts: int = 0


class Notifier:
    """``tell`` it every alert; it decides, sends, retries and reports its own failures."""

    def __init__(
        self,
        config: NotifyConfig,
        *,
        retry_after_s: tuple[float, ...] = RETRY_AFTER_S,
        local_minute: Callable[[float], int | None] | None = None,
    ) -> None:
        """Check the URLs and start the thread.

        Raises:
            ConfigError: Apprise is not installed, or a URL means nothing to it.
        """
        self._retry_after_s = retry_after_s
        self._local_minute = local_minute
        self._from_rank = RANK[config.from_severity]
        self._routes = _open_routes(config)
        self._waiting: dict[str, Push] = {}
        self._told: set[str] = set()
        self._escalated: set[str] = set()
        self._changed = threading.Condition()
        self._stopping = False
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._work, name="notify", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> str | None:
        """Why the last push failed, for ``health``; None while all is well."""
        return self._problem

    def tell(self, alert: Alert) -> None:
        """Take one change in an alert's life; returns at once. Safe from any thread."""
        if alert.silent or alert.state not in TOLD_STATES:
            return
        with self._changed:
            if alert.state == "cleared":
                if alert.id not in self._told:
                    return  # nobody heard of it, nobody needs the all-clear
                self._told.discard(alert.id)
            elif RANK[alert.severity] < self._from_rank:
                return
            else:
                self._told.add(alert.id)
            now_s = time.monotonic()
            self._waiting[alert.id] = Push(alert, self._concerned(alert), now_s, now_s)
            self._changed.notify()

    def close(self, timeout_s: float = 5.0) -> None:
        """Send what is due now, then end; gives up after ``timeout_s``."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout_s)

    # ------------------------------------------------------------------ in its own thread

    def _work(self) -> None:
        while (push := self._next()) is not None:
            self._problem = self._send(push)
            if not push.to:
                continue
            wait_s = self._retry_after_s[min(push.attempts, len(self._retry_after_s) - 1)]
            push.attempts += 1
            push.due_s = time.monotonic() + wait_s
            with self._changed:
                if push.due_s - push.told_s < NEWS_FOR_S and not self._stopping:
                    self._waiting.setdefault(push.alert.id, push)  # a newer change goes first

    def _next(self) -> Push | None:
        with self._changed:
            while True:
                now_s = time.monotonic()
                for push in sorted(self._waiting.values(), key=lambda p: p.due_s):
                    if push.due_s <= now_s:
                        return self._waiting.pop(push.alert.id)
                if self._stopping:
                    return None
                due_s = [push.due_s for push in self._waiting.values()]
                self._changed.wait(min(due_s) - now_s if due_s else None)

    def _send(self, push: Push) -> str | None:
        """Push to everybody concerned; returns None, or a sentence on what failed."""
        alert = push.alert
        kind = {"critical": "failure", "warning": "warning"}.get(alert.severity, "info")
        failed = []
        for name in push.to:
            arrived = self._routes[name].notify(
                title=f"{alert.title} ({alert.box})",
                body=alert_sentence(alert, local_minute=self._local_minute),
                notify_type="success" if alert.state == "cleared" else kind,
            )
            if not arrived:
                failed.append(name)
        push.to = failed
        if not failed:
            return None
        return f"a push to {' and '.join(failed)} failed: check the network and the URL"

    def _concerned(self, alert: Alert) -> list[str]:
        """Whom to tell; a second person hears of an escalation once, and of its end."""
        critical = alert.severity == "critical" and "critical_urls" in self._routes
        concerned = ["critical_urls" if critical else "urls"]
        if alert.state == "cleared" and alert.id in self._escalated:
            self._escalated.discard(alert.id)
            concerned.append("escalation_urls")
        elif alert.escalated and alert.id not in self._escalated:
            self._escalated.add(alert.id)
            concerned.append("escalation_urls")
        return [name for name in concerned if name in self._routes]


def wanted(config: NotifyConfig) -> bool:
    """Whether there is anybody to tell."""
    return bool(config.urls or config.critical_urls or config.escalation_urls or config.urls_file)


def _open_routes(config: NotifyConfig) -> dict[str, Any]:
    if importlib.util.find_spec("apprise") is None:
        raise ConfigError(
            '"notify" is configured, but its library is missing: '
            'pip install "nursery-monitor[notify]"'
        )
    import apprise

    lists = {
        "urls": [*config.urls, *(read_urls(config.urls_file) if config.urls_file else [])],
        "critical_urls": config.critical_urls,
        "escalation_urls": config.escalation_urls,
    }
    routes = {}
    for name, urls in lists.items():
        route = apprise.Apprise()
        for number, url in enumerate(urls, start=1):
            if not route.add(url):  # the URL itself holds a password: it is not shown
                raise ConfigError(f'"notify.{name}", number {number}, is no URL Apprise knows')
        if urls:
            routes[name] = route
    return routes
