"""The microphone as a source: one thread that listens, judges, and opens the device again.

PortAudio's callback only copies into a queue; this thread turns blocks into 16 kHz sound for the
core, which judges whether a living microphone made it. Recovery has tiers: open again,
re-initialise PortAudio, and, when a call into PortAudio hangs, a new process by systemd. A
microphone that has worked is never replaced by another of the same name: it may stand in another
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
from numpy.typing import NDArray

from monitor.core.cry.resample import Resampler
from monitor.core.health.channels import ChannelMix
from monitor.devices import Put, portaudio
from monitor.devices.bounded_call import CallHangsError, Pending
from monitor.devices.sound_watch import Retries, SoundWatch, StreamClock
from monitor.devices.source import Reporter
from monitor.errors import DeviceError
from monitor.events import (
    AUDIO_RATE_HZ,
    AudioBlock,
)
from monitor.host import systemd as service
from monitor.host.backoff import Backoff
from monitor.host.timeline import Timeline
from monitor.names import SourceName

T = TypeVar("T")

CALL_LIMIT_S = 5.0
"""re-initialising took 0.14 s on a PC and 0.7 s emulated; behind a stopped sound server it never
returns"""
FRESH_PROCESS_S = 600.0
"""a process that never had sound is not restarted sooner: that would interrupt the scale"""
WAITS_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""between attempts: looking for devices costs 0.1 s, and somebody may just have plugged it in"""
TURN_S = 0.25
MOST_NAMED = 16
"""inputs to choose from; ALSA has several names for each card"""
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
        self._backoff = Backoff(WAITS_S)
        self._retries = Retries()
        self._attempts = 0
        self._was_healthy = False
        self._heard_through: str | None = None
        self._inputs: list[str] = []
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

    def metrics(self) -> dict[str, object]:
        """What the retained health shows besides the state."""
        return {
            "audio_overruns": self.overruns,
            "audio_blocks_dropped": self.dropped,
            "microphones": self._inputs[:MOST_NAMED],
        }

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
            self._inputs = self._limited(portaudio.input_names, "looking for devices")
            opening = "opening the device"
            capture = self._limited(
                lambda: portaudio.open_capture(self._device, self._on_block, self._heard_through),
                opening,
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
        while not self._stop.wait(TURN_S):  # a turn takes what has come: fewer, larger pieces
            self._beat_s = now_s = time.monotonic()
            if (block := stream.read(self._waiting())) is not None:
                self._healthy(capture, stream)
                self._put(block)
            if (fault := watch.fault(now_s, capture.active, self._retries.wait_s)) is not None:
                self._retries.tried()
                self._reporter.stalled(fault)
                return fault
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

    def _healthy(self, capture: portaudio.Capture, stream: _Stream) -> None:
        self._was_healthy = True
        self._heard_through = capture.name
        self._backoff.healthy()
        if self._backoff.is_reset:
            self._attempts = 0
        if stream.watch.is_healthy:
            self._retries.healthy()
        self._reporter.healthy(
            f'hears through "{capture.name}" at {capture.rate_hz} Hz{stream.words}'
        )

    # ------------------------------------------------------------------ calls that may hang

    def _limited(self, call: Callable[[], T], name: str) -> T:
        """Make the call; while it hangs, report that and wait."""
        pending = Pending(call, name)
        why = f"hangs in the sound system ({name})"
        hangs = asked = False
        while not self._stop.is_set():
            self._beat_s = time.monotonic()
            try:
                return pending.result(TURN_S)
            except CallHangsError:
                if self._beat_s - pending.started_s <= CALL_LIMIT_S:
                    continue
                if not hangs:
                    self._reporter.failed(why)
                hangs, asked = True, asked or self._escalate(why)
        with contextlib.suppress(DeviceError):
            pending.result(1.0)  # a polite close, if it can be had in time
        raise _StoppedError

    def _escalate(self, why: str) -> bool:
        """The last tier: a new process; not while this one is new and never had sound.

        Returns whether one was asked for.
        """
        due = self._was_healthy or time.monotonic() - self._started_s > FRESH_PROCESS_S
        if due:
            self._restart_process(why)
        return due

    def _rest(self, span_s: float) -> None:
        end_s = time.monotonic() + span_s
        while time.monotonic() < end_s:
            self._beat_s = time.monotonic()
            if self._stop.wait(TURN_S):
                raise _StoppedError


class _Stream:
    """From one stream's raw blocks to timed 16 kHz sound."""

    def __init__(self, capture: portaudio.Capture, watch: SoundWatch, timeline: Timeline) -> None:
        self.watch = watch
        self._rate_hz, self._channels = capture.rate_hz, capture.channels
        self._mix = ChannelMix(capture.channels, capture.rate_hz)
        self._timeline = timeline
        self._clock = StreamClock(capture.rate_hz)
        self._resampler = Resampler(capture.rate_hz)
        self._sent = 0

    @property
    def words(self) -> str:
        """What is heard of the device, and what is not, to follow its name."""
        said = f", {self._mix.words}" if self._mix.words else ""
        if self._rate_hz < portaudio.FULL_BAND_HZ:
            said += (
                f"; nothing above {self._rate_hz / 2000:.4g} kHz reaches it, so thin calls are "
                f"missed: use a microphone that offers {portaudio.FULL_BAND_HZ} Hz"
            )
        return said + (f"; it {self.watch.loss}" if self.watch.loses else "")

    def read(self, raw: list[tuple[float, bytes]]) -> AudioBlock | None:
        """The sound that raw blocks complete, with their times of arrival.

        ``None`` while there is nothing new.
        """
        values = np.frombuffer(b"".join(data for _, data in raw), np.int32)
        if not len(values):
            return None
        flat = _is_flat(values, self._channels)
        for arrival_s, data in raw:
            frames = len(data) // (values.itemsize * self._channels)
            self.watch.block(arrival_s, frames, flat)
            self._clock.block(arrival_s, frames)
        sound = self._resampler.process(self._mix.mix(values.reshape(-1, self._channels)))
        begin_s, at = self._clock.begin_s, self._sent
        self._sent += len(sound)
        if begin_s is None or not len(sound):
            return None
        return AudioBlock(self._timeline.at_s(begin_s + at / AUDIO_RATE_HZ), sound)


def _is_flat(values: NDArray[np.int32], channels: int) -> bool:
    """Whether every channel of interleaved samples is a constant."""
    for seen in (values[: 64 * channels], values):
        if not bool((seen[channels:] == seen[:-channels]).all()):
            return False
    return True
