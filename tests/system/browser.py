"""Debian's chromium driven by playwright: phones and a desk that look at a page.

Its shell without a window, which has no services of a desktop browser that could hold it up.

What a browser complains of (console, Content-Security-Policy, requests to anywhere else) is kept
and must be nothing; pictures go to ``screenshots/``, which git ignores.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError

from tests.system.page_process import COOKIE, PageProcess, Phone

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
SCREEN_S = 400.0
"""how long one window may stay open"""
INTERRUPTIONS = 5
"""how often a page may go elsewhere by itself while a path is opened"""
WIDTHS = {320: 640, 390: 844, 1280: 900, 1920: 1080}
"""CSS pixels: width, and height"""
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE_RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
ON_VIOLATION = """
window.cspViolations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.cspViolations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""


class Screen:
    """One browser with one window; ``page`` is playwright's, ``complaints`` must stay empty."""

    def __init__(
        self, context: BrowserContext, server: PageProcess, width: int, dark: bool
    ) -> None:
        self._context, self._server, self._width, self._dark = context, server, width, dark
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.add_init_script(ON_VIOLATION)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)
        self.expected: set[int] = set()
        """status codes that a test provokes on purpose"""

    def pair(self, phone: Phone) -> None:
        """Take the cookie of a phone that is paired."""
        self._context.add_cookies(
            [{"name": COOKIE, "value": phone.token, "url": self._server.url, "httpOnly": True,
              "sameSite": "Strict"}]
        )  # fmt: skip

    def go(self, path: str = "/") -> Page:
        """Open a path of the page, also where the page is about to renew itself."""
        for _ in range(INTERRUPTIONS):
            try:
                self.page.goto(f"{self._server.url}{path}", wait_until="load")
                break
            except PlaywrightError as error:
                if "interrupted by another navigation" not in str(error):
                    raise
        else:
            raise AssertionError(f"{path} was left again each time it was opened")
        return self.page

    def screenshot(self, name: str, *, whole: bool = True) -> Path:
        """The page as ``screenshots/<name>-<width>-<light or dark>.png``; or what is in sight."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}-{self._width}-{'dark' if self._dark else 'light'}.png"
        self.page.screenshot(path=path, full_page=whole)
        return path

    def axe(self) -> list[str]:
        """What the accessibility checker finds: rule, place, what to do."""
        found: list[dict[str, Any]] = Axe().run(self.page, options=AXE_RULES).response["violations"]
        return [
            f"{each['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
            for each in found
            for node in each["nodes"]
        ]

    def scrolls_sideways(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )

    def violations(self) -> list[str]:
        """What the Content-Security-Policy has blocked on this page."""
        return [str(each) for each in self.page.evaluate("window.cspViolations || []")]

    def check(self, name: str) -> None:
        """Take the picture and hold everything that can be held by a machine."""
        self.screenshot(name)
        assert self.scrolls_sideways() <= 0, f"{name} scrolls sideways at {self._width} px"
        assert not self.violations(), self.violations()
        assert not self.complaints, self.complaints
        assert not (found := self.axe()), "\n".join(found)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not self._is_expected(message.text):
            self.complaints.append(f"console: {message.text}")

    def _is_expected(self, text: str) -> bool:
        """Chromium repeats a failed request on the console; while offline that is no news."""
        loading = "Failed to load resource" in text
        return loading and (
            "net::ERR_" in text or any(f"status of {code}" in text for code in self.expected)
        )

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self._server.url, "data:", "blob:", "about:")):
            self.complaints.append(f"asks elsewhere: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status}: {response.url}")


class Chromium:
    """One chromium for all screens of a test file."""

    def __init__(self, browser: Browser, mark: str) -> None:
        self._browser, self._mark = browser, mark

    @contextmanager
    def screen(
        self,
        server: PageProcess,
        *,
        width: int = 390,
        dark: bool = False,
        language: str = "en",
        scripts: bool = True,
        phone: Phone | None = None,
        timezone: str | None = None,
    ) -> Iterator[Screen]:
        """A fresh window; paired when a ``phone`` is given."""
        context = self._browser.new_context(
            viewport={"width": width, "height": WIDTHS.get(width, 844)},
            color_scheme="dark" if dark else "light",
            locale=language,
            java_script_enabled=scripts,
            has_touch=width < 1000,
            timezone_id=timezone,
            reduced_motion="reduce",
        )
        context.set_default_timeout(60_000)
        guard = threading.Timer(SCREEN_S, self._kill)
        guard.start()
        try:
            screen = Screen(context, server, width, dark)
            if phone is not None:
                screen.pair(phone)
            yield screen
        finally:
            context.close()
            guard.cancel()

    def _kill(self) -> None:
        """A browser that hangs ends here, and its test fails: playwright would wait forever."""
        for found in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if self._mark.encode() in found.read_bytes():
                    os.kill(int(found.parent.name), signal.SIGKILL)


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Start it, and end it."""
    with sync_playwright() as playwright:
        mark = f"--started-by={uuid4().hex}"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, mark])
        try:
            yield Chromium(browser, mark)
        finally:
            browser.close()
