"""The Debian package on clean systems: what a person types, and everything that follows by itself.

``make test-install``: needs root, debootstrap, systemd-nspawn and the package index; ten minutes
the first time. The systems have no sound card and no pins: practice stands in for both.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system import phone_in_there
from tests.system.container import ADDRESS, Container, base, fetch, need_tools
from tests.system.test_certificates import Certificate

ROOT = Path(__file__).parents[2]
SUFFIX = {"bookworm": "deb12", "trixie": "deb13"}
UNITS = ("nursery.service", "nursery-page.service")

pytestmark = [
    pytest.mark.system,
    pytest.mark.optional,
    pytest.mark.skipif(
        "NURSERY_INSTALL_TEST" not in os.environ, reason="NURSERY_INSTALL_TEST is not set"
    ),
]


class Pi(Container):
    """A clean system with the package beside it, and a phone in its network."""

    def __init__(self, root: Path, package: Path) -> None:
        super().__init__(root)
        self.package = package.name
        self.typed: list[str] = []
        self.host = ADDRESS

    def type(self, line: str, env: dict[str, str] | None = None) -> str:
        """What a person types at its terminal; "sudo" is root here."""
        self.typed.append(line)
        return self.run(line.removeprefix("sudo "), env=env)[1]

    def phone(self, method: str, path: str, body: str | dict[str, Any] = "") -> str:
        """What the page answers."""
        text = json.dumps(body) if isinstance(body, dict) else body
        words = f"python3 /root/phone_in_there.py {self.host} {method} {path}"
        return self.said(words + (f" '{text}'" if text else ""))

    def pair(self, printed: str) -> None:
        """With the code that was printed."""
        found = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", printed)
        assert found, printed
        self.phone("POST", "/pair", f"code={found[0]}")

    def box(self, name: str = "nursery") -> dict[str, Any]:
        """What the page knows of the box."""
        found: dict[str, Any] = json.loads(self.phone("GET", f"/api/boxes/{name}"))
        return found

    def wait_for_box(self, wanted: str, name: str = "nursery", patience_s: float = 90.0) -> None:
        """Until the page's document of the box matches a pattern."""
        ask = f"python3 /root/phone_in_there.py {self.host} GET /api/boxes/{name}"
        self.wait(f"{ask} | grep -E '{wanted}'", patience_s=patience_s)


