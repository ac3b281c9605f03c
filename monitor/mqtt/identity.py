"""Who this box is to the broker and to Home Assistant, and whether somebody else is it, too.

The identity is drawn once and kept in the journal; unique ids and the name at the broker come
from it, so that a rename changes a name and nothing else. A copied card copies it. Beside it
stands on which computer it was last used (the serial number of the board, or ``/etc/machine-id``
where it has none; hashed, as machine-id(5) asks), so that a copy, a moved card and a backup that
was restored elsewhere are noticed at the start.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from monitor.config import Config
from monitor.errors import JournalError
from monitor.events import Baby
from monitor.mqtt.discovery import device_names
from monitor.mqtt.entity_names import entity_names
from monitor.mqtt.topics import Topics
from monitor.store.journal import Journal
from monitor.store.reading import JournalReader

MACHINE_FILES = {
    "serial": "sys/firmware/devicetree/base/serial-number",
    "machine_id": "etc/machine-id",
}
_HASH_KEY = b"nursery-monitor"

T = TypeVar("T")

IDENTITY, ENTITIES, MACHINE, FOUND, LOOKED = "identity", "entities", "machine", "found", "looked"
NAMES = "entity_names"
_KEYS = (IDENTITY, ENTITIES, NAMES, MACHINE, FOUND, LOOKED)
"""keys of the journal's ``state``"""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Documents at the broker that announce a box of this name with another identity."""

    identity: str | None
    """``None``: only babies of it are still announced"""
    babies: dict[str, str] = {}
    """slug of each announced baby, and the id that Home Assistant knows it by"""
    names: dict[str, str] = {}
    """slug, and name"""
    topics: list[str] = []
    """where the documents stand"""


class BoxIdentity:
    """As the journal has it; the daemon reads it anew when a command has changed it."""

    def __init__(self, journal: Journal, root: Path = Path("/")) -> None:
        self._journal = journal
        self._machine = machine_marks(root)
        self.instance = uuid.uuid4().hex[:12]
        """of this process: nobody else's words carry it"""
        self.box = uuid.uuid4().hex  # unless the journal knows better
        self.entities: dict[str, str] = {}
        self.names: dict[str, str] = {}
        """by identifier of a device: what its entity ids begin with (``entity_names.py``)"""
        self.found: Found | None = None
        self.copied = False
        """last used on another computer, and nobody has said yet what that means"""
        self._read: dict[str, bytes | None] | None = None
        self._unwritten: dict[str, bytes] = {}
        """what the card has refused so far: it counts all the same"""
        self.reload()

    def reload(self) -> bool:
        """Read the journal again; returns whether somebody else has changed it.

        A card that cannot be read changes nothing.
        """
        if self._unwritten:
            self._save({})
        try:
            box = self._journal.identity()
            read = {key: self._journal.load_state(key) for key in _KEYS}
        except Exception:  # noqa: BLE001 - sqlite3 and the journal's own: a dying card answers anything
            return False
        if read == self._read:
            return False
        self.box, self._read = box, read
        stored = {**read, **self._unwritten}
        self.entities = _decoded(stored[ENTITIES], dict[str, str]) or {}
        self.names = _decoded(stored[NAMES], dict[str, str]) or {}
        self.found = _decoded(stored[FOUND], Found)
        last = _decoded(stored[MACHINE], dict[str, str]) or {}
        if not last:
            self._save({MACHINE: _encoded(self._machine)})
        self.copied = _another_computer(last, self._machine)
        return True

    @property
    def client_id(self) -> str:
        """The name at the broker: a copy on another computer has another one."""
        here = self._machine.get("serial") or self._machine.get("machine_id", "")
        from hashlib import sha256

        digest = sha256(f"{self.box} {here}".encode()).hexdigest()
        return f"nursery-{digest[:16]}"

    def entity_id(self, baby: Baby) -> str:
        """What Home Assistant knows a baby by: its id, unless another was drawn or adopted."""
        return self.entities.get(baby.id, baby.id)

    def pin(self, babies: Sequence[Baby]) -> None:
        """An adopted baby has been registered: from now on a rename changes nothing."""
        slugs = {f"{_ADOPTED}{baby.slug}": baby.id for baby in babies}
        pinned = {slugs.get(key, key): entity for key, entity in self.entities.items()}
        if pinned != self.entities:
            self.entities = pinned
            self._save({ENTITIES: _encoded(pinned)})

    def keep_names(self, names: dict[str, str]) -> None:
        """They have been announced: Home Assistant will not change its ids any more."""
        if names and names != self.names:
            self.names = names
            self._save({NAMES: _encoded(names)})

    def has_looked(self, where: str) -> bool:
        """Whether this name and prefix have been looked at for somebody else's documents."""
        stored = {**(self._read or {}), **self._unwritten}
        return stored.get(LOOKED) == where.encode()

    def looked(self, where: str, found: Found | None) -> None:
        """Keep what was found there."""
        self.found = found
        self._save({LOOKED: where.encode(), FOUND: b"" if found is None else _encoded(found)})

    def _save(self, values: dict[str, bytes]) -> None:
        self._unwritten |= values
        try:
            self._journal.save_state(**self._unwritten)
        except JournalError:
            return  # tried again with the next look into the journal
        self._read = {**(self._read or {}), **self._unwritten}
        self._unwritten = {}


