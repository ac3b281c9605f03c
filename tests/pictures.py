"""The README's pictures of the page: ``make pictures`` looks at the demo with Debian's chromium."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

DOCS = Path(__file__).parents[1] / "docs"
WIDTH, HEIGHT, SHARPNESS = 390, 844, 2
"""CSS pixels of a common phone, and how many real ones each is"""
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def demo() -> Iterator[str]:
    """The demo with its page; the address that lets a phone in."""
    command = [sys.executable, "-m", "monitor", "demo", "--page", "--hours", "4.3"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"^ +(\S+/pair\?code=\S+)", line):
                yield found[1]
                return
        raise RuntimeError("the demo has no page")
    finally:
        process.terminate()
        process.wait(30)


def tell_night(page: Page) -> None:
    """Wait until the night has come to a cry that a bottle would end."""
    expect(page.locator("#alerts")).to_contain_text("crying", timeout=120_000)
    expect(page.locator("#babies")).to_contain_text("189", timeout=120_000)


DRAWN = "() => new Promise(then => requestAnimationFrame(() => requestAnimationFrame(then)))"
"""what was scrolled is where it belongs in the second frame"""


def main() -> None:
    with demo() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell"), args=ARGUMENTS
        )
        context = chromium.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SHARPNESS
        )
        page = context.new_page()
        page.goto(address)
        page.click("main button")
        page.wait_for_selector("#live")
        tell_night(page)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.screenshot(path=DOCS / "page-light.png")
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.locator("#babies-head").evaluate("each => each.scrollIntoView({block: 'start'})")
        page.evaluate(DRAWN)
        page.screenshot(path=DOCS / "page-dark.png")
        chromium.close()


if __name__ == "__main__":
    main()
