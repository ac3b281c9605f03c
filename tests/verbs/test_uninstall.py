"""What ``nursery install`` has written goes, and nothing else, below a root of its own."""

from pathlib import Path

import pytest

import monitor
from monitor.cli import main
from monitor.verbs.installed import PACKAGE_HOME
from tests.cli.calling import fails


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


def installed(root: Path) -> set[str]:
    """After an installation with the page, and a night."""
    assert main(["install", "--page", "--root", str(root)]) == 0
    for name in ("var/lib/nursery/journal.sqlite", "var/lib/nursery-page/sessions.json",
                 "opt/nursery/bin/nursery", "etc/hosts"):  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "usr/local/bin").mkdir(parents=True)
    (root / "usr/local/bin/nursery").symlink_to("/opt/nursery/bin/nursery")
    return files(root)


def test_the_program_goes_and_the_records_stay(tmp_path: Path, capsys) -> None:
    before = installed(tmp_path)
    assert main(["uninstall", "--root", str(tmp_path), "--yes"]) == 0
    kept = {name for name in before if name.startswith(("etc/nursery", "var/lib", "etc/hosts"))}
    assert files(tmp_path) == kept
    said = capsys.readouterr().out
    assert f"Kept: {tmp_path}/etc/nursery, {tmp_path}/var/lib/nursery" in said


def test_purged_nothing_of_it_is_left(tmp_path: Path) -> None:
    installed(tmp_path)
    assert main(["uninstall", "--purge", "--root", str(tmp_path), "--yes"]) == 0
    assert files(tmp_path) == {"etc/hosts"}


def test_without_a_yes_and_in_a_dry_run_nothing_changes(tmp_path: Path, capsys) -> None:
    before = installed(tmp_path)
    capsys.readouterr()
    code, sentence = fails(capsys, "uninstall", "--purge", "--root", str(tmp_path))
    assert code == 1
    assert "nothing was changed" in sentence
    assert main(["uninstall", "--dry-run", "--root", str(tmp_path)]) == 0
    assert "would be removed" in capsys.readouterr().out
    assert files(tmp_path) == before


def test_a_package_is_removed_by_apt_and_purged_with_its_question_answered(
    monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(monitor, "__file__", f"{PACKAGE_HOME}lib/monitor/__init__.py")
    assert main(["uninstall", "--dry-run"]) == 0
    assert capsys.readouterr().out == (
        "  would run: apt-get remove --yes --quiet nursery-monitor\n"
    )
    assert main(["uninstall", "--purge", "--dry-run"]) == 0
    answered, purged = capsys.readouterr().out.splitlines()
    assert "purge-journal boolean true" in answered
    assert "apt-get purge" in purged


def test_a_command_of_somebody_else_s_is_left(tmp_path: Path) -> None:
    installed(tmp_path)
    own = tmp_path / "usr/local/bin/nursery"
    own.unlink()
    own.write_text("#!/bin/sh\n")
    assert main(["uninstall", "--root", str(tmp_path), "--yes"]) == 0
    assert own.exists()
