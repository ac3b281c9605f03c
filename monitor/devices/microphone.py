"""The microphone as a source: one thread that listens, judges, and opens the device again.

PortAudio's callback only copies into a queue; this thread turns blocks into 16 kHz sound for the
core. Recovery has tiers: open again, re-initialise PortAudio, and, when a call into PortAudio
hangs, a new process by systemd. Sound that is flat (muted, dead) is withheld: it is not a quiet
room. Measured behaviour of PortAudio under each fault is what ``sound_watch`` is built on.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from monitor import service
from monitor.core.resample import Resampler
from monitor.devices import Put, portaudio
from monitor.devices.backoff import Backoff
from monitor.devices.limited import CallHangsError, Pending
from monitor.devices.reporter import Reporter
from monitor.devices.sound_watch import FLAT_RETRY_S, SoundWatch, StreamClock
from monitor.errors import DeviceError
from monitor.events import (
    AUDIO_RATE_HZ,
    AudioBlock,
    SourceName,
)
from monitor.timeline import Timeline

T = TypeVar("T")

CALL_LIMIT_S = 5.0
"""re-initialising took 0.14 s on a PC and 0.7 s emulated; behind a stopped server: for ever"""
FRESH_PROCESS_S = 600.0
"""a process that never heard anything is not replaced sooner: the scale must go on weighing"""
SILENT = "delivers only digital silence: unmute it (alsamixer, F4), or check its cable"
LONGEST_WAIT_S = 15.0
"""between attempts: looking for devices costs 0.1 s, and somebody may just have plugged it in"""
_TURN_S = 0.25
_QUEUE_BLOCKS = 100
"""10 s of sound; more means that this thread does not run"""


class _StoppedError(Exception):
    """``stop`` was called while a call was in flight."""


class Microphone:
    """``[microphone] source = "sounddevice"``."""

    name: SourceName = "microphone"

    def __init__(
        self,
        device: str,
        timeline: Timeline,
        restart_process: Callable[[str], bool] = service.restart_process,
    ) -> None:
        self._device, self._timeline = device, timeline
        self._restart_process = restart_process
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._beat_s = self._started_s = time.monotonic()
        self._arrived: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        self._backoff = Backoff(longest_s=LONGEST_WAIT_S)
        self._attempts = 0
        self._was_healthy = False
        self._reporter = Reporter(self.name, timeline)
        self._put: Put = lambda _: None
        self.overruns = 0
        """times PortAudio said that samples were lost before they reached it"""
        self.dropped = 0
        """blocks thrown away because this thread did not keep up"""

    def start(self, put: Put) -> None:
        """Begin; returns at once."""
        self._put = put
        self._reporter.begin(put)
        self._thread = threading.Thread(target=self._run, name="microphone", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a call that hangs in PortAudio is left behind."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(1.8)

    def heartbeat_s(self) -> float:
        """When the thread last turned."""
        return self._beat_s

    def figures(self) -> dict[str, float | None]:
        """What the retained health shows besides the state."""
        return {"audio_overruns": self.overruns, "audio_blocks_dropped": self.dropped}

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        self._reporter.retrying("is being opened")
        with contextlib.suppress(_StoppedError):
            while not self._stop.is_set():
                self._reporter.retrying(self._attempt())
                self._rest(self._backoff.next_s())

    def _attempt(self) -> str:
        """Open, listen until something is wrong, close; returns what was wrong."""
        try:
            if self._attempts:
                self._limited(portaudio.reinitialise, "looking for devices")
            self._attempts += 1
            opening = "opening the device"
            capture = self._limited(
                lambda: portaudio.open_capture(self._device, self._on_block), opening
            )
        except DeviceError as error:
            return str(error)
        try:
            why = self._listen(capture)
        finally:
            self._limited(capture.close, "closing the device")
        return why

    def _listen(self, capture: portaudio.Capture) -> str:
        self._waiting()  # what an earlier stream left
        watch = SoundWatch(capture.rate_hz, time.monotonic())
        stream = _Stream(capture, watch, self._timeline)
        while not self._stop.wait(_TURN_S):  # a turn takes what has come: fewer, larger pieces
            self._beat_s = now_s = time.monotonic()
            if (block := stream.take(self._waiting())) is not None:
                self._healthy(capture)
                self._put(block)
            if (fault := watch.fault(now_s, capture.active)) is not None:
                self._reporter.stalled(fault)
                return fault
            if watch.is_flat(now_s):
                self._reporter.stalled(SILENT)
                if watch.flat_s(now_s) > FLAT_RETRY_S:
                    return SILENT
        raise _StoppedError

    def _waiting(self) -> list[tuple[float, bytes]]:
        """Everything that has arrived, oldest first."""
        return [self._arrived.get_nowait() for _ in range(self._arrived.qsize())]

    def _on_block(self, data: bytes, lost: bool) -> None:
        """In PortAudio's thread: copy, enqueue, count."""
        self.overruns += lost
        if self._arrived.qsize() < _QUEUE_BLOCKS:
            self._arrived.put((time.monotonic(), data))
        else:
            self.dropped += 1

    def _healthy(self, capture: portaudio.Capture) -> None:
        self._was_healthy = True
        self._backoff.healthy()
        if self._backoff.is_reset:
            self._attempts = 0
        self._reporter.healthy(f'hears through "{capture.name}" at {capture.rate_hz} Hz')

    # ------------------------------------------------------------------ calls that may hang

    def _limited(self, call: Callable[[], T], name: str) -> T:
        """Make the call; while it hangs say so, and wait: nothing else can be done in here."""
        pending = Pending(call, name)
        hangs = False
        while not self._stop.is_set():
            self._beat_s = time.monotonic()
            try:
                return pending.result(_TURN_S)
            except CallHangsError:
                if not hangs and self._beat_s - pending.started_s > CALL_LIMIT_S:
                    hangs = True
                    self._escalate(f"hangs in the sound system ({name})")
        with contextlib.suppress(DeviceError):
            pending.result(1.0)  # a polite close, if it can be had in time
        raise _StoppedError

    def _escalate(self, why: str) -> None:
        """The last tier; not for a process that is new and never worked, or it would loop."""
        self._reporter.failed(why)
        if self._was_healthy or time.monotonic() - self._started_s > FRESH_PROCESS_S:
            self._restart_process(why)

    def _rest(self, span_s: float) -> None:
        end_s = time.monotonic() + span_s
        while time.monotonic() < end_s:
            self._beat_s = time.monotonic()
            if self._stop.wait(_TURN_S):
                raise _StoppedError


