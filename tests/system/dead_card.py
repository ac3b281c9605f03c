"""Builds the preloadable dead card and decides when it dies."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("dead_card.c")


def missing() -> str | None:
    """What this machine lacks for it, as the reason of a skip."""
    return None if shutil.which("cc") else "no C compiler: apt-get install gcc libc6-dev"


class DeadCard:
    """The folder ``card`` as seen by every process started with ``environment``.

    Other preloaded libraries may go with it: join ``preload`` to theirs in ``LD_PRELOAD``.
    """

    def __init__(self, folder: Path, card: Path) -> None:
        self.preload = folder / "dead_card.so"
        options = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC"]
        subprocess.run(["cc", *options, "-o", self.preload, SOURCE, "-ldl"], check=True)
        self._flag = folder / "card-is-dead"
        self.environment = {
            "LD_PRELOAD": str(self.preload),
            "DEAD_CARD": str(card),
            "DEAD_CARD_FLAG": str(self._flag),
        }

    def die(self) -> None:
        """From now on every look, read and write fails with EIO."""
        self._flag.touch()

    def revive(self) -> None:
        """It answers again, with what it held."""
        self._flag.unlink(missing_ok=True)
