"""The Debian package on clean systems: what a person types, and everything that follows by itself.

``make test-install``: needs root, debootstrap, systemd-nspawn and the package index; ten minutes
the first time. The systems have no sound card and no pins: practice stands in for both.
"""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from tests.system.container import ADDRESS, need_tools
from tests.system.installed import SUFFIX, UNITS, WANTED, Pi, built, newer
from tests.system.test_certificates import Certificate

pytestmark = WANTED


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
        f" -u phone -P {password} -t nursery/nursery/alert -t nursery/nursery/status -v"
        " > /root/heard 2>&1 &)"
    )
    pi.wait("cat /root/heard", "nursery/nursery/status")  # kept at the broker: it is subscribed
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
    (line,) = re.findall(r"(?m)^\w+ +certificate .*", checked(pi))
    assert re.match("ok +certificate +the broker's certificate ends in 824 days", line), line
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
    """Removed, it stops, and what it wrote is there for a later installation."""
    pi.type("sudo apt-get remove -y nursery-monitor")
    assert pi.run("systemctl is-active " + " ".join(UNITS), check=False)[0] != 0
    assert ":80\n" not in listening(pi) + "\n"
    assert (pi.root / "etc/nursery/nursery.toml").exists()
    assert (pi.root / "var/lib/nursery").exists()


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


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
@pytest.mark.parametrize("release", SUFFIX)
def test_lintian_finds_no_error(release: str, arch: str) -> None:
    need_tools("lintian")
    done = subprocess.run(
        ["lintian", "--allow-root", built(release, arch)], capture_output=True, text=True,
        check=False, timeout=900,
    )  # fmt: skip
    assert not re.findall(r"(?m)^E: .*", done.stdout), done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
