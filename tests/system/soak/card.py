"""A state directory on a file system of its own, so that what the card is given is counted."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def card() -> Iterator[tuple[Path, str | None]]:
    """A state directory on an ext4 of its own, where that may be made; else a plain one."""
    with tempfile.TemporaryDirectory(prefix="nursery-card-") as scratch:
        image, mount = Path(scratch) / "card.img", Path(scratch) / "card"
        mount.mkdir()
        try:
            with image.open("wb") as file:
                file.truncate(512_000_000)
            subprocess.run(["mkfs.ext4", "-q", str(image)], check=True, capture_output=True)
            subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=True,
                           capture_output=True)  # fmt: skip
        except (OSError, subprocess.CalledProcessError):
            yield mount, None
            return
        try:
            yield mount / "state", _loop_device(mount)
        finally:
            subprocess.run(["umount", str(mount)], check=True)


def _loop_device(mount: Path) -> str:
    for line in Path("/proc/mounts").read_text().splitlines():
        device, where = line.split()[:2]
        if where == str(mount):
            return Path(device).name
    raise RuntimeError(f"{mount} is not mounted")