def _another_computer(last: dict[str, str], here: dict[str, str]) -> bool:
    """The board's serial number decides where both are known: a machine-id may be drawn anew."""
    shared = [name for name in ("serial", "machine_id") if name in last and name in here]
    return bool(shared) and last[shared[0]] != here[shared[0]]


def used_elsewhere(journal: JournalReader, root: Path = Path("/")) -> bool:
    """Whether the state was last used on another computer, and nobody has said what that means."""
    last = _decoded(journal.load_state(MACHINE), dict[str, str]) or {}
    return _another_computer(last, machine_marks(root))


_ADOPTED = "slug:"
"""before the slug of a baby that was adopted and is not registered here yet"""


def where(config: Config) -> str:
    """What a look at the broker was about: the name and the discovery prefix."""
    return f"{config.box} {config.mqtt.discovery_prefix}"


def machine_marks(root: Path = Path("/")) -> dict[str, str]:
    """What tells this computer from others, hashed; a mark that cannot be read is left out."""
    import hmac

    marks = {}
    for name, path in MACHINE_FILES.items():
        try:
            content = (root / path).read_bytes().strip(b"\0 \n")
        except OSError:
            continue
        if content:
            marks[name] = hmac.new(_HASH_KEY, content, "sha256").hexdigest()[:16]
    return marks


def renew(journal: Journal, box: str, babies: Sequence[Baby]) -> str:
    """Draw a new identity for the box and everybody in it; returns it.

    What the old one has at the broker belongs to the box that keeps it, except what was announced
    under this one's name. If that is the other's name, too, it announces itself again when it
    sees this one; so the broker is not looked at a second time under this name: it might show the
    other's answer, which is no earlier card.

    Raises:
        JournalError: nothing has changed.
    """
    identity = uuid.uuid4().hex
    journal.save_state(
        identity=identity.encode(),
        entities=msgspec.json.encode({baby.id: uuid.uuid4().hex for baby in babies}),
        machine=b"",
    )
    journal.retained.disown(but=f"/nursery-{box}/")
    return identity


def keep(journal: Journal) -> None:
    """This computer is where the identity lives now.

    Raises:
        JournalError: nothing has changed.
    """
    journal.save_state(machine=b"")


def adopt(journal: Journal, found: Found, babies: Sequence[Baby]) -> list[str]:
    """Go on as the box that was found; returns the names of babies not registered here yet.

    Raises:
        JournalError: nothing has changed.
    """
    here = {baby.slug: baby for baby in babies}
    entities = {
        here[slug].id if slug in here else f"{_ADOPTED}{slug}": entity
        for slug, entity in found.babies.items()
    }
    values = {"entities": msgspec.json.encode(entities), "found": b""}
    if found.identity is not None:
        values["identity"] = found.identity.encode()
    journal.save_state(**values)
    return [found.names.get(slug, slug) for slug in found.babies if slug not in here]


def remove(journal: Journal, found: Found) -> None:
    """Have the broker empty what was found; the daemon does it when it is connected.

    Raises:
        JournalError: nothing has changed.
    """
    journal.retained.empty(found.topics)
    journal.save_state(found=b"")


def announced_names(
    journal: JournalReader, topics: Topics, babies: Sequence[Baby]
) -> dict[str, str]:
    """What the entity ids of the box's device, and of each baby's in this order, begin with."""
    box = (journal.load_state(IDENTITY) or b"").decode()
    entities = _decoded(journal.load_state(ENTITIES), dict[str, str]) or {}
    kept = _decoded(journal.load_state(NAMES), dict[str, str]) or {}
    devices = device_names(topics, box, babies, lambda baby: entities.get(baby.id, baby.id))
    return entity_names(devices, kept)


def found_documents(journal: JournalReader) -> Found | None:
    """What the daemon has found, if nobody has decided about it yet."""
    return _decoded(journal.load_state(FOUND), Found)


def _encoded(value: object) -> bytes:
    return msgspec.json.encode(value)


def _decoded(stored: bytes | None, kind: type[T]) -> T | None:
    """A stored value; one that makes no sense counts as none."""
    if not stored:
        return None
    try:
        return msgspec.json.decode(stored, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
