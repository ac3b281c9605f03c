"""``nursery update`` on real packages and repositories: told, agreed to, then done."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
from pathlib import Path

import pytest

import monitor
from monitor.cli import main
from monitor.errors import CommandError, InputError
from monitor.verbs import installed
from monitor.verbs.installed import NotDoneError
from monitor.verbs.news import own_changelog
from monitor.verbs.update import after_fetch, update
from tests.cli.calling import fails

POINT = "* The lamp is warmer now.\n"


def no(_question: str) -> bool:
    return False


def yes(_question: str) -> bool:
    return True


def package(folder: Path, version: str = "99.0", name: str = installed.PACKAGE) -> Path:
    """A Debian package with nothing in it but the change log."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    tree.chmod(0o755)
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: Nobody <nobody@example.org>\nDescription: a test\n"
    )
    place = tree / f"usr/share/doc/{name}/CHANGELOG.md.gz"
    place.parent.mkdir(parents=True)
    place.write_bytes(gzip.compress((POINT + own_changelog()).encode()))
    file = folder / f"{name}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, file], check=True,
                   capture_output=True)  # fmt: skip
    return file


needs_dpkg = pytest.mark.skipif(
    shutil.which("dpkg-deb") is None, reason="no Debian: dpkg-deb is missing"
)


@needs_dpkg
def test_a_package_says_what_is_new_and_waits_for_a_yes(tmp_path: Path) -> None:
    out = io.StringIO()
    with pytest.raises(NotDoneError, match="nothing was changed"):
        update(str(package(tmp_path)), no, out)
    assert "New in version 99.0:\n\n  * The lamp is warmer now.\n" in out.getvalue()
    assert out.getvalue().count("  * ") == 1
    assert "apt-get" not in out.getvalue()


@needs_dpkg
def test_another_or_a_damaged_package_is_refused(tmp_path: Path, capsys) -> None:
    other = package(tmp_path, name="kitchen-timer")
    with pytest.raises(InputError, match="is the package of kitchen-timer"):
        update(str(other), yes, io.StringIO())
    half = tmp_path / "half.deb"
    half.write_bytes(other.read_bytes()[:90])
    for file in (half, tmp_path / "none.deb"):
        code, sentence = fails(capsys, "update", str(file), "--yes")
        assert code == 1
        assert str(file) in sentence


class Repository:
    """One that is followed, and a clone from which the program was installed."""

    def __init__(self, folder: Path) -> None:
        self.there, self.here = folder / "there", folder / "here"
        self.there.mkdir()
        self._git(self.there, "init", "--quiet", "-b", "main")
        self.commit(own_changelog())
        self._git(folder, "clone", "--quiet", str(self.there), str(self.here))

    def commit(self, changelog: str) -> None:
        (self.there / "CHANGELOG.md").write_text(changelog)
        self._git(self.there, "add", ".")
        self._git(self.there, "commit", "--quiet", "-m", "a change")

    def _git(self, folder: Path, *words: str) -> None:
        name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", folder, *name, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    if shutil.which("git") is None:
        pytest.skip("git is missing")
    made = Repository(tmp_path)
    monkeypatch.setattr(installed, "package_source", lambda: f"file://{made.here}")
    return made


def test_a_checkout_with_nothing_new_says_so(repository: Repository) -> None:
    out = io.StringIO()
    assert update(None, no, out) == 0
    assert out.getvalue().startswith("Nothing new: this is version")


def test_a_checkout_is_told_first_and_followed_after_a_yes(repository: Repository) -> None:
    repository.commit(POINT + own_changelog())
    out = io.StringIO()
    with pytest.raises(NotDoneError):
        update(None, no, out)
    assert "  * The lamp is warmer now.\n" in out.getvalue()
    assert (repository.here / "CHANGELOG.md").read_text() == own_changelog()
    assert update(None, yes, io.StringIO()) == 0
    assert (repository.here / "CHANGELOG.md").read_text() == POINT + own_changelog()


def test_a_checkout_that_follows_nobody_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is missing")
    alone = Repository(tmp_path).there
    monkeypatch.setattr(installed, "package_source", lambda: str(alone))
    with pytest.raises(CommandError, match="follows no other repository"):
        update(None, yes, io.StringIO())


def test_a_service_is_installed_anew_and_restarted(tmp_path: Path) -> None:
    pip, *_ = [words for words in after_fetch(tmp_path, is_service=True) if "pip" in words[0]]
    assert pip[-1].startswith(str(tmp_path))
    last = after_fetch(tmp_path, is_service=True)[-1]
    assert last[:2] == ["systemctl", "try-restart"]
    assert after_fetch(tmp_path, is_service=False) == []


def test_without_a_repository_it_says_how_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(installed, "package_source", lambda: "nursery-monitor==0.1.0")
    code, sentence = fails(capsys, "update")
    assert code == 2
    assert "updated the way it was installed" in sentence


def test_a_package_without_a_file_says_what_to_name(
    monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(monitor, "__file__", f"{installed.PACKAGE_HOME}lib/monitor/__init__.py")
    code, sentence = fails(capsys, "update")
    assert code == 2
    assert "sudo nursery update FILE" in sentence
    assert "install.sh" in sentence


def test_nobody_at_the_terminal_has_said_yes(repository: Repository, capsys) -> None:
    repository.commit(POINT + own_changelog())
    assert main(["update"]) == 1
    assert "add --yes" in capsys.readouterr().err
