"""What the command line does to the page: open pairing, list the paired phones, revoke one."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TextIO

from monitor.config import PageConfig
from monitor.errors import CommandError
from monitor.page.pairing import Pairing
from monitor.page.seen import Right
from monitor.page.sessions import Sessions
from monitor.times import spoken_duration


def open_pairing(settings: PageConfig, right: Right, out: TextIO) -> int:
    """Print a code that pairs one phone."""
    code = Pairing(settings.state_dir).open(right, time.time())
    out.write(f"{code.written}\n")
    return 0


def list_phones(settings: PageConfig, out: TextIO) -> int:
    """One line a paired phone, the one used last first."""
    now_s = time.time()
    found = Sessions(settings.state_dir).listed()
    for each in found:
        paired = datetime.fromtimestamp(each.paired_s).astimezone().strftime("%Y-%m-%d %H:%M")
        right = "look only" if each.right == "look" else "carer"
        used = spoken_duration(now_s - each.seen_s)
        out.write(f"{each.id}  {right:9}  paired {paired}, used {used} ago  {each.name}\n")
    if not found:
        out.write("no phone is paired: nursery page --pair\n")
    return 0


def revoke(settings: PageConfig, session_id: str, out: TextIO) -> int:
    """Let one phone in no more, or ``all``.

    Raises:
        CommandError: there is none of this name.
    """
    sessions = Sessions(settings.state_dir)
    chosen = [e.id for e in sessions.listed()] if session_id == "all" else [session_id]
    gone = sum(sessions.revoke(each) for each in chosen)
    if not gone and session_id != "all":
        raise CommandError(f"no phone is called {session_id!r}: nursery page --phones lists them")
    out.write(f"{gone} phone{'s' if gone != 1 else ''} revoked\n")
    return 0
