"""How a connection to the broker is asked for; the client library is loaded with the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from monitor.config import MqttConfig
from monitor.mqtt.connection_settings import Intake, ProtocolVersion
from monitor.store.secrets import read_password

if TYPE_CHECKING:
    from monitor.mqtt.connection import Connection


class Connect(Protocol):
    """Makes a connection to the configured broker that is not yet open."""

    def __call__(
        self,
        protocol: ProtocolVersion,
        client_id: str,
        *,
        intake: Intake = Intake(),  # noqa: B008 - frozen
    ) -> Connection:
        """In this version of MQTT, under this name."""


def connector(config: MqttConfig, password: str | None = None) -> Connect:
    """Connections by the configuration.

    Without ``password`` it is read at each ``open``, and may be why there is no connection.
    """

    def connect(
        protocol: ProtocolVersion,
        client_id: str,
        *,
        intake: Intake = Intake(),  # noqa: B008 - frozen
    ) -> Connection:
        from monitor.mqtt.connection import Connection

        secret = password or (lambda: read_password(config))
        return Connection(config, protocol, client_id, secret, intake)

    return connect
