"""One growth chart as PNG on standard output: run as a child process, never imported.

``python -m monitor.report.chart_job BOX JOURNAL BABY DAYS``. The daemon starts it at low
priority (``chart_worker.py``), so that matplotlib's memory is gone again when the picture is done.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from monitor.report.charts import growth_figure, png
from monitor.report.write import read_journal

LEAST_URGENT = 19


def main(box: str, journal: str, baby: str, days: str) -> int:
    """Draw one chart; returns the exit code."""
    os.nice(LEAST_URGENT)
    data = read_journal(Path(journal), box=box, baby=baby, days=float(days))
    sys.stdout.buffer.write(png(growth_figure(data.babies[0]), dpi=180))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
