"""Run the fault campaign: ``python -m tests.system.campaign --rounds 400 --worlds 5``.

Each round is written to ``--kept`` (one JSON object a line) when it is over; ``--resume`` goes on
with those that are not there yet, in fresh worlds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from pathlib import Path

import msgspec

from tests.system.campaign.faults import FAULTS
from tests.system.campaign.report import line, table, totals
from tests.system.campaign.rounds import Options, Outcome, campaign, schedule
from tests.system.campaign.silence import BUSY_S, busy_s
from tests.system.campaign.world import missing


class Kept:
    """The rounds that are over, on disk."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path, self._lock = path, threading.Lock()
        if not resume:
            path.unlink(missing_ok=True)
        lines = path.read_bytes().splitlines() if path.exists() else []
        self.outcomes = [msgspec.json.decode(text, type=Outcome) for text in lines]

    def add(self, outcome: Outcome) -> None:
        """One more; also printed."""
        with self._lock:
            self.outcomes.append(outcome)
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(outcome) + b"\n")
            print(line(outcome), flush=True)


def main() -> int:
    """Command line; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description="The fault campaign")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=4)
    parser.add_argument("--only", nargs="+", choices=FAULTS, help="these faults in turn")
    parser.add_argument("--json", type=Path, help="the figures")
    parser.add_argument("--kept", type=Path, default=Path("campaign.rounds"))
    parser.add_argument("--evidence", type=Path, help="where a wrong round's log and journal go")
    parser.add_argument(
        "--strict", action="store_true",
        help=f"allow {BUSY_S:.0f} s beyond the stated delays, however busy the machine is",
    )  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="go on where --kept ends")
    asked = parser.parse_args()
    if (reason := missing()) is not None:
        sys.exit(reason)
    kept = Kept(asked.kept, resume=asked.resume)
    over = {outcome.number for outcome in kept.outcomes}
    faults = list(enumerate(schedule(asked.rounds, asked.seed, asked.only or list(FAULTS))))
    left = [(number, fault) for number, fault in faults if number not in over]
    print(f"{len(left)} of {asked.rounds} rounds, seed {asked.seed}, {asked.worlds} worlds")
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        campaign(
            Path(folder), left, seed=asked.seed, worlds=asked.worlds, done=kept.add,
            options=Options(asked.evidence, (lambda: BUSY_S) if asked.strict else busy_s),
        )  # fmt: skip
    outcomes = kept.outcomes
    print(table(outcomes))
    wrong = [text for outcome in outcomes for text in outcome.wrong]
    if asked.json is not None:
        document = {"seed": asked.seed, "totals": totals(outcomes), "rounds": outcomes}
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(document)))
    print(f"{len(wrong)} things were wrong" if wrong else "nothing was wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
