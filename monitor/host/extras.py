"""The one command that installs an optional part of this program where it runs."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

PACKAGED = "/usr/lib/nursery-monitor"
"""where the Debian package has its Python: dpkg's, without pip"""


def install_command(extra: str, prefix: str | None = None) -> str:
    """A line to type, for the Python environment at ``prefix`` (the running one).

    In the Debian package nothing can be added: there the words say so.
    """
    where = Path(prefix or sys.prefix)
    if str(where) == PACKAGED:
        return f"not in the Debian package; in a checkout: pip install '.[{extra}]'"
    pip = shlex.quote(str(where / "bin" / "pip"))
    root = "" if os.access(where, os.W_OK) else "sudo "
    return f"{root}{pip} install 'nursery-monitor[{extra}]'"
