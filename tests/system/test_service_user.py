"""From the service user's side: links laid in its own directory lead root nowhere.

An unprivileged user owns the state directory and replaces the names in it by links to a file of
root's, and to names where a file of root's could be created. Then root types every command.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from monitor.cli import cli
from tests.system.service_user import AS_SERVICE, PACKAGES, ROOT, SERVICE, python

pytestmark = [
    pytest.mark.system,
    pytest.mark.optional,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which is what is being misled"),
]
PERSON = 54_322
NAMES = (
    "daemon.lock", "journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm",
    "journal.new", "cries", "not-a-cry", "settings.toml", "settings.lock",
    "secret-mqtt-password", "lock", "pairing.json", "pairing.json.new",
)  # fmt: skip
CONFIG = """
box = "test-box"
state_dir = "{state}"
[microphone]
source = "none"
[scale]
source = "csv"
file = "{scale}"
counts_per_gram = 400.0
zero_counts = 1000
[mqtt]
host = "127.0.0.1"
port = 9
[page]
state_dir = "{state}"
"""


class Machine:
    """A directory of root's, one of the service's, one of a person's, and root's own secrets."""

    def __init__(self, base: Path) -> None:
        self.base = base
        base.chmod(0o755)
        self.state = self._owned("state", SERVICE, 0o750)
        self.home = self._owned("home", PERSON, 0o700)
        self.etc = self._owned("etc", 0, 0o755)
        self.kept = self.etc / "shadow"
        self.kept.write_text("root:secret\n")
        self.kept.chmod(0o600)
        scale = self.etc / "scale.csv"
        noise = itertools.cycle((-20, 5, 20, -5))
        counts = [
            *(1000 + next(noise) for _ in range(150)),
            *(401_000 + next(noise) for _ in range(150)),
        ]
        scale.write_text(
            "time_s,counts\n" + "".join(f"{t / 10},{c}\n" for t, c in enumerate(counts))
        )
        self.config = self.etc / "nursery.toml"
        self.config.write_text(CONFIG.format(state=self.state, scale=scale))
        self.blind = self.etc / "blind.toml"
        self.blind.write_text(self.config.read_text().replace('"csv"', '"none"'))
        self._before = self._roots()

    def _owned(self, name: str, uid: int, mode: int) -> Path:
        path = self.base / name
        path.mkdir()
        os.chown(path, uid, uid)
        path.chmod(mode)
        return path

    def _roots(self) -> dict[str, tuple[int, int, int, bytes]]:
        """Everything in root's directory: owner, mode, size, content."""
        found = {}
        for path in sorted(self.etc.rglob("*")):
            status = path.lstat()
            found[path.name] = (
                status.st_uid, status.st_gid, status.st_mode, path.read_bytes(),
            )  # fmt: skip
        return found

    def words(self, argv: list[str]) -> list[str]:
        return [word.format(home=self.home, blind=self.blind) for word in argv]

    def as_service(self, code: str) -> None:
        subprocess.run([python(), "-c", code], check=True, cwd=self.state, **AS_SERVICE)

    def as_root(self, *argv: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [python(), "-P", "-m", "monitor", *argv], capture_output=True, text=True,
            check=False, timeout=60, cwd=cwd or self.etc, stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{PACKAGES}",
                 "NURSERY_CONFIG": str(self.config)},
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def assert_untouched(self) -> None:
        """Nothing of root's was given away or changed, and nothing of root's was made elsewhere."""
        assert self._roots() == self._before
        for folder, uid in ((self.state, SERVICE), (self.home, PERSON)):
            for path in folder.rglob("*"):
                assert path.lstat().st_uid == uid, path


@pytest.fixture
def machine() -> Iterator[Machine]:
    base = Path(tempfile.mkdtemp(prefix="nursery-intruder-"))
    try:
        made = Machine(base)
        yield made
    finally:
        shutil.rmtree(base)


COMMANDS = {
    "check": ["check", "--config", "{blind}"],
    "baby add": ["baby", "add", "Joey", "--species", "kitten", "--weight", "120"],
    "baby list": ["baby", "list"],
    "weigh": ["weigh", "Joey", "121"],
    "feed": ["feed", "Joey", "8 ml"],
    "note": ["note", "Joey", "stool"],
    "log": ["log"],
    "undo": ["undo"],
    "thing list": ["thing", "list"],
    "thing forget": ["thing", "forget", "bottle"],
    "correct": ["correct", "a1", "--void"],
    "report": ["report", "--out", "{home}/r.html", "--csv", "{home}/r.csv"],
    "calibrate scale": ["calibrate", "scale", "--config", "{blind}"],
    "set": ["set", "box", "cellar"],
    "get": ["get"],
    "look": ["look"],
    "summary": ["summary"],
    "calibrate room": ["calibrate", "room", "--config", "{blind}"],
    "run": ["run"],
    "page": ["page", "--pair"],
    "baby edit": ["baby", "edit", "Joey", "--rename", "Jo"],
    "baby delete": ["baby", "delete", "Joey"],
    "baby move": ["baby", "move", "Joey", "--cancel"],
    "baby retire": ["baby", "retire", "Joey"],
    "assign": ["assign", "a1", "Joey"],
    "identity": ["identity", "--new"],
    "adopt": ["adopt"],
    "dashboard": ["dashboard"],
    "push": ["push"],
    "set-up": ["set-up"],
    "backup": ["backup", "{home}/kept.nursery"],
    "restore": ["restore", "{home}/kept.nursery"],
}
TARGETS: dict[str, Callable[[Machine], Path]] = {
    "a file of root's": lambda m: m.kept,
    "a name where none is": lambda m: m.etc / "cron-job",
    "a directory of root's": lambda m: m.etc,
}


