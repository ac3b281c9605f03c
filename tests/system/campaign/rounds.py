"""Rounds: one fault each, with something critical made true beside it, judged when all is quiet.

Each world (a broker, a phone, a push service, a daemon, a card of its own) takes the next round
when it has done one; several worlds run side by side, because a round is mostly waiting. The
faults of a seed and their moments are the same in every run, whichever world has them; the
machine's own timing is not.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tests.system.campaign.box import BOX
from tests.system.campaign.facts import BESIDE_A_FAULT
from tests.system.campaign.faults import (
    FACTS_OF_THEIR_OWN,
    FAULTS,
    LYING_CLOCK,
    MUST_BE_SAID,
    UNFIT,
)
from tests.system.campaign.judge import Figures, Judge, Memory
from tests.system.campaign.phone import retained
from tests.system.campaign.silence import Fact, busy_s
from tests.system.campaign.world import SETTLE_WITHIN_S, World

T = TypeVar("T")

PUSHES_SHARE = 0.5
"""of the rounds in which the push service can be reached"""
ACKNOWLEDGED_SHARE = 0.7
"""of the rounds before which somebody acknowledges what is open: it must be told when it returns"""
LEAD_S = 14.0
"""at most so long before a fault begins, something critical becomes true"""
BEGIN_APART_S = 4.0
"""a start takes seconds of a processor: boxes that start all at once are deaf to begin with"""
CRASHES = frozenset({-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS})
"""how a C library ends a process"""


class Options(msgspec.Struct, frozen=True):
    """How a campaign is run."""

    evidence: Path | None = None
    """where the daemon's log and the journal of a round go in which something was wrong"""
    allowed_s: Callable[[], float] = busy_s
    """how much longer than stated anything may take, on a machine that is shared"""


OPTIONS = Options()


class Outcome(msgspec.Struct):
    """One round: its fault, what was counted, what was wrong."""

    number: int
    fault: str
    fact: str
    """what was true meanwhile"""
    figures: Figures
    wrong: list[str]
    took_s: float


def schedule(rounds: int, seed: int, names: Sequence[str] = tuple(FAULTS)) -> list[str]:
    """The faults in order: every kind once in the order of ``names``, then at random."""
    chance, names = random.Random(seed), list(names)
    more = [chance.choice(names) for _ in range(max(0, rounds - len(names)))]
    return (names + more)[:rounds]


def run_world(
    folder: Path, seed: int, waiting: deque[tuple[int, str]], done: Callable[[Outcome], None],
    options: Options = OPTIONS,
) -> list[Outcome]:  # fmt: skip
    """One box through rounds (number and fault) until none waits; ``done`` hears of each."""
    outcomes: list[Outcome] = []
    with World(folder, seed, allowed_s=options.allowed_s) as world:
        world.start()
        judge = Judge()
        while (taken := _next(waiting)) is not None:
            number, fault = taken
            world.chance.seed(f"{seed} {number}")
            outcome = _round(world, judge, number, fault)
            outcomes.append(outcome)
            if outcome.wrong and options.evidence is not None:
                _keep_evidence(world, options.evidence / f"round{number}-{fault}")
            done(outcome)
    return outcomes


def _next(waiting: deque[tuple[int, str]]) -> tuple[int, str] | None:
    with suppress(IndexError):  # another world's thread may take the last one
        return waiting.popleft()
    return None


def _keep_evidence(world: World, folder: Path) -> None:
    with suppress(OSError, shutil.Error):  # a journal's log may go while it is copied
        shutil.copytree(world.card.folder, folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "daemon.log").write_text(world.daemon.log)


def campaign(
    folder: Path, faults: Sequence[tuple[int, str]], *, seed: int, worlds: int,
    done: Callable[[Outcome], None] = lambda _outcome: None, options: Options = OPTIONS,
) -> list[Outcome]:  # fmt: skip
    """All rounds, each in the first of the worlds side by side that is free."""
    waiting = deque(faults)
    with ThreadPoolExecutor(worlds) as pool:
        shares = [
            pool.submit(_begun, n * BEGIN_APART_S, run_world, folder / f"world{n}", seed, waiting,
                        done, options)
            for n in range(worlds)
        ]  # fmt: skip
        return [outcome for share in shares for outcome in share.result()]


def _begun(after_s: float, call: Callable[..., T], *given: Any) -> T:
    time.sleep(after_s)
    return call(*given)


