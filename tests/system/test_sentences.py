"""Whatever is wrong, the real command ends in one sentence: no traceback, exit code 1 or 2."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.service_user import AS_SERVICE, PACKAGES, ROOT, python

pytestmark = pytest.mark.system
GOOD = 'box = "a"\nstate_dir = "{tmp}/state"\n'


def nursery(
    tmp: Path, *argv: str, program: list[str] | None = None, **how: object
) -> tuple[int, str]:
    done = subprocess.run(
        [*(program or [sys.executable, "-P", "-m", "monitor"]), *argv],
        capture_output=True, text=True, check=False, timeout=60, cwd=tmp, stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{PACKAGES}"}, **how,  # type: ignore[arg-type]
    )  # fmt: skip
    return done.returncode, done.stderr


def assert_one_sentence(code: int, told: str, words: str) -> None:
    assert code in {1, 2}, told
    assert "Traceback" not in told
    assert told.count("\n") == 1, told
    assert told.startswith("nursery: ")
    assert words in told


SETTINGS = {
    "a URL": (
        '[mqtt]\nhost = "mqtt://broker.local:1883"',
        'write the name alone, host = "broker.local"',
    ),
    "a port in the host": (
        '[mqtt]\nhost = "broker.local:1883"',
        'host = "broker.local" and port = 1883',
    ),
    "a space": ('[mqtt]\nhost = "broker.local "', "has a space in it"),
    "brackets": ('[mqtt]\nhost = "[::1]"', 'host = "::1"'),
    "a user in the host": ('[mqtt]\nhost = "me@broker"', "the user as username"),
    "a password without a user": ('[mqtt]\npassword_file = "/p"', '"mqtt.username" is missing'),
    "a bad source": (
        '[scale]\nsource = "hx7111"',
        '"hx7111" is none of "csv", "hx711", "none", "simulated"',
    ),
    "a bad driver": ('[scale]\ndriver = "rpi"', '"gpiozero", "hx711-package"'),
    "a bad protocol": ('[mqtt]\nprotocol = "3.1"', '"3.1.1", "5"'),
    "a bad severity": ('[notify]\nfrom_severity = "high"', '"critical", "info", "warning"'),
    "a header pin": ("[scale]\ndout_pin = 29", "pin 29 of the header is BCM 5"),
    "a ground pin": ("[panel]\nled_pin = 39", "pin 39 of the header is power or ground"),
    "no time": ('[alerts]\nnight = {{ from = "10pm" }}', 'not a time such as "22:00"'),
    "text for a number": ('[scale]\ncapacity_g = "5kg"', "give a number, not text in quotes"),
    "a number too small": ("[scale]\ncapacity_g = 0", "more than 0"),
    "a port too large": ("[mqtt]\nport = 88830", "at most 65535"),
    "a misspelt key": ("[mqtt]\nusernam = 'a'", 'did you mean "username"?'),
    "a table that is none": ('mqtt = "broker"', "give a table, not text in quotes"),
    "no TOML": ("[scale", "is not valid TOML"),
}


@pytest.mark.parametrize("what", SETTINGS)
def test_a_setting_that_cannot_work(tmp_path: Path, what: str) -> None:
    text, words = SETTINGS[what]
    config = tmp_path / "n.toml"
    config.write_text((GOOD + text).format(tmp=tmp_path))
    code, told = nursery(tmp_path, "baby", "list", "--config", str(config))
    assert code == 2
    assert_one_sentence(code, told, words)


FILES = {
    "marked": (b"\xef\xbb\xbf" + GOOD.encode(), "begins with a byte-order mark"),
    "UTF-16": (GOOD.encode("utf-16"), "begins with a byte-order mark"),
    "latin": (b'box = "a"\n# f\xfcr', "is not valid TOML"),
    "empty": (b"", 'the key "box" is missing'),
}


@pytest.mark.parametrize("what", FILES)
def test_a_configuration_that_an_editor_spoiled(tmp_path: Path, what: str) -> None:
    content, words = FILES[what]
    (tmp_path / "n.toml").write_bytes(content)
    code, told = nursery(tmp_path, "check", "--config", "n.toml")
    assert_one_sentence(code, told, words)


COMMANDS = {
    "a directory as configuration": (["check", "--config", "."], "is a directory: name the file"),
    "no configuration": (["baby", "list"], "no configuration found"),
    "a directory as recording": (["replay", "--config", "n.toml", "--scale", "."], "cannot read"),
    "a directory as list": (["weigh", "--csv", ".", "--config", "n.toml"], "cannot read"),
    "a missing list": (["weigh", "--csv", "none.csv", "--config", "n.toml"], "none.csv"),
    "babies that are none": (
        ["replay", "--config", "n.toml", "--scale", "s.csv", "--babies", "n.toml"],
        "n.toml",
    ),
    "no journal yet": (["report", "--config", "n.toml"], "no journal"),
    "a report into a file": (["report", "--config", "n.toml", "--out", "n.toml/r.html"], "n"),
    "calibration without a scale": (["calibrate", "scale", "--config", "n.toml"], "no scale"),
    "calibration without a microphone": (
        ["calibrate", "room", "--config", "n.toml"],
        "no microphone",
    ),
    "a mass that is none": (
        ["calibrate", "scale", "--from-csv", "s.csv", "--mass", "a bag", "--config", "n.toml"],
        "bag",
    ),
    "calibration from a missing file": (
        ["calibrate", "room", "--from-audio", "none.wav", "--config", "n.toml"],
        "none.wav",
    ),
    "no cries": (
        ["calibrate", "cry", "none", "none", "--species", "kitten"],
        "no WAV, FLAC or OGG files",
    ),
    "a model that is none": (
        ["calibrate", "cry", ".", ".", "--species", "kitten", "--model", "none.npz"],
        "none.npz",
    ),
    "a watch by URL": (["watch", "--host", "mqtt://b"], 'host = "b"'),
    "a watch by port": (["watch", "--host", "b:1883"], "port = 1883"),
    "a watch with too large a port": (["watch", "--host", "b", "--port", "99999"], "--port"),
    "a watch with an open password": (
        ["watch", "--host", "b", "--username", "a", "--password-file", "n.toml"],
        "chmod 600",
    ),
    "a password without a user": (["watch", "--host", "b", "--password-file", "s"], "username"),
}


@pytest.mark.parametrize("what", COMMANDS)
def test_a_command_that_cannot_be_done(tmp_path: Path, what: str) -> None:
    argv, words = COMMANDS[what]
    calibrated = "[scale]\ncounts_per_gram = 400\nzero_counts = 1000\n"
    (tmp_path / "n.toml").write_text(GOOD.format(tmp=tmp_path) + calibrated)
    (tmp_path / "n.toml").chmod(0o644)
    rows = "".join(f"{t / 10},{1000 + t % 7}\n" for t in range(200))
    (tmp_path / "s.csv").write_text("time_s,counts\n" + rows)
    code, told = nursery(tmp_path, *argv)
    assert_one_sentence(code, told, words)


@pytest.mark.parametrize("verb", ["baby", "weigh", "report", "run", "check"])
def test_a_state_directory_that_is_none(tmp_path: Path, verb: str) -> None:
    (tmp_path / "n.toml").write_text(
        f'box = "a"\nstate_dir = "{tmp_path}/n.toml"\n[scale]\nsource = "simulated"\n'
    )
    argv = {"baby": ["baby", "list"], "weigh": ["weigh", "Joey", "100"]}.get(verb, [verb])
    code, told = nursery(tmp_path, *argv, "--config", "n.toml")
    if verb in {"check", "baby"}:
        assert code in {0, 1}
        assert "Traceback" not in told
    else:
        assert_one_sentence(code, told, "n.toml")


# ------------------------------------------------------------------- without sudo

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def box() -> Iterator[Path]:
    """What a rescuer's Pi has: configuration and state that other users may not look at."""
    with tempfile.TemporaryDirectory(prefix="nursery-sentences-") as folder:
        base = Path(folder)
        base.chmod(0o755)
        for name in ("etc", "state"):
            (base / name).mkdir(mode=0o750)
        (base / "etc/nursery.toml").write_text(f'box = "a"\nstate_dir = "{base}/state"\n')
        (base / "open.toml").write_text(f'box = "a"\nstate_dir = "{base}/state"\n')
        yield base


