"""Files that hold secrets: what is refused, in which words, and what is never repeated."""

import os
import re
from pathlib import Path

import pytest

from monitor.config import MqttConfig
from monitor.errors import ConfigError
from monitor.store.secrets import read_password, read_secret, read_urls

SECRET = "sesame-4711"


def secret(path: Path, content: bytes = SECRET.encode(), mode: int = 0o600) -> Path:
    path.touch(0o600)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def linked(path: Path) -> Path:
    link = path.with_name("link")
    link.symlink_to(secret(path))
    return link


def fifo(path: Path) -> Path:
    os.mkfifo(path, 0o600)
    return path


def directory(path: Path) -> Path:
    path.mkdir(0o700)
    return path


REFUSED = {
    "missing": (lambda p: p, "No such file"),
    "a link": (linked, "is a link"),
    "a directory": (directory, "is a directory: name the file in it"),
    "a pipe": (fifo, "no ordinary file"),
    "readable by a group": (lambda p: secret(p, mode=0o640), 'run "chmod 600'),
    "readable by all": (lambda p: secret(p, mode=0o604), 'run "chmod 600'),
    "with a mark": (lambda p: secret(p, b"\xef\xbb\xbf" + SECRET.encode()), "byte-order mark"),
    "in UTF-16": (lambda p: secret(p, SECRET.encode("utf-16")), "byte-order mark"),
    "no text": (lambda p: secret(p, SECRET.encode() + b"\xff\xfe"), "no text"),
    "too long": (lambda p: secret(p, SECRET.encode() * 10_000), "longer than any secret"),
}
READERS = {
    "password": lambda path: read_password(MqttConfig(username="a", password_file=path), None),
    "push URLs": read_urls,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("what", REFUSED)
def test_a_secret_that_is_not_one_is_refused_in_one_sentence(
    tmp_path: Path, what: str, reader: str
) -> None:
    make, words = REFUSED[what]
    path = make(tmp_path / "secret")
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        READERS[reader](str(path))
    sentence = str(caught.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    assert SECRET not in sentence
    assert SECRET not in repr(caught.value.__cause__)


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is empty"), (b" \n", "is empty"), (b"a\nb\n", "several lines")]
)
def test_a_password_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = secret(tmp_path / "secret", content)
    with pytest.raises(ConfigError, match=words):
        read_password(MqttConfig(username="a", password_file=str(path)), None)


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600])
def test_a_systemd_credential_is_read_as_systemd_makes_it(tmp_path: Path, mode: int) -> None:
    secret(tmp_path / "mqtt-password", b"handed over\n", mode)
    config = MqttConfig(username="a", password_file="/nowhere/else")
    assert read_password(config, str(tmp_path)) == "handed over"


@pytest.mark.parametrize("mode", [0o404, 0o460, 0o644])
def test_a_credential_that_everybody_reads_is_refused(tmp_path: Path, mode: int) -> None:
    secret(tmp_path / "mqtt-password", mode=mode)
    with pytest.raises(ConfigError, match="the credential mqtt-password: others can read"):
        read_password(MqttConfig(username="a"), str(tmp_path))


def test_an_empty_credential_is_none_and_a_file_named_in_the_configuration_counts(
    tmp_path: Path,
) -> None:
    secret(tmp_path / "mqtt-password", b"")
    assert read_password(MqttConfig(username="a"), str(tmp_path)) is None
    own = secret(tmp_path / "own", b"mine")
    assert read_password(MqttConfig(username="a", password_file=str(own)), str(tmp_path)) == "mine"


def test_lines_of_push_urls_are_taken_without_comments(tmp_path: Path) -> None:
    path = secret(tmp_path / "urls", b"# mine\n ntfy://a \n\njson://b\n")
    assert read_urls(str(path)) == ["ntfy://a", "json://b"]
    assert read_secret(path, "it").startswith("# mine")
