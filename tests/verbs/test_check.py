"""``nursery check`` on recordings: every line has its measurement, every fault its advice."""

import io
import json
import ssl
import zlib
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import msgspec
import numpy as np
import pytest
import soundfile

from monitor.config import (
    Config,
    MicrophoneConfig,
    MqttConfig,
    NotifyConfig,
    ProbeConfig,
    ScaleConfig,
)
from monitor.core.set_up import SetUpState
from monitor.core.state import encoded
from monitor.events import Baby, HostReport, RosterChanged
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.lock import StateLock
from monitor.verbs.check import run_check
from monitor.verbs.check_encryption import check_encryption
from monitor.verbs.check_host import check_disk, check_power, check_temperature
from monitor.verbs.check_journal import check_journal
from monitor.verbs.check_probe import check_probe
from monitor.verbs.check_push import check_push
from monitor.verbs.check_set_up import check_set_up
from monitor.verbs.check_sources import check_microphone, check_scale, pins_advice
from monitor.verbs.finding import Finding

LISTEN_S = 1.5


def scale_config(tmp_path, counts, **more):
    path = tmp_path / "s.csv"
    times = np.arange(len(counts)) / 10
    rows = "".join(f"{t:.2f},{c:.0f}\n" for t, c in zip(times, counts, strict=True))
    path.write_text("time_s,counts\n" + rows)
    return Config(box="a", scale=ScaleConfig(source="csv", file=str(path), **more))


def sound_config(tmp_path, samples):
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, 16_000)
    return Config(box="a", microphone=MicrophoneConfig(source="wav", file=str(path)))


def noise(level, seconds=4):
    return np.random.default_rng(1).normal(0, level, seconds * 16_000)


def counts(noise_counts, grams=0.0):
    return 1000 + 400 * grams + np.random.default_rng(1).normal(0, noise_counts, 60)


CALIBRATED = {"counts_per_gram": 400.0, "zero_counts": 1000.0}


@pytest.mark.parametrize(
    ("values", "more", "state", "words"),
    [
        (counts(40, 800), CALIBRATED, "ok", "800 g on it"),
        (counts(40), {}, "warning", "not calibrated"),
        (counts(2000, 800), CALIBRATED, "warning", "noise"),
        (counts(40, 6000), CALIBRATED, "failed", "6000 g"),
    ],
)
def test_scale(tmp_path, values, more, state, words):
    found = check_scale(scale_config(tmp_path, values, **more), listen_s=LISTEN_S)
    assert found.state == state
    assert words in found.text
    assert bool(found.todo) == (state != "ok")


@pytest.mark.parametrize(
    ("samples", "state", "words"),
    [
        (noise(0.002), "ok", "quietest -5"),
        (noise(0.1), "warning", "loud"),
        (noise(2e-5), "warning", "hardly anything"),
        (np.clip(noise(3), -1, 1), "warning", "clips"),
    ],
)
def test_microphone(tmp_path, samples, state, words):
    found = check_microphone(sound_config(tmp_path, samples), listen_s=LISTEN_S)
    assert (found.state, words in found.text) == (state, True), found


def test_a_faulty_recording_fails_with_its_line(tmp_path):
    config = scale_config(tmp_path, counts(40))
    (tmp_path / "s.csv").write_text("time_s,counts\n0,nan\n")
    found = check_scale(config, listen_s=LISTEN_S)
    assert found.state == "failed"
    assert "line 2" in found.text


def test_what_is_not_configured_or_in_use_is_skipped():
    busy = Config(box="a", scale=ScaleConfig(source="hx711"))
    assert check_microphone(busy).state == "skipped"
    assert "systemctl stop" in check_scale(busy, busy=True).todo


def test_devices_of_a_running_monitor_are_left_alone(tmp_path, monkeypatch):
    config = Config(box="a", state_dir=str(tmp_path), scale=ScaleConfig(source="hx711"))
    out = io.StringIO()
    with StateLock(tmp_path) as lock:
        assert lock.acquire()
        run_check(config, True, out)
    lines = {line["check"]: line for line in map(json.loads, out.getvalue().splitlines())}
    assert lines["scale"]["state"] == "skipped"
    assert "running monitor" in lines["scale"]["text"]


def test_journal(tmp_path):
    config = Config(box="a", state_dir=str(tmp_path / "state"))
    assert check_journal(config).state == "failed"
    Journal.open(config.journal_path).close()
    assert check_journal(config).state == "ok"
    config.journal_path.write_bytes(b"not a database" * 100)
    assert "damaged" in check_journal(config).text


def test_what_lies_beside_the_journal_is_asked_about(tmp_path):
    config = Config(box="a", state_dir=str(tmp_path))
    journal = Journal.open(config.journal_path)
    journal.copy_to(tmp_path / "journal.copy-20260101T000000Z.sqlite")
    finding = check_journal(config)
    assert (finding.state, finding.text) == ("warning", "another journal is kept aside")
    assert "journal.copy-20260101T000000Z.sqlite is a copy of another journal" in finding.todo
    (tmp_path / "journal.copy-20260101T000000Z.sqlite").unlink()
    journal.save_state(clock=b"garbage")
    assert journal.set_bad_rows_aside() == {"state": 1}
    journal.close()
    assert "damaged and are left out (state 1)" in check_journal(config).text


