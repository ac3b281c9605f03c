"""How long the broker can still prove to phones who it is.

What is served is looked at by a handshake of its own, because the broker may have read a new
certificate since the box connected. A box that speaks plainly to the broker of its own machine
looks at the listener that phones use (``systemd/mosquitto/setup.sh``).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path

from monitor.config import MqttConfig
from monitor.host.certificates import Validity

ANSWER_S = 5.0
OWN_BROKERS = (
    Path("/etc/mosquitto/conf.d/nursery.conf"),
    Path("/etc/mosquitto/nursery/conf.d/nursery.conf"),
)
"""what ``setup.sh`` writes, and ``first-setup.sh`` beside a Mosquitto that serves others"""


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


def of_broker(
    mqtt: MqttConfig,
    look: Callable[[MqttConfig], Validity] = shake_hands,
    own_brokers: tuple[Path, ...] = OWN_BROKERS,
) -> Validity | None:
    """What phones are shown by the broker; None: their line is plain, as far as is known here.

    Raises:
        ConfigError: "mqtt.ca_file" cannot be used.
        OSError: no connection, or (``ssl.SSLError``) no trust.
    """
    where = served_to_phones(mqtt, own_brokers)
    return None if where is None else look(where)
