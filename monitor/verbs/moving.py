"""``nursery baby move``: a baby goes to another box, and its record with it."""

from __future__ import annotations

import time
from typing import TextIO

from monitor.commands import BabyMove
from monitor.config import Config
from monitor.errors import CommandError, JournalError
from monitor.store.lock import StateLock
from monitor.verbs.local import ask, submit

LOOK_EVERY_S = 1.0
NOBODY_S = 30.0
"""after which a record that nobody carries is left to wait"""
NOBODY = (
    "{name} stays on its way: no page carries its record yet. One must run on this broker "
    '("nursery page"), with a user that may write cmd and setup of every box. Take it back: '
    "nursery baby move {name} --cancel"
)


def move_baby(config: Config, name: str, to: str, out: TextIO, err: TextIO) -> int:
    """Ask for it, then say how far it is until the baby is there; 1 when it stays.

    Raises:
        CommandError: refused; nothing changed.
        JournalError: the state directory cannot be used, the daemon does not answer, or the other
            box did not take it.
    """
    with StateLock(config.state_dir) as lock:
        if lock.acquire():
            raise CommandError(
                f"a move is for a monitor that runs: start that of {config.box} first"
            )
    out.write(f"{submit(config, BabyMove(name=name, to=to))}\n")
    before, waited_s = None, 0.0
    while waited_s < NOBODY_S:
        time.sleep(LOOK_EVERY_S)
        try:
            far = ask(config, BabyMove(name=name))
        except CommandError as stayed:
            raise JournalError(str(stayed)) from stayed
        if far.get("state") == "gone":
            out.write(f"{name} is in {to} now, with its record\n")
            return 0
        moves = (far.get("carried"), far.get("why"))
        waited_s = waited_s + LOOK_EVERY_S if moves == before else 0.0
        if moves != before and far.get("of") is not None:
            why = f" ({far['why']})" if far.get("why") else ""
            err.write(f"{name}: {far['carried']} of {far['of']} carried over{why}\n")
        before = moves
    if before is not None and before[0] is not None:
        err.write(f"{name} stays on its way to {to}; it goes on by itself\n")
    else:
        err.write(NOBODY.format(name=name) + "\n")
    return 1
