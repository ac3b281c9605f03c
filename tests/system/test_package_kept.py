"""What the package leaves, takes and brings: the question of ``purge``, backup and restore, and the
program's own ``update`` and ``uninstall``, on clean systems of both releases.

Part of ``make test-install``.
"""

from __future__ import annotations

from tests.system.installed import UNITS, WANTED, Pi, newer

pytestmark = WANTED

BACKUP = "/root/kept.nursery"
SERVICES = ("mosquitto.service", *UNITS)
GONE = (
    "etc/nursery",
    "var/lib/nursery-page",
    "usr/lib/nursery-monitor",
    "usr/bin/nursery",
    "etc/mosquitto/conf.d/nursery.conf",
    "etc/mosquitto/nursery.passwd",
    "etc/mosquitto/certs/nursery-ca.key",
    "etc/systemd/system/multi-user.target.wants/nursery.service",
    "etc/systemd/system/timers.target.wants/nursery-certificates.timer",
)
"""after a purge, whatever becomes of the records"""


def install(pi: Pi) -> str:
    """As a person does, to a box that is online and has a phone."""
    printed = pi.type(f"sudo apt-get install -y ./{pi.package}")
    (pi.root / "root/cookie").unlink(missing_ok=True)
    pi.pair(printed)
    pi.wait_for_box('"online": ?true')
    return printed


def purge(pi: Pi, delete: str) -> str:
    """Answer what is asked at the terminal."""
    return pi.answer(
        "sudo apt-get purge nursery-monitor",
        ("Do you want to continue?", "y"),
        ("Delete the babies' records as well?", delete),
    )


def pids(pi: Pi) -> list[str]:
    return [pi.said(f"systemctl show -P MainPID {unit}") for unit in SERVICES]


def is_gone(pi: Pi) -> None:
    assert [left for left in GONE if (pi.root / left).exists()] == []
    assert pi.said("systemctl is-active mosquitto") == "active"
    assert ":8883" not in pi.said("ss -Hltn")
    assert pi.run("systemctl is-active " + " ".join(UNITS), check=False)[0] != 0


def test_the_records_go_only_when_a_person_says_so_and_come_back_from_a_backup(pi: Pi) -> None:
    records = pi.root / "var/lib/nursery"
    pi.boot()
    install(pi)
    pi.said("nursery baby add Joey --species kitten --weight 120")
    assert "1 babies here" in pi.said(f"nursery backup {BACKUP}")
    cookie = (pi.root / "root/cookie").read_text()
    access = (pi.root / "etc/nursery/access.toml").read_text()

    said = purge(pi, "no")
    assert "Deleted they cannot be brought back" in said
    assert "kept: the babies' records in /var/lib/nursery" in said
    is_gone(pi)
    assert (records / "journal.sqlite").exists()

    install(pi)
    assert "Joey" in pi.said("nursery baby list")
    assert "deleted: the babies' records" in purge(pi, "yes")
    is_gone(pi)
    assert not records.exists()

    install(pi)
    assert "Joey" not in pi.said("nursery baby list")
    before = pids(pi)
    (pi.root / "etc/nursery/access.toml").unlink()
    said = pi.said(f"nursery restore {BACKUP}")
    assert "The monitor has started again with it." in said
    assert not set(before) & set(pids(pi))
    assert pi.said("stat -c '%a %U %G' /etc/nursery/access.toml") == "640 root nursery-page"
    assert (pi.root / "etc/nursery/access.toml").read_text() == access
    assert "Joey" in pi.said("nursery baby list")
    (pi.root / "root/cookie").write_text(cookie)  # the phone that was paired then
    pi.wait_for_box('"online": ?true')
    pi.wait_for_box('"joey"')
    assert pi.said("dpkg -V nursery-monitor") == ""


def test_update_brings_a_newer_package_and_uninstall_takes_the_program(pi: Pi) -> None:
    pi.boot()
    install(pi)
    pi.said("nursery baby add Joey --species kitten --weight 120")
    package = pi.root / "root" / pi.package
    newer(package, "9.0+test", "* The box sings.\n")
    before = pids(pi)
    refused = pi.run("nursery update newer.deb < /dev/null", check=False)
    assert (refused[0] != 0, "nothing was changed" in refused[1]) == (True, True)
    assert pids(pi) == before
    said = pi.answer("sudo nursery update newer.deb", ("Update now?", "y"))
    assert "The box sings." in said
    assert "This is version 9.0+test now." in said
    assert pi.said("dpkg-query -W -f '${Version}' nursery-monitor") == "9.0+test"
    assert pi.said("dpkg -V nursery-monitor") == ""
    pi.wait_for_box('"joey"')
    assert not set(before[1:]) & set(pids(pi)[1:])
    code, said = pi.run(f"nursery update {pi.package} --yes", check=False)
    assert (code != 0, "older than 9.0+test" in said) == (True, True)

    said = pi.answer("sudo nursery uninstall", ("Journal and configuration stay", "y"))
    assert "Kept: /etc/nursery, /var/lib/nursery, /var/lib/nursery-page" in said
    assert not (pi.root / "usr/bin/nursery").exists()
    assert (pi.root / "var/lib/nursery/journal.sqlite").exists()

    pi.type(f"sudo apt-get install -y ./{pi.package}")
    pi.wait_for_box('"joey"')  # with the phone that was paired before
    pi.answer("sudo nursery uninstall --purge", ("AND the journal", "y"))
    is_gone(pi)
    assert not (pi.root / "var/lib/nursery").exists()
