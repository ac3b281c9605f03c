"""Recovery in tiers, with PortAudio replaced by one that fails as the real one was seen to fail."""

import sys
import time
import types

import numpy as np
import pytest

from monitor.config import Config, MicrophoneConfig, ScaleConfig
from monitor.devices import microphone, open_panel, open_sources, portaudio, sound_watch
from monitor.devices.microphone import Microphone
from monitor.errors import DeviceError
from monitor.events import AudioBlock, SourceReport
from monitor.host.timeline import Timeline

RNG = np.random.default_rng(1)
NOISE = RNG.normal(0, 2e7, 4800).astype("<i4").tobytes()


class Card:
    """A sound card: what ``portaudio`` would say and do, in a log."""

    def __init__(self):
        self.plugged, self.known, self.log = True, True, []
        self.on_block, self.active = None, False
        self.hang_s = 0.0

    def open_capture(self, device, on_block, same_as=None):
        self.log.append("open")
        time.sleep(self.hang_s)
        if not self.plugged or not self.known:
            raise DeviceError("is not connected: plug it in")
        self.on_block, self.active = on_block, True
        return types.SimpleNamespace(
            name="USB", rate_hz=48_000, channels=1, close=self.close,
            get=lambda: None, active=True,
        )  # fmt: skip

    def close(self):
        self.log.append("close")
        self.active = False

    def input_names(self):
        return ["USB"] if self.known else []

    def reinitialise(self):
        self.log.append("reinitialise")
        self.known = self.plugged

    def pull(self):
        """As seen with a real card: callbacks stop, ``active`` stays true, nothing is raised."""
        self.plugged = self.known = False

    def play(self):
        if self.active and self.plugged:
            self.on_block(NOISE, False)


@pytest.fixture
def card(monkeypatch):
    made = Card()
    monkeypatch.setattr(portaudio, "open_capture", made.open_capture)
    monkeypatch.setattr(portaudio, "input_names", made.input_names)
    monkeypatch.setattr(portaudio, "reinitialise", made.reinitialise)
    monkeypatch.setattr(sound_watch, "STALL_S", 0.4)
    monkeypatch.setattr(microphone, "TURN_S", 0.02)
    monkeypatch.setattr(microphone, "CALL_LIMIT_S", 0.3)
    monkeypatch.setattr(microphone, "WAITS_S", (0.05, 0.1))
    return made


@pytest.fixture
def heard():
    return []


@pytest.fixture
def restarts():
    return []


@pytest.fixture
def mic(card, heard, restarts):
    made = Microphone("USB", Timeline(0.0), lambda why: bool(restarts.append(why)))
    made.start(heard.append)
    yield made
    made.stop()


def until(card, true, limit_s=60.0):
    end_s = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end_s, card.log
        card.play()
        time.sleep(0.05)


def states(heard):
    return [item.state for item in heard if isinstance(item, SourceReport)]


def sounds(heard):
    return [item for item in heard if isinstance(item, AudioBlock)]


def test_unplugged_and_plugged_in_again(card, mic, heard):
    until(card, lambda: sounds(heard))
    card.pull()
    until(card, lambda: "stalled" in states(heard))
    until(card, lambda: card.log.count("reinitialise") > 1)
    assert states(heard)[-1] in {"restarting", "failed"}
    card.plugged = True
    before = len(sounds(heard))
    until(card, lambda: len(sounds(heard)) > before)
    assert states(heard)[-1] == "healthy"
    assert mic.metrics() == {
        "audio_overruns": 0, "audio_blocks_dropped": 0, "microphones": ["USB"],
    }  # fmt: skip


def test_the_first_tier_does_without_a_new_initialisation(card, mic, heard):
    until(card, lambda: sounds(heard))
    assert card.log == ["open"]
    card.pull()
    until(card, lambda: card.log.count("open") == 2)
    assert card.log[:3] == ["open", "close", "open"] or card.log[2] == "reinitialise"


def test_a_hang_after_health_asks_for_a_new_process_once(card, mic, heard, restarts):
    until(card, lambda: sounds(heard))
    card.hang_s = 1.5
    card.pull()
    until(card, lambda: restarts)
    assert "hangs in the sound system" in restarts[0]
    card.plugged, card.hang_s = True, 0.0
    until(card, lambda: states(heard)[-1] == "healthy")
    assert len(restarts) == 1


def test_a_process_that_never_heard_anything_is_not_replaced(card, heard, restarts):
    card.hang_s = 1.0
    fresh = Microphone("USB", Timeline(0.0), lambda why: bool(restarts.append(why)))
    fresh.start(heard.append)
    until(card, lambda: "failed" in states(heard))
    until(card, lambda: sounds(heard))
    fresh.stop()
    assert not restarts


def test_a_hang_that_begins_in_a_new_process_is_not_for_ever(card, heard, restarts, monkeypatch):
    """Nothing was heard yet; after a while there is nothing to lose by a new process."""
    monkeypatch.setattr(microphone, "FRESH_PROCESS_S", 1.0)
    card.hang_s = 3.0
    fresh = Microphone("USB", Timeline(0.0), lambda why: bool(restarts.append(why)))
    began_s = time.monotonic()
    fresh.start(heard.append)
    until(card, lambda: restarts)
    assert time.monotonic() - began_s > 1.0
    until(card, lambda: sounds(heard))
    fresh.stop()
    assert len(restarts) == 1


