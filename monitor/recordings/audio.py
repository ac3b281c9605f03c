"""Reads a recording of any rate and channel count as the 16 kHz mono stream the core hears.

libsndfile decodes (WAV, FLAC, OGG, MP3), PyAV what phones record; the core's own channel mix and
resampler follow, so that a recording and a live microphone go through the same filters. Memory
stays at one chunk. What cannot be read is an error, after all that could be read was delivered.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.core.cry.resample import Resampler
from monitor.core.health.channels import ChannelMix, Frames
from monitor.errors import InputError
from monitor.events import AUDIO_RATE_HZ
from monitor.host.extras import install_command
from monitor.recordings import phone
from monitor.recordings.stream import Damaged, Stream
from monitor.times import position

_MIX_S = 0.25
"""the channel mix decides once in so much sound"""
_LOUDEST = 1e12
"""a float file may count in any unit, up to 2**31; what is louder is no sound"""
_MISSING_S, _MISSING_SHARE = 1.0, 0.02
"""shorter than its header says by more than both: cut off. Writers count in whole blocks"""
_HEADER_BYTES = 4096
"""a file of no more bytes may well be a header with nothing behind it"""

Samples = NDArray[np.float32]
"""shape (n,), full scale is -1..1"""


class Rechunker:
    """Cuts a stream of any block sizes into blocks of one size, along the first axis."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rest: NDArray[Any] = np.zeros(0, np.float32)

    def push(self, samples: NDArray[Any]) -> Iterator[NDArray[Any]]:
        """Add samples; yield every full block they complete."""
        data = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        whole = len(data) - len(data) % self._size
        self._rest = data[whole:].copy()
        for start in range(0, whole, self._size):
            yield data[start : start + self._size]

    def rest(self) -> NDArray[Any]:
        """What has not filled a block; the stream starts anew after it."""
        left, self._rest = self._rest, self._rest[:0]
        return left


def decode(path: str | Path, chunk_s: float = 1.0) -> Iterator[tuple[Samples, float]]:
    """Yield the recording at 16 kHz, channels mixed, each piece with the fraction read so far.

    Pieces come from ``chunk_s`` seconds of the file each; however it is cut, the samples are the
    same. The fraction stays 0 where the file does not say how long it is.

    Raises:
        InputError: naming the file, when it cannot be read, holds no samples, holds samples that
            are no sound, or ends before its header says. What could be read is yielded before.
    """
    source, read, fault = Path(path), 0, ""
    with _open(source) as stream:
        resampler = _resampler(source, stream)
        size = max(1, round(chunk_s * stream.rate_hz))
        ready: list[Samples] = []
        try:
            for piece in _cut(_mono(stream), size):
                ready.append(resampler.process(piece))
                read += len(piece)
                if read % size == 0:
                    part = read / stream.rate_hz / stream.length_s if stream.length_s else 0.0
                    yield np.concatenate(ready), min(part, 1.0)
                    ready = []
        except Damaged as damaged:
            fault = str(damaged)
        if not read:
            raise InputError(f"{source}: {_nothing_read(source, fault)}")
        yield np.concatenate([*ready, resampler.flush()]), 1.0
        fault = _broken_off(stream, read / stream.rate_hz, fault)
    if fault:
        raise InputError(f"{source}: {fault}")


def read_audio(path: str | Path, block_s: float = 0.1) -> Iterator[Samples]:
    """Yield the recording as ``decode`` does, in blocks of ``block_s`` seconds.

    The last block is shorter when the recording does not divide.

    Raises:
        InputError: as ``decode``.
    """
    pieces = (samples for samples, _ in decode(path, 10 * block_s))
    yield from _rechunked(pieces, max(1, round(block_s * AUDIO_RATE_HZ)))


def header_s(path: str | Path) -> float | None:
    """The length of a recording by its header, ``None`` where it does not say.

    Raises:
        InputError: naming the file, when it cannot be read.
    """
    with _open(Path(path)) as stream:
        return stream.length_s


def duration_s(path: str | Path) -> float:
    """The length of a recording by its header, or else by reading it.

    Raises:
        InputError: naming the file, when it cannot be read.
    """
    if (length_s := header_s(path)) is not None:
        return length_s
    return sum(len(samples) for samples, _ in decode(path, 10.0)) / AUDIO_RATE_HZ


# ------------------------------------------------------------------ opening


@contextmanager
def _open(path: Path) -> Iterator[Stream]:
    head = _first_bytes(path)
    with ExitStack() as opened:
        try:
            stream = _decoder(path, head, opened)
        except Damaged as damaged:
            raise InputError(f"{path}: {_nothing_read(path, str(damaged))}") from damaged
        yield stream