@pytest.mark.parametrize(
    ("report", "states"),
    [
        (HostReport(0.0), ["skipped", "skipped", "skipped"]),
        (HostReport(0.0, True, None, 85.0, 10**8), ["failed", "failed", "warning"]),
        (HostReport(0.0, False, False, 48.0, 10**10), ["ok", "ok", "ok"]),
    ],
)
def test_power_temperature_and_disk(report, states):
    found = [check_power(report), check_temperature(report), check_disk(report, "/state")]
    assert [finding.state for finding in found] == states
    assert all(finding.todo for finding in found if finding.state in {"failed", "warning"})


def test_a_box_that_is_not_set_up_says_what_is_missing(tmp_path):
    sounding = MicrophoneConfig(source="sounddevice")
    config = Config(
        box="a", state_dir=str(tmp_path), scale=ScaleConfig(source="hx711"), microphone=sounding
    )
    found = check_set_up(config)
    assert (found.state, found.text) == ("warning", "not begun: nobody is watched yet")
    assert "nursery page --pair" in found.todo
    journal = Journal.open(config.journal_path)
    found = check_set_up(config)
    assert found.state == "warning"
    assert found.text == (
        "nobody is watched yet; missing: the scale's wires, the scale's calibration, "
        "the microphone, who is here"
    )
    state = SetUpState(box="a", said=["scale"], worked=["microphone"], somebody=True)
    journal.save_state(core_set_up=zlib.compress(encoded(state)))
    assert check_set_up(config).text == "nobody is watched yet; missing: the scale's calibration"
    weighing = msgspec.structs.replace(config.scale, counts_per_gram=400.0, zero_counts=1000.0)
    watching = msgspec.structs.replace(config, scale=weighing)
    assert check_set_up(watching) == Finding(
        "set-up", "ok", "it watches; not done yet: name, microphone, alerts, test"
    )
    journal.close()


def test_a_box_with_somebody_in_it_from_before_there_was_a_set_up_is_set_up(tmp_path):
    config = Config(box="a", state_dir=str(tmp_path))
    with closing(Journal.open(config.journal_path)) as journal:
        possum = Baby(id="1", name="Possum", species="puppy")
        journal.write(Batch(events=[RosterChanged(t_s=0.0, baby=possum)]))
    assert check_set_up(config) == Finding("set-up", "ok", "everything is set up")


def test_all_of_it_as_json_and_as_text(tmp_path, monkeypatch):
    config = Config(box="a", state_dir=str(tmp_path), mqtt=MqttConfig(host="127.0.0.1", port=9))
    out = io.StringIO()
    assert run_check(config, True, out) == 1  # nothing listens on port 9
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["check"] for line in lines] == [
        "microphone", "scale", "probe", "set-up", "broker", "identity", "push", "encryption",
        "certificate", "journal", "clock", "power", "temperature", "disk",
    ]  # fmt: skip
    broker = next(line for line in lines if line["check"] == "broker")
    assert broker["ok"] is False
    assert "nothing listens" in broker["text"]
    text = io.StringIO()
    run_check(config, False, text)
    assert "FAILED   broker" in text.getvalue()


@pytest.mark.parametrize(
    ("mqtt", "state", "words"),
    [
        ({"host": "10.0.0.2", "tls": False}, "warning", "anybody on the network can read"),
        ({"host": "10.0.0.2"}, "ok", "a public authority"),
        ({"host": "nursery.local", "ca_file": "/ca.pem"}, "ok", "/ca.pem"),
        ({"host": "localhost"}, "ok", "this machine"),
        ({"host": "::ffff:127.0.0.1", "tls": False}, "ok", "this machine"),
    ],
)
def test_a_plain_line_is_warned_of(mqtt, state, words):
    found = check_encryption(Config(box="a", mqtt=MqttConfig(**mqtt)), lambda _mqtt: None)
    assert found.state == state
    assert words in found.text
    assert found.ok
    assert bool(found.todo) == (state == "warning")


def distrusted(_mqtt):
    error = ssl.SSLCertVerificationError(1, "no")
    error.verify_message = "self-signed certificate in certificate chain"
    raise error


def unreachable(_mqtt):
    raise ConnectionRefusedError


@pytest.mark.parametrize(
    ("prove", "state", "words"),
    [
        (distrusted, "failed", "is not trusted: self-signed"),
        (unreachable, "skipped", "not proven: the broker does not answer"),
    ],
)
def test_encryption_is_no_better_than_the_certificate(prove, state, words):
    found = check_encryption(Config(box="a", mqtt=MqttConfig(host="nursery.local")), prove)
    assert found.state == state
    assert words in found.text
    assert bool(found.todo) == (state == "failed")


