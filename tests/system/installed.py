"""Systems with the Debian package of this checkout: what a person types there, and her phone."""

from __future__ import annotations

import functools
import gzip
import json
import os
import re
import selectors
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system import phone_in_there
from tests.system.container import ADDRESS, CACHE, COMMAND_S, Container, base, fetch, need_tools

ROOT = Path(__file__).parents[2]
SUFFIX = {"bookworm": "deb12", "trixie": "deb13"}
UNITS = ("nursery.service", "nursery-page.service")
CHANGELOG = "usr/share/doc/nursery-monitor/CHANGELOG.md.gz"

WANTED = [
    pytest.mark.system,
    pytest.mark.optional,
    pytest.mark.skipif(
        "NURSERY_INSTALL_TEST" not in os.environ, reason="NURSERY_INSTALL_TEST is not set"
    ),
]
"""marks of tests that take minutes and root: ``make test-install``"""


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

    def answer(self, line: str, *answers: tuple[str, str]) -> str:
        """What a person types at its terminal, and what she answers where she is asked."""
        self.typed.append(line)
        said, asked = "", list(answers)
        with subprocess.Popen(
            self.inside(f"script -qefc '{line.removeprefix('sudo ')}' /dev/null",
                        {"DEBIAN_FRONTEND": "readline", "TERM": "dumb"}),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as talk, selectors.DefaultSelector() as ready:  # fmt: skip
            assert talk.stdin is not None
            assert talk.stdout is not None
            ready.register(talk.stdout, selectors.EVENT_READ)
            deadline, seen = time.monotonic() + COMMAND_S, 0
            while time.monotonic() < deadline:
                if not ready.select(1.0):
                    continue
                if not (more := os.read(talk.stdout.fileno(), 65_536)):
                    break
                said += more.decode(errors="replace")
                if asked and asked[0][0] in said[seen:]:
                    seen = len(said)
                    talk.stdin.write(asked.pop(0)[1].encode() + b"\n")
                    talk.stdin.flush()
            else:
                talk.kill()
        assert not asked, f"{line} did not ask: {asked[0][0]}: {said}"
        assert talk.returncode == 0, said
        return said.replace("\r\n", "\n")

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


@functools.cache
def built(release: str, arch: str = "amd64") -> Path:
    """The package of this checkout, made once."""
    out = CACHE / "dist"
    subprocess.run(
        ["python3", ROOT / "tools/deb", "--quick", "--release", release, "--arch", arch,
         "--out", out],
        check=True, timeout=1800, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return next(out.glob(f"*{SUFFIX[release]}_{arch}.deb"))


@functools.cache
def stocked(release: str) -> Path:
    """A system that has what the package needs in its store."""
    package, root = built(release), base(release)
    shutil.copyfile(package, root / "root/package.deb")
    fetch(root, "/root/package.deb")
    (root / "root/package.deb").unlink()
    return root


@pytest.fixture(params=SUFFIX)
def pi(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pi]:
    """A clean system of each release with the package beside it."""
    need_tools()
    root, package = stocked(request.param), built(request.param)
    own = tmp_path / "root"
    subprocess.run(["cp", "-a", "--reflink=auto", root, own], check=True, timeout=600)
    shutil.copyfile(package, own / "root" / package.name)
    shutil.copyfile(phone_in_there.__file__, own / "root/phone_in_there.py")
    made = Pi(own, package)
    yield made
    made.end()
    shutil.rmtree(own, ignore_errors=True)


def newer(package: Path, version: str, news: str = "") -> None:
    """The same package as a later release, as ``newer.deb``, with ``news`` in its change log."""
    tree = package.with_suffix(".tree")
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True, timeout=120)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub("(?m)^Version: .*$", f"Version: {version}", control.read_text()))
    log = tree / CHANGELOG
    text = gzip.decompress(log.read_bytes()).decode()
    latest, rest = text.split("\n## ", 1)
    title, points = rest.split("\n", 1)
    log.write_bytes(gzip.compress(f"{latest}\n## {title}\n\n{news}{points}".encode()))
    sums = tree / "DEBIAN/md5sums"
    was = subprocess.check_output(["md5sum", CHANGELOG], cwd=tree, text=True)
    sums.write_text(re.sub(f".*{re.escape(CHANGELOG)}\n", was, sums.read_text()))
    out = package.with_name("newer.deb")
    subprocess.run(
        ["dpkg-deb", "-Znone", "--root-owner-group", "-b", tree, out], check=True, timeout=120,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    shutil.rmtree(tree)
