"""What the box listens to at the broker, and what keeps it from listening.

Commands and Home Assistant's birth, and where the broker does not answer for a message
(``echoes``) the box's own messages. After a flood the commands are unsubscribed for a while
(``flood_gate``); after a message too long for any command for longer, because a retained one comes
again with every subscription, and would end every connection.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.mqtt.connection_events import Subscribed

if TYPE_CHECKING:  # the client library is loaded with the first connection
    from monitor.mqtt.connection import Connection

AFTER_TOO_LONG_S = 600.0
"""somebody has to empty the topic; meanwhile each try costs one connection"""
UNHEARD = "somebody keeps or sent a message far too long for a command: empty that topic"


class Listening:
    """Times are monotonic seconds; ``begin`` at each connection, ``tend`` at each turn."""

    def __init__(
        self,
        commands: Sequence[str],
        echoes: Sequence[str],
        always: Sequence[str],
        of_others: Sequence[str] = (),
        beside: Sequence[str] = (),
        others: Sequence[str] = (),
    ) -> None:
        """Prepare.

        Args:
            commands: topics that can be done without for a while.
            echoes: where the box may have to hear itself.
            always: topics that tell who else speaks as this box.
            of_others: those of ``always`` on which only others are listened to.
            beside: comes and goes with the commands, but a box that may not hear it is not deaf.
            others: topics of the house that bring readings; the first to be left out.
        """
        self._others = list(others)
        self._others_open = False
        self._commands, self._echoes, self._always = list(commands), list(echoes), list(always)
        self._beside = list(beside)
        self._of_others = frozenset(of_others)
        self._asked: dict[int, list[str]] = {}
        self._open = False
        self._left_out_until_s = -math.inf
        self._left_out = 0
        """after too long a message: how many of ``_suspects``"""
        self._suspects = [self._others, self._commands, [*self._echoes, *self._always]]
        self._suspects = [topics for topics in self._suspects if topics]
        """what may have brought it, in this order"""
        self._granted: set[str] = set()
        self.refused: dict[str, str] = {}
        """topics that the broker does not let the box hear, with the reason"""

    def begin(
        self, connection: Connection, now_s: float, *, flooded: bool, hear_itself: bool
    ) -> bool:
        """Subscribe anew; returns whether the box's own messages will come back."""
        self._asked.clear()
        self._granted.clear()
        self._open = self._others_open = False
        all_out = self._left_out == len(self._suspects)
        hear_itself = hear_itself and not all_out
        if not all_out:
            self._ask(connection, self._always + (self._echoes if hear_itself else []))
        self.tend(connection, now_s, flooded=flooded)
        return hear_itself

    def tend(self, connection: Connection, now_s: float, *, flooded: bool) -> bool:
        """Unsubscribe and subscribe commands as it is time; returns whether subscribed just now."""
        if self._left_out and now_s >= self._left_out_until_s:
            self._left_out = 0
            self.refused = {t: why for t, why in self.refused.items() if why != UNHEARD}
        wanted = not flooded and self._commands not in self._suspects[: self._left_out]
        if wanted == self._open:
            return False
        self._open = wanted
        if wanted:
            self._ask(connection, self._commands + self._beside)
        else:
            connection.unsubscribe(self._commands + self._beside)
        return wanted

    def tend_others(self, connection: Connection, *, flooded: bool) -> None:
        """The same for the topics of the house."""
        wanted = bool(self._others) and not flooded and not self._left_out
        if wanted and not self._others_open:
            self._ask(connection, self._others)
        elif self._others_open and not wanted:
            connection.unsubscribe(self._others)
        self._others_open = wanted

    def too_long(self, now_s: float) -> None:
        """A message has ended the connection by its length: leave out what may have brought it."""
        self._left_out = min(len(self._suspects), self._left_out + 1)
        self._left_out_until_s = now_s + AFTER_TOO_LONG_S
        for topics in self._suspects[: self._left_out]:
            if topics in (self._others, self._commands):
                self.refused |= dict.fromkeys(topics, UNHEARD)

    def answered(self, answer: Subscribed) -> None:
        """The broker grants or refuses."""
        for topic, why in zip(self._asked.pop(answer.mid, []), answer.refused, strict=False):
            if why is None:
                self._granted.add(topic)
                self.refused.pop(topic, None)
            else:
                self.refused[topic] = f"may not be heard: {why.lower()}"

    @property
    def own_granted(self) -> bool:
        """Whether the broker has said that the box's own messages will come back."""
        return self._granted.issuperset(self._echoes)

    def hears_commands(self) -> tuple[bool | None, str]:
        """Whether commands come through, and why not; None: the broker has not answered yet."""
        for topic in self._commands:
            if topic in self.refused:
                return False, f"{topic}: {self.refused[topic]}"
        return (True if self._granted.issuperset(self._commands) else None), ""

    def _ask(self, connection: Connection, topics: list[str]) -> None:
        if (mid := connection.subscribe(topics, of_others=self._of_others)) is not None:
            self._asked[mid] = topics