@pytest.mark.parametrize(("address", "state"), [("127.0.1.1", "ok"), ("10.0.0.2", "warning")])
def test_a_name_is_this_machine_only_if_all_its_addresses_are(monkeypatch, address, state):
    def resolve(*_, **__):
        return [(2, 1, 6, "", (found, 0)) for found in ("127.0.0.1", address)]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    mqtt = MqttConfig(host="my-own-name", tls=False)
    assert check_encryption(Config(box="a", mqtt=mqtt)).state == state


def push_config(tmp_path, url="json://127.0.0.1:9/", mode=0o600):
    path = tmp_path / "urls"
    path.write_text(url + "\n")
    path.chmod(mode)
    return Config(box="a", notify=NotifyConfig(urls_file=str(path)))


def test_pushes_have_a_line_of_their_own(tmp_path):
    assert check_push(Config(box="a"), send=False).state == "skipped"
    found = check_push(push_config(tmp_path), send=False)
    assert (found.state, '"urls"' in found.text) == ("ok", True)
    assert "--push" in found.text


@pytest.mark.parametrize(
    ("more", "words"),
    [({"mode": 0o644}, "chmod 600"), ({"url": "carrier pigeon"}, "no URL Apprise knows")],
)
def test_a_push_that_could_not_go_out_fails_before_it_is_needed(tmp_path, more, words):
    found = check_push(push_config(tmp_path, **more), send=False)
    assert found.state == "failed"
    assert words in found.text


class _Healthz(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


def test_a_page_that_pushes_lead_to_and_that_does_not_answer_is_said(tmp_path):
    def found(url):
        config = push_config(tmp_path)
        notify = msgspec.structs.replace(config.notify, page_url=url)
        return check_push(msgspec.structs.replace(config, notify=notify), send=False)

    with ThreadingHTTPServer(("127.0.0.1", 0), _Healthz) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}"
        assert (found(here).state, found(here).todo) == ("ok", "")
        assert f"they open {here}" in found(here).text
        server.shutdown()
    gone = found(here)
    assert gone.state == "warning"
    assert gone.ok
    assert "does not answer from here" in gone.todo
    assert "nursery set notify.page_url" in gone.todo


def test_a_push_that_is_asked_for_and_does_not_arrive_fails(tmp_path):
    found = check_push(push_config(tmp_path), send=True)  # nothing listens on port 9
    assert found.state == "failed"
    assert "a push to urls failed" in found.text
    assert check_push(Config(box="a"), send=True).state == "failed"


def test_who_counted_pins_on_the_header_is_told_the_bcm_numbers():
    told = pins_advice(ScaleConfig(source="hx711", dout_pin=11, sck_pin=13))
    assert "11 would be 17, 13 would be 27" in told


@pytest.mark.parametrize("name", ["journal.sqlite", "daemon.lock"])
def test_a_link_in_the_state_directory_fails(tmp_path, name):
    (tmp_path / "elsewhere").touch()
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    config = Config(box="a", state_dir=str(tmp_path))
    out = io.StringIO()
    assert run_check(config, False, out) == 1
    assert f"{name} is a link" in out.getvalue()


@pytest.mark.parametrize(
    ("w1_slave", "state", "words"),
    [
        ("0 : crc=7f YES\n0 t=29562\n", "ok", "29.6 °C"),
        ("0 : crc=7f YES\n0 t=85000\n", "failed", "power-up"),
        ("0 : crc=00 YES\n0 t=0\n", "failed", "data wire"),
        ("0 : crc=7f NO\n0 t=29562\n", "failed", "checksum"),
    ],
)
def test_the_probe_on_the_kernels_bus(tmp_path, monkeypatch, w1_slave, state, words):
    monkeypatch.setattr("monitor.verbs.check_probe.APART_S", 0.0)
    folder = tmp_path / "28-0316a2798eff"
    folder.mkdir()
    (folder / "w1_slave").write_text(w1_slave)
    found = check_probe(
        Config(box="a", probe=ProbeConfig(source="onewire", directory=str(tmp_path)))
    )
    assert found.state == state
    assert words in found.text
    assert (found.todo == "") is (state == "ok")


def test_a_probe_that_is_not_there_or_not_configured(tmp_path):
    none = check_probe(Config(box="a"))
    assert none.state == "skipped"
    gone = check_probe(
        Config(box="a", probe=ProbeConfig(source="onewire", directory=f"{tmp_path}/x"))
    )
    assert gone.state == "failed"
    assert "dtoverlay=w1-gpio" in gone.text
    nobody = MqttConfig(host="127.0.0.1", port=9)
    probe = ProbeConfig(source="mqtt", topic="zigbee2mqtt/nest")
    unheard = check_probe(Config(box="a", mqtt=nobody, probe=probe), listen_s=2.0)
    assert unheard.state == "failed"
    assert "cannot be heard" in unheard.text