WITHOUT_SUDO = {
    "baby list": ["baby", "list"],
    "baby add": ["baby", "add", "Joey", "--species", "kitten"],
    "weigh": ["weigh", "Joey", "100"],
    "assign": ["assign", "a1", "Joey"],
    "correct": ["correct", "a1", "--void"],
    "report": ["report"],
    "check": ["check"],
    "watch": ["watch"],
    "run": ["run"],
    "calibrate scale": ["calibrate", "scale"],
}


@needs_root
@pytest.mark.optional
@pytest.mark.parametrize("what", WITHOUT_SUDO)
def test_every_command_without_sudo_says_what_it_needs(box: Path, what: str) -> None:
    program = [
        python(), "-P", "-c",
        ("import sys, pathlib, monitor.config_file as config; from monitor.cli import main\n"
        f"config.SEARCH_PATHS = (pathlib.Path({str(box / 'etc/nursery.toml')!r}),)\n"
        "sys.exit(main())"),
    ]  # fmt: skip
    code, told = nursery(box, *WITHOUT_SUDO[what], program=program, **AS_SERVICE)
    assert_one_sentence(code, told, "sudo")


@needs_root
@pytest.mark.optional
@pytest.mark.parametrize("what", ["baby list", "baby add", "weigh", "report"])
def test_a_state_directory_that_others_may_not_look_into(box: Path, what: str) -> None:
    program = [python(), "-P", "-m", "monitor"]
    argv = [*WITHOUT_SUDO[what], "--config", str(box / "open.toml")]
    code, told = nursery(box, *argv, program=program, **AS_SERVICE)
    assert_one_sentence(code, told, str(box / "state"))


@pytest.mark.parametrize("module", ["rich", "matplotlib"])
def test_a_missing_extra_is_named(tmp_path: Path, module: str) -> None:
    (tmp_path / "n.toml").write_text(GOOD.format(tmp=tmp_path))
    program = [
        sys.executable, "-P", "-c",
        ("import sys, importlib.util as util\nfind = util.find_spec\n"
        f"util.find_spec = lambda name, *a: None if name == {module!r} else find(name, *a)\n"
        "from monitor.cli import main\nsys.exit(main())"),
    ]  # fmt: skip
    verb = {"rich": ["watch", "--host", "b"], "matplotlib": ["report", "--config", "n.toml"]}[
        module
    ]
    code, told = nursery(tmp_path, *verb, program=program)
    assert_one_sentence(code, told, "pip install")
