"""The one command that installs an optional part of this program where it runs."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path


def install_command(extra: str, prefix: str | None = None) -> str:
    """A line to type, for the Python environment at ``prefix`` (the running one)."""
    where = Path(prefix or sys.prefix)
    pip = shlex.quote(str(where / "bin" / "pip"))
    root = "" if os.access(where, os.W_OK) else "sudo "
    return f"{root}{pip} install 'nursery-monitor[{extra}]'"
