"""Runs the program as an unprivileged user, for tests that are root."""

from __future__ import annotations

import contextlib
import functools
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SERVICE = 54_321
"""a user that exists nowhere else"""
PACKAGES = sysconfig.get_path("purelib")
PYTHONS = (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}")
"""the second where the first lies in root's home: its packages fit the same version"""

AS_SERVICE: dict[str, Any] = {"user": SERVICE, "group": SERVICE, "extra_groups": []}


@functools.cache
def python() -> str:
    """An interpreter that the service's user may run, with everything that the monitor needs."""
    for candidate in PYTHONS:
        with contextlib.suppress(OSError):
            done = subprocess.run(
                [candidate, "-c", "import numpy, click, msgspec, monitor.cli"], check=False,
                capture_output=True, cwd="/", env={"PYTHONPATH": f"{ROOT}:{PACKAGES}"},
                **AS_SERVICE,
            )  # fmt: skip
            if done.returncode == 0:
                return candidate
    pytest.skip("the program or its Python is readable by root alone")
