"""The fault campaign: break everything around a real box, many times, and count what got through.

    python -m tests.system.campaign --rounds 200 --seed 1 --json campaign.json

Each world (a broker, a phone, a daemon, a card of its own) goes through its share of the rounds one
after the other; several worlds run side by side, because a round is mostly waiting. The faults of a
seed and their moments are the same in every run; the machine's own timing is not.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from tests.system.campaign_faults import FAULTS, LYING_CLOCK, MUST_BE_SAID
from tests.system.campaign_judge import Figures, Judge, Memory
from tests.system.campaign_phone import retained
from tests.system.campaign_world import BOX, SETTLE_WITHIN_S, World, missing

CRASHES = frozenset({-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS})
"""how a C library ends a process"""

Tell = Callable[[str], None]


class Outcome(msgspec.Struct):
    """One round: its fault, what was counted, what was wrong."""

    fault: str
    figures: Figures
    wrong: list[str]
    took_s: float


def schedule(rounds: int, seed: int) -> list[str]:
    """The faults in order: every kind once in the order of ``FAULTS``, then at random."""
    chance = random.Random(seed)
    names = list(FAULTS)
    more = [chance.choice(names) for _ in range(max(0, rounds - len(names)))]
    return (names + more)[:rounds]


def run_world(folder: Path, seed: int, faults: Sequence[str], tell: Tell) -> list[Outcome]:
    """One box through its rounds; a box that cannot be brought to rest ends them."""
    outcomes: list[Outcome] = []
    with World(folder, seed) as world:
        world.start()
        judge = Judge()
        for fault in faults:
            outcome = _round(world, judge, fault)
            outcomes.append(outcome)
            tell(_line(outcome))
    return outcomes


def _round(world: World, judge: Judge, fault: str) -> Outcome:
    began_s = time.monotonic()
    world.deaths.clear()
    world.journal_lost = None
    judge.clock_has_lied = judge.clock_has_lied or fault in LYING_CLOCK
    expected = FAULTS[fault](world)
    mended_s = time.time()
    wrong: list[str] = []
    if world.journal_lost is not None:
        wrong += _begin_again(world)
        judge.forget()
    seen: list[tuple[Memory, dict[str, Any]]] = []
    try:
        world.wait(lambda: _settled(world, judge, seen), SETTLE_WITHIN_S, "rest")
    except TimeoutError as error:
        wrong.append(f"{error}: {_unrest(world)}")
        seen.append((_read(world), _shown(world)))
    memory, shown = seen[-1]
    time.sleep(0.3)
    alerts = world.phone.alerts
    figures, found = judge.round(
        memory, alerts, shown,
        expected=expected, required=MUST_BE_SAID.get(fault), later=_read(world),
        mended_unix_s=mended_s, honest_clock=fault not in LYING_CLOCK,
    )  # fmt: skip
    wrong += found + _forgotten(world, memory)
    for code, log in world.deaths:
        if fault == "microphone_lost" and code in CRASHES:
            figures.crashes += 1
        else:
            wrong.append(f"the daemon died by itself (exit {code}): {log}")
    return Outcome(fault, figures, wrong, time.monotonic() - began_s)


def _begin_again(world: World) -> list[str]:
    """After a lost journal: the old one must lie beside the new, and the litter is typed again."""
    try:
        world.wait(world.is_well, SETTLE_WITHIN_S, "start after a damaged journal")
        world.register()
    except TimeoutError as error:
        return [f"{error} ({world.journal_lost}): {_unrest(world)}"]
    if not list(world.card.folder.glob("journal.damaged-*")):
        return [f"the damaged journal ({world.journal_lost}) was not kept"]
    return []


# ----------------------------------------------------------------------- when the dust has settled


def _read(world: World) -> Memory:
    return Memory.read(world.card.journal)


def _shown(world: World) -> dict[str, Any]:
    """What a newcomer is told, by topic below the box's base."""
    found = retained(world.broker.port)
    named = {t.removeprefix(f"{BOX}/"): p for t, p in found.items() if t.startswith(BOX)}
    plain = {t: p.decode() for t, p in named.items() if p[:1] not in b"[{" and p[:4] != b"\x89PNG"}
    return plain | {t: json.loads(p) for t, p in named.items() if p[:1] in b"[{"}


