"""What a decoder makes of a file: frames as they come, and what its header promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.health.channels import Frames


@dataclass(frozen=True)
class Stream:
    """An open recording; ``blocks`` can be read once."""

    rate_hz: int
    channels: int
    full_scale: float
    """what a sample of 1.0 is in ``blocks``"""
    length_s: float | None
    """by the header, perhaps estimated; ``None`` where it does not say"""
    promised_s: float | None
    """by a header that counts; a file that ends before is cut off"""
    blocks: Iterator[Frames]
    """each of shape (frames, channels), of any length; raises Damaged"""


class Damaged(Exception):  # noqa: N818  (a state of the file; the reader makes the error of it)
    """From here on the file cannot be decoded; says why in a phrase."""
