"""The Debian package without its wheels: its fields, files, scripts, and what sets a machine up.

What it does on a whole system is in tests/system/test_package.py.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import monitor
from monitor.config_file import load_config, load_page_config

ROOT = Path(__file__).parents[1]
SCRIPTS = [
    *sorted((ROOT / "systemd").glob("*.sh")), ROOT / "systemd/mosquitto/setup.sh",
    ROOT / "systemd/shelter/setup.sh", ROOT / "install.sh",
    *(ROOT / "systemd/deb" / name for name in ("config", "postinst", "prerm", "postrm")),
]  # fmt: skip
FIRST_SETUP = ROOT / "systemd/first-setup.sh"


def said(*words: object, **settings: object) -> str:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, timeout=60,
        **settings,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("deb", str(ROOT / "tools/deb"))
    spec = importlib.util.spec_from_loader("deb", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def package(
    builder: ModuleType, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed")
    builder.fetch_wheels = lambda *_: None
    made: Path = builder.build(request.param, "arm64", tmp_path_factory.mktemp("dist"), "-Znone")
    return made


def test_it_depends_on_what_debian_has(package: Path) -> None:
    field = {
        name: said("dpkg-deb", "--field", package, name).strip()
        for name in ("Version", "Architecture", "Depends", "Recommends")
    }
    python, after = ("3.11", "3.12") if "deb12" in package.name else ("3.13", "3.14")
    assert field["Version"].startswith(f"{monitor.__version__}+deb1")
    assert field["Architecture"] == "arm64"
    assert f"python3 (>= {python}), python3 (<< {after})" in field["Depends"]
    depends = {each.split()[0] for each in field["Depends"].split(", ")}
    assert {"libportaudio2", "mosquitto", "openssl", "adduser"} <= depends
    # Raspberry Pi OS has it and Debian has not: without it everything but the pins works.
    assert "python3-lgpio" in field["Recommends"]


def test_its_files_are_roots_and_the_checksums_hold(package: Path, tmp_path: Path) -> None:
    listed = said("dpkg-deb", "--contents", package).splitlines()
    assert all(" root/root " in line for line in listed)
    said("dpkg-deb", "--raw-extract", package, tmp_path)
    said("md5sum", "--check", "--quiet", tmp_path / "DEBIAN/md5sums", cwd=tmp_path)
    summed = set((tmp_path / "DEBIAN/md5sums").read_text().split()[1::2])
    files = {
        str(path.relative_to(tmp_path))
        for path in tmp_path.rglob("*")
        if path.is_file() and not path.is_symlink() and "DEBIAN" not in path.parts
    }
    assert summed == files
    assert not [name for name in files if name.startswith("etc/")]  # what is edited is not its own
    program = tmp_path / "usr/bin/nursery"
    assert program.is_symlink()
    assert program.resolve() == tmp_path / "usr/lib/nursery-monitor/bin/nursery"
    assert (tmp_path / "usr/lib/nursery-monitor/bin/python3").readlink() == Path(
        "../../../bin/python3"
    )


def test_its_pages_lead_to_one_another(package: Path, tmp_path: Path) -> None:
    said("dpkg-deb", "--extract", package, tmp_path)
    place = tmp_path / "usr/share/doc/nursery-monitor"
    links = [
        (page, name)
        for page in place.rglob("*.md")
        for name in re.findall(r"\]\(([\w./-]+)(?:#[^)]*)?\)", page.read_text())
        if name not in {"CHANGELOG.md", "LICENSE"}  # Debian has names of its own for them
    ]
    assert len(links) > 50
    assert [link for link in links if not (link[0].parent / link[1]).is_file()] == []


def test_its_units_start_what_it_has(package: Path, tmp_path: Path) -> None:
    said("dpkg-deb", "--extract", package, tmp_path)
    units = tmp_path / "usr/lib/systemd/system"
    for unit in units.iterdir():
        if unit.suffix == ".service":
            words = re.findall(r"(?m)^ExecStart=(.*)$", unit.read_text())[0].split()
            for word in words:
                if word.startswith("/usr/lib/nursery-monitor") or word == "/usr/bin/nursery":
                    assert os.access(tmp_path / word[1:], os.X_OK), f"{unit.name}: {word}"
            assert "/opt/" not in unit.read_text()
    enabled = re.findall(r'UNITS="([^"]+)"', (ROOT / "systemd/deb/postinst").read_text())[0]
    for name in enabled.split():
        assert "[Install]" in (units / name).read_text()
    for name in ("postinst", "prerm", "postrm"):
        text = (ROOT / "systemd/deb" / name).read_text()
        assert all(unit in text for unit in enabled.split())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_shell_and_may_be_run(script: Path) -> None:
    said("sh", "-n", script)
    if script.suffix == ".sh":
        assert script.stat().st_mode & stat.S_IXUSR
    if shutil.which("shellcheck") is not None:
        said("shellcheck", "--exclude=SC1091,SC2154", script)


def needs_broker(test: Callable[[Path], None]) -> Callable[[Path], None]:
    """For ``first-setup.sh``, which runs below a directory."""
    missing = [name for name in ("openssl", "mosquitto_passwd") if shutil.which(name) is None]
    skipped = pytest.mark.skipif(bool(missing), reason=f"not installed: {missing}")
    marked: Callable[[Path], None] = pytest.mark.system(skipped(test))
    return marked


def set_up(root: Path) -> str:
    return said(FIRST_SETUP, env=os.environ | {"ROOT": str(root)})


def files(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in root.rglob("*")
        if path.is_file()
    }


@needs_broker
def test_a_clean_machine_gets_a_box_with_a_broker_of_its_own_rules(tmp_path: Path) -> None:
    (tmp_path / "etc/mosquitto").mkdir(parents=True)
    set_up(tmp_path)
    config = load_config(tmp_path / "etc/nursery/nursery.toml")
    assert (config.box, config.scale.source, config.mqtt.username) == (
        "nursery", "hx711", "nursery"
    )  # fmt: skip
    assert not config.mqtt.use_tls
    _, page = load_page_config(tmp_path / "etc/nursery/nursery.toml")
    assert page.username == "page"
    access = tomllib.loads((tmp_path / "etc/nursery/access.toml").read_text())
    assert set(access) == {"host", "port", "tls", "ca_file", "homeassistant", "phone"}
    made = files(tmp_path)
    for name in ("nursery/access.toml", "nursery/mqtt-password", "nursery/page-mqtt-password",
                 "mosquitto/nursery.passwd", "mosquitto/certs/nursery-ca.key"):  # fmt: skip
        assert made[f"etc/{name}"][1] == 0o600, name
    assert not [name for name in made if name.endswith(("said", ".new"))]
    assert "kept as it is" in set_up(tmp_path)
    assert files(tmp_path) == made


@needs_broker
def test_a_mosquitto_with_rules_of_its_own_is_not_touched(tmp_path: Path) -> None:
    house = tmp_path / "etc/mosquitto/conf.d/house.conf"
    house.parent.mkdir(parents=True)
    house.write_text("per_listener_settings true\nlistener 1883\nallow_anonymous true\n")
    assert "a broker of its own" in set_up(tmp_path)
    assert [path.name for path in house.parent.iterdir()] == ["house.conf"]
    own = tmp_path / "etc/mosquitto/nursery"
    assert f"include_dir {own}/conf.d" in (own / "mosquitto.conf").read_text()
    rules = (own / "conf.d/nursery.conf").read_text()
    config = load_config(tmp_path / "etc/nursery/nursery.toml")
    assert f"listener {config.mqtt.port} 127.0.0.1" in rules
    assert config.mqtt.port != 1883


@needs_broker
def test_a_configuration_that_is_here_stays_with_its_broker(tmp_path: Path) -> None:
    config = tmp_path / "etc/nursery/nursery.toml"
    config.parent.mkdir(parents=True)
    config.write_text('box = "mine"\n[mqtt]\nhost = "broker.example.org"\n')
    set_up(tmp_path)
    assert config.read_text() == 'box = "mine"\n[mqtt]\nhost = "broker.example.org"\n'
    assert not (tmp_path / "etc/mosquitto").exists()


@needs_broker
def test_a_box_that_is_renamed_may_speak_as_no_other_box(tmp_path: Path) -> None:
    (tmp_path / "etc/mosquitto").mkdir(parents=True)
    set_up(tmp_path)
    setup = ROOT / "systemd/mosquitto/setup.sh"
    below = os.environ | {"ROOT": str(tmp_path)}
    said(setup, "possum", env=below)
    rules = tmp_path / "etc/mosquitto/nursery.acl"
    before = rules.read_text()
    taken = subprocess.run(
        [setup, "--renamed", "nursery", "possum"], env=below, capture_output=True, check=False
    )
    assert taken.returncode == 2
    assert rules.read_text() == before
    assert "may speak as attic" in said(setup, "--renamed", "nursery", "attic", env=below)
    assert said(setup, "--renamed", "nursery", "attic", env=below) == ""
    box = rules.read_text().split("user nursery\n")[1].split("\nuser ")[0]
    assert "topic readwrite nursery/attic/#" in box
    assert "topic readwrite nursery/nursery/#" in box  # it empties what it said there
    assert rules.read_text().count("attic/#") == 1
