"""Decodes by libsndfile: WAV, FLAC, OGG, MP3 and the other formats of computers."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import soundfile

from monitor.core.health.channels import Frames
from monitor.recordings.stream import Damaged, Stream
from monitor.recordings.wav_length import WavLength, wav_length

_BLOCK_S = 0.5
"""larger blocks of 48 kHz do not stay in the cache until they are mixed and resampled"""
_LONGEST_S = 1e6
"""a header that says more does not know: libsndfile's word for it is the largest number"""


class _Forward(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """Reads on without seeking to where it is: an MP3 decoder loses part of a frame by that."""

    def seekable(self) -> bool:
        return False


class _Completed(io.FileIO):
    """A WAV file read as if its header said how long the sound is."""

    def __init__(self, path: Path, wav: WavLength) -> None:
        super().__init__(path)
        self._at = wav.position
        self._length = min(wav.there, 0xFFFFFFFF).to_bytes(4, "little")

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        begin = self.tell()
        count = super().readinto(buffer) or 0
        view = memoryview(buffer)
        for place, byte in enumerate(self._length, self._at - begin):
            if 0 <= place < count:
                view[place] = byte
        return count


@contextmanager
def open_sndfile(path: Path) -> Iterator[Stream]:
    """The recording as a stream.

    Raises:
        Damaged: libsndfile cannot read it.
    """
    with path.open("rb") as file:
        wav = wav_length(file, path.stat().st_size)
    grows = wav is not None and wav.there > wav.said
    with ExitStack() as opened:
        source = opened.enter_context(_Completed(path, wav)) if wav and grows else os.fsencode(path)
        try:
            with _muted():
                sound = opened.enter_context(_Forward(source))
        except soundfile.SoundFileError as error:
            raise Damaged(_reason(error)) from error
        length_s = sound.frames / sound.samplerate
        in_16_bits = sound.subtype == "PCM_16"
        yield Stream(
            rate_hz=sound.samplerate,
            channels=sound.channels,
            full_scale=2.0**15 if in_16_bits else 1.0,
            length_s=length_s if length_s < _LONGEST_S else None,
            promised_s=wav.promised_s if wav and not grows else None,
            blocks=_blocks(sound, "int16" if in_16_bits else "float32"),
        )


def _blocks(sound: _Forward, dtype: str) -> Iterator[Frames]:
    """All frames; 16 bits stay such, libsndfile's own way to floats takes six times as long."""
    count = max(1, round(_BLOCK_S * sound.samplerate))
    is_mp3 = sound.format == "MP3"
    while True:
        try:
            with _muted() if is_mp3 else nullcontext():
                frames: Frames = sound.read(count, dtype=dtype, always_2d=True)
        except soundfile.SoundFileError as error:
            raise Damaged(_reason(error)) from error
        if not len(frames):
            return
        yield frames


@contextmanager
def _muted() -> Iterator[None]:
    """Standard error goes nowhere: the MP3 decoder writes there, also about sound files.

    It writes to the descriptor and has no switch for it, so nothing less helps.
    """
    try:
        kept = os.dup(2)
    except OSError:  # nobody listens there
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _reason(error: Exception) -> str:
    """The library's words without its repetition of the path."""
    return str(error).rpartition(": ")[2].rstrip(".")
