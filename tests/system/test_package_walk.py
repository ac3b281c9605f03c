"""The set-up of a box whose package was installed in a clean system, walked by a browser.

Part of ``make test-install``. The chip is preloaded into the service, and lgpio lies where the
package of Raspberry Pi OS would put it; the microphone is a PulseAudio beside the system, which
the service reaches by ALSA's plug-in for sound servers. A drop-in names both to the unit. All else
is as installed: units, users, sandbox, broker with its rights, page.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.system import lgpio_there, phone_in_there, relay_in_there
from tests.system.browser import CHROMIUM, chromium
from tests.system.container import ADDRESS, base, fetch, need_tools
from tests.system.fake_gpiochip import FakeChip, missing
from tests.system.installed import SUFFIX, WANTED, Pi, built
from tests.system.page_process import PageProcess, Phone
from tests.system.sound_server import SoundServer, missing_tools
from tests.system.subscriber import wait_for
from tests.system.test_page_set_up import ZERO, Walk, set_up_of, taken_up_again

pytestmark = [
    *WANTED,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]

FAKE = "opt/fake"
DROP_IN = f"""\
[Service]
Environment=LD_PRELOAD=/{FAKE}/fake_gpiochip.so FAKE_HX711=/{FAKE}/control
Environment=ALSA_PLUGIN_DIR=/usr/lib/x86_64-linux-gnu/alsa-lib
Environment=ALSA_CONFIG_PATH=/{FAKE}/pulse/alsa.conf
Environment=PULSE_SERVER=unix:/{FAKE}/pulse/run/pulse/native
ReadWritePaths=/{FAKE}
"""


class Installed(PageProcess):
    """The page in the container, as this machine's loopback reaches it."""

    def __init__(self, port: int) -> None:
        self.port = port


@contextmanager
def reached(pi: Pi) -> Iterator[Installed]:
    """A port of this machine that leads to the page in there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = subprocess.Popen(
            [*pi.in_its_network(), sys.executable, relay_in_there.__file__,
             str(listener.fileno()), ADDRESS, "80"],
            pass_fds=[listener.fileno()],
        )  # fmt: skip
        try:
            yield Installed(listener.getsockname()[1])
        finally:
            relay.kill()
            relay.wait()


@pytest.fixture(params=SUFFIX)
def pi(request: pytest.FixtureRequest) -> Iterator[Pi]:
    need_tools()
    if reason := missing():
        pytest.skip(reason)
    if sys.version_info[:2] != (3, 11):
        pytest.skip("Bookworm's Python is 3.11, and its lgpio is taken from this one")
    if missing_tools():
        pytest.skip(f"not installed: {', '.join(missing_tools())}")
    package = built(request.param)
    root = Path(tempfile.mkdtemp()) / "root"  # short: a socket of this machine lies in there
    subprocess.run(
        ["cp", "-a", "--reflink=auto", base(request.param), root], check=True, timeout=600
    )
    lgpio_there.lay(root, request.param)
    shutil.copyfile(package, root / "root" / package.name)
    shutil.copyfile(phone_in_there.__file__, root / "root/phone_in_there.py")
    fetch(root, f"/root/{package.name}", "libasound2-plugins")
    made = Pi(root, package)
    yield made
    made.end()
    shutil.rmtree(root.parent, ignore_errors=True)


def wire(root: Path) -> FakeChip:
    """The chip in the system, and what names it to the unit."""
    (root / FAKE).mkdir(parents=True)
    chip = FakeChip(root / FAKE)
    (root / FAKE / "control").chmod(0o666)
    chip.set(code=ZERO, noise=60, stuck=1)
    drop_in = root / "etc/systemd/system/nursery.service.d/fake.conf"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text(DROP_IN)
    return chip


@contextmanager
def listening(root: Path) -> Iterator[SoundServer]:
    """A microphone that the service's user reaches."""
    server = SoundServer(root / FAKE / "pulse")
    server.start()
    try:
        server.hiss(12_000)
        for folder in ("run", "run/pulse"):
            (server.folder / folder).chmod(0o755)
        yield server
    finally:
        server.close()


def test_an_installed_box_is_set_up_on_the_phone_to_its_first_weight_and_alert(pi: Pi) -> None:
    chip = wire(pi.root)
    with ExitStack() as stack:
        sound = stack.enter_context(listening(pi.root))
        pi.boot()
        pi.run("apt-get install -y libasound2-plugins", env={"DEBIAN_FRONTEND": "noninteractive"})
        pi.pair(pi.type(f"sudo apt-get install -y ./{pi.package}"))
        access = tomllib.loads((pi.root / "etc/nursery/access.toml").read_text())
        pi.run(
            f"(mosquitto_sub -h {ADDRESS} -p 8883 --cafile /etc/mosquitto/certs/nursery-ca.crt"
            f" -u phone -P {access['phone']['password']} -t nursery/+/alert > heard 2>&1 &)"
        )
        page = stack.enter_context(reached(pi))
        token = (pi.root / "root/cookie").read_text().partition("=")[2]
        phone = Phone(page, token)
        wait_for(lambda: set_up_of(phone, "nursery").get("not_yet"), 120.0)
        browser = stack.enter_context(chromium())
        screen = stack.enter_context(browser.screen(page, phone=phone))
        walk = Walk(screen, page.url, chip, sound)
        walk.begin()
        walk.name()
        walk.wire()
        walk.calibrate()
        walk.hear()
        wait_for(lambda: set_up_of(phone, "attic").get("next") == "babies", 120.0)
        taken_up_again(screen, "/boxes/attic/setup", "babies")
        walk.register()
        walk.choose_alerts()
        walk.ring()
        wait_for(lambda: set_up_of(phone, "attic").get("ready"), 120.0)
        wait_for(lambda: isinstance(pi.box("attic")["scale"]["total_g"], float | int))
        pi.wait("cat heard", '"kind":"test"')
        assert pi.said('grep -v \'"kind":"test"\' heard || true') == ""