def built(release: str, out: Path) -> Path:
    """The package of this checkout."""
    subprocess.run(
        ["python3", ROOT / "tools/deb", "--quick", "--release", release, "--arch", "amd64",
         "--out", out],
        check=True, timeout=900, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return next(out.glob(f"*{SUFFIX[release]}_amd64.deb"))


@pytest.fixture(scope="module", params=SUFFIX)
def clean(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A system of each release that has what the package needs in its store, and the package."""
    need_tools()
    out = tmp_path_factory.mktemp("dist")
    package, root = built(request.param, out), base(request.param)
    shutil.copyfile(package, root / "root/package.deb")
    fetch(root, "/root/package.deb")
    (root / "root/package.deb").unlink()
    return root, package


@pytest.fixture
def pi(clean: tuple[Path, Path], tmp_path: Path) -> Iterator[Pi]:
    root, package = clean
    own = tmp_path / "root"
    subprocess.run(["cp", "-a", "--reflink=auto", root, own], check=True, timeout=300)
    shutil.copyfile(package, own / "root" / package.name)
    shutil.copyfile(phone_in_there.__file__, own / "root/phone_in_there.py")
    made = Pi(own, package)
    yield made
    made.end()
    shutil.rmtree(own, ignore_errors=True)


def newer(package: Path, version: str) -> None:
    """The same package as a later release."""
    tree = package.with_suffix(".tree")
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True, timeout=120)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub("(?m)^Version: .*$", f"Version: {version}", control.read_text()))
    out = package.with_name("newer.deb")
    subprocess.run(
        ["dpkg-deb", "-Znone", "--root-owner-group", "-b", tree, out], check=True, timeout=120,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    shutil.rmtree(tree)


def listening(pi: Pi) -> str:
    return pi.said("ss -Hltn | awk '{print $4}'")


def test_one_command_and_then_the_phone(pi: Pi) -> None:
    pi.boot()
    printed = pi.type(f"sudo apt-get install -y ./{pi.package}", {"DEBIAN_FRONTEND": "readline"})
    assert f"http://{ADDRESS}/" in printed
    assert "http://nursery.local\n" in printed
    assert len(pi.typed) <= 3
    assert sum(line.startswith("sudo") for line in pi.typed) <= 1
    assert "pair" in pi.phone("GET", "/")
    pi.pair(printed)
    pi.wait_for_box('"online": ?true')
    assert pi.said("dpkg -V nursery-monitor") == ""
    practises_and_alerts(pi)
    follows_its_name(pi)
    survives_a_reboot(pi)
    is_upgraded(pi)
    goes_when_it_is_removed(pi)


def practises_and_alerts(pi: Pi) -> None:
    """From the phone: practice on both senses, the first weight, an alert on a subscriber."""
    for key in ("scale.source", "microphone.source"):
        pi.phone("POST", "/api/boxes/nursery/setup/configure", {"key": key, "value": "simulated"})
    pi.wait_for_box('"total_g": ?[0-9]')
    access = tomllib.loads((pi.root / "etc/nursery/access.toml").read_text())
    password = access["phone"]["password"]
    pi.run(
        f"(timeout 60 mosquitto_sub -h {ADDRESS} -p 8883"
        " --cafile /etc/mosquitto/certs/nursery-ca.crt"
        f" -u phone -P {password} -t nursery/nursery/alert -v > /root/heard 2>&1 &)"
    )
    pi.wait("ss -Htn state established '( sport = :8883 )'", ":8883")
    pi.phone("POST", "/api/boxes/nursery/cmd/test_alert", {})
    pi.wait("cat /root/heard", "test")


def follows_its_name(pi: Pi) -> None:
    """The box is called otherwise from the phone; its broker lets it."""
    pi.phone("POST", "/api/boxes/nursery/setup/configure", {"key": "box", "value": "attic"})
    pi.wait_for_box('"online": ?true', "attic", 110.0)
    pi.phone("POST", "/api/boxes/attic/setup/configure", {"key": "box", "value": "nursery"})
    pi.wait_for_box('"online": ?true', "nursery", 110.0)


def survives_a_reboot(pi: Pi) -> None:
    pi.end()
    pi.boot()
    for unit in (*UNITS, "mosquitto.service", "nursery-name.path", "nursery-certificates.timer"):
        pi.wait(f"systemctl is-active {unit}")
    pi.wait_for_box('"online": ?true')  # the phone is still paired


def is_upgraded(pi: Pi) -> None:
    """Everything that was edited stays; the box is restarted first, the page after it."""
    kept = ("/etc/nursery/nursery.toml", "/etc/mosquitto/conf.d/nursery.conf")
    for path in kept:
        pi.run(f"echo '# mine' >> {path}")
    before = pi.said(f"cat {' '.join(kept)} /etc/nursery/*password /etc/mosquitto/nursery.*")
    pids = [pi.said(f"systemctl show -P MainPID {unit}") for unit in UNITS]
    of_pi(pi).last(100)
    pi.run("systemctl reload mosquitto")
    newer(pi.root / "root" / pi.package, "9.0+test")
    said = pi.type("sudo apt-get install -y ./newer.deb")
    assert "kept as it is" in said
    assert "renewed for 825 days" in said
    assert re.search("ok +certificate +the broker's certificate ends in 824 days", checked(pi))
    assert before == pi.said(
        f"cat {' '.join(kept)} /etc/nursery/*password /etc/mosquitto/nursery.*"
    )
    assert not set(pids) & {pi.said(f"systemctl show -P MainPID {unit}") for unit in UNITS}
    started = [
        int(pi.said(f"systemctl show -P ExecMainStartTimestampMonotonic {unit}")) for unit in UNITS
    ]
    assert started == sorted(started)
    assert pi.said("dpkg -V nursery-monitor") == ""
    pi.wait_for_box('"online": ?true')


def of_pi(pi: Pi) -> Certificate:
    """What its broker shows to phones."""
    certs = pi.root / "etc/mosquitto/certs"
    return Certificate(certs / "nursery-server.crt", certs / "nursery-ca.crt")


def checked(pi: Pi) -> str:
    """What ``check`` says, whatever it finds."""
    return pi.run("nursery check", check=False)[1]


def goes_when_it_is_removed(pi: Pi) -> None:
    """Removed, it stops; purged, it asks about the records."""
    records = pi.root / "var/lib/nursery"
    pi.type("sudo apt-get remove -y nursery-monitor")
    assert pi.run("systemctl is-active " + " ".join(UNITS), check=False)[0] != 0
    assert ":80\n" not in listening(pi) + "\n"
    assert (pi.root / "etc/nursery/nursery.toml").exists()
    assert records.exists()
    delete = "deb13" in pi.package
    pi.run(
        "echo 'nursery-monitor nursery-monitor/purge-journal boolean "
        f"{'true' if delete else 'false'}' | debconf-set-selections"
    )
    pi.type("sudo apt-get purge -y nursery-monitor", {"DEBIAN_FRONTEND": "noninteractive"})
    assert records.exists() != delete
    for left in ("etc/nursery", "var/lib/nursery-page", "usr/lib/nursery-monitor",
                 "etc/mosquitto/conf.d/nursery.conf", "etc/mosquitto/nursery.passwd"):  # fmt: skip
        assert not (pi.root / left).exists(), left
    assert pi.said("systemctl is-active mosquitto") == "active"
    assert ":8883" not in listening(pi)


def test_a_mosquitto_that_serves_others_goes_on_as_it_was(pi: Pi) -> None:
    house = pi.root / "etc/mosquitto/conf.d/house.conf"
    house.parent.mkdir(parents=True)
    house.write_text("listener 1883\nallow_anonymous true\n")
    pi.boot()
    pi.run("apt-get install -y mosquitto", env={"DEBIAN_FRONTEND": "noninteractive"})
    pi.run("mosquitto_pub -h 127.0.0.1 -t house/door -m open -r")
    printed = pi.type(f"sudo apt-get install -y ./{pi.package}")
    assert "a broker of its own" in printed
    assert pi.said("mosquitto_sub -h 127.0.0.1 -t house/door -C 1 -W 10") == "open"
    pi.pair(printed)
    pi.wait_for_box('"online": ?true')
    follows_its_name(pi)
    pi.type("sudo apt-get purge -y nursery-monitor", {"DEBIAN_FRONTEND": "noninteractive"})
    assert house.read_text() == "listener 1883\nallow_anonymous true\n"
    assert pi.said("mosquitto_sub -h 127.0.0.1 -t house/door -C 1 -W 10") == "open"
    assert not (pi.root / "etc/mosquitto/nursery").exists()


def test_a_broker_elsewhere_stays(pi: Pi) -> None:
    config = pi.root / "etc/nursery/nursery.toml"
    config.parent.mkdir()
    text = (
        'box = "mine"\n[scale]\nsource = "simulated"\n'
        '[mqtt]\nhost = "broker.example.org"\ntls = true\nusername = "mine"\n'
    )
    config.write_text(text)
    (config.parent / "mqtt-password").write_text("secret\n")
    (config.parent / "mqtt-password").chmod(0o600)
    pi.boot()
    pi.type(f"sudo apt-get install -y ./{pi.package}")
    assert config.read_text() == text
    assert (config.parent / "mqtt-password").read_text() == "secret\n"
    assert not (pi.root / "etc/mosquitto/conf.d/nursery.conf").exists()
    for unit in UNITS:
        assert pi.said(f"systemctl is-active {unit}") == "active"
    assert "broker.example.org" in pi.said("nursery get mqtt.host")


def test_lintian_finds_no_error(clean: tuple[Path, Path]) -> None:
    need_tools("lintian")
    done = subprocess.run(
        ["lintian", "--allow-root", clean[1]], capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip
    assert not re.findall(r"(?m)^E: .*", done.stdout), done.stdout
