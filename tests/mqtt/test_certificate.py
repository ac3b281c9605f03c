"""What the box looks at to know how long its broker is trusted; with a real one in tests/system."""

from __future__ import annotations

import ssl
import threading
from functools import partial
from pathlib import Path

import pytest

from monitor.config import MqttConfig
from monitor.events import CertificateReport
from monitor.host.certificates import CertificateWatch, Validity
from monitor.mqtt.certificate import of_broker, served_to_phones
from monitor.times import DAY_S

SHIPPED = Path(__file__).parents[2] / "systemd/mosquitto/nursery.conf"
NOW_S = 1_800_000_000.0
ELSEWHERE = MqttConfig(host="broker.example.org", tls=True)


def test_behind_a_plain_line_to_this_machine_is_the_listener_that_phones_use() -> None:
    found = served_to_phones(MqttConfig(host="127.0.0.1"), (Path("/nowhere"), SHIPPED))
    assert found is not None
    assert (found.host, found.port, found.use_tls) == ("127.0.0.1", 8883, True)
    assert found.ca_file == "/etc/mosquitto/certs/nursery-ca.crt"


@pytest.mark.parametrize(
    "mqtt",
    [
        MqttConfig(host="127.0.0.1", port=1885),  # another broker of this machine
        MqttConfig(host="10.0.0.2", tls=False),
    ],
)
def test_another_s_plain_line_shows_no_certificate(mqtt: MqttConfig) -> None:
    assert served_to_phones(mqtt, (SHIPPED,)) is None
    watch = CertificateWatch(partial(of_broker, mqtt, own_brokers=(SHIPPED,)))
    settle(watch)
    assert watch.report(NOW_S, clock_known=True) == CertificateReport(days=None)
    assert watch.days_left(NOW_S, clock_known=True) is None


def test_an_encrypted_line_is_looked_at_itself() -> None:
    assert served_to_phones(ELSEWHERE, (SHIPPED,)) is ELSEWHERE


def settle(watch: CertificateWatch) -> None:
    """The first look, to its end."""
    watch.report(NOW_S, clock_known=True)
    for thread in threading.enumerate():
        if thread.name == "certificate":
            thread.join(30)


def test_days_are_counted_on_between_the_looks() -> None:
    looks: list[MqttConfig] = []

    def look(mqtt: MqttConfig) -> Validity:
        looks.append(mqtt)
        return Validity(begins_s=NOW_S, ends_s=NOW_S + 90 * DAY_S)

    watch = CertificateWatch(partial(of_broker, ELSEWHERE, look))
    assert watch.report(NOW_S, clock_known=False) is None
    assert looks == []
    settle(watch)
    assert watch.days_left(NOW_S + 0.5 * DAY_S, clock_known=True) == 89
    report = watch.report(NOW_S + 80 * DAY_S, clock_known=True)
    assert report == CertificateReport(days=10.0, life_days=90.0)
    assert watch.report(NOW_S, clock_known=False) is None
    assert len(looks) == 1


def test_one_that_ended_is_known_to_have_ended_and_an_absent_broker_tells_nothing() -> None:
    def expired(_mqtt: MqttConfig) -> Validity:
        error = ssl.SSLCertVerificationError(1, "certificate has expired")
        error.verify_code = 10
        raise error

    def away(_mqtt: MqttConfig) -> Validity:
        raise ConnectionRefusedError

    watch = CertificateWatch(partial(of_broker, ELSEWHERE, expired))
    settle(watch)
    assert watch.report(NOW_S, clock_known=True) == CertificateReport(days=0.0)
    watch = CertificateWatch(partial(of_broker, ELSEWHERE, away))
    settle(watch)
    assert watch.report(NOW_S, clock_known=True) is None
