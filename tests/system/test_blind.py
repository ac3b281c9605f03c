"""The whole daemon on real libraries: what breaks is told to the phone, what works goes on."""

import pytest

from tests.system.daemon import Daemon
from tests.system.fake_gpiochip import FakeChip, missing
from tests.system.sound_server import SoundServer, missing_tools
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system

DEVICES = """\
[microphone]
source = "sounddevice"
device = "pulse"
[scale]
source = "hx711"
counts_per_gram = 400.0
zero_counts = 84000
"""
BOX = "nursery/test-box"


@pytest.fixture
def sound(tmp_path_factory, monkeypatch):
    if missing_tools():
        pytest.skip(f"not installed: {', '.join(missing_tools())}")
    server = SoundServer(tmp_path_factory.mktemp("pulse"))
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    server.start()
    server.play(150.0, 120.0, level=0.01)
    yield server
    server.close()


@pytest.fixture
def chip(tmp_path_factory, monkeypatch):
    if reason := missing():
        pytest.skip(reason)
    made = FakeChip(tmp_path_factory.mktemp("chip"))
    made.set(code=84_000 + 400 * 900, noise=60)
    for name in ("LD_PRELOAD", "FAKE_HX711"):
        monkeypatch.setenv(name, made.environment[name])
    return made


def sources(phone):
    health = phone.json(f"{BOX}/health")
    found = health[-1]["sources"] if health else {}
    return {name: found[name]["state"] for name in found}


def hears(phone):
    """The microphone has proven itself: its events before the connection are not kept."""
    microphone = (phone.json(f"{BOX}/health") or [{"sources": {}}])[-1]["sources"].get("microphone")
    return microphone and microphone["state"] == "healthy" and microphone["why"] != "starting"


def alerts(phone, state, words):
    found = [a for a in phone.json(f"{BOX}/alert") if a["kind"] == "monitor_blind"]
    return [a for a in found if a["state"] == state and words in a["title"] + a["message"]]


def total_g(phone):
    told = phone.json(f"{BOX}/scale")
    return told[-1]["total_g"] if told else None


def test_a_dead_microphone_is_told_and_the_scale_goes_on(tmp_path, broker, sound, chip):
    with Subscriber(broker.port, "nursery/#") as phone:
        daemon = Daemon(tmp_path, broker.port, more=DEVICES).start()
        try:
            wait_for(lambda: total_g(phone) == pytest.approx(900, abs=2))
            wait_for(lambda: hears(phone))
            sound.quiet()
            sound.kill()
            wait_for(lambda: alerts(phone, "raised", "deaf"))
            wait_for(lambda: phone.last(f"{BOX}/problem/monitor_blind") == b"ON")
            chip.set(code=84_000 + 400 * 1200)
            wait_for(lambda: total_g(phone) == pytest.approx(1200, abs=2))
            assert not alerts(phone, "raised", "Scale")
            sound.start()
            sound.play(150.0, 120.0, level=0.01)
            wait_for(lambda: alerts(phone, "cleared", "deaf"), 90)
            assert daemon.alive
        finally:
            daemon.stop()


def test_a_broken_scale_shows_no_weight_and_heals(tmp_path, broker, sound, chip):
    with Subscriber(broker.port, "nursery/#") as phone:
        daemon = Daemon(tmp_path, broker.port, more=DEVICES).start()
        try:
            wait_for(lambda: total_g(phone) == pytest.approx(900, abs=2))
            chip.set(stuck=1)
            wait_for(lambda: alerts(phone, "raised", "DOUT"))
            wait_for(lambda: total_g(phone) is None)
            chip.set(stuck=-1)
            wait_for(lambda: alerts(phone, "cleared", "Scale"), 60)
            wait_for(lambda: total_g(phone) == pytest.approx(900, abs=2))
            assert not phone.json(f"{BOX}/weigh_in")
            assert not [e for e in phone.json(f"{BOX}/event") if e["event"] == "weigh_in"]
        finally:
            daemon.stop()
