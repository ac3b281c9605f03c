"""Reports a source's state: each change once, with the reason as the end of a sentence.

``why`` follows the source's name ("Microphone delivers no sound: check its plug"), so it begins
with a verb and ends without a full stop. A gap that heals by itself is "restarting"; only one
that lasts is "failed", because "failed" wakes a person.
"""

from __future__ import annotations

import time

from monitor.devices import Put
from monitor.events import SourceCondition, SourceReport
from monitor.host.timeline import Timeline
from monitor.names import SourceName

FAILED_AFTER_S = 12.0
"""a USB microphone takes 5 to 10 s to come back after a bus reset; most sound servers 2 s"""


class Reporter:
    """Puts a ``SourceReport`` whenever state or reason changed."""

    def __init__(self, source: SourceName, timeline: Timeline) -> None:
        self._source, self._timeline = source, timeline
        self._put: Put = lambda _: None
        self._reported: tuple[SourceCondition, str] | None = None
        self._not_healthy_since_s: float | None = None

    def begin(self, put: Put) -> None:
        """From now on reports go to ``put``."""
        self._put = put

    def healthy(self, why: str) -> None:
        """Data flow."""
        self._not_healthy_since_s = None
        self._report("healthy", why)

    def stalled(self, why: str) -> None:
        """Data stopped, or cannot be real."""
        self._not_healthy()
        self._report("stalled", why)

    def retrying(self, why: str) -> None:
        """Being opened again; "failed" once that has gone on for ``FAILED_AFTER_S``."""
        lasting = self._not_healthy() > FAILED_AFTER_S
        self._report("failed" if lasting else "restarting", why)

    def failed(self, why: str) -> None:
        """The source cannot recover by itself."""
        self._not_healthy()
        self._report("failed", why)

    def _not_healthy(self) -> float:
        """For how long it has not been healthy."""
        now_s = time.monotonic()
        if self._not_healthy_since_s is None:
            self._not_healthy_since_s = now_s
        return now_s - self._not_healthy_since_s

    def _report(self, state: SourceCondition, why: str) -> None:
        if self._reported != (state, why):
            self._reported = (state, why)
            self._put(SourceReport(self._timeline.now_s(), self._source, state, why))