class _Stream:
    """From one stream's raw blocks to timed 16 kHz sound."""

    def __init__(self, capture: portaudio.Capture, watch: SoundWatch, timeline: Timeline) -> None:
        self._channels = capture.channels
        self._watch, self._timeline = watch, timeline
        self._clock = StreamClock(capture.rate_hz)
        self._resampler = Resampler(capture.rate_hz)
        self._sent = 0

    def take(self, raw: list[tuple[float, bytes]]) -> AudioBlock | None:
        """The sound that raw blocks complete, with their times of arrival.

        ``None`` while there is nothing new, or while the sound is flat.
        """
        for arrival_s, data in raw:
            counts = np.frombuffer(data, np.int16)
            frames = len(counts) // self._channels
            flat = not frames or bool((counts == counts[0]).all())
            self._watch.block(arrival_s, frames, flat)
            self._clock.block(arrival_s, frames)
        samples = np.frombuffer(b"".join(data for _, data in raw), np.int16).astype(np.float32)
        samples *= np.float32(1 / 32768)
        if self._channels > 1:
            samples = samples.reshape(-1, self._channels).mean(axis=1)
        sound = self._resampler.process(samples)
        begin_s, at = self._clock.begin_s, self._sent
        self._sent += len(sound)
        if begin_s is None or not len(sound) or not self._watch.heard:
            return None
        return AudioBlock(self._timeline.at_s(begin_s + at / AUDIO_RATE_HZ), sound)
