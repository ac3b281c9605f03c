"""What is known of each kind of alert, in one place."""

from __future__ import annotations

from monitor.events import Severity

RANK: dict[Severity, int] = {"info": 0, "warning": 1, "critical": 2}
"""which severity outranks which"""
