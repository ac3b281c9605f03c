"""When a box looks at a broker (``look``): before it first announces itself there.

The publisher's own attempt says why where no look is possible. A broker that lets one connection of
a user in and no second one must not hold discovery up, so the look is given up after a few tries
beside a connection that holds.
"""

from __future__ import annotations

from collections.abc import Callable

from monitor.config import Config
from monitor.mqtt.connecting import Connect
from monitor.mqtt.identity import BoxIdentity, where
from monitor.mqtt.look import BrokerLook, Outcome
from monitor.store.journal import Journal

MOST_FAILURES = 3
"""beside a connection that holds"""
AGAIN_S = 10.0


class FirstLook:
    """Times are monotonic seconds; at most one connection at a time."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        identity: BoxIdentity,
        *,
        connect: Connect,
        client_id: Callable[[], str],
        seen: Callable[[dict[str, bytes]], None],
    ) -> None:
        """Prepare; ``seen`` is called with the documents that stand there, by topic."""
        self._config, self._journal, self._identity = config, journal, identity
        self._connect, self._client_id, self._seen = connect, client_id, seen
        self._look: BrokerLook | None = None
        self._failures = 0
        self._failed_s = float("-inf")

    @property
    def is_due(self) -> bool:
        """Whether it has yet to be looked at this broker; never while the card cannot be read."""
        wanted = self._config.mqtt.discovery != "off" and self._failures < MOST_FAILURES
        looked = self._identity.has_looked(where(self._config))
        return self._journal.knows_roster and wanted and not looked

    def may_connect(self, now_s: float) -> bool:
        """Whether the publisher need not wait: all is seen, or nothing can be."""
        return not self.is_due or self._go_on(now_s) != "looking"

    def beside(self, now_s: float) -> bool:
        """Go on while the publisher is connected; returns whether it was given up just now."""
        if not self.is_due or (self._look is None and now_s - self._failed_s < AGAIN_S):
            return False
        if self._go_on(now_s) != "failed":
            return False
        self._failed_s = now_s
        self._failures += 1
        return not self.is_due

    def begin_anew(self) -> None:
        """Under another identity: what is under way was asked by the old one."""
        self.close()
        self._look = None

    def close(self) -> None:
        """Stop looking."""
        if self._look is not None:
            self._look.close()

    def _go_on(self, now_s: float) -> Outcome:
        if self._look is None:
            self._look = BrokerLook(
                self._config.mqtt,
                self._config.box,
                connect=self._connect,
                client_id=self._client_id(),
            )
        outcome = self._look.pump(now_s)
        if outcome != "looking":
            documents, self._look = self._look.documents, None
            if outcome == "done":
                self._seen(documents)
        return outcome
