"""The service file and ``nursery install``: what systemd itself says about them."""

import io
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from monitor.config_file import load_config
from monitor.host.extras import PACKAGED
from monitor.verbs.install import (
    InstallError,
    install,
    own_place,
    package_source,
    program_file,
    with_extra,
    with_program,
)

MAX_EXPOSURE = {"nursery.service": 18, "nursery-page.service": 15}
"""tenths, as systemd-analyze security counts them"""

needs_systemd = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze"),
]


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(params=MAX_EXPOSURE)
def unit(tmp_path, request):
    path = tmp_path / request.param
    path.write_text(with_program(program_file(request.param), "/bin/sh"))
    return path


def test_the_kernels_files_of_a_probe_may_be_read() -> None:
    """/sys is read-only for the service (ProtectKernelTunables), and not hidden from it."""
    lines = program_file("nursery.service").splitlines()
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
        options = ("--offline=true", f"--threshold={MAX_EXPOSURE[unit.name]}")
        done = run("systemd-analyze", "security", *options, str(unit))
        assert done.returncode == 0, done.stdout[-200:]

    @pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd-sysusers")
    def test_the_user_and_its_groups_are_well_formed(self, tmp_path):
        (tmp_path / "etc").mkdir()
        (tmp_path / "nursery.conf").write_text(program_file("sysusers.conf"))
        done = run("systemd-sysusers", f"--root={tmp_path}", str(tmp_path / "nursery.conf"))
        assert done.returncode == 0, done.stderr
        (tmp_path / "page.conf").write_text(program_file("page-sysusers.conf"))
        done = run("systemd-sysusers", f"--root={tmp_path}", str(tmp_path / "page.conf"))
        assert done.returncode == 0, done.stderr
        assert "nursery-page:" in (tmp_path / "etc/passwd").read_text()
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


def test_the_page_has_no_device_and_goes_before_the_box():
    lines = program_file("nursery-page.service").splitlines()
    for line in ("User=nursery-page", "PrivateDevices=yes", "DevicePolicy=closed",
                 "InaccessiblePaths=-/var/lib/nursery -/run/nursery", "OOMScoreAdjust=500",
                 "LoadCredential=mqtt-password:/etc/nursery/page-mqtt-password"):  # fmt: skip
        assert line in lines
    assert not [line for line in lines if line.startswith("DeviceAllow=")]
    program = with_program("\n".join(lines), "/opt/n/bin/nursery")
    assert "ExecStart=/opt/n/bin/nursery page --config /etc/nursery/nursery.toml" in program


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


def test_the_page_is_installed_where_it_is_asked_for(tmp_path):
    assert install(str(tmp_path), dry_run=False, out=io.StringIO(), page=True) == 0
    written = listing(tmp_path)
    assert {"etc/systemd/system/nursery-page.service", "usr/lib/sysusers.d/nursery-page.conf",
            "usr/lib/tmpfiles.d/nursery-page.conf"} <= set(written)  # fmt: skip
    assert written["etc/nursery/page-mqtt-password"] == ("", 0o600)
    assert install(str(tmp_path), dry_run=False, out=io.StringIO(), page=True) == 0
    assert listing(tmp_path) == written


def test_an_extra_is_asked_of_pip_as_it_takes_it():
    assert with_extra("/home/pi/my nursery", "page") == "/home/pi/my nursery[page]"
    assert with_extra("nursery-monitor==1.0", "page") == "nursery-monitor[page]==1.0"
    assert with_extra("file:///x/y", "page") == "nursery-monitor[page] @ file:///x/y"


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


def test_what_the_debian_package_installed_stays_as_it_is(monkeypatch):
    monkeypatch.setattr("sys.prefix", PACKAGED)
    with pytest.raises(InstallError, match="Debian package"):
        install("/", dry_run=True, out=io.StringIO())


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