def _settled(world: World, judge: Judge, seen: list[tuple[Memory, dict[str, Any]]]) -> bool:
    """Nothing is under way, and what is shown is true; ``seen`` gets what this was judged by."""
    if not world.is_well() or not world.phone.connected:
        return False
    try:
        memory = _read(world)
    except sqlite3.Error:
        return False
    told = {a["id"]: a["state"] for a in world.phone.document("alerts") or []}
    if memory.waiting or memory.unanswered or told != memory.open:
        return False
    seen.append((memory, _shown(world)))
    return not judge.false_state(*seen[-1])


def _unrest(world: World) -> str:
    """Why it does not settle, for the report."""
    try:
        memory = _read(world)
        state = f"waiting {memory.waiting}, unanswered {memory.unanswered}, open {memory.open}"
    except sqlite3.Error as error:
        state = f"journal unreadable: {error}"
    health = world.phone.document("health") or {}
    sources = {n: s.get("state") for n, s in health.get("sources", {}).items()}
    status = world.phone.last("status")
    return f"{state}; status {status!r}, sources {sources}; {world.daemon.log[-600:]}"


def _forgotten(world: World, memory: Memory) -> list[str]:
    """Weights that the box said it had taken, and does not have."""
    taken = [
        (sent.args["baby"], sent.args["grams"])
        for sent in world.provoked
        if sent.verb == "weigh" and (world.phone.result(sent.request_id) or {}).get("ok")
    ]
    return [f"the weight {w} was accepted and is gone" for w in taken if w not in memory.weighed]


# ----------------------------------------------------------------------- the report


def _line(outcome: Outcome) -> str:
    f = outcome.figures
    verdict = "ok" if not outcome.wrong else "WRONG: " + "; ".join(outcome.wrong)
    return (
        f"{outcome.fault:26} {outcome.took_s:5.1f} s  raised {f.raised:2d}, "
        f"{f.delivered:3d} of {f.changes:3d} changes delivered, {f.duplicated:2d} twice  {verdict}"
    )


def totals(outcomes: Sequence[Outcome]) -> dict[str, Figures]:
    """Figures per kind of fault, and of "all"."""
    found: dict[str, Figures] = {}
    for outcome in outcomes:
        for name in (outcome.fault, "all"):
            found.setdefault(name, Figures()).add(outcome.figures)
    return dict(sorted(found.items(), key=lambda item: (item[0] == "all", item[0])))


COLUMNS = {
    "rounds": "rounds", "raised": "raised", "changes": "changes", "delivered": "delivered",
    "lost": "lost", "twice": "duplicated", "busy": "busy", "crashes": "crashes",
    "misled": "misled",
}  # fmt: skip
"""heading: count"""


def report(outcomes: Sequence[Outcome]) -> str:
    """A table as in docs/reliability.md."""
    head = ["fault", *COLUMNS, "worst delay", "after mending"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for name, figures in totals(outcomes).items():
        counts = [str(getattr(figures, count)) for count in COLUMNS.values()]
        delays = [f"{figures.worst_delay_s:.1f} s", f"{figures.worst_after_s:.1f} s"]
        if name in LYING_CLOCK:
            delays = ["", ""]
        lines.append("| " + " | ".join([name, *counts, *delays]) + " |")
    return "\n".join(lines)


def campaign(
    folder: Path, *, rounds: int, seed: int, worlds: int, tell: Tell = print
) -> list[Outcome]:
    """All rounds, shared out over worlds that run side by side."""
    faults = schedule(rounds, seed)
    tell(f"fault campaign: {rounds} rounds, seed {seed}, {worlds} worlds")
    with ThreadPoolExecutor(worlds) as pool:
        shares = [
            pool.submit(run_world, folder / f"world{n}", seed * 1000 + n, faults[n::worlds], tell)
            for n in range(worlds)
        ]
        return [outcome for share in shares for outcome in share.result()]


def main() -> int:
    """Command line; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description="The fault campaign")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=4)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if (reason := missing()) is not None:
        sys.exit(reason)
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        outcomes = campaign(
            Path(folder), rounds=asked.rounds, seed=asked.seed, worlds=asked.worlds,
            tell=lambda text: print(text, flush=True),
        )  # fmt: skip
    print(report(outcomes))
    wrong = [(outcome.fault, text) for outcome in outcomes for text in outcome.wrong]
    if asked.json is not None:
        document = {"seed": asked.seed, "totals": totals(outcomes), "rounds": outcomes}
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(document)))
    print(f"{len(wrong)} things were wrong" if wrong else "nothing was wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
