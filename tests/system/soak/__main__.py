"""Thirty simulated days in an hour through the real daemon, and what they cost."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from tests.system.soak.card import card
from tests.system.soak.found import report
from tests.system.soak.run import soak


def main() -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    with card() as (state_dir, device):
        found = soak(
            chosen.days * 24.0, 24.0, seed=chosen.seed, state_dir=state_dir, device=device,
            out=sys.stdout,
        )  # fmt: skip
    print(report(found))
    if chosen.json is not None:
        chosen.json.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    return 0 if found.damage is None and found.rss_ratio <= 1.05 else 1


if __name__ == "__main__":
    raise SystemExit(main())
