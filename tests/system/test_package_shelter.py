"""A shelter's records on clean systems: what is typed, twice; a reboot; who dies and who is told.

Part of ``make test-install``. VictoriaMetrics is Debian's: 1.79 in Bookworm, 1.112 in Trixie.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import pytest

from tests.system.container import fetch
from tests.system.installed import WANTED, Pi, newer

pytestmark = WANTED

SET_UP = "sudo /usr/lib/nursery-monitor/systemd/shelter/setup.sh"
OURS = ("nursery-records.service", "nursery-vmalert.service")
UNITS = (*OURS, "victoria-metrics.service")
KEPT = ("/etc/nursery/shelter.toml", "/etc/nursery/rules.yml", "/etc/nursery/notifiers.yml",
        "/etc/nursery/records-mqtt-password", "/etc/mosquitto/nursery.acl",
        "/etc/mosquitto/nursery.passwd", "/etc/default/victoria-metrics")  # fmt: skip
PATIENCE_S = 200.0
"""the two minutes after which a silence is told, and a slow machine"""


def asked(pi: Pi, url: str) -> Any:
    """The JSON at an address of the system; ``None``: nobody answers."""
    program = f'import urllib.request as u; print(u.urlopen("{url}").read().decode())'
    code, said = pi.run(f"python3 -c '{program}'", check=False)
    return json.loads(said) if code == 0 else None


def numbers(pi: Pi, query: str) -> dict[str, float]:
    """The database's answer, by baby or else by box."""
    url = f"http://127.0.0.1:8428/api/v1/query?query={quote(query, safe='')}"
    found = (asked(pi, url) or {"data": {"result": []}})["data"]["result"]
    return {row["metric"].get("baby") or row["metric"].get("box", ""): float(row["value"][1])
            for row in found}  # fmt: skip


def firing(pi: Pi) -> list[str]:
    """Rules that apply, as vmalert says."""
    data = (asked(pi, "http://127.0.0.1:8880/api/v1/alerts") or {"data": {}})["data"]
    return sorted(each["name"] for each in data.get("alerts") or [] if each["state"] == "firing")


def told(pi: Pi) -> dict[str, Any]:
    """What the page knows of the records; nothing, too, while it does not answer yet."""
    ask = f"python3 /root/phone_in_there.py {pi.host} GET /api/records"
    code, said = pi.run(ask, check=False)
    found: dict[str, Any] | None = json.loads(said) if code == 0 else None
    return found or {}


def until(happened: Any, patience_s: float = 90.0) -> None:
    deadline = time.monotonic() + patience_s
    while not (found := happened()):
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


def practises(pi: Pi) -> None:
    """A box that has babies to be weighed."""
    for key in ("scale.source", "microphone.source"):
        pi.phone("POST", "/api/boxes/nursery/setup/configure", {"key": key, "value": "simulated"})
    pi.wait_for_box('"weight_g": ?[0-9]')


def set_up(pi: Pi) -> None:
    """What is typed; the second time nothing changes, and what was edited stays."""
    begun = len(pi.typed)
    pi.type("sudo apt-get install -y victoria-metrics", {"DEBIAN_FRONTEND": "noninteractive"})
    said = pi.type(SET_UP)
    assert len(pi.typed) - begun == 2
    assert pi.said("cat /etc/nursery/records-mqtt-password") not in said
    until(lambda: told(pi).get("keeping") is True)
    pi.run("sed -i 's/^    interval: .*/    interval: 1s/; s/^        for: .*/        for: 1s/'"
           " /etc/nursery/rules.yml")  # fmt: skip
    before = [pi.said(f"cat {path}") for path in KEPT]
    pi.type(SET_UP)
    assert [pi.said(f"cat {path}") for path in KEPT] == before
    until(lambda: told(pi).get("rules") is True)
    assert ":8428" not in pi.said("ss -Hltn | grep -v 127.0.0.1 || true"), "from outside"


def complained(pi: Pi) -> str:
    """What our units have to say of a level that somebody should read, or that looks like it."""
    units = " ".join(f"-u {unit}" for unit in OURS)
    return pi.said(
        f"journalctl -b -o cat {units} -p warning; journalctl -b -o cat {units}"
        " | grep -iE 'traceback|exception|\\berror\\b|\\bwarn|fail' || true"
    )


@pytest.fixture
def shelter(pi: Pi) -> Pi:
    fetch(pi.root, "victoria-metrics")
    return pi


def test_records_are_kept_by_what_is_typed_and_after_a_reboot(shelter: Pi) -> None:
    pi = shelter
    pi.boot()
    pi.pair(pi.type(f"sudo apt-get install -y ./{pi.package}"))
    practises(pi)
    set_up(pi)
    until(lambda: set(numbers(pi, "last_over_time(nursery_baby_weight_g[30d])"))
          == {"kangaroo", "possum"})  # fmt: skip
    weights = numbers(pi, "last_over_time(nursery_baby_weight_g[30d])")
    assert all(50.0 < weight < 500.0 for weight in weights.values()), weights
    assert complained(pi) == ""
    has_rooms(pi)
    a_rule_fires(pi)
    assert complained(pi) == ""
    survives_a_reboot(pi)
    whoever_dies_is_told(pi)
    is_upgraded(pi)
    ends(pi)


