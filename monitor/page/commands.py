"""What the command line does to the page: open pairing, list the paired phones, revoke one."""

from __future__ import annotations

import io
import time
from datetime import datetime
from typing import TextIO

from monitor.config import PageConfig
from monitor.errors import CommandError
from monitor.page.addresses import home_addresses
from monitor.page.links import page_url, pairing_link
from monitor.page.pairing import TRIES, VALID_S, Pairing
from monitor.page.seen import Right
from monitor.page.sessions import Sessions
from monitor.times import spoken_duration


def open_pairing(settings: PageConfig, right: Right, out: TextIO, carer: str = "") -> int:
    """Print a code that pairs one phone, and on a terminal its link as a QR code.

    ``carer``: whose phone it is.

    Raises:
        ConfigError: the state directory cannot be written.
    """
    code = Pairing(settings.state_dir).open(right, time.time(), carer=carer)
    url = page_url(home_addresses(), settings.port, settings)
    picture = _qr(pairing_link(url, code)) if out.isatty() else None
    look = "; it may see everything and change nothing" if right == "look" else ""
    out.write(f"{code.written}\n\nOpen {url} on the phone and type this code")
    if picture is not None:
        out.write(f", or point its camera at this:\n\n{picture}")
    out.write(
        f"\n\nIt pairs one phone{look}. It holds for {spoken_duration(VALID_S)} and {TRIES} "
        "tries.\n"
    )
    return 0


def list_phones(settings: PageConfig, out: TextIO) -> int:
    """One line a paired phone, the one used last first."""
    now_s = time.time()
    found = Sessions(settings.state_dir).listed()
    for each in found:
        paired = datetime.fromtimestamp(each.paired_s).astimezone().strftime("%Y-%m-%d %H:%M")
        right = "look only" if each.right == "look" else "carer"
        used = spoken_duration(now_s - each.seen_s)
        out.write(
            f"{each.id}  {right:9}  paired {paired}, used {used} ago  "
            f"{f'{each.carer}, ' if each.carer else ''}{each.name}\n"
        )
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


def _qr(link: str) -> str:
    """Half blocks, for a dark or a light terminal."""
    import segno

    drawn = io.StringIO()
    segno.make(link, micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue().rstrip("\n")
