"""``nursery run`` on a processor that is too slow while a file exists: a test's lever.

    python -m tests.system.slow_daemon FLAG run --config PATH

While FLAG exists, every piece of weighing burns ``COST_S`` of processor time, more than there is.
Everything else is the real daemon; only its patience is less, so that a test need not wait.
"""

from __future__ import annotations

import functools
import sys
import time
from pathlib import Path

from monitor.cli import main
from monitor.core.scale.weigher import Weigher
from monitor.daemon import run as daemon
from monitor.daemon.shedding import Shedding
from monitor.events import AnyEvent, Command, ScaleBlock, Tick

COST_S = 0.8
PATIENCE, CALM_S = 0.25, 1.0


def slowed(flag: Path) -> None:
    """Replace the weighing by one that burns time first."""
    real = Weigher.observe

    def observe(self: Weigher, observation: ScaleBlock | Tick | Command) -> list[AnyEvent]:
        if isinstance(observation, ScaleBlock) and flag.exists():
            end_s = time.thread_time() + COST_S
            while time.thread_time() < end_s:
                pass
        return real(self, observation)

    Weigher.observe = observe  # type: ignore[method-assign]  # a slow processor
    daemon.Shedding = functools.partial(Shedding, PATIENCE, CALM_S)  # type: ignore[misc,assignment]  # impatient


if __name__ == "__main__":
    slowed(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