def _round(world: World, judge: Judge, number: int, fault: str) -> Outcome:
    began_s = time.monotonic()
    world.deaths.clear()
    world.journal_lost = None
    world.foreign = set()
    world.complaints.clear()
    judge.clock_has_lied = judge.clock_has_lied or fault in LYING_CLOCK
    world.mqtt.proven()
    world.offer_pushes(world.chance.random() < PUSHES_SHARE)
    expected, fact, broken_s = _break(world, fault)
    mended_s = time.time()
    expected |= world.told_for_a_day
    wrong = list(world.complaints)
    if world.journal_lost is not None:
        wrong += _begin_again(world)
        judge.forget(world.damaged_s)
    seen: list[tuple[Memory, dict[str, Any]]] = []
    unrest, hangs = _settle(world, judge, seen)
    wrong += unrest
    memory, shown = seen[-1]
    world.phone.caught_up()
    alerts = world.phone.alerts
    figures, found = judge.round(
        memory, alerts, shown,
        expected=expected, required=MUST_BE_SAID.get(fault), later=_read(world),
        foreign=world.foreign, broken_unix_s=broken_s, mended_unix_s=mended_s,
        honest_clock=fault not in LYING_CLOCK,
    )  # fmt: skip
    figures.crashes += hangs
    wrong += found + _forgotten(world) + _unheard(world, fact, figures)
    for code, log in world.deaths:
        if fault == "microphone_lost" and code in CRASHES:
            figures.crashes += 1
        else:
            wrong.append(f"the daemon died by itself (exit {code}): {log}")
    return Outcome(number, fault, fact.incident, figures, wrong, time.monotonic() - began_s)


def _break(world: World, fault: str) -> tuple[set[str], Fact, float]:
    """Make something true, break and mend.

    Returns:
        What may be alarmed about, the fact, and when the fault began (Unix time).
    """
    if fault in FACTS_OF_THEIR_OWN:
        broken_s = time.time()
        expected = FAULTS[fault](world)
        return expected, world.surroundings.facts[-1], broken_s
    fit = [n for n in BESIDE_A_FAULT if n not in UNFIT.get(fault, ())]
    if world.chance.random() < ACKNOWLEDGED_SHARE:
        world.acknowledge_all()
    name = world.surroundings.choose(world.chance, fit)
    world.rest(world.surroundings.ready_in_s(name))
    fact = world.surroundings.begin(name)
    world.rest(world.chance.uniform(0.0, LEAD_S))
    broken_s = time.time()
    expected = FAULTS[fault](world)
    world.wait_known(fact)
    world.surroundings.end(name, fact)
    return expected | {fact.incident}, fact, broken_s


def _unheard(world: World, fact: Fact, figures: Figures) -> list[str]:
    """Count what was true, and how long nobody knew of it."""
    told_s = world.told.told_s(fact)
    figures.critical = 1
    figures.worst_told_s = (fact.end_s if told_s is None else told_s) - fact.begin_s
    figures.silent_s = world.told.silent_s(fact)
    if not figures.silent_s:
        return []
    after = "never" if told_s is None else f"first after {told_s - fact.begin_s:.1f} s"
    return [f"{fact.incident}: {figures.silent_s:.1f} s of silence, told {after}"]


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


def _settle(
    world: World, judge: Judge, seen: list[tuple[Memory, dict[str, Any]]]
) -> tuple[list[str], int]:
    """Wait for rest; a daemon whose call into the sound library never returns is started anew.

    Under systemd it asks for that itself (``devices/microphone.py``); here nobody hears it.

    Returns:
        What was wrong, and how often the library hung.
    """
    for hangs in (0, 1):
        try:
            world.wait(lambda: _settled(world, judge, seen), SETTLE_WITHIN_S, "rest")
            return [], hangs
        except TimeoutError as error:
            if hangs or not world.sound_hangs:
                seen.append((_read(world), _shown(world)))
                return [f"{error}: {_unrest(world)}"], hangs
            world.kill_daemon()
            world.start_daemon()
    raise AssertionError("the second time returns")


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


def _forgotten(world: World) -> list[str]:
    """Weights that the box said it had taken, and does not have.

    The answers are read first: a weight that is taken while this looks is in neither or in both.
    """
    taken = [
        (sent.args["baby"], sent.args["grams"])
        for sent in world.asked.all
        if sent.verb == "weigh" and (world.phone.result(sent.request_id) or {}).get("ok")
    ]
    weighed = _read(world).weighed
    return [f"the weight {w} was accepted and is gone" for w in taken if w not in weighed]
