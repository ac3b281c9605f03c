"""The Mosquitto configuration that ships: set up for real, then tried by name, key and rule."""

import os
import re
import shutil
import ssl
import subprocess
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.system.mosquitto import BINARY, free_port

pytestmark = pytest.mark.system
SETUP = Path(__file__).parents[2] / "systemd/mosquitto/setup.sh"


class Client:
    """A phone or a box on the encrypted listener."""

    def __init__(self, port, ca, user=None, password=None):
        self.reason, self.heard, self.denied = None, [], []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        if user is not None:
            self._client.username_pw_set(user, password)
        self._client.tls_set_context(ssl.create_default_context(cafile=str(ca)))
        self._client.on_connect = lambda *a: setattr(self, "reason", str(a[3]))
        self._client.on_message = lambda *a: self.heard.append((a[2].topic, a[2].payload))
        self._client.on_publish = lambda *a: self.denied.append(a[3].is_failure)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._wait(lambda: self.reason is not None)

    def _wait(self, true):
        deadline = time.monotonic() + 30
        while not true() and time.monotonic() < deadline:
            time.sleep(0.01)

    def say(self, topic):
        """Whether the broker lets it through."""
        before = len(self.denied)
        self._client.publish(topic, b"x", qos=1)
        self._wait(lambda: len(self.denied) > before)
        return not self.denied[-1]

    def hear(self, topic):
        self._client.subscribe(topic, qos=1)
        time.sleep(0.2)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


def set_up(root):
    done = subprocess.run(
        [str(SETUP), "kangaroo", "127.0.0.1", "box.local"],
        env=os.environ | {"ROOT": str(root)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(re.findall(r"password of (\w+): (\w+)", done.stdout))


@pytest.fixture
def broker(tmp_path):
    for tool in ("openssl", "mosquitto_passwd"):
        if shutil.which(tool) is None or BINARY is None:
            pytest.skip(f"{tool} or mosquitto is not installed")
    passwords = set_up(tmp_path)
    etc = tmp_path / "etc/mosquitto"
    config = etc / "conf.d/nursery.conf"
    port = free_port()
    text = config.read_text().replace("listener 8883", f"listener {port} 127.0.0.1")
    text = text.replace("listener 1883 127.0.0.1", f"listener {free_port()} 127.0.0.1")
    config.write_text(text + ("user root\n" if os.geteuid() == 0 else ""))
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([BINARY, "-c", str(config)], stdout=log, stderr=log)
    time.sleep(0.5)
    assert server.poll() is None, (tmp_path / "log").read_text()
    yield port, etc / "certs/nursery-ca.crt", passwords
    server.terminate()
    server.wait(5)


def test_who_may_say_what(broker):
    port, ca, passwords = broker
    assert set(passwords) == {"kangaroo", "homeassistant", "phone"}
    phone = Client(port, ca, "phone", passwords["phone"])
    box = Client(port, ca, "kangaroo", passwords["kangaroo"])
    phone.hear("nursery/#")
    box.hear("nursery/kangaroo/cmd/+")
    assert box.say("nursery/kangaroo/alert")
    assert box.say("homeassistant/device/nursery_kangaroo/config")
    assert not box.say("nursery/possum/alert")
    assert phone.say("nursery/kangaroo/cmd/acknowledge")
    assert not phone.say("nursery/kangaroo/status")
    assert not phone.say("homeassistant/device/x/config")
    time.sleep(0.3)
    assert ("nursery/kangaroo/alert", b"x") in phone.heard
    assert [topic for topic, _ in box.heard] == ["nursery/kangaroo/cmd/acknowledge"]
    phone.close()
    box.close()


def test_strangers_are_refused(broker):
    port, ca, passwords = broker
    for user, password in ((None, None), ("phone", "wrong"), ("kangaroo", passwords["phone"])):
        client = Client(port, ca, user, password)
        assert "uthorized" in client.reason
        client.close()


def test_a_second_run_keeps_the_authority_and_the_passwords(broker, tmp_path):
    _, ca, _ = broker
    authority = ca.read_bytes()
    assert set_up(tmp_path) == {}
    assert ca.read_bytes() == authority
