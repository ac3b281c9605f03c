"""``POST /csp``: what a browser's Content-Security-Policy has blocked goes into the log.

On a page that is what it should be there is nothing to report: a report means an extension of the
browser, a fault of the page or somebody's attempt.
"""

from __future__ import annotations

import logging
import time

from starlette.requests import Request
from starlette.responses import Response

from monitor.page.boxes import read
from monitor.page.context import body_of, page_of
from monitor.page.limits import Rate

log = logging.getLogger(__name__)

REPORTS = Rate(5.0, 1 / 60)
"""of all phones together: nobody fills the log with them"""
SHOWN = ("violated-directive", "blocked-uri", "document-uri", "source-file")


async def post(request: Request) -> Response:
    """One report, as browsers send it."""
    found = read(await body_of(request), dict) or {}
    report = found.get("csp-report")
    waits_s = page_of(request).requests.wait_s("reports", REPORTS, time.monotonic())
    if isinstance(report, dict) and waits_s == 0:
        said = ", ".join(f"{key} {str(report[key])[:100]}" for key in SHOWN if key in report)
        log.warning("a browser has blocked something on the page: %s", said)
    return Response(status_code=204)
