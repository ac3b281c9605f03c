"""What an installation wrote down for Home Assistant, and files that say nothing of it."""

from pathlib import Path

import pytest

from monitor.page.access import Access, read_access

WRITTEN = """\
host = "nursery.local"
port = 8883
tls = true
ca_file = "/etc/mosquitto/certs/nursery-ca.crt"

[homeassistant]
username = "homeassistant"
password = "0123abcd"
"""


def test_what_is_written_down_is_read(tmp_path: Path):
    path = tmp_path / "access.toml"
    path.write_text(WRITTEN)
    assert read_access(str(path)) == Access(
        host="nursery.local", port=8883, tls=True, username="homeassistant", password="0123abcd"
    )
    assert read_access(str(path), "phone") is None
    (tmp_path / "ca.crt").write_bytes(b"authority")
    path.write_text(WRITTEN.replace("/etc/mosquitto/certs/nursery-ca.crt", f"{tmp_path}/ca.crt"))
    found = read_access(str(path))
    assert found is not None
    assert found.ca == b"authority"


@pytest.mark.parametrize("wrong", ["", "not toml", WRITTEN.replace("8883", '"8883"'), "\xff"])
def test_what_says_nothing_of_it_is_no_error(tmp_path: Path, wrong: str):
    path = tmp_path / "access.toml"
    path.write_text(wrong, encoding="latin-1")
    assert read_access(str(path)) is None
    assert read_access(str(tmp_path / "none.toml")) is None
    assert read_access(str(tmp_path)) is None
