"""The time that a screen asks the box about, so that all phones ask the same."""

from __future__ import annotations

import math

from monitor.times import MINUTE_S, rfc3339

STEP_S = 10 * MINUTE_S
"""a time begins on one of these: what one phone has asked for serves the others, too"""


def window(from_s: float, end_s: float, now_s: float) -> dict[str, str]:
    """``since`` and ``until`` of a history; one that ends now has no end."""
    since = {"since": rfc3339(math.floor(from_s / STEP_S) * STEP_S)}
    return since if end_s >= now_s else since | {"until": rfc3339(end_s)}
