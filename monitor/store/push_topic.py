"""The topic of ntfy by which phones get pushes: found among the addresses, or made.

A topic is all that keeps strangers out, so it is random: 100 bits, in letters that can be typed.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import msgspec

from monitor.errors import CommandError, ConfigError
from monitor.store.secrets import read_urls
from monitor.store.settings import BoxSettings, Judge
from monitor.written.setup_requests import Configure, SubscribePhone

PUBLIC = "https://ntfy.sh"
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""without what is read as something else: l o 0 1"""
LENGTH = 20
PREFIX = "nursery-"


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic of one server."""

    server: str
    """such as ``https://ntfy.sh``"""
    name: str

    @property
    def web(self) -> str:
        """For a browser."""
        return f"{self.server}/{self.name}"

    @property
    def app(self) -> str:
        """Opens the Android app, which subscribes (ntfy's documentation, "ntfy:// links")."""
        scheme, _, host = self.server.partition("://")
        return f"ntfy://{host}/{self.name}{'' if scheme == 'https' else '?secure=false'}"

    @property
    def address(self) -> str:
        """For Apprise; no picture is fetched from elsewhere for it."""
        scheme, _, host = self.server.partition("://")
        return f"ntfy{'s' if scheme == 'https' else ''}://{host}/{self.name}?image=no"


def topic_in(address: str) -> Topic | None:
    """The topic of one Apprise address; ``None``: it is of another service, or of none."""
    try:
        found = urlsplit(address.strip())
        port = "" if found.port is None else f":{found.port}"
        host, path = found.hostname or "", found.path.strip("/")
    except ValueError:
        return None
    if found.scheme not in {"ntfy", "ntfys"} or not host:
        return None
    if not path:  # ntfy://topic is one of ntfy.sh
        return Topic(server=PUBLIC, name=found.netloc.rpartition("@")[2])
    secure = found.scheme == "ntfys" or host == "ntfy.sh"
    server = f"http{'s' if secure else ''}://{host}{port}"
    return Topic(server=server, name=path.partition("/")[0])


def new_topic(server: str = "") -> Topic:
    """A random one."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return Topic(server=server.rstrip("/") or PUBLIC, name=f"{PREFIX}{drawn}")


def subscribe(box: BoxSettings, asked: SubscribePhone, judge: Judge) -> Topic:
    """The topic that a phone subscribes to; one is made where there is none, or it is asked for.

    Raises:
        CommandError: the addresses cannot be read or kept; nothing was changed.
    """
    before = _addresses(box)
    known = {each: topic for each in before if (topic := topic_in(each)) is not None}
    found = next(iter(known.values()), None)
    wanted: dict[str, str | list[str] | float | bool | None] = {}
    if found is None or asked.new or (asked.server and asked.server.rstrip("/") != found.server):
        found = new_topic(asked.server or (found.server if found else ""))
        kept = [each for each in before if not _is_ours(known.get(each))]
        wanted["urls"] = [*kept, found.address]
    if asked.page_url and not box.config.notify.page_url:
        wanted["page_url"] = asked.page_url
    if wanted:
        box.carry_out(Configure(key="notify", value=wanted), judge)
    return found


def _is_ours(topic: Topic | None) -> bool:
    return topic is not None and topic.name.startswith(PREFIX)


def _addresses(box: BoxSettings) -> list[str]:
    notify = box.config.notify
    try:
        more = read_urls(notify.urls_file) if notify.urls_file else []
    except ConfigError as error:
        raise CommandError(f"the addresses that there are cannot be read: {error}") from error
    return [*more, *notify.urls]