def has_rooms(pi: Pi) -> None:
    """Named once, for the records and for the page."""
    line = '"Quarantine" = ["nurs*"]'
    pi.run(f"echo '{line}' >> /etc/nursery/shelter.toml")
    pi.type("sudo systemctl restart nursery-records nursery-page")
    pi.wait_for_box('"online": ?true')
    assert "Quarantine" in pi.phone("GET", "/boxes")
    until(lambda: told(pi).get("keeping") is True)


def a_rule_fires(pi: Pi) -> None:
    """A box that is switched off: at vmalert, and on the page."""
    until(lambda: firing(pi) == [])  # with seconds in place of minutes a start is a silence
    pi.run("systemctl stop nursery")
    until(lambda: firing(pi) == ["BoxSilent"])
    until(lambda: [each["text"] for each in told(pi)["firing"]] == ["nursery is silent."])
    assert "nursery is silent." in pi.phone("GET", "/boxes")
    pi.run("systemctl start nursery")
    until(lambda: firing(pi) == [] and told(pi)["firing"] == [], PATIENCE_S)


def survives_a_reboot(pi: Pi) -> None:
    pi.end()
    pi.boot()
    for unit in UNITS:
        pi.wait(f"systemctl is-active {unit}")
    until(lambda: told(pi).get("keeping") is True and told(pi).get("rules") is True)
    until(lambda: "nursery" in numbers(pi, "last_over_time(nursery_box_memory_mb[1m])"))
    assert set(numbers(pi, "last_over_time(nursery_baby_weight_g[30d])")) == {"kangaroo", "possum"}
    assert complained(pi) == ""


def whoever_dies_is_told(pi: Pi) -> None:
    """On the page, within seconds or two minutes; and its return."""
    pi.run("systemctl kill -s KILL nursery-records")
    until(lambda: told(pi).get("online") is False)
    until(lambda: told(pi).get("online") is True)
    pi.run("systemctl stop victoria-metrics nursery-vmalert")
    until(lambda: told(pi).get("keeping") is False and told(pi).get("rules") is False, PATIENCE_S)
    screen = pi.phone("GET", "/boxes")
    assert "Records are not kept" in screen
    assert "Cannot reach http://127.0.0.1:8428: Connection refused." in screen
    pi.run("systemctl start victoria-metrics nursery-vmalert")
    until(lambda: told(pi).get("keeping") is True and told(pi).get("rules") is True)
    assert "Records are not kept" not in pi.phone("GET", "/boxes")


def is_upgraded(pi: Pi) -> None:
    """With the package; a broker's rules of an earlier version are made to fit."""
    before = pi.said("systemctl show -P MainPID nursery-records")
    pi.run("sed -i /keeping/d /etc/mosquitto/nursery.acl")
    newer(pi.root / "root" / pi.package, "9.0+test")
    pi.type("sudo apt-get install -y ./newer.deb")
    assert pi.said("systemctl show -P MainPID nursery-records") not in {before, "0"}
    assert "topic write nursery/records/keeping" in pi.said("cat /etc/mosquitto/nursery.acl")
    until(lambda: told(pi).get("keeping") is True)


def ends(pi: Pi) -> None:
    """By its own command, and with the package."""
    assert "apt purge victoria-metrics" in pi.type(f"{SET_UP} --remove")
    until(lambda: told(pi) == {})
    assert pi.run("systemctl is-active " + " ".join(OURS), check=False)[0] != 0
    assert "records:" not in pi.said("cat /etc/mosquitto/nursery.passwd")
    pi.type(SET_UP)
    until(lambda: told(pi).get("keeping") is True)
    pi.type("sudo apt-get purge -y nursery-monitor", {"DEBIAN_FRONTEND": "noninteractive"})
    for left in (*(f"etc/systemd/system/{unit}" for unit in OURS), "etc/nursery",
                 "etc/mosquitto/nursery.passwd",
                 "etc/systemd/system/multi-user.target.wants/nursery-records.service"):  # fmt: skip
        assert not (pi.root / left).is_symlink()
        assert not (pi.root / left).exists()
    assert pi.run("systemctl is-active " + " ".join(OURS), check=False)[0] != 0
    assert pi.said("systemctl is-active victoria-metrics") == "active"


def test_a_broker_beside_one_that_serves_others_is_found(shelter: Pi) -> None:
    pi = shelter
    house = pi.root / "etc/mosquitto/conf.d/house.conf"
    house.parent.mkdir(parents=True)
    house.write_text("listener 1883\nallow_anonymous true\n")
    pi.boot()
    pi.run("apt-get install -y mosquitto", env={"DEBIAN_FRONTEND": "noninteractive"})
    pi.pair(pi.type(f"sudo apt-get install -y ./{pi.package}"))
    practises(pi)
    pi.type("sudo apt-get install -y victoria-metrics", {"DEBIAN_FRONTEND": "noninteractive"})
    pi.run("echo 'ARGS=\"-storageDataPath=/var/lib/victoria-metrics -retentionPeriod=3y\"'"
           " > /etc/default/victoria-metrics")  # fmt: skip
    assert "kept as it is: /etc/default/victoria-metrics" in pi.type(SET_UP)
    assert "port = 1884" in pi.said("cat /etc/nursery/shelter.toml")
    until(lambda: told(pi).get("keeping") is True)
    until(lambda: set(numbers(pi, "last_over_time(nursery_baby_weight_g[30d])"))
          == {"kangaroo", "possum"})  # fmt: skip
    assert not (pi.root / "etc/mosquitto/nursery.passwd").exists()
