"""Who is paired: a long random token in the phone's cookie, and here only its hash.

The list lies in the page's state directory; a phone that is revoked on the command line is out at
its next request.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

import msgspec

from monitor.names import has_control
from monitor.page import kept
from monitor.page.seen import Right
from monitor.times import DAY_S, HOUR_S

MOST_SESSIONS = 100
"""of which the one that was not used for longest goes when another is paired"""
UNUSED_S = 400 * DAY_S
"""browsers keep no cookie longer (RFC 6265bis, 5.5)"""
SEEN_EVERY_S = HOUR_S
"""how exactly "last used" is kept: a card must not be written at every request"""
LONGEST_NAME = 60
LONGEST_CARER = 40


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One paired phone."""

    id: str
    """for ``nursery page --revoke``"""
    token_hash: str
    right: Right
    paired_s: float
    seen_s: float
    name: str
    """what the browser calls itself"""
    carer: str = ""
    """whose it is: what she does is recorded under this name; empty: nobody has said"""

    @property
    def csrf(self) -> str:
        """What every form of this phone carries; nobody gets from it to the token, or back."""
        return hmac.new(self.token_hash.encode(), b"csrf", "sha256").hexdigest()[:32]


class _File(msgspec.Struct):
    sessions: list[Session] = []


class Sessions:
    """Read anew whenever the file has changed."""

    def __init__(self, state_dir: str | Path) -> None:
        self._dir = Path(state_dir)
        self._path = self._dir / "sessions.json"
        self._stamp: tuple[int, int, int] | None = None
        self._by_hash: dict[str, Session] = {}

    def find(self, token: str, now_s: float) -> Session | None:
        """Whose token it is; None for anybody else's."""
        self._reload()
        found = self._by_hash.get(_hash(token))
        if found is None or now_s - found.seen_s > UNUSED_S:
            return None
        if now_s - found.seen_s > SEEN_EVERY_S:
            self._change(found.id, msgspec.structs.replace(found, seen_s=now_s))
        return found

    def has(self, session_id: str) -> bool:
        """Whether this phone is still paired."""
        self._reload()
        return any(each.id == session_id for each in self._by_hash.values())

    def listed(self) -> list[Session]:
        """Every paired phone, the one used last first."""
        self._reload()
        return sorted(self._by_hash.values(), key=lambda each: -each.seen_s)

    def add(self, right: Right, name: str, now_s: float, carer: str = "") -> str:
        """Pair a phone; returns the token for its cookie, which is kept nowhere else.

        Raises:
            ConfigError: the state directory cannot be written.
        """
        token = secrets.token_urlsafe(32)
        new = Session(
            id=secrets.token_hex(4),
            token_hash=_hash(token),
            right=right,
            paired_s=now_s,
            seen_s=now_s,
            name=name[:LONGEST_NAME],
            carer=carer_name(carer),
        )
        with kept.locked(self._dir):
            others = self._load()
            others.sort(key=lambda each: -each.seen_s)
            kept.save(self._path, _File([new, *others[: MOST_SESSIONS - 1]]))
        return token

    def describe(self, session_id: str, carer: str, right: Right) -> bool:
        """Whose phone it is, and what it may; returns whether there was one.

        Raises:
            ConfigError: the state directory cannot be written.
        """
        known = next((each for each in self.listed() if each.id == session_id), None)
        if known is None:
            return False
        changed = msgspec.structs.replace(known, carer=carer_name(carer), right=right)
        return self._change(session_id, changed)

    def revoke(self, session_id: str) -> bool:
        """Let this phone in no more; returns whether there was one.

        Raises:
            ConfigError: the state directory cannot be written.
        """
        return self._change(session_id, None)

    def _change(self, session_id: str, changed: Session | None) -> bool:
        with kept.locked(self._dir):
            before = self._load()
            others = [each for each in before if each.id != session_id]
            if len(others) == len(before):
                return False
            kept.save(self._path, _File([*others, *([changed] if changed else [])]))
        return True

    def _load(self) -> list[Session]:
        found = kept.load(self._path, _File)
        return list(found.sessions) if found is not None else []

    def _reload(self) -> None:
        stamp = kept.stamp(self._path)
        if stamp != self._stamp:
            self._by_hash = {each.token_hash: each for each in self._load()}
            self._stamp = stamp


def _hash(token: str) -> str:
    """A token has 256 random bits: nothing slower is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def carer_name(written: str) -> str:
    """A carer's name as it goes into records: short, and without what steers a line."""
    plain = "".join(c for c in written if not has_control(c)).strip()
    return plain[:LONGEST_CARER].strip()
