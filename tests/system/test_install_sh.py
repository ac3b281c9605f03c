"""``sudo ./install.sh`` from a checkout, on clean systems that reach a package index.

Part of ``make test-install``. The package is built and installed in the system before it boots: a
booted one has no network. How this machine reaches its index holds there too: pip's configuration,
its environment and the directories that they name, read-only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.container import Container, base, need_tools
from tests.system.installed import SUFFIX, WANTED

ROOT = Path(__file__).parents[2]
PIP_FILES = ("/etc/pip.conf", "/etc/xdg/pip")
ENVIRONMENT = re.compile(r"(?i)^(PIP_\w+|\w+_PROXY|SSL_CERT_\w+|REQUESTS_CA_BUNDLE)$")
UNITS = ("mosquitto.service", "nursery.service", "nursery-page.service", "nursery-name.path")

pytestmark = WANTED


@pytest.fixture(params=SUFFIX)
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Container]:
    need_tools("git")
    root = tmp_path / "root"
    subprocess.run(["cp", "-a", base(request.param), root], check=True, timeout=600)
    checkout = root / "root/checkout"
    checkout.mkdir()
    files = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT
    )
    packed = subprocess.check_output(
        ["tar", "-c", "--null", "--files-from=-"], cwd=ROOT, input=files
    )
    subprocess.run(["tar", "-x"], cwd=checkout, input=packed, check=True)
    made = Container(root)
    yield made
    made.end()
    shutil.rmtree(root, ignore_errors=True)


def as_here() -> list[str]:
    """How this machine reaches its package index, as options of systemd-nspawn."""
    settings = {key: value for key, value in os.environ.items() if ENVIRONMENT.match(key)}
    said = list(settings.values())
    places = {path for path in PIP_FILES if Path(path).exists()}
    for path in places:
        found = [Path(path)] if Path(path).is_file() else Path(path).iterdir()
        said += [each.read_text() for each in found if each.is_file()]
    named = {path for text in said for path in re.findall(r"(?<![\w/])/[\w./-]+", text)}
    named |= {path for text in said for path in re.findall(r"file://(/[\w./-]+)", text)}
    places |= {path for path in named if Path(path).exists()}
    return [f"--bind-ro={path}" for path in sorted(places)] + [
        f"--setenv={key}={value}" for key, value in settings.items()
    ]


def test_a_checkout_is_installed_by_one_command(system: Container) -> None:
    done = subprocess.run(
        ["systemd-nspawn", "--register=no", "--keep-unit", "--quiet", "--pipe",
         "--resolv-conf=replace-host", f"--directory={system.root}", *as_here(),
         "--setenv=DEBIAN_FRONTEND=noninteractive", "/root/checkout/install.sh"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "sudo nursery page --pair" in done.stdout
    system.boot()
    for unit in UNITS:
        system.wait(f"systemctl is-active {unit}")
    assert system.said("dpkg -V nursery-monitor") == ""
    port = system.said("sed -n '/^\\[page\\]/,$s/^port = //p' /etc/nursery/nursery.toml")
    ask = "import urllib.request as r, sys; print(r.urlopen(sys.argv[1]).status)"
    system.wait(f"python3 -c '{ask}' http://127.0.0.1:{port}/healthz", "200")
    assert re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", system.said("nursery page --pair"))
