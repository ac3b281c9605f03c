"""How long the broker can still prove to phones who it is.

A certificate that ends without a word is a silence that looks like peace. What is served is looked
at by a handshake of its own, because the broker may have read a new certificate since the box
connected. A box that speaks plainly to the broker of its own machine looks at the listener that
phones use (``systemd/mosquitto/setup.sh``).
"""

from __future__ import annotations

import math
import re
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from monitor.config import MqttConfig
from monitor.errors import ConfigError
from monitor.events import CertificateReport
from monitor.times import DAY_S, HOUR_S

ANSWER_S = 5.0
LOOK_EVERY_S = DAY_S
AGAIN_S = HOUR_S
"""after a look that showed nothing: the broker is away"""
OWN_BROKERS = (
    Path("/etc/mosquitto/conf.d/nursery.conf"),
    Path("/etc/mosquitto/nursery/conf.d/nursery.conf"),
)
"""what ``setup.sh`` writes, and ``first-setup.sh`` beside a Mosquitto that serves others"""
_EXPIRED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED, as ``ssl.SSLCertVerificationError.verify_code``"""


class Validity(msgspec.Struct, frozen=True, kw_only=True):
    """Of what is shown to clients: from when until when, in seconds of Unix time."""

    begins_s: float
    ends_s: float
    by_authority: bool = False
    """the authority ends before the broker's own certificate does"""

    def report(self, now_unix_s: float) -> CertificateReport:
        """How it is at a time of Unix."""
        return CertificateReport(
            days=(self.ends_s - now_unix_s) / DAY_S,
            life_days=(self.ends_s - self.begins_s) / DAY_S,
            by_authority=self.by_authority,
        )


def served_to_phones(
    mqtt: MqttConfig, own_brokers: tuple[Path, ...] = OWN_BROKERS
) -> MqttConfig | None:
    """Where phones reach the broker with TLS, as far as this machine knows; None: nowhere."""
    if mqtt.use_tls:
        return mqtt
    if not mqtt.is_loopback:
        return None
    for path in own_brokers:
        try:
            text = path.read_text()
        except OSError:
            continue
        plain = re.findall(r"(?m)^listener (\d+) 127\.0\.0\.1$", text)
        secure = re.search(r"(?m)^listener (\d+)(?: [0-9.]+)?\ncafile (\S+)$", text)
        if secure is not None and str(mqtt.port_number) in plain:
            return MqttConfig(host="127.0.0.1", port=int(secure[1]), tls=True, ca_file=secure[2])
    return None


def shake_hands(mqtt: MqttConfig) -> Validity:
    """Begin an encrypted connection to the broker, and end it.

    Returns:
        How long what it has shown is valid.

    Raises:
        ConfigError: "mqtt.ca_file" cannot be used.
        OSError: no connection, or (``ssl.SSLError``) no trust.
    """
    from ssl import cert_time_to_seconds as time_s

    from monitor.mqtt.connection import tls_context

    context, place = tls_context(mqtt.ca_file), (mqtt.host, mqtt.port_number)
    with (
        socket.create_connection(place, ANSWER_S) as plain,
        context.wrap_socket(plain, server_hostname=mqtt.host.strip("[]")) as line,
    ):
        shown = line.getpeercert() or {}
    ends_s = time_s(str(shown["notAfter"]))
    own = Validity(begins_s=time_s(str(shown["notBefore"])), ends_s=ends_s)
    if mqtt.ca_file is None:
        return own
    for authority in context.get_ca_certs():
        until_s = time_s(str(authority["notAfter"]))
        if authority["subject"] == shown["issuer"] and until_s < ends_s:
            return Validity(
                begins_s=time_s(str(authority["notBefore"])), ends_s=until_s, by_authority=True
            )
    return own


def has_ended(error: Exception) -> bool:
    """Whether there is no trust because the certificate has run out."""
    return getattr(error, "verify_code", None) == _EXPIRED


class CertificateWatch:
    """Looks once a day, in a thread of its own; ``report`` never waits."""

    def __init__(
        self,
        mqtt: MqttConfig,
        look: Callable[[MqttConfig], Validity] = shake_hands,
        own_brokers: tuple[Path, ...] = OWN_BROKERS,
    ) -> None:
        """Nobody is asked before the first ``report``."""
        self._mqtt, self._look, self._own_brokers = mqtt, look, own_brokers
        self._seen: Validity | None = None
        self._is_none = self._has_ended = False
        self._due_s = 0.0
        self._looking: threading.Thread | None = None

    def report(self, now_unix_s: float, *, clock_known: bool) -> CertificateReport | None:
        """How long it lasts; None: not known, because nothing was seen or nobody set the clock."""
        if not clock_known:
            return None
        if time.monotonic() >= self._due_s and not self._is_looking:
            self._due_s = time.monotonic() + LOOK_EVERY_S
            self._looking = threading.Thread(target=self._glance, name="certificate", daemon=True)
            self._looking.start()
        if self._is_none:
            return CertificateReport(days=None)
        if self._has_ended:
            return CertificateReport(days=0.0)
        return None if self._seen is None else self._seen.report(now_unix_s)

    def days_left(self, now_unix_s: float, *, clock_known: bool) -> int | None:
        """Whole days; None where there is none to be known."""
        report = self.report(now_unix_s, clock_known=clock_known)
        return None if report is None or report.days is None else math.floor(report.days)

    @property
    def _is_looking(self) -> bool:
        return self._looking is not None and self._looking.is_alive()

    def _glance(self) -> None:
        where = served_to_phones(self._mqtt, self._own_brokers)
        self._is_none = where is None
        if where is None:
            return
        try:
            self._seen, self._has_ended = self._look(where), False
        except (OSError, ConfigError) as error:
            self._has_ended = has_ended(error)
            self._due_s = time.monotonic() + AGAIN_S
