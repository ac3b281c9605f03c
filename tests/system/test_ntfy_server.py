"""Debian's ntfy as systemd/ntfy-server.sh sets it up, and what a phone would get from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.config import NotifyConfig
from monitor.daemon.push_message import message_of
from monitor.daemon.push_routes import PushRoutes
from monitor.store.push_topic import new_topic
from tests.daemon.pushing import alert
from tests.system.mosquitto import free_port
from tests.system.subscriber import wait_for

pytestmark = pytest.mark.system

SCRIPT = Path(__file__).parents[2] / "systemd/ntfy-server.sh"
NTFY = shutil.which("ntfy")
PAGE = "http://nursery.local:8080"


def set_up(root: Path, *names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), *names], env={**os.environ, "ROOT": str(root)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_it_says_what_to_type_next_and_may_be_run_again(tmp_path: Path) -> None:
    done = set_up(tmp_path, "nursery.local")
    assert done.stdout == "now: sudo nursery push --server http://nursery.local:2586\n"
    file = tmp_path / "etc/ntfy/server.yml"
    assert 'base-url: "http://nursery.local:2586"' in file.read_text()
    assert set_up(tmp_path, "10.0.0.5").returncode == 0
    assert 'base-url: "http://10.0.0.5:2586"' in file.read_text()


def test_a_configuration_that_somebody_wrote_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "etc/ntfy/server.yml"
    file.parent.mkdir(parents=True)
    file.write_text('base-url: "https://mine.example.org"\n')
    assert "is kept as it is" in set_up(tmp_path).stdout
    assert file.read_text() == 'base-url: "https://mine.example.org"\n'
    file.write_text("# base-url: only what the package brings\n")
    set_up(tmp_path, "nursery.local")
    assert "nursery.local" in file.read_text()


@pytest.mark.parametrize("name", ["a b", "-x", 'a"b', "a:80", "$(id)"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    assert set_up(tmp_path, name).returncode == 2
    assert not (tmp_path / "etc").exists()


@pytest.mark.optional
@pytest.mark.skipif(NTFY is None, reason="ntfy is not installed (Debian 13 has it)")
def test_a_real_server_hands_a_push_on_with_loudness_link_and_button(tmp_path: Path) -> None:
    pytest.importorskip("apprise", reason='the "notify" extra is not installed')
    set_up(tmp_path, "127.0.0.1")
    port = free_port()
    file = tmp_path / "etc/ntfy/server.yml"
    file.write_text(file.read_text().replace("2586", str(port)).replace("https://ntfy.sh", ""))
    assert NTFY is not None
    running = subprocess.Popen([NTFY, "serve", "--config", str(file)], stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: _got(f"{url}/v1/health"), 30.0)
        topic = new_topic(url)
        found = alert(severity="critical", id="crying-20261129T031200Z", title="Mäxchen weint")
        message = message_of(found, page_url=PAGE, token="token", local_minute=None)
        assert PushRoutes(NotifyConfig(urls=[topic.address])).send("urls", message) is None
        (told,) = _got(f"{topic.web}/json?poll=1")
    finally:
        running.terminate()
        running.wait(30)
    assert told["title"] == "Mäxchen weint (box)"
    assert told["priority"] == 5
    assert told["click"] == f"{PAGE}/boxes/box#alert-crying-20261129T031200Z"
    (action,) = told["actions"]
    assert (action["action"], action["method"]) == ("http", "POST")
    assert (action["url"], action["body"]) == (f"{PAGE}/seen/box", "token")


def _got(url: str) -> list[dict[str, Any]]:
    """The lines of JSON at an address; none while it does not answer."""
    with suppress(OSError), urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - ours
        return [msgspec.json.decode(line) for line in answer.read().splitlines()]
    return []
