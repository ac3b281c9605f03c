"""Where pushes go: Apprise URLs by the name of their route, from the configuration and a file.

What stands in the configuration is checked at the start, as everything in it. The file may be
missing, torn or open to others for a while, and a monitor must not end for that: the reason is
reported, and it is read again.
"""

from __future__ import annotations

import importlib.util
import logging
import re
from pathlib import Path
from typing import Any

from monitor.config import NotifyConfig
from monitor.daemon.push_dressing import dressed
from monitor.daemon.push_message import PushMessage
from monitor.errors import ConfigError
from monitor.host.extras import install_command
from monitor.store.secrets import read_urls

_CODE = re.compile(r"error=([1-5][0-9]{2})")
"""of an HTTP answer; ntfy's own codes begin with it"""


class PushRoutes:
    """``refresh`` before sending; ``send`` by name. For one thread at a time."""

    def __init__(self, config: NotifyConfig) -> None:
        """Check what the configuration itself says; the file is for ``refresh``.

        Raises:
            ConfigError: Apprise is not installed, or a URL in the configuration means nothing.
        """
        if importlib.util.find_spec("apprise") is None:
            raise ConfigError(
                f'"notify" is configured, but its library is missing: {install_command("notify")}'
            )
        self._lists = {
            "urls": config.urls,
            "critical_urls": config.critical_urls,
            "escalation_urls": config.escalation_urls,
        }
        self._file = config.urls_file
        self._seen: tuple[int, ...] | None = None
        self.problem: str | None = None
        """why the file cannot be used now; routes read before are used on"""
        self._routes: dict[str, Any] = {}
        for name, urls in self._lists.items():
            route, wrong = _route(urls)
            if wrong is not None:
                raise ConfigError(f'"notify.{name}", number {wrong}, is no URL Apprise knows')
            if urls:
                self._routes[name] = route

    def refresh(self) -> None:
        """Read the file again where it has changed, or could not be used before."""
        if self._file is None:
            return
        try:
            seen = _fingerprint(self._file)
            if seen == self._seen and self.problem is None:
                return
            urls = _urls_from(self._file)
            self._routes["urls"], wrong = _route([*urls, *self._lists["urls"]])
            self.problem = None if wrong is None else _not_a_url(self._file, wrong)
            self._seen = seen
        except ConfigError as error:
            self.problem = str(error)

    def send(self, name: str, message: PushMessage) -> str | None:
        """Push by one route; returns ``None`` when it has arrived, or why not.

        Whatever a plug-in raises is such a reason.
        """
        import apprise

        route = self._routes.get(name)
        if route is None:
            return self.problem or f'"notify.{name}" has no address yet'
        arrived = len(route) > 0
        try:
            listen: Any = apprise.LogCapture  # it has no types
            with listen(level=logging.WARNING) as said:
                for each in route:
                    service, body = dressed(each, message)
                    one = apprise.Apprise([service])
                    sent = one.notify(title=message.title, body=body, notify_type=message.kind)
                    arrived = bool(sent) and arrived
                why = _why(said.getvalue())
        except Exception as error:  # noqa: BLE001 - a hundred plug-ins, each with its own failures
            return f"a push to {name} failed: {type(error).__name__} in its plug-in"
        return None if arrived else f"a push to {name} failed: {why}"


def _why(said: str) -> str:
    """What Apprise has said of a failure, without an address: that holds a password."""
    found = _CODE.search(said)
    code = int(found.group(1)) if found else 0
    if code in {401, 403}:
        return f"the service refuses it ({code}): check password and address"
    if code == 429:
        return "the service has had too many (429): it is tried again later"
    if code >= 500:
        return f"the service is out of order (error {code}): it is tried again later"
    if code:
        return f"the service answers with error {code}: check the address"
    return "the service does not answer: check the network and the address"


def _route(urls: list[str]) -> tuple[Any, int | None]:
    """A route to all of them, and the number of the first that means nothing."""
    import apprise

    route = apprise.Apprise()
    wrong = None
    for number, url in enumerate(urls, start=1):
        if not route.add(url) and wrong is None:  # the URL itself holds a password: not shown
            wrong = number
    return route, wrong


def _not_a_url(path: str, number: int) -> str:
    return f'"notify.urls_file": address {number} in {path} is no URL Apprise knows'


def _fingerprint(path: str) -> tuple[int, ...]:
    try:
        seen = Path(path).stat()
    except OSError as error:
        raise ConfigError(
            f'"notify.urls_file": cannot read {path}: {error.strerror or error}'
        ) from error
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_mode)


def _urls_from(path: str) -> list[str]:
    urls = read_urls(path)
    if not urls:
        raise ConfigError(f'"notify.urls_file": {path} holds no URL: write one on each line')
    return urls
