"""Notices another box with this one's identity or name.

Three signs. The broker says that the session was taken over (MQTT 5, reason 0x8E). Or it says
nothing, as Mosquitto does, and the connection ends a moment after it was accepted, again and
again: then another name is used at the broker; if that one holds, the own name is tried once more,
and only if it does not hold even now, it is somebody else's, too (a line that broke for a while
holds either). Or somebody writes on this box's own topics: its document ``identity`` carries a mark
of the process that wrote it, and one with another mark is another box's. What the broker only
keeps proves nothing, since it may bring back what an earlier process said; a box that lives
answers.

It also keeps two such boxes from contradicting each other: whoever sees its own ``status`` say
something else while it is connected says ``online`` again.
"""

from __future__ import annotations

import math
import uuid
from typing import Literal

import msgspec

from monitor.mqtt.topics import Topics

SESSION_TAKEN_OVER = 0x8E
"""MQTT 5, 3.14.2.1"""
SHORT_S = 60.0
"""a connection that ends sooner after it was accepted is a short one"""
SHORT_ENDS = 3
"""this many short ones in a row are no restart of the broker"""
WINDOW_S = 300.0
"""... within this time: attempts slow down to one in 30 s"""
PROMPT_S = 5.0
"""a broker that has given the own name to somebody else is there, and accepts another name at
once; one that was stopped, or refuses a password meanwhile, does not"""
ANSWER_EVERY_S = 30.0
"""two boxes that answer each other must not go on faster than this; one that is new to this box
is answered at once"""
CONTRADICT_EVERY_S = 1.0
"""somebody else's ``offline`` is answered within this time, and a stream of them once in it"""
LASTING_S = 190.0
"""another box is told of for this long after its last sign: it writes every minute, so this is
three times missed"""
MOST_OTHERS = 20
"""remembered at once; on a broker without rules anybody may invent more"""

Sign = Literal["twin", "namesake", "taken_over"]


class IdentityDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Topic ``identity``: whose box this is, and which process says so."""

    identity: str
    instance: str
    at: str
    """when it was last written; renewed every minute"""
    version: str = ""


class _Other(msgspec.Struct, kw_only=True):
    """A process that speaks as this box, or under its name."""

    sign: Sign
    answered_s: float
    seen_s: float = 0.0


class IdentityWatch:
    """Times are monotonic seconds, handed in by whoever tends the connection."""

    def __init__(
        self,
        *,
        client_id: str,
        identity: str,
        instance: str,
        status_topic: str,
        identity_topic: str,
        short_s: float = SHORT_S,
        lasting_s: float = LASTING_S,
    ) -> None:
        self._client_id = client_id
        self._identity, self._instance = identity, instance
        self._status_topic, self._identity_topic = status_topic, identity_topic
        self._short_s, self._lasting_s = short_s, lasting_s
        self._connected_s: float | None = None
        self._short_ends: list[float] = []
        self._tries_other = False
        """the other name is being tried: does the connection hold?"""
        self._tries_own = False
        """it held: the own name is being tried again, does it hold, too?"""
        self.reconnect_due = False
        """the other name is to be used at the broker"""
        self._other_name = False
        self._own_failed_s: float | None = None
        """when it did not hold: does the broker accept the other name at once?"""
        self._taken_over = False
        """until a person has done something: under the other name there is no new sign of it"""
        self._others: dict[str, _Other] = {}
        """by the mark of the process that wrote"""
        self._contradicted_s = -math.inf
        self.document_due = False
        """another box has shown itself: show this one to it, and not only with the next minute"""
        self.online_due = False
        """somebody wrote something else on ``status``: say it again"""
        self.everything_due = False
        """somebody emptied this box's topics, or wrote on them: send all of them again"""

    @property
    def client_id(self) -> str:
        """The name to connect by; another one once somebody else has the own."""
        return f"{self._client_id}-{self._instance[:4]}" if self._other_name else self._client_id

    @property
    def topics(self) -> list[str]:
        """What to listen to: this box's own words."""
        return [self._status_topic, self._identity_topic]

    def renamed(self, *, client_id: str, identity: str) -> None:
        """Another identity from now on: what was seen was about the old one."""
        self._client_id, self._identity = client_id, identity
        self._other_name = self._tries_other = self._tries_own = self._taken_over = False
        self._own_failed_s = None
        self._short_ends.clear()
        self._others.clear()

    # ------------------------------------------------------------------ what it sees

    def connected(self, now_s: float) -> None:
        """The broker has accepted a connection."""
        self._connected_s, self.reconnect_due = now_s, False
        if self._own_failed_s is not None:
            at_once = now_s - self._own_failed_s <= PROMPT_S
            self._taken_over, self._other_name = at_once, at_once
            self._own_failed_s = None

    def ended(self, now_s: float, code: int | None = None) -> None:
        """It is gone; ``code`` is the broker's reason, where it gave one."""
        since_s, self._connected_s = self._connected_s, None
        if since_s is None:
            return
        if code == SESSION_TAKEN_OVER:
            self._taken_over = True
            self._other_name = True
            self._tries_other = self._tries_own = False
            return
        if now_s - since_s >= self._short_s:
            self._short_ends.clear()
            return
        if self._tries_own:
            self._other_name, self._own_failed_s = True, now_s
            self._tries_own = False
            return
        self._short_ends = [t_s for t_s in self._short_ends if now_s - t_s < WINDOW_S] + [now_s]
        if self._tries_other:  # the other name holds no better: it was something else
            self._other_name = self._tries_other = False
            self._short_ends.clear()
        elif len(self._short_ends) >= SHORT_ENDS and not self._other_name:
            self._other_name = self._tries_other = True

    def tick(self, now_s: float) -> None:
        """Look whether a name has held."""
        if self._connected_s is None or now_s - self._connected_s < self._short_s:
            return
        if self._tries_other:
            self._tries_other = self._other_name = False
            self._tries_own = self.reconnect_due = True
            self._short_ends.clear()
        elif not self.reconnect_due:
            self._tries_own = False

    def received(self, topic: str, payload: bytes, *, retain: bool, now_s: float) -> bool:
        """Take a message on one of ``topics``; False for any other."""
        if topic == self._status_topic:
            if not retain:
                foreign = payload != b"online"
                # Whoever leaves has written on the other topics, too.
                self.everything_due |= not payload or (foreign and bool(self._others))
                self.online_due = self.online_due or foreign
            return True
        if topic != self._identity_topic:
            return False
        if not payload:
            self.everything_due = self.everything_due or not retain
        elif (document := read_identity(payload)) is not None:
            self._compare(document, retain=retain, now_s=now_s)
        return True

    def _compare(self, document: IdentityDocument, *, retain: bool, now_s: float) -> None:
        if document.instance == self._instance:
            return
        if retain:  # it may be long gone; whoever lives answers to this box's own document
            self.document_due = True
            return
        sign: Sign = "twin" if document.identity == self._identity else "namesake"
        if sign == "twin":
            self._other_name = True  # the next connection leaves the common name to the other
        known = self._others.get(document.instance)
        if known is None or known.sign != sign or now_s - known.answered_s >= ANSWER_EVERY_S:
            known = _Other(sign=sign, answered_s=now_s)
            self.document_due = self.everything_due = True
        known.seen_s = now_s
        self._others.pop(document.instance, None)
        self._others[document.instance] = known
        if len(self._others) > MOST_OTHERS:
            del self._others[next(iter(self._others))]

    # ------------------------------------------------------------------ what it concludes

    def contradiction(self, now_s: float) -> Literal["everything", "online"] | None:
        """What to say again because somebody else spoke as this box; told once."""
        if now_s - self._contradicted_s < CONTRADICT_EVERY_S:
            return None
        if not (self.everything_due or self.online_due):
            return None
        what: Literal["everything", "online"] = "everything" if self.everything_due else "online"
        self._contradicted_s = now_s
        self.online_due = self.everything_due = False
        return what

    def signs(self, now_s: float) -> list[Sign]:
        """Of whom there is proof now, worst first."""
        found = {o.sign for o in self._others.values() if now_s - o.seen_s < self._lasting_s}
        if self._taken_over and "twin" not in found:
            found.add("taken_over")
        order: tuple[Sign, ...] = ("twin", "taken_over", "namesake")
        return [sign for sign in order if sign in found]


def watch_of_nobody(topics: Topics) -> IdentityWatch:
    """For a publisher whose identity is of no interest."""
    return IdentityWatch(
        client_id="",
        identity="",
        instance=uuid.uuid4().hex,
        status_topic=topics.status,
        identity_topic=topics.identity,
    )


def read_identity(payload: bytes) -> IdentityDocument | None:
    """A document from the broker; ``None`` when it is none."""
    try:
        return msgspec.json.decode(payload, type=IdentityDocument)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
