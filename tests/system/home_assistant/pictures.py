"""The documents' pictures of the dashboard in a real Home Assistant: ``make pictures``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
from playwright.sync_api import expect

from monitor.documents import CryStatus
from tests.system.home_assistant.browsing import WELL, desk
from tests.system.home_assistant.running import ROOT, crying, web_pages

DOCS = ROOT / "docs"
LOSING = WELL | {
    "verdict": "losing",
    "gain_24h_g": -2.5,
    "watch": {"level": "act", "signs": ["It loses weight."]},
}


def main() -> None:
    if not web_pages():
        print('no picture of Home Assistant: "make home-assistant" installs one')
        return
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder)) as everything:
        loud = CryStatus(crying=True, level_db=-20.0, cry_minutes_1h=3.0)
        everything.box.play(
            conditions=[crying("critical")],
            cry=msgspec.to_builtins(loud),
            told={"kangaroo": LOSING, "possum": WELL},
        )
        for width in (390, 1280):
            with everything.opened(width) as page:
                expect(page.locator("ha-alert").filter(visible=True)).to_contain_text("bottle")
                expect(page.get_by_text("losing").filter(visible=True)).to_have_count(1)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=DOCS / f"home-assistant-{width}.png")


if __name__ == "__main__":
    main()