def test_the_watchdog_sees_the_loop_turn_whatever_portaudio_does(card, mic, heard):
    card.hang_s = 30.0
    card.pull()
    until(card, lambda: card.log.count("open") > 1)  # it hangs in there for half a minute
    for _ in range(3):
        before_s = mic.heartbeat_s()
        until(card, lambda before_s=before_s: mic.heartbeat_s() > before_s, 20.0)


# --------------------------------------------------------------------------- which device


class Library(types.ModuleType):
    """sounddevice, as far as finding a device goes."""

    class PortAudioError(Exception):
        pass

    DEVICES = (
        {"name": "HDMI: vc4 (hw:0,0)", "max_input_channels": 0},
        {
            "name": "USB PnP Sound Device: Audio (hw:1,0)",
            "max_input_channels": 1,
            "default_samplerate": 12_345.0,
        },
        {"name": "snd_rpi_i2s (hw:2,0)", "max_input_channels": 2},
        {"name": "default", "max_input_channels": 128},
    )

    def __init__(self, accepts):
        super().__init__("sounddevice")
        self.default = types.SimpleNamespace(device=(3, 3))
        self.accepts, self.opened = accepts, None

    def query_devices(self):
        return self.DEVICES

    def check_input_settings(self, device, channels, dtype, samplerate):
        assert dtype == "int32"
        if (samplerate, channels) not in self.accepts:
            raise self.PortAudioError("Invalid sample rate")

    def RawInputStream(self, **settings):  # noqa: N802 - the library's name
        self.opened = settings
        return types.SimpleNamespace(start=lambda: None)


@pytest.mark.parametrize(
    ("device", "accepts", "index", "rate_hz", "channels"),
    [
        ("USB", {(48_000, 1)}, 1, 48_000, 1),
        ("usb pnp", {(44_100, 1), (16_000, 1)}, 1, 44_100, 1),
        ("i2s", {(48_000, 2)}, 2, 48_000, 2),
        ("i2s", {(48_000, 1), (48_000, 2)}, 2, 48_000, 2),
        ("i2s", {(16_000, 2), (48_000, 1)}, 2, 48_000, 1),
        ("", {(48_000, 1), (48_000, 2), (48_000, 128)}, 3, 48_000, 2),
        ("USB", {(96_000, 1), (192_000, 1)}, 1, 96_000, 1),
        ("USB", {(250_000, 1)}, 1, 250_000, 1),
        ("USB", {(8_000, 1)}, 1, 8_000, 1),
        ("USB", {(12_345, 1)}, 1, 12_345, 1),
        ("default", {(16_000, 1)}, 3, 16_000, 1),
    ],
)
def test_device_by_name_at_a_native_rate(monkeypatch, device, accepts, index, rate_hz, channels):
    library = Library(accepts)
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    capture = portaudio.open_capture(device, lambda data, lost: None)
    assert (capture.rate_hz, capture.channels) == (rate_hz, channels)
    assert library.opened["device"] == index
    assert library.opened["blocksize"] == round(rate_hz / 10)
    assert library.opened["dither_off"] is True


@pytest.mark.parametrize(
    ("device", "words"),
    [("Blue Yeti", 'by a name with "Blue Yeti".*"USB PnP'), ("USB", "refuses every rate")],
)
def test_a_device_that_cannot_be_used_is_told_in_words(monkeypatch, device, words):
    monkeypatch.setitem(sys.modules, "sounddevice", Library(set()))
    with pytest.raises(DeviceError, match=words):
        portaudio.open_capture(device, lambda data, lost: None)


def test_no_other_microphone_takes_the_place_of_the_one_that_was_heard(monkeypatch):
    library = Library({(48_000, 1), (48_000, 2)})
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    before = "USB PnP Sound Device: Audio (hw:3,0)"  # another number: it was plugged in again
    assert "PnP" in portaudio.open_capture("", lambda data, lost: None, before).name
    with pytest.raises(DeviceError, match=r'"Yeti: Audio" was in use until now.*restart'):
        portaudio.open_capture("", lambda data, lost: None, "Yeti: Audio (hw:1,0)")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("Device unavailable [PaErrorCode -9985]", "in use by another program"),
        ("Sample format not supported [PaErrorCode -9994]", "sample format"),
        ("Internal error [PaErrorCode -9986]", "Internal error"),
    ],
)
def test_a_refusal_is_told_in_our_words(monkeypatch, code, words):
    library = Library({(48_000, 1)})
    monkeypatch.setitem(sys.modules, "sounddevice", library)

    def refuse(**_settings):
        raise library.PortAudioError(code)

    monkeypatch.setattr(library, "RawInputStream", refuse, raising=False)
    with pytest.raises(DeviceError, match=words):
        portaudio.open_capture("USB", lambda data, lost: None)


# --------------------------------------------------------------------------- the factory


@pytest.mark.parametrize(
    ("mic", "scale", "names"),
    [
        ("none", "none", []),
        ("simulated", "simulated", []),
        ("sounddevice", "none", ["Microphone"]),
        ("wav", "csv", ["ReplayedMicrophone", "ReplayedScale"]),
        ("sounddevice", "hx711", ["Microphone", "LoadCell"]),
    ],
)
def test_sources_by_name(mic, scale, names):
    config = Config(
        box="a",
        microphone=MicrophoneConfig(source=mic, file="a.wav"),
        scale=ScaleConfig(source=scale, file="a.csv"),
    )
    timeline = Timeline(0.0)
    assert [type(source).__name__ for source in open_sources(config, timeline)] == names
    assert open_panel(config, timeline, print) is None
