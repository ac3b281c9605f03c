"""What leaves the box about an alert: messages for the broker, and pushes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from monitor.alert_kinds import KINDS, RANK
from monitor.codec import converted
from monitor.config import Config
from monitor.events import Alert, AnyEvent
from monitor.mqtt.topics import Topics, alert_messages, marked
from monitor.store.outbox_message import OutboxMessage
from monitor.store.push_rows import PUSHED_KEY, PushRow, PushRules


class News:
    """Turns events into rows of outbox and pushes."""

    def __init__(
        self,
        config: Config,
        topics: Topics,
        pushed: dict[str, bool],
        local_minute: Callable[[float], int | None],
    ) -> None:
        """Begin.

        Args:
            config: the box's settings.
            topics: where its messages go.
            pushed: ids of open alerts that have been pushed; True where one was escalated.
            local_minute: minute of the local day for a sentence; None: nobody knows.
        """
        self._topics, self._local_minute = topics, local_minute
        self._rules = PushRules(config.notify, pushed)
        self._pushed: bytes | None = None

    def messages(self, events: Sequence[AnyEvent]) -> list[OutboxMessage]:
        """What goes to the broker, in order."""
        return [
            converted(
                OutboxMessage,
                message,
                expires_s=event.t_s + KINDS[event.kind].news_for_s,
                t_s=event.t_s,
                alert_id=event.incident,
                urgency=RANK[event.severity],
                is_reminder=event.state == "reminded",
            )
            for event in events
            if isinstance(event, Alert) and not event.silent
            for message in alert_messages(event, self._topics, local_minute=self._local_minute)
        ]

    def pushes(self, events: Sequence[AnyEvent]) -> list[PushRow]:
        """What is pushed, in order; it counts as told from now on."""
        rows = (self._rules.row(event) for event in events if isinstance(event, Alert))
        return [
            msgspec.structs.replace(row, alert=marked(row.alert, self._topics))
            for row in rows
            if row is not None
        ]

    @property
    def state(self) -> dict[str, bytes]:
        """Which open alerts have been pushed, for the journal's ``state``."""
        return {PUSHED_KEY: msgspec.json.encode(self._rules.pushed)}

    def changed_state(self) -> dict[str, bytes]:
        """The same when it is another than at the last call, else nothing."""
        before, self._pushed = self._pushed, self.state[PUSHED_KEY]
        return self.state if self._pushed != before else {}
