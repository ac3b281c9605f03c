"""What is typed to install an extra names the Python that runs, not whichever comes first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.host.extras import PACKAGED, install_command


def test_it_is_the_pip_of_the_running_python() -> None:
    command = install_command("phone").removeprefix("sudo ")
    assert command.endswith("/bin/pip install 'nursery-monitor[phone]'")
    assert command.startswith(sys.prefix)
    assert subprocess.run([command.split()[0], "--version"], check=True, capture_output=True).stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_environment_of_somebody_else_needs_sudo() -> None:
    assert install_command("phone", "/usr").startswith("sudo /usr/bin/pip ")


def test_a_folder_with_a_space_is_one_word(tmp_path: Path) -> None:
    folder = tmp_path / "my tools"
    folder.mkdir()
    assert install_command("x", str(folder)).startswith(f"'{folder}/bin/pip' install")


def test_nothing_is_installed_into_the_debian_package() -> None:
    assert install_command("phone", PACKAGED) == (
        "not in the Debian package; in a checkout: pip install '.[phone]'"
    )
