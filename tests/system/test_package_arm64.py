"""The package for a Pi's processor: installs and starts on a clean arm64 system that qemu runs.

Part of ``make test-install``. Nothing is booted: what the units do is started by hand. Both senses
are simulated, the broker is the one that the package has set up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.system import foreign
from tests.system.container import need_tools

ROOT = Path(__file__).parents[2]
START = r"""
cd /root
install -d -o mosquitto /run/mosquitto
install -d -o nursery /run/nursery /run/credentials
install -o nursery -m 400 /etc/nursery/mqtt-password /run/credentials/mqtt-password
mosquitto -c /etc/mosquitto/mosquitto.conf > broker 2>&1 &
sed -i 's/^source = "[a-z0-9]*"/source = "simulated"/' /etc/nursery/nursery.toml
CREDENTIALS_DIRECTORY=/run/credentials LG_WD=/run/nursery \
    nursery run --config /etc/nursery/nursery.toml > run 2>&1 &
password=$(sed -n '/phone/,$s/^password = "\(.*\)"/\1/p' /etc/nursery/access.toml)
true > heard
until grep -o '"microphone":{"state":"healthy"' heard && grep -o '"scale":{"state":"healthy"' heard
do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || { cat run broker heard; exit 1; }
    sleep 1
    mosquitto_sub -h 127.0.0.1 -u phone -P "$password" -t nursery/nursery/health -C 1 -W 5 \
        > heard 2>&1
done
"""
"""what the units do, until the health that a phone hears tells of both senses"""

pytestmark = [
    pytest.mark.system,
    pytest.mark.optional,
    pytest.mark.skipif(
        "NURSERY_INSTALL_TEST" not in os.environ, reason="NURSERY_INSTALL_TEST is not set"
    ),
]


def test_it_installs_on_arm64_and_both_senses_become_healthy(tmp_path: Path) -> None:
    need_tools("unshare", foreign.QEMU)
    subprocess.run(
        ["python3", ROOT / "tools/deb", "--quick", "--release", "bookworm", "--arch", "arm64",
         "--out", tmp_path],
        check=True, timeout=900, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    root = tmp_path / "root"
    subprocess.run(["cp", "-a", foreign.system("bookworm"), root], check=True, timeout=300)
    shutil.move(next(tmp_path.glob("*_arm64.deb")), root / "root/package.deb")
    try:
        foreign.run(root, "dpkg -i /root/package.deb", 400)
        assert foreign.run(root, "uname -m; nursery --version", 60).startswith("aarch64\nnursery")
        assert foreign.run(root, "dpkg -V nursery-monitor", 60) == ""
        assert foreign.run(root, START, 400).count("healthy") == 2
    finally:
        shutil.rmtree(root, ignore_errors=True)
