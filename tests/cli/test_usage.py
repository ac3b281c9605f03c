"""Of every verb: one sentence on bad usage, and exit code 2."""

import subprocess
import sys

import pytest

from tests.cli.calling import fails


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["dance"], "dance"),
        (["replay"], "--config"),
        (["demo", "--speed", "-3"], "--speed"),
        (["demo", "--hours", "many"], "--hours"),
        (["baby", "add", "Possum"], "--species"),
        (["baby", "add", "Possum", "--species", "hamster"], "hamster"),
        (["weigh", "Possum", "heavy"], "heavy"),
        (["weigh", "Possum"], "nursery weigh Possum 112"),
        (["weigh", "--next", "Possum"], "--next stands alone"),
        (["correct", "a1"], "--void"),
        (["baby", "edit", "Possum"], "say what changes"),
        (["baby", "edit", "Possum", "--confirm"], "--rename OTHER"),
        (["run", "--config", "/nowhere/n.toml"], "/nowhere/n.toml"),
    ],
)
def test_bad_usage_is_exit_code_2(
    capsys: pytest.CaptureFixture[str], argv: list[str], named: str
) -> None:
    code, sentence = fails(capsys, *argv)
    assert code == 2
    assert named in sentence


def test_no_arguments_is_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "monitor"], capture_output=True, text=True, check=False
    )
    assert "Usage: nursery" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
