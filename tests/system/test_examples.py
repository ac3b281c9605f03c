"""A real Mosquitto takes every piece of its configuration that the pages show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.examples import Example, examples
from tests.system.mosquitto import BINARY, Mosquitto, free_port

pytestmark = pytest.mark.system


@pytest.mark.skipif(BINARY is None, reason="mosquitto is not installed")
@pytest.mark.parametrize("example", [e for e in examples() if e.language == "conf"], ids=str)
def test_the_broker_starts_with_it(example: Example, tmp_path: Path) -> None:
    """A bridge is given an address of this machine: Mosquitto looks names up while it stands still,
    and where no name server answers it could not even be stopped in time."""
    if example.text.startswith("user "):  # rights, a file of their own
        (tmp_path / "acl").write_text(example.text)
        (tmp_path / "acl").chmod(0o600)
        lines = f"acl_file {tmp_path}/acl"
    else:
        (tmp_path / "data").mkdir()
        elsewhere = re.sub(r"(?m)^address .*", f"address 127.0.0.1:{free_port()}", example.text)
        lines = f"{elsewhere}\npersistence_location {tmp_path}/data/"
    broker = Mosquitto(tmp_path / "broker", lines).start()
    broker.stop()
    log = (tmp_path / "broker" / "mosquitto.log").read_text()
    assert ": Error:" not in log, log
