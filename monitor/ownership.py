"""Files made by root in the service's directory belong to the service.

``sudo nursery baby add`` may run before the service has ever started; a journal owned by root
would then be one the service cannot write.
"""

from __future__ import annotations

import os
from pathlib import Path


def like_parent(path: Path) -> None:
    """Give ``path`` the owner of its directory, where we are root and may."""
    if os.geteuid() != 0:
        return
    owner = path.parent.stat()
    if path.stat().st_uid != owner.st_uid:
        os.chown(path, owner.st_uid, owner.st_gid)
