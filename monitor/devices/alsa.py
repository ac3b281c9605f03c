"""Asks ALSA what PortAudio does not say: whether its settings can be read, who holds a microphone.

Without settings PortAudio ends the whole process, and the watch over the scale with it. While
something else records from a card, PortAudio leaves the card out of its list, so a microphone that
is in use looks as if it were unplugged. ALSA itself answers the question: opening the device says
"busy". The kernel names the program in ``/proc/asound``.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
from collections.abc import Iterator
from itertools import count, takewhile
from pathlib import Path

IN_USE = "is in use by another program: end it (sudo fuser -v /dev/snd/* names it)"
_CAPTURE, _NONBLOCK = 1, 1
_PCM, _ANY_CARD = b"pcm", -1
_PROC = Path("/proc")


def unsettled() -> str | None:
    """A phrase that follows "The microphone" when ALSA's settings cannot be read.

    ``None`` when they can, or when there is no ALSA. The library says more on standard error.
    """
    try:
        library = ctypes.CDLL("libasound.so.2")
    except OSError:
        return None
    if library.snd_config_update() < 0:
        return (
            "cannot be opened: ALSA's settings cannot be read: mend or remove /etc/asound.conf and "
            "~/.asoundrc"
        )
    search = library.snd_config_search
    search.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    settings = ctypes.c_void_p.in_dll(library, "snd_config")
    if search(settings, _PCM, ctypes.byref(ctypes.c_void_p())) < 0:
        return (
            "cannot be opened: ALSA's settings are missing: "
            "sudo apt install --reinstall libasound2-data"
        )
    return None


def in_use(device: str) -> str | None:
    """A phrase that follows "The microphone" when one whose name contains ``device`` is taken.

    ``None`` when none is, or when ALSA cannot be asked. May hang as PortAudio may.
    """
    try:
        library = ctypes.CDLL("libasound.so.2")
    except OSError:
        return None
    for name, description in _devices(library):
        if device.lower() in f"{name} {description}".lower() and _is_busy(library, name):
            owner = _owner(device)
            return IN_USE if owner is None else f"is in use by {owner}: end that program"
    return None


def _devices(library: ctypes.CDLL) -> Iterator[tuple[str, str]]:
    """Name and description of each capture device that converts nothing or is configured."""
    hints = ctypes.POINTER(ctypes.c_void_p)()
    if library.snd_device_name_hint(_ANY_CARD, _PCM, ctypes.byref(hints)) < 0:
        return
    try:
        for hint in takewhile(bool, (hints[i] for i in count())):
            name = _field(library, hint, b"NAME") or ""
            if _field(library, hint, b"IOID") != "Output" and _is_plain(name):
                yield name, _field(library, hint, b"DESC") or ""
    finally:
        library.snd_device_name_free_hint(hints)


def _is_plain(name: str) -> bool:
    """Not one of the converting or sharing views that ALSA offers of each card."""
    return bool(name) and name != "null" and (":" not in name or name.startswith("hw:"))


def _field(library: ctypes.CDLL, hint: int | None, key: bytes) -> str | None:
    get = library.snd_device_name_get_hint
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_char_p)
    address = get(hint, key)
    if not address:
        return None
    text = ctypes.string_at(address).decode(errors="replace")
    free = ctypes.CDLL(None).free
    free.argtypes = (ctypes.c_void_p,)
    free(address)
    return text


def _is_busy(library: ctypes.CDLL, name: str) -> bool:
    handle = ctypes.c_void_p()
    result = library.snd_pcm_open(ctypes.byref(handle), name.encode(), _CAPTURE, _NONBLOCK)
    if result == 0:
        library.snd_pcm_close(handle)
    return bool(result == -errno.EBUSY)


def _owner(device: str, proc: Path = _PROC) -> str | None:
    """Who records from a card whose name contains ``device``, as "name (process N)"."""
    for status in sorted(proc.glob("asound/card*/pcm*c/sub*/status")):
        with contextlib.suppress(OSError, ValueError):
            fields = dict(_lines(status))
            about = (status.parent / "info").read_text()
            if "owner_pid" in fields and device.lower() in about.lower():
                number = int(fields["owner_pid"])
                return f"{(proc / str(number) / 'comm').read_text().strip()} (process {number})"
    return None


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        yield name.strip(), value.strip()
