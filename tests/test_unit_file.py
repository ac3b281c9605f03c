"""The service file and ``nursery install``: what systemd itself says about them."""

import io
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from monitor.config_file import load_config
from monitor.verbs.install import install, own_place, package_source, program_file, with_program

MAX_EXPOSURE = 18
"""tenths, as systemd-analyze security counts them"""

needs_systemd = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze"),
]


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def unit(tmp_path):
    path = tmp_path / "nursery.service"
    path.write_text(with_program(program_file("nursery.service"), "/bin/sh"))
    return path


def test_the_kernels_files_of_a_probe_may_be_read(unit: Path) -> None:
    """/sys is read-only for the service (ProtectKernelTunables), and not hidden from it."""
    lines = unit.read_text().splitlines()
    assert "ProtectKernelTunables=yes" in lines
    hides = ("InaccessiblePaths=", "TemporaryFileSystem=", "RootDirectory=", "RootImage=")
    assert not [line for line in lines if line.startswith(hides)]


class TestBySystemd:
    pytestmark = needs_systemd

    def test_verify_prints_nothing(self, unit):
        done = run("systemd-analyze", "verify", str(unit))
        assert done.stdout + done.stderr == ""  # it exits 0 even for unknown keys
        assert done.returncode == 0

    @pytest.mark.parametrize("line", ["ProtectSytem=strict", "Nice=-99", "DeviceAllow=nonsense rw"])
    def test_verify_would_notice(self, unit, line):
        unit.write_text(unit.read_text().replace("[Install]", f"{line}\n\n[Install]"))
        done = run("systemd-analyze", "verify", str(unit))
        assert done.stdout + done.stderr

    def test_exposure(self, unit):
        options = ("--offline=true", f"--threshold={MAX_EXPOSURE}")
        done = run("systemd-analyze", "security", *options, str(unit))
        assert done.returncode == 0, done.stdout[-200:]

    @pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd-sysusers")
    def test_the_user_and_its_groups_are_well_formed(self, tmp_path):
        (tmp_path / "etc").mkdir()
        (tmp_path / "nursery.conf").write_text(program_file("sysusers.conf"))
        done = run("systemd-sysusers", f"--root={tmp_path}", str(tmp_path / "nursery.conf"))
        assert done.returncode == 0, done.stderr
        groups = (tmp_path / "etc/group").read_text().splitlines()
        members = {line.split(":")[0]: line.split(":")[3] for line in groups}
        assert members["audio"] == members["gpio"] == "nursery"


def test_essentials_of_the_unit():
    text = program_file("nursery.service")
    for line in (
        "Type=notify",
        "Restart=always",
        "StartLimitIntervalSec=0",
        "ProtectSystem=strict",
        "DevicePolicy=closed",
        "LoadCredential=mqtt-password:/etc/nursery/mqtt-password",
    ):
        assert line in text.splitlines()
    assert "LG_WD=%t/nursery" in text


def listing(root):
    return {
        str(path.relative_to(root)): (path.read_text(), stat.S_IMODE(path.stat().st_mode))
        for path in root.rglob("*")
        if path.is_file()
    }


def test_install_writes_everything_and_may_be_run_twice(tmp_path):
    out = io.StringIO()
    assert install(str(tmp_path), dry_run=False, out=out) == 0
    first = listing(tmp_path)
    assert set(first) == {
        "etc/systemd/system/nursery.service",
        "usr/lib/sysusers.d/nursery.conf",
        "usr/lib/tmpfiles.d/nursery.conf",
        "etc/nursery/nursery.toml",
        "etc/nursery/mqtt-password",
    }
    assert first["etc/nursery/mqtt-password"][1] == 0o600
    assert (
        "run --config /etc/nursery/nursery.toml" in first["etc/systemd/system/nursery.service"][0]
    )
    assert install(str(tmp_path), dry_run=False, out=io.StringIO()) == 0
    assert listing(tmp_path) == first


def test_install_keeps_what_was_edited_and_renews_what_is_its_own(tmp_path):
    install(str(tmp_path), dry_run=False, out=io.StringIO())
    config = tmp_path / "etc/nursery/nursery.toml"
    unit = tmp_path / "etc/systemd/system/nursery.service"
    config.write_text('box = "mine"\n')
    unit.write_text("old")
    out = io.StringIO()
    install(str(tmp_path), dry_run=False, out=out)
    assert config.read_text() == 'box = "mine"\n'
    assert "Type=notify" in unit.read_text()
    assert f"kept as it is: {config}" in out.getvalue()


def test_a_dry_run_changes_nothing(tmp_path):
    out = io.StringIO()
    install(str(tmp_path), dry_run=True, out=out)
    assert not list(tmp_path.iterdir())
    assert "would be written" in out.getvalue()


def test_the_skeleton_is_a_valid_configuration(tmp_path):
    install(str(tmp_path), dry_run=False, out=io.StringIO())
    assert load_config(tmp_path / "etc/nursery/nursery.toml").scale.source == "hx711"


def test_a_program_in_a_home_directory_gets_a_place_the_service_can_see(tmp_path):
    source = package_source()
    assert (Path(source) / "pyproject.toml").exists()
    venv, pip = own_place("/home/pi/my nursery")
    assert venv.endswith("--system-site-packages /opt/nursery")
    assert pip.startswith("/opt/nursery/bin/pip install")
    assert pip.endswith("'/home/pi/my nursery'")
