"""The button on a push: a token that acknowledges one alert, once, for a while, and nothing else.

Whoever reads a push has its token: the service that carries it, and everybody who knows its topic.
So a token names the alert, is signed by the box, ends after two hours and is accepted once. Only
the page takes it (``POST /seen/<box>``), from the home network.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

import msgspec

from monitor.errors import ConfigError
from monitor.store.secrets import read_secret
from monitor.times import HOUR_S

FILE = "secret-push-buttons"
VALID_S = 2 * HOUR_S
"""since the change that was pushed. Judgement: what was not answered by then is said again"""
SIGNATURE_BYTES = 16
LONGEST = 200


class _Kept(msgspec.Struct):
    """The file, JSON of mode 0600."""

    key: str
    used: dict[str, float] = {}
    """signature, and until when it would have held"""


class PushButtons:
    """``token`` for a push, ``alert_of`` for what comes back; times are on the timeline.

    A card that refuses to keep the key makes tokens end with the process, nothing else.
    """

    def __init__(self, state_dir: str | Path, box: str) -> None:
        self._path, self._box = Path(state_dir) / FILE, box
        self._kept = self._read() or _Kept(key=secrets.token_hex(32))
        self._save()

    def token(self, alert_id: str, t_s: float) -> str:
        """For the button of a push about an alert that changed at ``t_s``; safe in any thread."""
        until = f"{int(t_s + VALID_S):x}"
        return f"{until}.{self._signature(alert_id, until)}.{alert_id}"

    def alert_of(self, token: str, now_s: float) -> str | None:
        """The alert whose token this is, and the token is used up; ``None``: it is no good."""
        until, _, rest = token.partition(".")
        given, _, alert_id = rest.partition(".")
        if len(token) > LONGEST or not token.isascii():
            return None
        if not hmac.compare_digest(given, self._signature(alert_id, until)):
            return None
        until_s = float(int(until, 16))
        if not now_s < until_s <= now_s + 2 * VALID_S or given in self._kept.used:
            return None
        left = {mark: s for mark, s in self._kept.used.items() if s > now_s}
        self._kept = msgspec.structs.replace(self._kept, used=left | {given: until_s})
        self._save()
        return alert_id

    def _signature(self, alert_id: str, until: str) -> str:
        text = f"acknowledge {self._box} {until} {alert_id}".encode()
        digest = hmac.new(bytes.fromhex(self._kept.key), text, "sha256").digest()
        return base64.urlsafe_b64encode(digest[:SIGNATURE_BYTES]).decode().rstrip("=")

    def _read(self) -> _Kept | None:
        with suppress(ConfigError, msgspec.MsgspecError, ValueError):
            kept = msgspec.json.decode(read_secret(self._path, FILE), type=_Kept)
            return kept if len(bytes.fromhex(kept.key)) >= SIGNATURE_BYTES else None
        return None

    def _save(self) -> None:
        new = self._path.with_name(f"{FILE}.new")
        with suppress(OSError):
            new.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
                file.write(msgspec.json.encode(self._kept))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