def _decoder(path: Path, head: bytes, opened: ExitStack) -> Stream:
    if (container := phone.container_of(head)) is not None:
        return opened.enter_context(_phone(path, container))
    from monitor.recordings.sndfile import open_sndfile

    try:
        return opened.enter_context(open_sndfile(path))
    except Damaged:
        container = phone.other_decoder(head)
        if container is None or not phone.is_installed():
            raise
        return opened.enter_context(_phone(path, container))


def _phone(path: Path, container: phone.Container) -> AbstractContextManager[Stream]:
    if not phone.is_installed():
        raise InputError(
            f"{path}: {container.words} is read by an extra: {install_command('phone')}; "
            f"or convert it: {_conversion(path)}"
        )
    return phone.open_phone(path, container.format)


def _resampler(path: Path, stream: Stream) -> Resampler:
    try:
        return Resampler(stream.rate_hz)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            seekable = file.seekable()
            head = file.read(phone.HEAD_BYTES) if seekable else b""
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not seekable:
        raise InputError(f"{path}: is no file but a pipe: write it to a file first")
    if not head:
        raise InputError(f"{path}: the file is empty: nothing was recorded, or the copy failed")
    return head


# ------------------------------------------------------------------ from frames to mono


def _mono(stream: Stream) -> Iterator[Samples]:
    """The channels mixed into one; the first sample that is no sound ends it, as damage does."""
    if stream.channels == 1:
        for frames in _checked(stream):
            yield frames[:, 0] * np.float32(1 / stream.full_scale)
        return
    mix = ChannelMix(stream.channels, stream.rate_hz, stream.full_scale)
    size = max(1, round(_MIX_S * stream.rate_hz))
    yield from map(mix.mix, _rechunked(_checked(stream), size))


def _checked(stream: Stream) -> Iterator[Frames]:
    for frames in stream.blocks:
        if frames.dtype != np.float32:
            yield frames
            continue
        sound = np.abs(frames) <= _LOUDEST  # false for what is not a number, too
        if sound.all():
            yield frames
            continue
        first = int(sound.all(axis=1).argmin())
        yield frames[:first]
        is_number = np.isfinite(frames[first]).all()
        what = "far beyond full scale" if is_number else "not a number"
        raise Damaged(f"a sample there is {what}")


def _cut(blocks: Iterator[Samples], size: int) -> Iterator[Samples]:
    """The same stream with a border at every multiple of ``size``, and no block joined.

    Blocks stay as small as they come, because everything up to 16 kHz is faster in the cache.
    """
    until = size
    for block in blocks:
        start = 0
        while len(block) - start >= until:
            yield block[start : start + until]
            start, until = start + until, size
        if start < len(block):
            yield block[start:]
            until -= len(block) - start


def _rechunked(blocks: Iterator[NDArray[Any]], size: int) -> Iterator[NDArray[Any]]:
    """Blocks of ``size``, the last shorter; an error comes after all that is before it."""
    chunker = Rechunker(size)
    try:
        for block in blocks:
            yield from chunker.push(block)
    except (Damaged, InputError):
        if len(last := chunker.rest()):
            yield last
        raise
    if len(last := chunker.rest()):
        yield last


# ------------------------------------------------------------------ what is said


def _nothing_read(path: Path, fault: str) -> str:
    if not fault and path.stat().st_size > _HEADER_BYTES:
        kilobytes = path.stat().st_size / 1000
        return (
            f"its header says that it is empty, but it has {kilobytes:.0f} kB: the recorder did "
            f"not finish it; convert it: {_conversion(path)}"
        )
    return f"cannot be read as audio ({fault})" if fault else "the recording is empty"


def _broken_off(stream: Stream, read_s: float, fault: str) -> str:
    """Why a recording of which so much was read is not whole; empty when it is."""
    promised_s = stream.promised_s
    if fault:
        return f"cannot be read after {position(read_s)}: {fault}"
    if promised_s is None:
        return ""
    missing_s = promised_s - read_s
    if missing_s <= _MISSING_S or missing_s <= _MISSING_SHARE * promised_s:
        return ""
    return (
        f"ends after {position(read_s)}, though its header says {position(promised_s)}: "
        "copy it once more"
    )


def _conversion(path: Path) -> str:
    """The command that makes a WAV of it."""
    wav = path.with_suffix(".wav") if path.suffix.lower() != ".wav" else path.with_suffix(".2.wav")
    return shlex.join(["ffmpeg", "-i", str(path), str(wav)])
