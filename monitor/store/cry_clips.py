"""Short recordings of cries, kept on this machine only, for those who switch them on.

Off by default: then nothing is ever written, and what an earlier setting left behind is deleted.
Switched on, each bout of a kitten or puppy leaves one WAV of ten seconds that only the service can
read; nothing of it goes over the network. A bout of a human voice is never kept. The loop only
copies samples; cutting is a slice, and files are written, moved and deleted by a thread of its own,
which drops work when it falls behind. Clips end by age, by total size, and there are only so many a
day, because an SD card wears out. Answered "not a cry", they go to a folder of their own: ``nursery
calibrate cry`` takes both folders.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import threading
import wave
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.commands import NotACry
from monitor.config import Config
from monitor.events import (
    AUDIO_RATE_HZ,
    Alert,
    AnyEvent,
    AudioBlock,
    Command,
    CryStarted,
    Observation,
)
from monitor.host.ownership import own_directory, trust
from monitor.times import DAY_S, HOUR_S, compact_utc

CLIP_S, BEFORE_S = 10.0, 1.0
MEMORY_S = 16.0
"""sound kept in memory (0.5 MB): a bout is an event up to ten seconds after its first call"""
MOST_A_DAY = 24
"""24 clips of 320 kB are 7.7 MB a day, of the 20 MB a card should have to bear"""
LEAST_FREE_BYTES = 200_000_000
"""the journal needs the disk more"""
PRUNE_EVERY_S = HOUR_S
ONLY_OURS = 0o700
MOST_WAITING = 4

_NAME = re.compile(r"cry-(\d{8}T\d{6}Z)-(?:kitten|puppy|unknown)\.wav")

Samples = NDArray[np.int16]


class Kept(msgspec.Struct, frozen=True):
    """One file of ours."""

    path: Path
    unix_s: float
    size: int


class _Clip(msgspec.Struct, frozen=True):
    unix_s: float
    species: str
    samples: Samples


class _Refuted(msgspec.Struct, frozen=True):
    """Clips from here on were no cries."""

    from_unix_s: float


class _Prune(msgspec.Struct, frozen=True):
    now_unix_s: float


def folders(config: Config) -> tuple[Path, Path]:
    """Where cries are kept, and what was answered "not a cry"."""
    state = Path(config.state_dir)
    return state / "cries", state / "not-a-cry"


def open_clips(config: Config, log: Callable[[str], None]) -> CryClips | None:
    """What keeps clips, or None when nobody asked for it; then older clips are deleted."""
    microphone = config.microphone
    trust(Path(config.state_dir))
    if microphone.keep_cries_days <= 0:
        try:
            _delete_all(config, log)
        except OSError as error:  # a card that fails must not stop the watch
            log(f"older recordings of cries cannot be deleted: {error.strerror or error}")
        return None
    log(
        f"keeps short recordings of cries for {microphone.keep_cries_days:g} days in "
        f"{folders(config)[0]}; microphone.keep_cries_days = 0 ends that and deletes them"
    )
    return CryClips(config)


def _delete_all(config: Config, log: Callable[[str], None]) -> None:
    gone = [kept.path for folder in folders(config) for kept in clips_in(folder)]
    for path in gone:
        path.unlink(missing_ok=True)
    if gone:
        log(f"recordings of cries are switched off: {len(gone)} older ones are deleted")
    for folder in folders(config):
        with suppress(OSError):
            folder.rmdir()


class CryClips:
    """``observe`` every observation with its events; everything else happens in the thread."""

    def __init__(self, config: Config) -> None:
        self._cries, self._refuted = folders(config)
        self._keep_s = config.microphone.keep_cries_days * DAY_S
        self._most_bytes = int(config.microphone.keep_cries_mb * 1e6)
        self._heard: deque[tuple[float, Samples]] = deque()
        self._open: CryStarted | None = None
        self._pruned_s = float("-inf")
        self._jobs: queue.Queue[_Clip | _Refuted | _Prune | None] = queue.Queue(MOST_WAITING)
        self._dropped = 0
        self._written = 0
        self.problem: str | None = None
        """why the last file could not be written or deleted"""
        self._thread = threading.Thread(target=self._work, name="clips", daemon=True)
        self._thread.start()

    def observe(
        self, observation: Observation, events: Sequence[AnyEvent], *, synced: bool
    ) -> None:
        """Remember sound, and queue what the events make of it; never waits."""
        if isinstance(observation, AudioBlock):
            self._remember(observation)
        for event in events:
            if isinstance(event, CryStarted) and event.species != "human" and self._open is None:
                self._open = event
            elif isinstance(event, Alert) and _says_no_cry(observation, event):
                self._give(_Refuted(event.since - BEFORE_S))
        if self._open is not None and self._is_complete(self._open):
            self._give(_Clip(self._open.t_s, self._open.species, self._cut(self._open.t_s)))
            self._open = None
        if synced and observation.t_s - self._pruned_s >= PRUNE_EVERY_S:
            self._pruned_s = observation.t_s
            self._give(_Prune(observation.t_s))

    def shift(self, by_s: float) -> None:
        """The timeline was shifted: so is the sound that is remembered."""
        self._heard = deque((t_s + by_s, samples) for t_s, samples in self._heard)
        self._pruned_s += by_s
        if self._open is not None:
            self._open = msgspec.structs.replace(self._open, t_s=self._open.t_s + by_s)

    def metrics(self) -> dict[str, float | str | None]:
        """For ``health``: how much is kept, and megabytes written since the start."""
        kept: list[Kept] | None = None
        with suppress(OSError):  # the card cannot say
            kept = [clip for folder in (self._cries, self._refuted) for clip in clips_in(folder)]
        return {
            "clips": None if kept is None else len(kept),
            "clips_mb": None if kept is None else round(sum(c.size for c in kept) / 1e6, 1),
            "clips_written_mb": round(self._written / 1e6, 1),
            "clips_dropped": self._dropped,
            "clips_error": self.problem,
        }

    def close(self, timeout_s: float = 2.0) -> None:
        """Finish what waits, then end."""
        with suppress(queue.Full):
            self._jobs.put(None, timeout=timeout_s)
        self._thread.join(timeout_s)

    # ------------------------------------------------------------------ in the loop

    def _remember(self, block: AudioBlock) -> None:
        whole = np.clip(np.round(block.samples * 32767.0), -32768, 32767).astype(np.int16)
        self._heard.append((block.t_s, whole))
        while self._heard[0][0] < block.t_s - MEMORY_S:
            self._heard.popleft()

    def _is_complete(self, cry: CryStarted) -> bool:
        if not self._heard:
            return False
        t_s, samples = self._heard[-1]
        return t_s + len(samples) / AUDIO_RATE_HZ >= cry.t_s - BEFORE_S + CLIP_S

    def _cut(self, cry_s: float) -> Samples:
        begin_s, end_s = cry_s - BEFORE_S, cry_s - BEFORE_S + CLIP_S
        pieces = [
            samples[
                max(0, round((begin_s - t_s) * AUDIO_RATE_HZ)) : max(
                    0, round((end_s - t_s) * AUDIO_RATE_HZ)
                )
            ]
            for t_s, samples in self._heard
        ]
        return np.concatenate(pieces)

    def _give(self, job: _Clip | _Refuted | _Prune) -> None:
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self._dropped += 1

    # ------------------------------------------------------------------ in the thread

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                if isinstance(job, _Clip):
                    self._write(job)
                elif isinstance(job, _Refuted):
                    self._move(job.from_unix_s)
                else:
                    self._prune(job.now_unix_s)
                self.problem = None
            except OSError as error:
                self.problem = f"recordings of cries: {error.strerror or error}"

    def _write(self, clip: _Clip) -> None:
        own_directory(self._cries, ONLY_OURS)
        recent = [kept for kept in clips_in(self._cries) if kept.unix_s > clip.unix_s - DAY_S]
        if len(recent) >= MOST_A_DAY or not len(clip.samples):
            return
        if shutil.disk_usage(self._cries).free < LEAST_FREE_BYTES:
            raise OSError("the disk is nearly full, so none is kept")
        stamp = compact_utc(clip.unix_s)
        path = self._cries / f"cry-{stamp}-{clip.species}.wav"
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(number, "wb") as file, wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(AUDIO_RATE_HZ)
            sound.writeframes(clip.samples.astype("<i2").tobytes())
        part.replace(path)
        self._written += path.stat().st_size
        self._shrink()

    def _move(self, from_unix_s: float) -> None:
        refuted = [kept for kept in clips_in(self._cries) if kept.unix_s >= from_unix_s]
        if refuted:
            own_directory(self._refuted, ONLY_OURS)
        for kept in refuted:
            kept.path.replace(self._refuted / kept.path.name)

    def _prune(self, now_unix_s: float) -> None:
        for folder in (self._cries, self._refuted):
            for left in folder.glob("cry-*.part"):  # a power cut in mid-file
                left.unlink(missing_ok=True)
            for kept in clips_in(folder):
                if now_unix_s - kept.unix_s > self._keep_s:
                    kept.path.unlink(missing_ok=True)
        self._shrink()

    def _shrink(self) -> None:
        kept = [clip for folder in (self._cries, self._refuted) for clip in clips_in(folder)]
        total = sum(clip.size for clip in kept)
        for clip in sorted(kept, key=lambda c: c.unix_s):
            if total <= self._most_bytes:
                return
            clip.path.unlink(missing_ok=True)
            total -= clip.size


def clips_in(folder: Path) -> list[Kept]:
    """Our files in a folder; anything else in it, links included, is left alone."""
    found: list[Kept] = []
    if folder.is_symlink():
        return found
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            match = _NAME.fullmatch(entry.name)
            if match is None or not entry.is_file(follow_symlinks=False):
                continue
            moment = datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            size = entry.stat(follow_symlinks=False).st_size
            found.append(Kept(Path(entry.path), moment.timestamp(), size))
    return found


def _says_no_cry(observation: Observation, alert: Alert) -> bool:
    answered = isinstance(observation, Command) and isinstance(observation.request, NotACry)
    return answered and alert.kind == "crying" and alert.state == "cleared"
