"""lgpio for the Python of a Debian release, as Raspberry Pi OS has it in python3-lgpio.

Debian itself has no such package, and there are wheels up to Python 3.12 only: for a later one its
source is compiled in a copy of the clean system, once.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import files, version
from pathlib import Path

from tests.system.container import CACHE, base, fetch

NEEDS = ("gcc", "libc6-dev", "python3-dev", "python3-setuptools", "swig")
COMPILE = "cd /root/lgpio-* && PYPI=1 python3 setup.py -q build_ext --inplace"
"""as its maker compiles the wheels: with the library inside"""


def lay(root: Path, release: str) -> None:
    """Put it where Debian's Python finds it."""
    there = root / "usr/lib/python3/dist-packages"
    there.mkdir(parents=True, exist_ok=True)
    if release == "bookworm":  # Python 3.11, as this one
        for name in files("lgpio") or ():
            if len(name.parts) == 1:
                shutil.copyfile(str(name.locate()), there / name)
        return
    for path in _compiled(release).iterdir():
        shutil.copyfile(path, there / path.name)


def _compiled(release: str) -> Path:
    made = CACHE / f"lgpio-{release}"
    if made.exists():
        return made
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        root, fresh = Path(scratch) / "root", Path(scratch) / "made"
        subprocess.run(["cp", "-a", "--reflink=auto", base(release), root], check=True, timeout=600)
        fetch(root, *NEEDS)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check",
             "--no-deps", "--no-binary=:all:", f"--dest={scratch}",
             f"lgpio=={version('lgpio')}"],
            check=True, timeout=600,
        )  # fmt: skip
        with tarfile.open(next(Path(scratch).glob("lgpio-*.tar.gz"))) as source:
            source.extractall(root / "root", filter="data")
        for line in (f"apt-get install -y -qq --no-download {' '.join(NEEDS)}", COMPILE):
            subprocess.run(
                ["chroot", root, "env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", line],
                check=True, timeout=1800, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        fresh.mkdir()
        source_dir = next((root / "root").glob("lgpio-*/"))
        for path in (*source_dir.glob("_lgpio*.so"), source_dir / "lgpio.py"):
            shutil.copyfile(path, fresh / path.name)
        fresh.rename(made)
    return made
