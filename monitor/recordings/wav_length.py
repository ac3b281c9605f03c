"""How much sound a WAV file holds, whatever its header says.

A recorder writes the length when it stops. One that lost its power leaves zero there, or the
length of minutes ago; one that writes into a pipe leaves the largest number. The sound then goes
on to the end of the file. A copy that broke off is the opposite: the header promises more.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

_MOST_CHUNKS = 1000
_PLACEHOLDER = 0x7F000000
"""bytes; from here on a length is what recorders write who do not know it: 0x7ffff000 (arecord),
0x7fffffff, 0xffffffff"""
_TAGS = (b"ID3", b"TAG", b"APETAGEX")
"""what players append: titles and pictures, no chunk and no sound"""


class WavLength(NamedTuple):
    """Where the length of the sound stands, what it is and what it should be, in bytes."""

    position: int
    """of the four bytes"""
    said: int
    there: int
    """by the size of the file"""
    bytes_per_s: int

    @property
    def promised_s(self) -> float | None:
        """The length by the header, ``None`` where it does not know."""
        known = 0 < self.said < _PLACEHOLDER
        return self.said / self.bytes_per_s if known else None


def wav_length(file: BinaryIO, size: int) -> WavLength | None:
    """Read the header of a file of ``size`` bytes; ``None`` when it is no sound WAV header.

    ``there`` is more than ``said`` only where sound, and no further chunk, follows.
    """
    file.seek(0)
    riff = file.read(12)
    if riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
        return None
    bytes_per_s, at = 0, 12
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return None
        name, length = head[:4], struct.unpack("<I", head[4:])[0]
        if name == b"fmt ":
            form = file.read(12)
            bytes_per_s = struct.unpack("<I", form[8:12])[0] if len(form) == 12 else 0
        if name == b"data":
            break
        at += 8 + length + length % 2
    else:
        return None
    if bytes_per_s == 0:
        return None
    said, begin = length, at + 8
    there = max(0, size - begin)
    if said <= there and not _sound_follows(file, begin, said, there, bytes_per_s):
        there = said
    return WavLength(at + 4, said, there, bytes_per_s)


def _sound_follows(file: BinaryIO, begin: int, said: int, there: int, bytes_per_s: int) -> bool:
    """Whether the sound goes on behind its end by the header."""
    left = there - said
    file.seek(begin + said)
    head = file.read(9)
    if len(head) < 8:
        return False
    # some writers forget the byte that makes the length even
    places = (0, 1) if said % 2 else (0,)
    if any(_is_chunk(head[place : place + 8], left) for place in places):
        return False
    return said == 0 or (left >= bytes_per_s and any(head) and not head.startswith(_TAGS))


def _is_chunk(head: bytes, left: int) -> bool:
    """Whether a further chunk begins here, of at most ``left`` bytes with its head."""
    name, length = head[:4], struct.unpack("<I", head[4:].ljust(4, b"\0"))[0]
    is_name = all(0x20 <= letter < 0x7F for letter in name) and name[:1].isalnum()
    return is_name and length <= left - 8
