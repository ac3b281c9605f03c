"""The campaign's figures, as lines while it runs and as a table in the end."""

from __future__ import annotations

from collections.abc import Sequence

from tests.system.campaign.faults import LYING_CLOCK
from tests.system.campaign.judge import Figures
from tests.system.campaign.rounds import Outcome

COLUMNS = {
    "rounds": "rounds", "raised": "raised", "changes": "changes", "delivered": "delivered",
    "superseded": "superseded", "lost": "lost", "renamed": "renamed", "twice": "duplicated",
    "busy": "busy", "crashes": "crashes", "misled": "misled", "critical": "critical",
}  # fmt: skip
"""heading: count"""


def line(outcome: Outcome) -> str:
    """One round."""
    f = outcome.figures
    verdict = "ok" if not outcome.wrong else "WRONG: " + "; ".join(outcome.wrong)
    return (
        f"{outcome.number:3d} {outcome.fault:26} {outcome.took_s:5.1f} s  raised {f.raised:2d}, "
        f"{f.delivered:3d} of {f.changes:3d} changes delivered, {f.superseded} superseded, "
        f"{f.duplicated:2d} twice, "
        f"{outcome.fact} told after {f.worst_told_s:4.1f} s, silent {f.silent_s:.1f} s  {verdict}"
    )


def totals(outcomes: Sequence[Outcome]) -> dict[str, Figures]:
    """Figures per kind of fault, and of "all"."""
    found: dict[str, Figures] = {}
    for outcome in outcomes:
        for name in (outcome.fault, "all"):
            found.setdefault(name, Figures()).add(outcome.figures)
    return dict(sorted(found.items(), key=lambda item: (item[0] == "all", item[0])))


def table(outcomes: Sequence[Outcome]) -> str:
    """As in README.md beside this file."""
    head = ["fault", *COLUMNS, "silent", "worst told", "worst delay", "after mending"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for name, figures in totals(outcomes).items():
        counts = [str(getattr(figures, count)) for count in COLUMNS.values()]
        told = [f"{figures.silent_s:.1f} s", f"{figures.worst_told_s:.1f} s"]
        delays = [f"{figures.worst_delay_s:.1f} s", f"{figures.worst_after_s:.1f} s"]
        if name in LYING_CLOCK:
            delays = ["", ""]
        lines.append("| " + " | ".join([name, *counts, *told, *delays]) + " |")
    return "\n".join(lines)
