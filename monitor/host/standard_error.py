"""What libraries write to standard error by themselves, past Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Within, whatever is written to the process's standard error is lost.

    ALSA and JACK tell there of every device that they try and do not find; among the lines that
    a person reads that looks like a fault. For a command line only: all threads are silent.
    """
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # it is closed: nothing is heard anyway
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
