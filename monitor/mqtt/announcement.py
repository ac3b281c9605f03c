"""What a box announces of itself, under which identity, and what it takes back.

Discovery for Home Assistant, the document ``identity``, the list of every retained topic. A box
that is renamed, gets another discovery prefix or loses a baby empties what stood under the old
names; one that finds somebody else announced under its name announces nothing until a person has
decided; one whose identity was renewed by a command begins anew with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import cast

import msgspec

import monitor
from monitor.codec import encode
from monitor.config import Config
from monitor.core.health.identity import identity_sentence
from monitor.documents import BoxState
from monitor.errors import JournalError
from monitor.events import Baby, IdentityReport
from monitor.mqtt.connecting import Connect
from monitor.mqtt.discovery import BABY_DEVICE, BOX_DEVICE, Mode, device_names, discovery
from monitor.mqtt.entity_names import entity_names
from monitor.mqtt.first_look import FirstLook
from monitor.mqtt.identity import BoxIdentity, where
from monitor.mqtt.identity_watch import IdentityDocument, IdentityWatch
from monitor.mqtt.look import strangers
from monitor.mqtt.publisher import Publisher
from monitor.mqtt.topics import Message, Topics, state_messages
from monitor.store.journal import Journal
from monitor.times import rfc3339

RENEW_EVERY_S = 60.0
"""the document ``identity`` is written this often: another box of this name sees it"""
FOLLOW_EVERY_S = 1.0
"""a command typed on this machine is followed within this time"""


class Announcement:
    """``tick`` it once a second; the publisher does the talking."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        *,
        babies: Callable[[], Sequence[Baby]],
        state: Callable[[], BoxState],
        connect: Connect,
        log: Callable[[str], None],
    ) -> None:
        self._config, self._journal = config, journal
        self._babies, self._state, self._log = babies, state, log
        self._topics = Topics(config.box, practice=config.practice)
        self.identity = BoxIdentity(journal)
        self.watch = IdentityWatch(
            client_id=self.identity.client_id,
            identity=self.identity.box,
            instance=self.identity.instance,
            status_topic=self._topics.status,
            identity_topic=self._topics.identity,
        )
        self._belonging: set[str] = set()
        self._look = FirstLook(
            config,
            journal,
            self.identity,
            connect=connect,
            client_id=lambda: self.watch.client_id,
            seen=self._looked,
        )
        self._publisher: Publisher | None = None
        self._was_connected = False
        self._renewed_s = self._followed_s = float("-inf")
        self._reported: list[str] | None = None
        with suppress(JournalError):  # the card went: the next start lists it
            self._list_what_an_older_version_left()

    # ------------------------------------------------------------------ what is announced

    def begin(self, publisher: Publisher) -> None:
        """At the start, and when the roster or the identity has changed."""
        self._publisher = publisher
        self._reload(publisher)
        self.identity.pin(self._babies())
        documents = self._discovery() if self._journal.knows_roster else []
        self._belonging = self._own_topics(documents)
        retained = self._journal.retained
        held = {message.topic for message in documents} if self._is_held else set()
        retained.belong(
            topic for topic in self._belonging if topic not in held or topic in retained
        )
        self._take_back(publisher)
        if not held:
            publisher.set_retained(documents)
            self.identity.keep_names(self._entity_names() if documents else {})

    def admit(self, messages: Iterable[Message]) -> list[Message]:
        """Those whose topics are on the list: nothing is retained that nobody would take back."""
        return [message for message in messages if message.topic in self._belonging]

    def tick(self, publisher: Publisher, now_s: float, monotonic_s: float) -> None:
        """Look, follow commands, renew; ``now_s`` is on the timeline."""
        if publisher.connected and not self._was_connected:
            self._take_back(publisher)
            self._take_back_again(publisher)
        self._was_connected = publisher.connected
        if monotonic_s - self._followed_s >= FOLLOW_EVERY_S:
            self._followed_s = monotonic_s
            self._follow(publisher)
        if self.watch.document_due or monotonic_s - self._renewed_s >= RENEW_EVERY_S:
            self._renewed_s, self.watch.document_due = monotonic_s, False
            publisher.set_retained([self._document(now_s)])
        self.watch.tick(monotonic_s)
        if publisher.connected and self._look.beside(monotonic_s):
            self.begin(publisher)

    def may_open(self) -> bool:
        """Whether the publisher may connect: a box looks before it first announces itself."""
        return self._look.may_connect(time.monotonic())

    def emptied(self, topic: str) -> None:
        """The broker has acknowledged an empty retained message."""
        self._journal.retained.emptied(topic)

    def close(self) -> None:
        """Stop looking."""
        self._look.close()

    # ------------------------------------------------------------------ what is wrong with it

    def signs(self, monotonic_s: float) -> list[str]:
        """Everything that says that somebody else is this box, worst first."""
        found: list[str] = list(self.watch.signs(monotonic_s))
        if self.identity.copied:
            found.append("copied")
        if self.identity.found is not None:
            found.append("found")
        return found

    @property
    def earlier_card(self) -> list[str] | None:
        """Names of the babies of an earlier card that waits for a decision; ``None``: none does."""
        found = self.identity.found
        return None if found is None else list(found.names.values())

    def report(self, now_s: float, monotonic_s: float) -> IdentityReport | None:
        """For the core, when something has changed; the log hears of it, too."""
        signs = self.signs(monotonic_s)
        if signs == (self._reported or []):
            return None
        self._reported = signs
        if (text := identity_sentence(signs, self._config.box)) is not None:
            self._log(text)
        return msgspec.convert({"t_s": now_s, "signs": signs}, IdentityReport)

    @property
    def problem(self) -> str | None:
        """For ``health``: the same as a sentence."""
        return identity_sentence(self._reported or [], self._config.box)

    @property
    def to_empty(self) -> int:
        """For ``health``: topics that the broker has not emptied yet."""
        return len(self._journal.retained.gone)

    # ------------------------------------------------------------------ inside

    @property
    def _is_held(self) -> bool:
        """Whether discovery waits for a look at the broker, or for a person's decision.

        What a moved card announced before stands at the broker and goes on working meanwhile.
        """
        if self._config.mqtt.discovery == "off":
            return False
        if not self._journal.knows_roster:
            return True  # the card cannot be read: under another identity all would be there twice
        return self._look.is_due or self.identity.found is not None or self.identity.copied

    def _discovery(self, topics: Topics | None = None, mode: Mode | None = None) -> list[Message]:
        mqtt = self._config.mqtt
        return discovery(
            topics or self._topics,
            identity=self.identity.box,
            babies=self._babies(),
            things=[thing.name for thing in self._state().scale.things],
            mode=mode or mqtt.discovery,
            prefix=mqtt.discovery_prefix,
            version=monitor.__version__,
            entity_id=self.identity.entity_id,
            kept_names=self.identity.names,
            most_bytes=None if self._publisher is None else self._publisher.most_bytes,
        )

    def _entity_names(self) -> dict[str, str]:
        identity, babies = self.identity, self._babies()
        devices = device_names(self._topics, identity.box, babies, identity.entity_id)
        return entity_names(devices, identity.names)

    def _own_topics(self, documents: list[Message], topics: Topics | None = None) -> set[str]:
        """Every retained topic that this box may have now, whatever is in it."""
        own = topics or self._topics
        quiet = msgspec.structs.replace(self._state(), alerts=[])
        listed = {message.topic for message in [*documents, *state_messages(quiet, own)]}
        charts = {own.chart(baby.slug) for baby in self._babies()}
        return listed | charts | {own.status, own.health, own.identity, own.settings}

    def _document(self, now_s: float) -> Message:
        document = IdentityDocument(
            identity=self.identity.box,
            instance=self.identity.instance,
            at=rfc3339(now_s),
            version=monitor.__version__,
        )
        return Message(topic=self._topics.identity, payload=encode(document), retain=True)

    def _take_back(self, publisher: Publisher) -> None:
        """Have emptied what no longer belongs; what a copy lists may be the original's."""
        if not self.identity.copied:
            publisher.empty(self._journal.retained.gone)

    def _take_back_again(self, publisher: Publisher) -> None:
        """A broker may remember what another, or itself before a crash, has emptied.

        Only under this box's present name: an earlier one may be another box's by now.
        """
        own = f"{self._topics.base}/", f"/nursery-{self._topics.box}/"
        again = self._journal.retained.emptied_before
        if not self.identity.copied:
            publisher.empty(topic for topic in again if any(name in topic for name in own))

    def _list_what_an_older_version_left(self) -> None:
        """Versions without the list kept the name and mode they had announced."""
        stored = self._journal.load_state("discovery_mode")
        if not self._journal.retained.is_empty or stored is None:
            return
        box = (self._journal.load_state("discovery_box") or self._config.box.encode()).decode()
        before = Topics(box)
        documents = self._discovery(before, cast("Mode", stored.decode()))
        self._journal.retained.belong(self._own_topics(documents, before))

    def _follow(self, publisher: Publisher) -> None:
        if self._reload(publisher):
            self.begin(publisher)

    def _reload(self, publisher: Publisher) -> bool:
        """Take up what a command has changed, or a card that can be read again."""
        before = self.identity.box
        if not self.identity.reload():
            return False
        if self.identity.box != before:
            self._log("this box has another identity from now on")
            self._look.begin_anew()
            self.watch.renamed(client_id=self.identity.client_id, identity=self.identity.box)
            publisher.reconnect("another identity was chosen")
        self._journal.retained.reload()
        self._renewed_s = float("-inf")
        return True

    def _looked(self, documents: dict[str, bytes]) -> None:
        devices = {f"{BOX_DEVICE}{self.identity.box}"}
        devices |= {f"{BABY_DEVICE}{self.identity.entity_id(baby)}" for baby in self._babies()}
        own = self._belonging.union(self._journal.retained.gone)
        found = strangers(documents, own_devices=devices, own_topics=own)
        self.identity.looked(where(self._config), found)
        if self._publisher is not None:
            self.begin(self._publisher)
