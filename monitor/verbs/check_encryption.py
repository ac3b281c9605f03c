"""The encryption's line of ``nursery check``: the connection from monitor to broker."""

from __future__ import annotations

import socket

from monitor.config import Config, is_loopback
from monitor.verbs.finding import Finding


def check_encryption(config: Config) -> Finding:
    """Whether others on the network could read the connection, or forge messages on it."""
    mqtt = config.mqtt
    if mqtt.use_tls:
        whose = f"the authority in {mqtt.ca_file}" if mqtt.ca_file else "a public authority"
        return Finding("encryption", "ok", f"TLS; the broker proves its name by {whose}")
    if mqtt.is_loopback or _leads_here(mqtt.host):
        return Finding("encryption", "ok", f"none needed: {mqtt.host} is this machine")
    return Finding(
        "encryption", "warning",
        f"the line to {mqtt.host} is plain: anybody on the network can read the password, "
        "silence alerts and fake them",
        'set tls = true and ca_file under [mqtt]; see "A broker of your own" in docs/service.md',
    )  # fmt: skip


def _leads_here(host: str) -> bool:
    """Whether every address of a name is a loopback address, as of now."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(is_loopback(str(address[0])) for *_, address in found)
