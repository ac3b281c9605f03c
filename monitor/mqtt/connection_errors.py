"""Why there is no connection to the broker, in a sentence that says what to change.

The reasons of OpenSSL and of the sockets are exact and tell a carer nothing; each that a wrong
setting causes is named here with its setting. ``ErrorLog`` is there because paho keeps what ended
a connection to its own log: a broker that wants a client certificate says so only after the
handshake (TLS 1.3, RFC 8446, 4.4.2).
"""

from __future__ import annotations

import logging
import socket
import ssl
from datetime import UTC, datetime

from monitor.config import MqttConfig

TLS_PORT = 8883
HUNG_UP = "the broker hung up without an answer"
_WANTS_CERTIFICATE = ("CERTIFICATE_REQUIRED", "certificate required")
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF", "EOF occurred",
            "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")  # fmt: skip
"""what OpenSSL makes of a broker that does not speak TLS, by version"""


class ErrorLog(logging.Logger):
    """Remembers the last error of one paho client; give it to ``enable_logger``."""

    def __init__(self) -> None:
        super().__init__("mqtt", logging.ERROR)
        self.last = ""

    def handle(self, record: logging.LogRecord) -> None:
        """Keep what was said; it is not for the service's log."""
        self.last = record.getMessage()


def reason(error: Exception, config: MqttConfig) -> str:
    """Why no connection came about."""
    where = f"{config.host}:{config.port_number}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrust(error, where, config)
    if isinstance(error, ssl.SSLError | ConnectionResetError) and config.use_tls:
        return _broken_handshake(str(error), where)
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {where}: is the broker running?"
    if isinstance(error, TimeoutError):
        return f"no answer from {where}"
    if isinstance(error, socket.gaierror):
        return (
            f"cannot reach {where}: nobody on this network knows the name {config.host}; check "
            '"mqtt.host", or write the address'
        )
    return f"cannot reach {where}: {error}"


def hung_up(logged: str, config: MqttConfig) -> str:
    """Why the broker ended the connection before it answered; ``logged`` is paho's last error."""
    where = f"{config.host}:{config.port_number}"
    if any(word in logged for word in _WANTS_CERTIFICATE):
        return _wants_certificate(where)
    if config.use_tls:
        return HUNG_UP
    return f'{HUNG_UP}: if {where} is its encrypted port, set "mqtt.tls" = true'


def refusal(said: str) -> str:
    """What a broker's refusal means."""
    if said in {"Not authorized", "Bad user name or password"}:
        return "the broker refused the user name or password"
    return f"the broker refused the connection: {said}"


def _distrust(error: ssl.SSLCertVerificationError, where: str, config: MqttConfig) -> str:
    why = error.verify_message.rstrip(".")
    told = f"the certificate of {where} is not trusted: {why}"
    if "not yet valid" in why or "expired" in why:
        return f"{told}; this computer's clock says {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    if "self-signed" in why or "self signed" in why or "issuer" in why:
        if config.ca_file:
            return f'{told}; it was signed by another authority than "mqtt.ca_file" names'
        return f'{told}; if its authority is your own, name its certificate in "mqtt.ca_file"'
    return f'{told}; "mqtt.host" must be a name or address that is in the certificate'


def _broken_handshake(said: str, where: str) -> str:
    if any(word in said for word in _WANTS_CERTIFICATE):
        return _wants_certificate(where)
    if any(word in said for word in _NOT_TLS) or "reset by peer" in said:
        port = f'set "mqtt.port" to its encrypted port (often {TLS_PORT})'
        return f'{where} does not speak TLS: {port}, or for a plain line "mqtt.tls" = false'
    return f"no encrypted connection to {where}: {said}"


def _wants_certificate(where: str) -> str:
    return (
        f"{where} wants a client certificate, which this monitor has none of: set "
        '"require_certificate false" at the broker, and let it ask for the password'
    )
