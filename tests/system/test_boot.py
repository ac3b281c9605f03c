"""Boots a small Debian under systemd-nspawn with the real unit and the real daemon inside.

Needs root, debootstrap and systemd-nspawn, and about two minutes the first time (20 s afterwards,
the root is kept in ~/.cache), so it runs when asked for: NURSERY_BOOT_TEST=1, ``make test-boot``.
No sound card and no GPIO chip are in there: the service must come up without either.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from monitor.verbs.install import install, program_file, with_program

REPOSITORY = Path(__file__).parents[2]
CACHE = Path.home() / ".cache/nursery-monitor/bookworm"
PACKAGES = "systemd,systemd-sysv,python3,libportaudio2"

pytestmark = [
    pytest.mark.system,
    pytest.mark.optional,
    pytest.mark.skipif(
        "NURSERY_BOOT_TEST" not in os.environ, reason="NURSERY_BOOT_TEST is not set"
    ),
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="bookworm has Python 3.11"),
]

CONFIG = """\
box = "boot"
[microphone]
source = "sounddevice"
[scale]
source = "hx711"
counts_per_gram = 400
zero_counts = 0
"""
DROP_IN = """\
[Service]
Environment=PYTHONPATH=/opt/source:/opt/site
WatchdogSec=6
"""
PROOF_UNIT = """\
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/proof/run.sh
TimeoutStartSec=120
[Install]
WantedBy=multi-user.target
"""
PROOF = r"""#!/bin/sh
exec > /proof/log 2>&1
say() { echo "$1=$2"; }
value() { systemctl show nursery -p "$1" --value; }
systemd-sysusers; systemd-tmpfiles --create
echo secret > /etc/nursery/mqtt-password
systemctl start nursery; say started $?
pid=$(value MainPID)
say state "$(value ActiveState)"
say status "$(value StatusText)"
say user "$(stat -c %U /proc/$pid)"
groups=$(sed -n 's/^Groups:\t//p' /proc/$pid/status)
say groups "$(for g in $groups; do getent group $g | cut -d: -f1; done | sort | tr '\n' ' ')"
say cwd "$(readlink /proc/$pid/cwd)"
say credential "$(stat -c %a /run/credentials/nursery.service/mqtt-password)"
sleep 15
say restarts_without_hardware "$(value NRestarts)"
identity=$(stat -c %i /var/lib/nursery/journal.sqlite)
kill -STOP $pid
for i in $(seq 80); do
    [ "$(value NRestarts)" = 1 ] && [ "$(value ActiveState)" = active ] && break
    sleep 0.5
done
say restarts "$(value NRestarts)"
say result "$(value ActiveState)"
say journal_kept "$([ "$(stat -c %i /var/lib/nursery/journal.sqlite)" = "$identity" ] && echo yes)"
say owner "$(stat -c '%U %a' /var/lib/nursery)"
sleep 8
say restarts_later "$(value NRestarts)"
journalctl -b -u nursery --no-pager
systemctl stop nursery; say stopped "$(value Result)"
systemctl poweroff
"""


def mirror() -> str:
    apt = Path("/etc/apt")
    for path in (*sorted(apt.rglob("*.sources")), apt / "sources.list"):
        if path.exists() and (found := re.search(r"https?://\S+/debian(?=\s)", path.read_text())):
            return found[0]
    pytest.skip("no Debian mirror is configured in /etc/apt")


@pytest.fixture
def root():
    for tool in ("debootstrap", "systemd-nspawn"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    if os.geteuid() != 0:
        pytest.skip("needs root")
    if not (CACHE / "proof").exists():
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(CACHE, ignore_errors=True)
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", CACHE,
             mirror()],
            check=True, timeout=900, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        (CACHE / "proof").mkdir()
    shutil.rmtree(CACHE / "var/lib/nursery", ignore_errors=True)
    shutil.rmtree(CACHE / "etc/nursery", ignore_errors=True)
    return CACHE


def furnish(root: Path) -> None:
    """What a rescuer's Pi has after "nursery install", and the script that looks on."""
    install(str(root), dry_run=False, out=sys.stdout)
    units = root / "etc/systemd/system"
    unit = with_program(program_file("nursery.service"), "/usr/bin/python3 -m monitor")
    (units / "nursery.service").write_text(unit)
    (units / "nursery.service.d").mkdir(exist_ok=True)
    (units / "nursery.service.d/test.conf").write_text(DROP_IN)
    (root / "etc/nursery/nursery.toml").write_text(CONFIG)
    (root / "proof/run.sh").write_text(PROOF)
    (root / "proof/run.sh").chmod(0o755)
    (units / "proof.service").write_text(PROOF_UNIT)
    wanted = units / "multi-user.target.wants/proof.service"
    wanted.parent.mkdir(exist_ok=True)
    if not wanted.is_symlink():
        wanted.symlink_to("../proof.service")
    for folder in ("opt/source", "opt/site"):
        (root / folder).mkdir(parents=True, exist_ok=True)


def test_the_service_on_a_booted_system(root):
    furnish(root)
    site = sysconfig.get_path("purelib")
    subprocess.run(
        ["systemd-nspawn", "--register=no", "--keep-unit", "--quiet", "--boot", "--private-network",
         "--console=pipe", f"--directory={root}", f"--bind-ro={site}:/opt/site",
         f"--bind-ro={REPOSITORY}:/opt/source"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=180, check=False,
    )  # fmt: skip
    log = (root / "proof/log").read_text()
    said = dict(re.findall(r"^(\w+)=(.*)$", log, re.MULTILINE))
    assert said["started"] == "0", log
    assert (said["state"], said["status"]) == ("active", "watching boot")
    assert said["user"] == "nursery"
    assert {"audio", "gpio"} <= set(said["groups"].split()) <= {"audio", "gpio", "nursery"}
    assert said["cwd"] == "/run/nursery"
    assert said["credential"] == "400"
    assert said["restarts_without_hardware"] == "0", log
    assert "is not connected" in log  # PortAudio works inside the sandbox, there is no card
    assert "cannot be opened on pins 5" in log  # likewise lgpio: there is no GPIO chip
    assert "Watchdog timeout" in log
    assert (said["restarts"], said["result"]) == ("1", "active"), log
    assert said["journal_kept"] == "yes"
    assert said["owner"] == "nursery 750"
    assert said["restarts_later"] == "1", log
    assert said["stopped"] in {"success", "watchdog"}