KEEPS_THE_CALLER_S_RIGHTS = {"records", "replay", "watch"}
OF_ANOTHER_USER = {"page"}
"""it has a state directory of its own"""
"""no state directory is touched"""


def test_every_command_that_knows_a_box_is_tried() -> None:
    tried = set(COMMANDS) | KEEPS_THE_CALLER_S_RIGHTS | OF_ANOTHER_USER
    assert {name for name, command in commands(cli) if takes_config(command)} <= tried


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def takes_config(command: click.Command) -> bool:
    return any(parameter.name == "config_path" for parameter in command.params)


@pytest.mark.parametrize("target", TARGETS)
def test_links_in_the_state_directory_lead_root_nowhere(machine: Machine, target: str) -> None:
    goal = TARGETS[target](machine)
    machine.as_service(f"import os\nfor name in {NAMES!r}: os.symlink({str(goal)!r}, name)")
    for argv in COMMANDS.values():
        done = machine.as_root(*machine.words(argv))
        assert done.returncode in {1, 2}, (argv, done.stdout)
        machine.assert_untouched()


@pytest.mark.parametrize(
    "name",
    [n for n in NAMES if "." in n and not n.startswith(("settings", "journal.new", "pairing"))],
)
def test_one_link_among_sound_files_is_told_by_its_name(machine: Machine, name: str) -> None:
    add = COMMANDS["baby add"]
    assert machine.as_root(*add).returncode == 0
    machine.as_service(
        f"import os\nif os.path.exists({name!r}): os.remove({name!r})\n"
        f"os.symlink({str(machine.kept)!r}, {name!r})"
    )
    done = machine.as_root(*COMMANDS["weigh"])
    assert done.returncode == 1
    assert f"{name} is a link" in done.stderr
    assert done.stderr.count("\n") == 1
    machine.assert_untouched()


def test_what_root_types_is_done_by_the_service_s_user(machine: Machine) -> None:
    for name in ("baby add", "weigh", "baby list"):
        done = machine.as_root(*COMMANDS[name])
        assert done.returncode == 0, done.stderr
    assert {path.name for path in machine.state.iterdir()} >= {"daemon.lock", "journal.sqlite"}
    machine.assert_untouched()
    assert (machine.state / "journal.sqlite").stat().st_mode & 0o007 == 0


def test_a_report_is_written_with_the_rights_of_whoever_s_place_it_is(machine: Machine) -> None:
    pytest.importorskip("matplotlib")
    machine.as_root(*COMMANDS["baby add"])
    done = machine.as_root(*machine.words(COMMANDS["report"]))
    assert done.returncode == 0, done.stderr
    assert (machine.home / "r.html").stat().st_uid == PERSON
    assert (machine.home / "r.csv").read_text().startswith("time,what")
    link = machine.home / "link.html"
    link.symlink_to(machine.kept)
    os.lchown(link, PERSON, PERSON)
    done = machine.as_root("report", "--out", str(link))
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    machine.assert_untouched()
    mine = machine.etc / "mine.html"
    assert machine.as_root("report", "--out", "mine.html").returncode == 0
    assert mine.stat().st_uid == 0


def test_a_calibration_beside_links_of_the_service_s_is_the_service_s(machine: Machine) -> None:
    recording = machine.etc / "scale.csv"
    done = machine.as_root(
        "calibrate", "scale", "--from-csv", str(recording), "--mass", "1kg", cwd=machine.state
    )
    assert done.returncode == 0, done.stderr
    (written,) = machine.state.glob("scale-*.toml")
    assert "counts_per_gram" in written.read_text()
    machine.assert_untouched()


def test_python_files_in_the_current_directory_are_not_run_by_root(machine: Machine) -> None:
    trap = f"open({str(machine.state / 'trapped')!r}, 'w')"
    for name in ("monitor", "numpy", "json", "calibration"):
        (machine.state / f"{name}.py").write_text(trap)
        os.chown(machine.state / f"{name}.py", SERVICE, SERVICE)
    machine.as_root(*machine.words(COMMANDS["check"]), cwd=machine.state)
    assert not (machine.state / "trapped").exists()


def test_install_below_a_directory_of_somebody_else_s_is_refused_to_root(machine: Machine) -> None:
    done = machine.as_root("install", "--root", str(machine.home))
    assert done.returncode == 1
    assert "decides where that leads" in done.stderr
    assert not list(machine.home.iterdir())
    image = machine.base / "image"
    assert machine.as_root("install", "--root", str(image)).returncode == 0
    assert (image / "etc/nursery/nursery.toml").stat().st_mode & 0o777 == 0o640


def test_a_state_directory_of_root_s_in_which_others_write_is_refused(machine: Machine) -> None:
    os.chown(machine.state, 0, SERVICE)
    machine.state.chmod(0o770)
    done = machine.as_root(*COMMANDS["baby add"])
    assert done.returncode == 1
    assert "chmod go-w" in done.stderr
    assert not list(machine.state.iterdir())
