"""A card dies and the box goes on from its backup: real daemons, a real Mosquitto, real rights."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.service_user import PACKAGES, ROOT, SERVICE, python
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system

START_S = 60.0
SCALE = (
    '[scale]\nsource = "csv"\nfile = "not-there.csv"\ncounts_per_gram = 400.0\nzero_counts = 1000\n'
)
JOEY = ("baby", "add", "Joey", "--species", "kitten", "--weight", "120")


def documents(phone: Subscriber) -> set[str]:
    """Topics of the discovery documents that stand at the broker."""
    found = [m for m in list(phone.messages) if m.topic.startswith("homeassistant/")]
    last = {m.topic: m.payload for m in found}
    return {topic for topic, payload in last.items() if payload}


def test_a_new_card_goes_on_and_home_assistant_sees_one_box(
    tmp_path: Path, broker: Mosquitto
) -> None:
    page = f'[page]\nstate_dir = "{tmp_path}/page"\n'
    first = Daemon(tmp_path / "first", broker.port, more=SCALE + page)
    second = Daemon(tmp_path / "second", broker.port, more=SCALE + page)
    kept = str(tmp_path / "stick.nursery")
    online = "nursery/test-box/status"
    try:
        first.start()
        with Subscriber(broker.port, "#") as phone:
            wait_for(lambda: phone.last(online) == b"online", START_S)
            assert first.nursery(*JOEY).returncode == 0
            assert first.nursery("weigh", "Joey", "121").returncode == 0
            wait_for(lambda: any(b"Joey" in m.payload for m in phone.messages
                                 if m.topic.startswith("homeassistant/")), START_S)  # fmt: skip
            written = first.nursery("backup", kept)  # while it watches
            assert written.returncode == 0, written.stderr
            before = documents(phone)
            first.stop(signal.SIGKILL)
            wait_for(lambda: phone.last(online) == b"offline", START_S)

            second.start()  # a fresh card, set up anew under the same name
            wait_for(lambda: phone.last(online) == b"online", START_S)
            restored = second.nursery("restore", kept)
            assert restored.returncode == 0, restored.stderr
            assert "stop it and start it again" in restored.stdout
            assert second.stop() == 0
            count = len(phone.messages)
            second.start()
            wait_for(lambda: any(m.topic == "nursery/test-box/baby/joey" and m.payload
                                 for m in phone.messages[count:]), START_S)  # fmt: skip
            assert "a backup was restored" in second.log
            wait_for(lambda: documents(phone) == before, START_S)
        listed = second.nursery("baby", "list")
        assert "Joey: kitten, 121 g" in listed.stdout
    finally:
        first.stop(signal.SIGKILL)
        second.stop(signal.SIGKILL)


@pytest.fixture
def machine() -> Iterator[Path]:
    """``etc`` of root's, ``state`` and ``page`` of the service's."""
    base = Path(tempfile.mkdtemp(prefix="nursery-card-"))
    base.chmod(0o755)
    for name in ("etc", "state", "page"):
        (base / name).mkdir(mode=0o755)
    for name in ("state", "page"):
        os.chown(base / name, SERVICE, SERVICE)
        (base / name).chmod(0o700)
    (base / "etc/nursery.toml").write_text(
        f'box = "test-box"\nstate_dir = "{base}/state"\n{SCALE}[page]\nstate_dir = "{base}/page"\n'
        f'[mqtt]\nhost = "127.0.0.1"\nusername = "b"\npassword_file = "{base}/etc/password"\n'
    )
    (base / "etc/password").write_text("hers")
    (base / "etc/password").chmod(0o600)
    yield base
    shutil.rmtree(base)


def as_root(base: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python(), "-P", "-m", "monitor", *argv], capture_output=True, text=True, check=False,
        timeout=60, cwd=base / "etc",
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{PACKAGES}",
             "NURSERY_CONFIG": str(base / "etc/nursery.toml")},
    )  # fmt: skip


@pytest.mark.optional
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, whose rights are what it is about")
def test_root_restores_and_every_file_is_its_owner_s(machine: Path) -> None:
    for argv in (JOEY, ("set", "alerts.night.from", "22:30")):
        done = as_root(machine, *argv)
        assert done.returncode == 0, done.stderr
    phones = machine / "page/sessions.json"
    phones.write_text('{"sessions":[]}')
    os.chown(phones, SERVICE, SERVICE)
    kept = machine / "etc/kept.nursery"
    done = as_root(machine, "backup", str(kept))
    assert done.returncode == 0, done.stderr
    assert kept.stat().st_mode & 0o777 == 0o600
    phones.unlink()
    for path in (machine / "state").iterdir():
        path.unlink()
    (machine / "etc/password").write_text("of another card")
    done = as_root(machine, "restore", str(kept))
    assert done.returncode == 0, done.stderr
    for folder in ("state", "page"):
        owners = {path.name: path.stat().st_uid for path in (machine / folder).rglob("*")}
        assert set(owners.values()) == {SERVICE}, owners
    assert {"journal.sqlite", "settings.toml"} <= {p.name for p in (machine / "state").iterdir()}
    assert phones.stat().st_mode & 0o777 == 0o600
    password = machine / "etc/password"
    assert (password.read_text(), password.stat().st_uid) == ("hers", 0)
    assert password.stat().st_mode & 0o777 == 0o600


@pytest.mark.optional
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who is being misled")
def test_a_link_where_the_journal_goes_leads_root_nowhere(machine: Path) -> None:
    assert as_root(machine, *JOEY).returncode == 0
    kept = machine / "etc/kept.nursery"
    assert as_root(machine, "backup", str(kept)).returncode == 0
    secret = machine / "etc/shadow"
    secret.write_text("root:secret\n")
    secret.chmod(0o600)
    link = machine / "state/restore.new"
    link.symlink_to(machine / "etc")
    os.lchown(link, SERVICE, SERVICE)
    before = sorted(path.name for path in (machine / "etc").iterdir())
    as_root(machine, "restore", str(kept))
    assert sorted(path.name for path in (machine / "etc").iterdir()) == before
    assert secret.read_text() == "root:secret\n"
