"""Who owns the state directory: the daemon holds a lock for as long as it lives.

The kernel drops the lock when the process dies, however it dies, so there is no stale file to
clean up.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from monitor.errors import CARD_ERRNOS, CardError, JournalError
from monitor.host.ownership import is_there, open_own

LOCK = "daemon.lock"


def is_held(state_dir: str | Path) -> bool:
    """Whether a daemon owns the directory now; nobody, where nothing can be seen."""
    try:
        if not is_there(Path(state_dir) / LOCK):
            return False
        with StateLock(state_dir) as lock:
            return not lock.acquire()
    except JournalError:
        return False


class StateLock:
    """A lock on ``state_dir``; use as a context manager."""

    def __init__(self, state_dir: str | Path) -> None:
        self._path = Path(state_dir) / LOCK
        self._handle: int | None = None

    def acquire(self) -> bool:
        """True when the lock is ours now, False when a daemon holds it.

        Raises:
            CardError: the card is full, read-only or failing, and there is no lock file yet.
            JournalError: the directory cannot be written for another reason.
        """
        try:
            handle = self._open()
        except JournalError:
            raise
        except OSError as error:
            kind = CardError if error.errno in CARD_ERRNOS else JournalError
            todo = (
                'it belongs to the service, so put "sudo" before the command'
                if isinstance(error, PermissionError)
                else 'check "state_dir" and its owner'
            )
            raise kind(
                f"cannot write the state directory {self._path.parent}: {error.strerror}; {todo}"
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return open_own(self._path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            if error.errno in CARD_ERRNOS and self._path.exists():
                return open_own(self._path, os.O_RDONLY)  # locks just as well
            raise

    def acquire_within(self, wait_s: float) -> bool:
        """Like ``acquire``, but a command typed on the Pi may hold the lock for a moment."""
        deadline_s = time.monotonic() + wait_s
        while not self.acquire():
            if time.monotonic() > deadline_s:
                return False
            time.sleep(0.1)
        return True

    def release(self) -> None:
        """Give it back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> StateLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
