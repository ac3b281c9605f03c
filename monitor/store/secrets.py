"""The one reader of files that hold a secret: broker passwords, push URLs, keys.

A secret is refused rather than read when it could be somebody else's choice (a link) or somebody
else's to read (loose modes). Every message names the file and what to do; none repeats a byte of
what is in it. systemd hands credentials over as files of root's with mode 0400, readable by the
service through an access list, which ``stat`` shows as 0440 (systemd.exec, "Credentials").
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from monitor.config import MqttConfig
from monitor.config_errors import byte_order_mark
from monitor.errors import ConfigError
from monitor.written.settings import PASSWORD, SECRETS

OPEN_TO_OTHERS = 0o077
"""mode bits that a person's secret file must not have"""
OPEN_CREDENTIAL = 0o037
"""the same for a systemd credential, whose access list shows as group-readable"""
MOST_BYTES = 65_535
"""the longest password MQTT can carry; a list of URLs is far shorter"""
SERVICE_CONFIG = "/etc/nursery/nursery.toml"
SERVICE_PASSWORD = "/etc/nursery/mqtt-password"  # noqa: S105 - where it lies, not what it is
"""of the unit (ExecStart, LoadCredential)"""


def read_secret(path: str | Path, what: str, *, open_bits: int = OPEN_TO_OTHERS) -> str:
    """The text of a file, without white space around it.

    Args:
        path: opened without following a link in its last place.
        what: the key or credential that names it, as it begins the message.
        open_bits: mode bits that make it a secret no more.

    Raises:
        ConfigError: it is missing, unreadable, a link, no ordinary file, open to others, too long
            or no UTF-8; one sentence without any of its content.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ConfigError(
                f"{what}: {path} is a link, and whoever owns it chooses what is read: "
                "name the file itself"
            ) from error
        raise ConfigError(f"{what}: cannot read {path}: {error.strerror or error}") from error
    try:
        if (problem := _unfit(os.fstat(number), path, open_bits)) is not None:
            raise ConfigError(f"{what}: {problem}")
        content = os.read(number, MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{what}: cannot read {path}: {error.strerror or error}") from error
    finally:
        os.close(number)
    return _text(content, path, what)


def read_password(config: MqttConfig, credentials_dir: str | None = None) -> str | None:
    """The password from the systemd credential ``mqtt-password`` or ``mqtt.password_file``.

    One that a person has set comes before both.

    An empty credential is none: ``nursery install`` writes an empty file for the unit to load.
    ``credentials_dir`` is systemd's, from the environment, unless it is given.

    Raises:
        ConfigError: the file is missing, a link, empty, or others may read it.
    """
    credentials_dir = credentials_dir or os.environ.get("CREDENTIALS_DIRECTORY")
    is_set = Path(config.password_file or "").name == SECRETS[PASSWORD]
    if credentials_dir and not is_set:
        credential = Path(credentials_dir) / "mqtt-password"
        if os.path.lexists(credential):
            name = "the credential mqtt-password"
            text = read_secret(credential, name, open_bits=OPEN_CREDENTIAL)
            if text or not config.password_file:
                return _one_line(text, credential, name) or None
    if not config.password_file:
        return None
    name = '"mqtt.password_file"'
    text = _one_line(read_secret(config.password_file, name), config.password_file, name)
    if not text:
        raise ConfigError(f"{name}: {config.password_file} is empty: write the password into it")
    return text


def handed_over(config_file: str | Path) -> str | None:
    """The password that systemd would hand to the service, read as systemd does: by root.

    None for any other configuration than the service's, without root, or when it is empty.

    Raises:
        ConfigError: see ``read_secret``.
    """
    if os.geteuid() != 0 or str(config_file) != SERVICE_CONFIG:
        return None
    if not os.path.lexists(SERVICE_PASSWORD):
        return None
    return read_secret(SERVICE_PASSWORD, "the credential mqtt-password") or None


def read_urls(path: str) -> list[str]:
    """The push URLs of ``notify.urls_file``, one a line; ``#`` begins a comment line.

    Raises:
        ConfigError: see ``read_secret``.
    """
    lines = (line.strip() for line in read_secret(path, '"notify.urls_file"').splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _unfit(status: os.stat_result, path: str | Path, open_bits: int) -> str | None:
    if stat.S_ISDIR(status.st_mode):
        return f"{path} is a directory: name the file in it"
    if not stat.S_ISREG(status.st_mode):
        return f"{path} is no ordinary file: name the file that holds the secret"
    if status.st_mode & open_bits:
        return f'others can read {path}: run "chmod 600 {path}"'
    return None


def _text(content: bytes, path: str | Path, what: str) -> str:
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{what}: {path} is longer than any secret: is it another file?")
    if (mark := byte_order_mark(content)) is not None:
        raise ConfigError(f"{what}: {path} {mark}")
    try:
        return content.decode("utf-8").strip()
    except UnicodeDecodeError:  # its message would show part of the secret: not chained
        raise ConfigError(f"{what}: {path} is no text: write the password into it again") from None


def _one_line(text: str, path: str | Path, what: str) -> str:
    if len(text.splitlines()) > 1:
        raise ConfigError(f"{what}: {path} has several lines: the password alone belongs into it")
    return text
