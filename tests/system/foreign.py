"""A small Debian of another architecture, whose programs qemu runs: not booted, entered by chroot.

What the package depends on is unpacked here, which takes seconds instead of qemu's ten minutes, and
is on record as installed; of its scripts only those run that the package builds on. qemu is known
to the kernel in a namespace of the test alone, and so is the network: a loopback.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.system.container import CACHE, mirror

QEMU = "/usr/bin/qemu-aarch64-static"
PACKAGES = (
    "python3,libportaudio2,mosquitto,mosquitto-clients,openssl,adduser,systemd,hostname,iproute2"
)
ELF = (
    r":nursery:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    r":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
    f":{QEMU}:F"
)
"""how the kernel knows a program for arm64 (binfmt_misc)"""
ENTER = r"""
set -e
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
printf '%s' "$2" > /proc/sys/fs/binfmt_misc/register
ip link set lo up
mount --rbind /dev "$1/dev"
mount -t proc proc "$1/proc"
exec chroot "$1" sh -c "$3"
"""
SCRIPTS = ("mosquitto",)


def system(release: str) -> Path:
    """A clean arm64 system of a release, made when it is not there yet: a minute and a half."""
    root = CACHE / f"install-{release}-arm64"
    if not root.exists():
        new = root.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["debootstrap", "--foreign", "--arch=arm64", "--variant=minbase",
             f"--include={PACKAGES}", release, new, mirror()],
            check=True, timeout=900, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        record(new)
        for name in ("passwd", "group"):
            shutil.copyfile(new / f"usr/share/base-passwd/{name}.master", new / "etc" / name)
        run(new, "ldconfig; pwconv; for each in /scripts/*; do sh $each configure; done", 300)
        new.rename(root)
    return root


def record(root: Path) -> None:
    """Unpack what debootstrap has fetched, and enter it in dpkg's status."""
    shutil.rmtree(root / "debootstrap")
    scripts = root / "scripts"
    scripts.mkdir()
    status = []
    for package in sorted((root / "var/cache/apt/archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True, timeout=120)
        fields = subprocess.check_output(["dpkg-deb", "-f", package], text=True, timeout=60)
        head, _, rest = fields.partition("\n")
        name = head.removeprefix("Package: ")
        status.append(f"{head}\nStatus: install ok installed\n{rest}")
        same = "\nMulti-Arch: same" in fields
        listed = root / f"var/lib/dpkg/info/{name}{':arm64' if same else ''}.list"
        listed.write_text("/.\n")
        if name in SCRIPTS:
            control = root / "control"
            subprocess.run(["dpkg-deb", "-e", package, control], check=True, timeout=60)
            shutil.move(control / "postinst", scripts / name)
            shutil.rmtree(control)
        package.unlink()
    (root / "var/lib/dpkg/status").write_text("\n".join(status))
    (root / "var/lib/dpkg/arch").write_text("arm64\n")


def run(root: Path, line: str, patience_s: float) -> str:
    """What a line of shell says there that goes well; what it started ends with it."""
    inside = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    settings = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8")
    with subprocess.Popen(
        ["unshare", "--user", "sh", "-c", 'echo up; read -r _; exec "$@"', "sh",
         *inside, "env", "-i", *settings, "DEBIAN_FRONTEND=noninteractive",
         "sh", "-c", ENTER, "sh", root, ELF, line],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as child:  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        for kind in ("uid", "gid"):
            Path(f"/proc/{child.pid}/{kind}_map").write_text("0 0 65536")
        try:
            said = child.communicate("\n", timeout=patience_s)[0]
        finally:
            child.kill()
    assert child.returncode == 0, f"{line}: {said}"
    return said
