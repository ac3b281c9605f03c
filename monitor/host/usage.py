"""What this process uses, from the operating system's own accounting."""

from __future__ import annotations

import resource
import time
from pathlib import Path


class ProcessUsage:
    """CPU since the last call and memory now."""

    def __init__(self) -> None:
        self._cpu_s = time.process_time()
        self._asked_s = time.monotonic()

    def cpu_pct(self) -> float:
        """Percent of one core since the last call."""
        cpu_s, now_s = time.process_time(), time.monotonic()
        used = 100.0 * (cpu_s - self._cpu_s) / max(now_s - self._asked_s, 1e-3)
        self._cpu_s, self._asked_s = cpu_s, now_s
        return round(used, 1)

    def memory_mb(self) -> float:
        """Resident megabytes now (the peak, where the kernel does not tell)."""
        try:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
        return round(pages * resource.getpagesize() / 1e6, 1)
