"""``nursery set`` and ``get``: what a person may change, where each value comes from, and a change.

The files are written here, also while the daemon runs: it sees that within a second and takes it
up. So a password never lies in the journal, where commands wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from monitor.codec import document, encode_line
from monitor.daemon.configuring import fit_to_run
from monitor.documents import Origin, SettingStatus
from monitor.errors import CommandError
from monitor.store.lock import is_held
from monitor.store.settings import BoxSettings
from monitor.store.settings_status import settings_status
from monitor.verbs.finding import Finding
from monitor.written.settings import known_key, settings, spoken
from monitor.written.setup_requests import Configure

ORIGINS: dict[Origin, str] = {
    "default": "default",
    "file": "configuration file",
    "settings": "set here",
    "credential": "credential",
}


def requests(words: Sequence[str]) -> list[Configure]:
    """``KEY VALUE``, or several of them; a value may have spaces in it.

    Raises:
        CommandError: there is no value.
    """
    if len(words) < 2:
        raise CommandError("give a key and its value: nursery set alerts.night.from 22:00")
    keys, values = words[::2], words[1::2]
    known = settings()
    if len(words) % 2 or not all(key in known for key in keys):
        return [Configure(key=words[0], value=" ".join(words[1:]))]
    tables = {key.partition(".")[0] for key in keys}
    if len(keys) > 1 and len(tables) == 1:  # they may only fit together
        (table,) = tables
        names = [key.removeprefix(f"{table}.") for key in keys]
        return [Configure(key=table, value=dict(zip(names, values, strict=True)))]
    return [Configure(key=key, value=value) for key, value in zip(keys, values, strict=True)]


def change(box: BoxSettings, asked: Sequence[Configure], out: TextIO) -> int:
    """Carry out, and say what was understood.

    Raises:
        CommandError: one was refused; those before it hold.
    """
    for each in asked:
        out.write(f"{box.carry_out(each, fit_to_run)}\n")
    if is_held(box.file.state_dir):
        out.write("the running monitor takes it up within a few seconds\n")
    return 0


def show(
    box: BoxSettings, credential: str | None, key: str | None, *, as_json: bool, out: TextIO
) -> int:
    """Print every setting, or those of a key or table; 1 when some cannot be used.

    Raises:
        CommandError: there is no such setting.
    """
    wanted = None if key is None else known_key(key)
    found = settings_status(box, credential)
    for each in found.settings:
        if wanted is not None and each.key not in wanted:
            continue
        if as_json:
            out.write(encode_line(document(each)) + "\n")
        else:
            out.write(f"{each.key:<28} {_value(each):<28} {ORIGINS[each.from_]}\n")
    if found.problem is None:
        return 0
    if not as_json:
        out.write(f"{found.problem}\n")
    return 1


def check_settings(box: BoxSettings, credential: str | None) -> Finding:
    """The line of ``nursery check``: where each value comes from, and what cannot be used."""
    found = settings_status(box, credential)
    by_origin: dict[Origin, list[str]] = {}
    for each in found.settings:
        by_origin.setdefault(each.from_, []).append(each.key)
    said = [
        f"{label}: {', '.join(by_origin[origin])}"
        for origin, label in (
            ("settings", "set by a person"),
            ("credential", "credential"),
            ("file", box.origin),
        )
        if origin in by_origin
    ]
    said.append(f"default: the other {len(by_origin.get('default', []))} (nursery set)")
    text = "; ".join(said)
    if found.problem is None:
        return Finding("settings", "ok", text)
    return Finding("settings", "warning", text, found.problem)


def _value(each: SettingStatus) -> str:
    if each.kind == "secret":
        return "given" if each.given else "none"
    return spoken(settings()[each.key], each.value)
