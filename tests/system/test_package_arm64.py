"""The package for a Pi's processor: installs and starts on clean arm64 systems that qemu runs.

Part of ``make test-install``. Nothing is booted, because qemu runs programs and no kernel: what the
units do is started by hand. Both senses are simulated, the broker is the one that the package has
set up, and a phone pairs with the page and sees the box.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.system import foreign, phone_in_there
from tests.system.container import need_tools
from tests.system.installed import SUFFIX, WANTED, built

START = r"""
cd /root
install -d -o mosquitto /run/mosquitto
install -d -o nursery /run/nursery /run/credentials
install -o nursery -m 400 /etc/nursery/mqtt-password /run/credentials/mqtt-password
install -d -o nursery-page /run/page
install -o nursery-page -m 400 /etc/nursery/page-mqtt-password /run/page/mqtt-password
mosquitto -c /etc/mosquitto/mosquitto.conf > broker 2>&1 &
sed -i 's/^source = "[a-z0-9]*"/source = "simulated"/' /etc/nursery/nursery.toml
CREDENTIALS_DIRECTORY=/run/credentials LG_WD=/run/nursery \
    nursery run --config /etc/nursery/nursery.toml > run 2>&1 &
CREDENTIALS_DIRECTORY=/run/page \
    setpriv --reuid=nursery-page --regid=nursery-page --groups=nursery \
    nursery page --config /etc/nursery/nursery.toml --host 127.0.0.1 --port 8080 \
    > page 2>&1 &
password=$(sed -n '/phone/,$s/^password = "\(.*\)"/\1/p' /etc/nursery/access.toml)
true > heard
until grep -o '"microphone":{"state":"healthy"' heard && grep -o '"scale":{"state":"healthy"' heard
do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat run broker heard page; exit 1; }
    sleep 1
    mosquitto_sub -h 127.0.0.1 -u phone -P "$password" -t nursery/nursery/health -C 1 -W 5 \
        > heard 2>&1
done
page=127.0.0.1:8080
tries=0
until python3 phone_in_there.py $page GET /healthz
do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat page; exit 1; }
    sleep 1
done > /dev/null 2>&1
code=$(nursery page --pair | grep -oE '\b[A-Z0-9]{4}-[A-Z0-9]{4}\b' | head -n 1)
python3 phone_in_there.py $page POST /pair code=$code > /dev/null
until python3 phone_in_there.py $page GET /api/boxes/nursery | grep -oE '"online": ?true'
do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { cat page; exit 1; }
    sleep 1
done
"""
"""What the units do, until health tells a phone of both senses and the page shows the box online.
The page has another port than the package gave it, which is systemd's to allow (port-80.conf)."""

pytestmark = WANTED


@pytest.mark.parametrize("release", SUFFIX)
def test_on_arm64_it_installs_and_both_senses_and_the_page_answer(
    tmp_path: Path, release: str
) -> None:
    need_tools("unshare", foreign.QEMU)
    root = tmp_path / "root"
    subprocess.run(["cp", "-a", foreign.system(release), root], check=True, timeout=600)
    shutil.copyfile(built(release, "arm64"), root / "root/package.deb")
    shutil.copyfile(phone_in_there.__file__, root / "root/phone_in_there.py")
    try:
        foreign.run(root, "dpkg -i /root/package.deb", 1200)
        assert foreign.run(root, "uname -m; nursery --version", 120).startswith("aarch64\nnursery")
        assert foreign.run(root, "dpkg -V nursery-monitor", 120) == ""
        said = foreign.run(root, START, 1800)
        assert '"scale":{"state":"healthy"' in said
        assert '"microphone":{"state":"healthy"' in said
        assert re.search('"online": ?true', said)
    finally:
        shutil.rmtree(root, ignore_errors=True)
