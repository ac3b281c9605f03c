"""The lock file says what pyproject.toml allows, of everything, with hashes, and names no index."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
EXTRAS = ("demo", "watch", "report", "notify", "page", "phone", "lists")
MACHINES = [
    {"python_version": python, "python_full_version": f"{python}.2", "platform_machine": machine,
     "sys_platform": "linux", "platform_system": "Linux", "extra": ""}
    for python in ("3.11", "3.12", "3.13") for machine in ("x86_64", "aarch64")
]  # fmt: skip


def locked() -> list[Requirement]:
    lines = [line for line in LOCK.splitlines() if line and not line.startswith(("#", " "))]
    return [Requirement(line.removesuffix("\\")) for line in lines]


def wanted() -> list[Requirement]:
    texts = list(PROJECT["dependencies"])
    for extra in EXTRAS:
        texts += PROJECT["optional-dependencies"][extra]
    return [Requirement(text) for text in texts]


def on(machine: dict[str, str], found: list[Requirement]) -> dict[str, str]:
    """Name to version of what is installed there; twice the same name is an error."""
    here = [r for r in found if r.marker is None or r.marker.evaluate(machine)]
    names = [canonicalize_name(r.name) for r in here]
    assert len(set(names)) == len(names)
    return {canonicalize_name(r.name): next(iter(r.specifier)).version for r in here}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: "-".join(list(m.values())[:3]))
def test_every_dependency_is_locked_within_its_range(machine: dict[str, str]) -> None:
    versions = on(machine, locked())
    for requirement in wanted():
        if requirement.marker is None or requirement.marker.evaluate(machine):
            version = versions[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), f"{requirement}: make lock"


def test_what_they_need_is_locked_too() -> None:
    machine = MACHINES[0]
    versions = on(machine, locked())
    for name in versions:
        try:
            needs = requires(name) or []
        except PackageNotFoundError:
            continue  # an extra that is not installed here
        for text in needs:
            need = Requirement(text)
            if need.marker is None or need.marker.evaluate(machine):
                assert canonicalize_name(need.name) in versions, f"{name} needs {need}: make lock"


def test_every_version_is_pinned_and_has_hashes() -> None:
    entries = re.split(r"\n(?=\S)", LOCK)
    entries = [entry for entry in entries if not entry.startswith("#")]
    assert len(entries) == len(locked()) > 30
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==\S+ ", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def test_no_index_is_named() -> None:
    assert "://" not in LOCK
    assert "index" not in LOCK.lower()
    assert "@" not in LOCK


@pytest.mark.parametrize("text", [str(requirement) for requirement in wanted()])
def test_every_dependency_has_a_range(text: str) -> None:
    requirement = Requirement(text)
    operators = {specifier.operator for specifier in requirement.specifier}
    assert ">=" in operators
    stops_by_python = requirement.marker is not None and "python_version <" in str(
        requirement.marker
    )
    assert "<" in operators or stops_by_python, f"{requirement} has no end"
