"""A small Debian that boots under systemd-nspawn: for what touches a whole system.

Needs root, debootstrap and systemd-nspawn. A root that was made once is kept in
~/.cache/nursery-monitor and copied for each test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

CACHE = Path.home() / ".cache/nursery-monitor"
PACKAGES = (
    "systemd,systemd-sysv,dbus,python3,ca-certificates,mosquitto-clients,iproute2,hostname,procps"
)
"""what a Pi has, and the subscriber that the tests look with"""
ADDRESS = "192.168.77.2"
BOOT_S = 120.0
COMMAND_S = 300.0


def mirror() -> str:
    """The Debian mirror of this machine; skips where there is none."""
    apt = Path("/etc/apt")
    for path in (*sorted(apt.rglob("*.sources")), apt / "sources.list"):
        if path.exists() and (found := re.search(r"https?://\S+/debian(?=\s)", path.read_text())):
            return found[0]
    pytest.skip("no Debian mirror is configured in /etc/apt")


def need_tools(*more: str) -> None:
    """Skip where a container cannot be booted."""
    for tool in ("debootstrap", "systemd-nspawn", *more):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    if os.geteuid() != 0:
        pytest.skip("needs root")


def base(release: str, arch: str | None = None) -> Path:
    """A clean system of a release, made when it is not there yet: two minutes."""
    root = CACHE / f"install-{release}{f'-{arch}' if arch else ''}"
    if not root.exists():
        new = root.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}",
             *([f"--arch={arch}"] if arch else []), release, new, mirror()],
            check=True, timeout=1800, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        new.rename(root)
    return root


def fetch(root: Path, *packages: str) -> None:
    """Lay what these need into the system's store: a booted one has no network."""
    resolver = root / "etc/resolv.conf"
    resolver.unlink(missing_ok=True)
    shutil.copyfile("/etc/resolv.conf", resolver)
    for words in (("update", "-qq"), ("install", "-y", "-qq", "--download-only", *packages)):
        subprocess.run(
            ["chroot", str(root), "apt-get", *words], check=True, timeout=900,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


class Container:
    """One system; ``boot``, ``run`` in it, ``end``; boot again for a reboot."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._init = 0

    def boot(self) -> None:
        """Start it and wait until it is up; it has one address and no way out."""
        (self.root / "etc/hostname").write_text("nursery\n")
        self._nspawn = subprocess.Popen(
            ["systemd-nspawn", "--register=no", "--keep-unit", "--quiet", "--boot",
             "--private-network", "--console=pipe",
             f"--directory={self.root}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + BOOT_S
        while time.monotonic() < deadline:
            if (self._init or self._found()) and self.run("systemctl is-system-running", False)[
                1
            ].strip() in {"running", "degraded"}:
                self.run("ip link add home type dummy 2>/dev/null || ip link add home type veth")
                self.run(f"ip addr add {ADDRESS}/24 dev home; ip link set home up")
                return
            time.sleep(0.3)
        pytest.fail("the container did not boot")

    def _found(self) -> int:
        """The process 1 of the container, seen from here."""
        assert self._nspawn is not None
        assert self._nspawn.poll() is None, "systemd-nspawn has ended"
        mine = f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children"
        for child in Path(mine).read_text().split():
            status = Path(f"/proc/{child}/status").read_text()
            if re.search(r"^NSpid:\t\d+\t1$", status, re.MULTILINE):
                self._init = int(child)
        return self._init

    def run(
        self, command: str, check: bool = True, typed: str = "", env: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Run a line of shell as root in it; its exit status and what it said."""
        done = subprocess.run(
            self.inside(command, env), input=typed, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=COMMAND_S,
        )  # fmt: skip
        assert done.returncode == 0 or not check, f"{command}: {done.stdout}"
        return done.returncode, done.stdout

    def inside(self, command: str, env: dict[str, str] | None = None) -> list[str]:
        """What runs a line of shell as root in it."""
        settings = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        return ["nsenter", "--all", f"--target={self._init}", "env", "-i",
                *(f"{key}={value}" for key, value in (settings | (env or {})).items()),
                "sh", "-c", f"cd /root; {command}"]  # fmt: skip

    def in_its_network(self) -> list[str]:
        """What goes before a command of this machine that shall run in its network."""
        return ["nsenter", "--net", f"--target={self._init}"]

    def said(self, command: str) -> str:
        """What a command says that goes well."""
        return self.run(command)[1].strip()

    def wait(self, command: str, wanted: str = "", patience_s: float = 60.0) -> str:
        """Until a command goes well and says what is wanted."""
        deadline = time.monotonic() + patience_s
        while True:
            code, said = self.run(command, check=False)
            if code == 0 and wanted in said:
                return said.strip()
            if time.monotonic() > deadline:
                pytest.fail(f"{command}: {said}")
            time.sleep(0.3)

    def end(self) -> None:
        """Switch it off in order."""
        if self._nspawn is None:
            return
        if self._nspawn.poll() is None and self._init:
            self.run("systemctl poweroff", check=False)
        try:
            self._nspawn.wait(60)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait(10)
        self._nspawn, self._init = None, 0
