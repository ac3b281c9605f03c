"""Finds and opens a microphone through sounddevice; every function here may hang or raise.

Callbacks only: a blocking read waits for ever when the device is gone. The device list is frozen
when PortAudio initialises, so a microphone plugged in later is only seen after ``reinitialise``
(python-sounddevice issues 125 and 382). The native rate is opened, never a converted one: sound
servers alias at their cheap settings.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from monitor.errors import DeviceError

RATES_HZ = (48_000, 44_100, 32_000, 16_000)
"""in order of preference; what nearly every converter has comes first"""
BLOCK_S = 0.1
"""10 ms blocks cost twenty times the processor time (poll spins); 100 ms gave no overrun"""

OnBlock = Callable[[bytes, bool], None]
"""16-bit samples, and whether samples were lost before them; called in PortAudio's thread"""


class Capture:
    """An open stream that delivers blocks to its callback."""

    def __init__(self, stream: Any, name: str, rate_hz: int, channels: int) -> None:
        self._stream = stream
        self.name, self.rate_hz, self.channels = name, rate_hz, channels

    @property
    def active(self) -> bool:
        """False once PortAudio knows that the stream ended; True proves nothing."""
        return bool(self._stream.active)

    def close(self) -> None:
        """Give the device back; errors of a dead device are of no interest."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)


def reinitialise() -> None:
    """Make PortAudio look at the devices anew; every open stream dies.

    Raises:
        DeviceError: PortAudio does not start.
    """
    sounddevice = _library()
    # no public call does this; the underscored pair is what the maintainers advise
    with contextlib.suppress(sounddevice.PortAudioError):  # it was not initialised: just as well
        sounddevice._terminate()
    try:
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise DeviceError(f"cannot be opened: PortAudio does not start ({error})") from error


def open_capture(device: str, on_block: OnBlock) -> Capture:
    """Open the first input whose name contains ``device`` ("" = the system's default), started.

    Raises:
        DeviceError: no such microphone, or it refuses every rate; a phrase that follows
            "The microphone".
    """
    sounddevice = _library()
    errors = (sounddevice.PortAudioError, ValueError)
    try:
        index, info = _find(sounddevice, device)
        rate_hz, channels = _format(sounddevice, index, info)

        def deliver(data: Any, _frames: int, _time: Any, status: Any) -> None:
            on_block(bytes(data), bool(status.input_overflow))

        stream = sounddevice.RawInputStream(
            samplerate=rate_hz,
            blocksize=round(rate_hz * BLOCK_S),
            device=index,
            channels=channels,
            dtype="int16",
            latency="high",
            callback=deliver,
        )
        stream.start()
    except errors as error:
        raise DeviceError(f"cannot be opened: {error}") from error
    return Capture(stream, str(info["name"]), rate_hz, channels)


def _library() -> Any:
    """The module; its import initialises PortAudio."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise DeviceError(
            f"cannot be opened: PortAudio is missing ({error}); apt install libportaudio2"
        ) from error
    except Exception as error:  # PortAudioError, which cannot be named before the import succeeds
        raise DeviceError(f"cannot be opened: PortAudio does not start ({error})") from error
    return sounddevice


def _find(sounddevice: Any, device: str) -> tuple[int, dict[str, Any]]:
    inputs = [
        (index, info)
        for index, info in enumerate(sounddevice.query_devices())
        if info["max_input_channels"] > 0
    ]
    if not device:
        default = sounddevice.default.device[0]
        chosen = [pair for pair in inputs if pair[0] == default] or inputs[:1]
    else:
        exact = [pair for pair in inputs if pair[1]["name"].lower() == device.lower()]
        chosen = exact or [pair for pair in inputs if device.lower() in pair[1]["name"].lower()]
    if chosen:
        return chosen[0]
    names = ", ".join(f'"{info["name"]}"' for _, info in inputs) or "none"
    wanted = f' by a name with "{device}"' if device else ""
    raise DeviceError(f"is not connected{wanted}: plug it in (inputs now: {names})")


def _format(sounddevice: Any, index: int, info: dict[str, Any]) -> tuple[int, int]:
    """The first rate and channel count that the device takes; I2S microphones are stereo only."""
    refused: Exception | None = None
    for rate_hz in RATES_HZ:
        for channels in range(1, min(2, info["max_input_channels"]) + 1):
            try:
                sounddevice.check_input_settings(index, channels, "int16", samplerate=rate_hz)
            except (sounddevice.PortAudioError, ValueError) as error:
                refused = error
            else:
                return rate_hz, channels
    raise DeviceError(f'cannot be opened: "{info["name"]}" refuses every rate: {refused}')
