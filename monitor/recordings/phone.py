"""Decodes by PyAV (the extra "phone") what phones record: m4a, mp4, 3gp, webm, wma, amr, aac.

The format is recognised here, by the first bytes, and named to the library: it never has to guess,
so a file that calls itself a recording cannot be taken for a playlist that fetches others.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.core.health.channels import Frames
from monitor.recordings.stream import Damaged, Stream

_MOST_BAD_PACKETS = 10
"""of 20 to 60 ms each; phones leave a broken one at the beginning or end"""
_DAMAGED = "it is cut off or damaged: copy it once more"
HEAD_BYTES = 36
"""of a file are enough to recognise it"""


class Container(NamedTuple):
    """A format by its first bytes."""

    format: str
    """FFmpeg's name"""
    words: str


_MP4 = Container("mp4", "m4a, mp4 or 3gp")
_STARTS = (
    (b"\x1aE\xdf\xa3", Container("matroska", "webm or mkv")),
    (b"0&\xb2u\x8ef\xcf\x11", Container("asf", "wma")),
    (b"#!AMR", Container("amr", "amr")),
)
_ALSO = ((b"OggS", "ogg"), (b"caff", "caf"), (b"RIFF", "wav"), (b"FORM", "aiff"))
"""libsndfile's formats, which may hold sound that it cannot decode"""


def container_of(head: bytes) -> Container | None:
    """What only PyAV reads; ``None`` for everything else."""
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide"}:
        return _MP4
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # ADTS; MP3 has layer bits
        return Container("aac", "aac")
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return Container("avi", "avi")
    return next((found for start, found in _STARTS if head.startswith(start)), None)


def other_decoder(head: bytes) -> Container | None:
    """What PyAV may read if libsndfile does not."""
    return next((Container(name, name) for start, name in _ALSO if head.startswith(start)), None)


def is_installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("av") is not None


@contextmanager
def open_phone(path: Path, format_name: str) -> Iterator[Stream]:
    """The recording as a stream; its first sound track.

    Raises:
        Damaged: it cannot be opened, or holds no sound.
    """
    import av

    with ExitStack() as opened:
        file = opened.enter_context(path.open("rb"))
        try:
            container = av.open(file, format=format_name, metadata_errors="ignore")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise Damaged(_DAMAGED) from error
        opened.enter_context(container)
        if not container.streams.audio:
            raise Damaged("there is no sound in it")
        track = container.streams.audio[0]
        frames = _decoded(container, track)
        first = next(frames, None)
        if first is None:
            raise Damaged("there is no sound in it")
        length_s = float(track.duration * track.time_base) if track.duration else None
        whole_s = container.duration / av.time_base if container.duration else None
        yield Stream(
            rate_hz=first.sample_rate,
            channels=first.layout.nb_channels,
            full_scale=1.0,
            length_s=length_s or whole_s,
            promised_s=length_s,
            blocks=_blocks(first, frames),
        )


def _decoded(container: Any, track: Any) -> Iterator[Any]:
    """Every frame; a few packets that cannot be decoded are left out."""
    import av

    bad = 0
    packets = container.demux(track)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.FFmpegError, OSError, ValueError) as error:
            raise Damaged(_DAMAGED) from error
        try:
            yield from packet.decode()
        except av.FFmpegError as error:
            bad += 1
            if bad > _MOST_BAD_PACKETS:
                raise Damaged(_DAMAGED) from error


def _blocks(first: Any, rest: Iterator[Any]) -> Iterator[Frames]:
    yield _samples(first)
    for frame in rest:
        same = (frame.sample_rate, frame.layout.nb_channels)
        if same != (first.sample_rate, first.layout.nb_channels):
            raise Damaged("its sampling rate or number of channels changes there")
        yield _samples(frame)


def _samples(frame: Any) -> Frames:
    """A decoded frame as shape (frames, channels), full scale 1."""
    try:
        packed = frame.to_ndarray()
    except ValueError as error:  # a sample format without a numpy type, in no recorder's file
        raise Damaged(_DAMAGED) from error
    values: NDArray[Any] = (
        packed.T if frame.format.is_planar else packed.reshape(-1, frame.layout.nb_channels)
    )
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    full_scale = 2.0 ** (8 * values.dtype.itemsize - 1)
    middle = full_scale if values.dtype.kind == "u" else 0.0
    return ((values - middle) / full_scale).astype(np.float32)
