"""The encryption's line of ``nursery check``: the connection from monitor to broker."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

from monitor.config import Config, MqttConfig, is_loopback
from monitor.errors import ConfigError
from monitor.mqtt.certificate import shake_hands
from monitor.verbs.finding import Finding


def check_encryption(
    config: Config, prove: Callable[[MqttConfig], object] | None = None
) -> Finding:
    """Whether others on the network could read the connection, or forge messages on it.

    ``prove`` has the broker prove its name, or raises; a real handshake unless given.
    """
    mqtt = config.mqtt
    if mqtt.use_tls:
        return _proven(mqtt, prove or shake_hands)
    if mqtt.is_loopback or _leads_here(mqtt.host):
        return Finding("encryption", "ok", f"none needed: {mqtt.host} is this machine")
    return Finding(
        "encryption", "warning",
        f"the line to {mqtt.host} is plain: anybody on the network can read the password, "
        "silence alerts and fake them",
        'set tls = true and ca_file under [mqtt]; see "A broker of your own" in docs/service.md',
    )  # fmt: skip


def _proven(mqtt: MqttConfig, prove: Callable[[MqttConfig], object]) -> Finding:
    """TLS protects only from whoever cannot prove to be the broker."""
    from monitor.mqtt.connection_errors import reason

    whose = f"the authority in {mqtt.ca_file}" if mqtt.ca_file else "a public authority"
    try:
        prove(mqtt)
    except (ssl.SSLError, ConfigError) as error:
        said = str(error) if isinstance(error, ConfigError) else reason(error, mqtt)
        told, _, todo = said.partition("; ")
        return Finding("encryption", "failed", told, todo or "see the line of the broker")
    except OSError:
        return Finding(
            "encryption", "skipped", f"TLS by {whose}, not proven: the broker does not answer"
        )
    return Finding("encryption", "ok", f"TLS; the broker proves its name by {whose}")


def _leads_here(host: str) -> bool:
    """Whether every address of a name is a loopback address, as of now."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(is_loopback(str(address[0])) for *_, address in found)
