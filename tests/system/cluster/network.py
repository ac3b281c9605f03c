"""A network of this process alone, where lines between addresses can be cut.

Its processes are alone, too: whatever a broker started ends with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

INSIDE = "NURSERY_OWN_NETWORK"
LOCAL_RULE, CUT_RULE = 10, 5
"""places in the kernel's list of rules: a cut is looked at before loopback's own addresses"""


def available() -> bool:
    """Whether this user may have a network namespace."""
    found = shutil.which("unshare") and shutil.which(
        "ip", path=os.environ.get("PATH", "") + ":/sbin"
    )
    if not found:
        return False
    tried = subprocess.run(["unshare", *_options(), "true"], check=False, capture_output=True)
    return tried.returncode == 0


def in_own(words: list[str]) -> list[str]:
    """The command that runs these words of Python in a namespace of their own."""
    return ["env", f"{INSIDE}=1", "unshare", *_options(), sys.executable, *words]


def _options() -> list[str]:
    own = ["--net", "--mount-proc", "--pid", "--fork", "--kill-child"]
    return own if os.geteuid() == 0 else [*own, "--map-root-user"]


def prepare() -> None:
    """Loopback up, and its addresses looked up after the cuts."""
    assert os.environ.get(INSIDE), "only in a namespace of its own"
    _ip("link", "set", "lo", "up")
    _ip("rule", "add", "pref", str(LOCAL_RULE), "lookup", "local")
    _ip("rule", "del", "pref", "0")


def cut(one: str, other: str) -> None:
    """From now on nothing passes between the two; nobody is told."""
    for source, target in ((one, other), (other, one)):
        _ip("rule", "add", "pref", str(CUT_RULE), "from", source, "to", target, "blackhole")


def mend() -> None:
    """Every cut line passes again."""
    rule = ["ip", "rule", "del", "pref", str(CUT_RULE)]
    while subprocess.run(rule, check=False, capture_output=True).returncode == 0:
        pass


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def share(root: Path, folder: Path) -> None:
    """Programs of the tree ``root`` find ``folder``, the processes and the devices."""
    (root / folder.relative_to("/")).mkdir(parents=True, exist_ok=True)
    for what in (folder, Path("/proc"), Path("/dev")):
        subprocess.run(
            ["mount", "--bind", str(what), str(root / what.relative_to("/"))], check=True
        )
