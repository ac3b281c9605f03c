"""Finds and opens a microphone through sounddevice; every function here may hang or raise.

Callbacks only: a blocking read waits for ever when the device is gone. The device list is frozen
when PortAudio initialises, so a microphone plugged in later is only seen after ``reinitialise``
(python-sounddevice issues 125 and 382). The native rate is opened, never a converted one: sound
servers alias at their cheap settings. Samples are 32 bits, because PortAudio dithers when it makes
them narrower, which turns the zeros of a dead microphone into noise. Every channel is taken: asked
for one, PortAudio gives the first, which may be the empty one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from monitor.devices import alsa
from monitor.errors import DeviceError

RATES_HZ = (48_000, 44_100, 32_000, 16_000)
"""in order of preference; what nearly every converter has comes first"""
ODD_RATES_HZ = (96_000, 88_200, 24_000, 192_000, 176_400, 250_000, 384_000, 22_050, 11_025, 8_000)
"""tried after those and the rate that the device calls its own: studio and ultrasonic microphones,
telephone headsets; whatever is cheapest and loses least comes first"""
FULL_BAND_HZ = 16_000
"""a lower rate loses what the cry model listens to"""
MOST_CHANNELS = 8
"""of a card; what claims more without being one is a sound server that copies channels"""
DTYPE = "int32"
"""of the samples; narrower converters' values come shifted up, to the last bit"""
BLOCK_S = 0.1
"""10 ms blocks cost twenty times the processor time (poll spins); 100 ms gave no overrun"""

OnBlock = Callable[[bytes, bool], None]
"""32-bit samples, and whether samples were lost before them; called in PortAudio's thread"""


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
        """Give the device back; the errors of a device that has gone are ignored."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)


def reinitialise() -> None:
    """Make PortAudio look at the devices anew; every open stream dies.

    Raises:
        DeviceError: PortAudio does not start.
    """
    sounddevice = _library()
    # no public call does this; the underscored pair is what the maintainers advise
    with contextlib.suppress(sounddevice.PortAudioError):  # it was not initialised
        sounddevice._terminate()
    try:
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise DeviceError(f"cannot be opened: PortAudio does not start ({error})") from error


def open_capture(device: str, on_block: OnBlock, same_as: str | None = None) -> Capture:
    """Open the first input whose name contains ``device`` ("" = the system's default), started.

    ``same_as``: the name of the one that was heard before; no other is opened in its place.

    Raises:
        DeviceError: no such microphone, another program has it, or it refuses every rate; a phrase
            that follows "The microphone".
    """
    sounddevice = _library()
    errors = (sounddevice.PortAudioError, ValueError)
    try:
        index, info = _find(sounddevice, device, same_as)
        rate_hz, channels = _format(sounddevice, index, info)

        def deliver(data: Any, _frames: int, _time: Any, status: Any) -> None:
            on_block(bytes(data), bool(status.input_overflow))

        stream = sounddevice.RawInputStream(
            samplerate=rate_hz,
            blocksize=round(rate_hz * BLOCK_S),
            device=index,
            channels=channels,
            dtype=DTYPE,
            latency="high",
            callback=deliver,
            dither_off=True,
        )
        stream.start()
    except errors as error:
        raise DeviceError(_refusal(error, device)) from error
    return Capture(stream, str(info["name"]), rate_hz, channels)


def input_names() -> list[str]:
    """What can be listened to, by name, as PortAudio knew it when it looked last.

    Raises:
        DeviceError: PortAudio is missing or does not start.
    """
    sounddevice = _library()
    try:
        found = [i["name"] for i in sounddevice.query_devices() if i["max_input_channels"] > 0]
    except sounddevice.PortAudioError as error:
        raise DeviceError(f"cannot be looked for: {error}") from error
    return list(dict.fromkeys(plain_name(str(name)) for name in found))


def plain_name(name: str) -> str:
    """A device's name without the card's number, which changes with every plug."""
    return name.rpartition(" (hw:")[0] or name


def _refusal(error: Exception, device: str) -> str:
    """Why PortAudio refused a microphone that is there, as a phrase."""
    text = str(error)
    if "-9985" in text:  # paDeviceUnavailable
        return alsa.in_use(device) or alsa.IN_USE
    if "-9994" in text:  # paSampleFormatNotSupported
        return (
            "cannot be opened: it has a sample format that PortAudio does not know; "
            'try device = "default", or another microphone'
        )
    return f"cannot be opened: {error}"


def _library() -> Any:
    """The module; its import initialises PortAudio."""
    if (fault := alsa.unsettled()) is not None:
        raise DeviceError(fault)
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise DeviceError(
            f"cannot be opened: PortAudio is missing ({error}); apt install libportaudio2"
        ) from error
    except Exception as error:  # PortAudioError, which cannot be named before the import succeeds
        raise DeviceError(f"cannot be opened: PortAudio does not start ({error})") from error
    return sounddevice


def _find(sounddevice: Any, device: str, same_as: str | None) -> tuple[int, dict[str, Any]]:
    inputs = [
        (index, info)
        for index, info in enumerate(sounddevice.query_devices())
        if info["max_input_channels"] > 0
    ]
    if same_as is not None:
        chosen = [pair for pair in inputs if plain_name(pair[1]["name"]) == plain_name(same_as)]
    elif not device:
        default = sounddevice.default.device[0]
        chosen = [pair for pair in inputs if pair[0] == default] or inputs[:1]
    else:
        exact = [pair for pair in inputs if pair[1]["name"].lower() == device.lower()]
        chosen = exact or [pair for pair in inputs if device.lower() in pair[1]["name"].lower()]
    if chosen:
        return chosen[0]
    raise DeviceError(_absence(device, same_as, [str(info["name"]) for _, info in inputs]))


def _absence(device: str, same_as: str | None, names: list[str]) -> str:
    """Why no input will do; PortAudio leaves out those that another program has opened."""
    wanted = plain_name(same_as) if same_as is not None else device
    if (held := alsa.in_use(wanted)) is not None:
        return held
    known = ", ".join(f'"{name}"' for name in names) or "none"
    by = f' by a name with "{wanted}"' if wanted else ""
    if same_as is not None and names:
        return (
            f'is not connected: "{wanted}" was in use until now; plug it in, or, if another one is '
            f"in its place, restart the monitor (inputs now: {known})"
        )
    other = ", or give microphone.device one of these names" if device and names else ""
    return f"is not connected{by}: plug it in{other} (inputs now: {known})"


def _format(sounddevice: Any, index: int, info: dict[str, Any]) -> tuple[int, int]:
    """The first rate that the device takes, and the most channels that it has at that rate."""
    own_hz = round(info.get("default_samplerate") or 0)
    rates_hz = dict.fromkeys((*RATES_HZ, *([own_hz] if own_hz > 0 else []), *ODD_RATES_HZ))
    most = info["max_input_channels"]
    is_card = "(hw:" in info["name"] or most <= MOST_CHANNELS
    counts = dict.fromkeys(n for n in (most if is_card else 2, 2, 1) if n <= most)
    refused: Exception | None = None
    for rate_hz in rates_hz:
        for channels in counts:
            try:
                sounddevice.check_input_settings(index, channels, DTYPE, samplerate=rate_hz)
            except (sounddevice.PortAudioError, ValueError) as error:
                refused = error
                if "-9985" in str(error):
                    raise
            else:
                return rate_hz, channels
    if refused is not None and "-9994" in str(refused):
        raise refused
    raise DeviceError(f'cannot be opened: "{info["name"]}" refuses every rate: {refused}')
