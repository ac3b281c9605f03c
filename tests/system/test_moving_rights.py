"""A baby moves under the rights that ``setup.sh`` gives, over TLS, each with its own password.

Asked for in every way; and what whoever is not the page cannot do about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.system.daemon import Daemon
from tests.system.page_process import PageProcess, Phone
from tests.system.subscriber import wait_for
from tests.system.test_broker_setup import Broker, Client, need_tools
from tests.system.test_daemon import quiet_box
from tests.system.test_moving import known, record, registered

pytestmark = pytest.mark.system
BOXES = ("upstairs", "downstairs")


class Ward:
    """Two boxes and a page on a broker with rights."""

    def __init__(self, broker: Broker, boxes: dict[str, Daemon], phone: Phone) -> None:
        self.broker, self.boxes, self.phone = broker, boxes, phone

    def is_in(self, box: str) -> bool:
        """Whether Possum is in this box, and in no other."""
        return {name for name in BOXES if "possum" in known(self.phone, name)} == {box}

    def is_whole(self, box: str) -> bool:
        """Nothing of its record is lost or doubled."""
        kept = record(self.boxes[box], "Possum")
        return (len(kept["weighings"]), kept["feeds"], len(kept["notes"])) == (
            40, [(8.0, "tube")], 1,
        )  # fmt: skip


def with_rights(config: Path, broker: Broker, user: str) -> None:
    """Over TLS, with the user and the password that ``setup.sh`` printed."""
    password = config.with_suffix(".password")
    password.write_text(broker.passwords[user])
    password.chmod(0o600)
    secure = f'tls = true\nca_file = "{broker.ca}"\nusername = "{user}"\n'
    secure += f'password_file = "{password}"'
    config.write_text(config.read_text().replace("tls = false", secure))


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Possum with its record is upstairs."""
    need_tools()
    folder = tmp_path_factory.mktemp("ward")
    with ExitStack() as running:
        broker = Broker(folder / "broker", BOXES)
        broker.start()
        running.callback(broker.stop)
        boxes: dict[str, Daemon] = {}
        for name in BOXES:
            (home := folder / name).mkdir()
            more = quiet_box(home / "s.csv", 900.0)
            daemon = boxes[name] = Daemon(home, broker.port, box=name, more=more)
            daemon.config.write_text("trust_clock = true\n" + daemon.config.read_text())
            with_rights(daemon.config, broker, name)
        registered(boxes["upstairs"], "Possum", 40)
        page = PageProcess(folder / "page", broker.port)
        with_rights(page.config, broker, "page")
        running.enter_context(page.start())
        for daemon in boxes.values():
            daemon.start()
            running.callback(daemon.stop)
        made = Ward(broker, boxes, page.phone())
        wait_for(lambda: made.is_in("upstairs"))
        yield made


def test_it_moves_by_the_page_by_a_phone_s_command_and_by_the_command_line(ward: Ward) -> None:
    to_cellar = {"name": "Possum", "to": "downstairs"}
    asked = ward.phone.send("/api/boxes/upstairs/cmd/baby_move", to_cellar)
    assert asked.json["ok"], asked.text
    wait_for(lambda: ward.is_in("downstairs"))
    assert ward.is_whole("downstairs")

    home_assistant = ward.broker.client("homeassistant")
    back = msgspec.json.encode({"name": "Possum", "to": "upstairs"})
    assert home_assistant.say("nursery/downstairs/cmd/baby_move", back)
    wait_for(lambda: ward.is_in("upstairs"))
    assert ward.is_whole("upstairs")

    typed = ward.boxes["upstairs"].nursery("baby", "move", "Possum", "--to", "downstairs")
    assert typed.returncode == 0, typed.stderr + typed.stdout
    wait_for(lambda: ward.is_in("downstairs"))
    assert ward.is_whole("downstairs")
    again = msgspec.json.encode({"name": "Possum", "to": "upstairs"})
    assert ward.broker.client("phone").say("nursery/downstairs/cmd/baby_move", again)
    wait_for(lambda: ward.is_in("upstairs"))
    assert ward.is_whole("upstairs")


STEPS: list[tuple[str, dict[str, Any]]] = [
    ("upstairs/setup/baby_give", {"move": "m1", "carrier": "c1", "step": "read"}),
    ("upstairs/setup/baby_give", {"move": "m1", "carrier": "c1", "step": "let_go", "digest": "d"}),
    ("downstairs/setup/baby_take", {"move": "m1", "origin": "upstairs", "step": "begin"}),
    ("downstairs/setup/baby_take", {"move": "m1", "origin": "upstairs", "step": "cancel"}),
    ("downstairs/setup/baby_take/result", {"ok": True, "request_id": "r1"}),
    ("upstairs/setup/baby_give/result", {"ok": True, "request_id": "r1"}),
]


@pytest.mark.parametrize("user", ["phone", "homeassistant", "cellar", "downstairs"])
def test_nobody_else_takes_part_in_it(ward: Ward, user: str) -> None:
    """Another box may speak under its own name alone, and does so here as itself."""
    if user == "cellar":  # a box that knows the name of neither, with no user of its own
        assert "uthorized" in str(ward.broker.client("cellar", "guessed").reason)
        return
    client = ward.broker.client(user)
    for topic, args in STEPS:
        own = topic.startswith(f"{user}/")
        assert client.say(f"nursery/{topic}", msgspec.json.encode(args)) == own, topic
    assert client.say("nursery/upstairs/cmd/baby_move", b"{}") == (user != "downstairs")
    assert ward.is_in("upstairs")


def test_nobody_else_reads_the_record_on_its_way(ward: Ward) -> None:
    listening: list[Client] = []
    for user in ("phone", "homeassistant", "downstairs", "upstairs"):
        client = ward.broker.client(user)
        client.hear("#")
        client.hear("nursery/+/setup/#")
        client.heard.clear()
        listening.append(client)
    phone, hub, downstairs, upstairs = listening
    asked = {"name": "Possum", "to": "downstairs"}
    assert ward.phone.send("/api/boxes/upstairs/cmd/baby_move", asked).json["ok"]
    wait_for(lambda: ward.is_in("downstairs"))
    moved = {"nursery/upstairs/setup/baby_give", "nursery/upstairs/setup/baby_give/result"}
    taken = {"nursery/downstairs/setup/baby_take", "nursery/downstairs/setup/baby_take/result"}
    wait_for(lambda: moved <= upstairs.topics() and taken <= downstairs.topics())
    assert not taken & upstairs.topics()
    assert not moved & downstairs.topics()
    for client in (phone, hub):
        assert not {topic for topic in client.topics() if "/setup/" in topic}
