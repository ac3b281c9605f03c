"""Who may import whom: rooms point downwards, the core is pure, help and the daemon are light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_USE: dict[str, set[str]] = {
    "vocabulary": set(),
    "host": {"vocabulary"},
    "core.growth": {"vocabulary"},
    "core.alerts": {"vocabulary"},
    "core.cry": {"vocabulary"},
    "core.scale": {"core.growth", "vocabulary"},
    "core.health": {"vocabulary"},
    "core.fading": {"core.growth", "vocabulary"},
    "core.warmth": {"core.growth", "vocabulary"},
    "core": {
        "core.alerts",
        "core.cry",
        "core.fading",
        "core.growth",
        "core.health",
        "core.scale",
        "core.warmth",
        "vocabulary",
    },
    "data": {"core.cry", "core.growth", "vocabulary"},
    "recordings": {"core.cry", "core.health", "host", "vocabulary"},
    "store": {"host", "vocabulary"},
    "devices": {"core.cry", "core.health", "host", "recordings", "vocabulary"},
    "report": {"core.growth", "data", "host", "store", "vocabulary"},
    "handover": {"core.growth", "report", "store", "vocabulary"},
    "mqtt": {"core.health", "host", "store", "vocabulary"},
    "daemon": {
        "core",
        "core.alerts",
        "core.cry",
        "core.growth",
        "data",
        "devices",
        "handover",
        "host",
        "mqtt",
        "report",
        "store",
        "vocabulary",
    },
}
"""each room of ``monitor`` below the command line, and what it may import besides itself"""

ABOVE = {"verbs", "simulation", "calibration", "page", "page.screens", "records", "cli"}
"""these may use every room of ``MAY_USE``; and one another only as follows"""
ABOVE_MAY_USE = {
    "simulation": set[str](),
    "verbs": set[str](),
    "records": set[str](),
    "calibration": {"simulation"},
    "page": {"page.screens"},
    "page.screens": {"page"},
    "cli": {"verbs", "simulation", "calibration", "page", "records"},
}
MOST_FILES_BESIDE_THE_ROOMS = 14


def modules() -> dict[str, Path]:
    """Every module of both packages by its dotted name."""
    found = {}
    for package in ("monitor", "calibration"):
        for path in (ROOT / package).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


MODULES = modules()


def room(module: str) -> str:
    """The room a module lies in."""
    parts = module.split(".")
    if parts[0] == "calibration":
        return "calibration"
    if module == "monitor.__main__":
        return "cli"
    is_room = MODULES[module].name == "__init__.py"
    inside = parts[1:] if is_room else parts[1:-1]
    return "vocabulary" if inside in ([], ["events"], ["written"]) else ".".join(inside)


def imported(path: Path) -> Iterator[str]:
    """The modules a file imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            for name in node.names:
                full = f"{node.module}.{name.name}"
                yield full if full in MODULES else str(node.module)


ARROWS = {
    name: {other for other in imported(path) if other in MODULES and other != name}
    for name, path in MODULES.items()
}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_file_imports_only_what_lies_below_its_room(module: str) -> None:
    here = room(module)
    for other in ARROWS[module]:
        there = room(other)
        if there == here:
            continue
        if here in ABOVE:
            allowed = there in MAY_USE or there in ABOVE_MAY_USE[here]
        else:
            allowed = there in MAY_USE[here]
        assert allowed or (module, other) in BY_CALL, f"{module} may not import {other}"


BY_CALL = {("monitor.devices.practice", "monitor.simulation.household")}
"""``source = "simulated"`` loads the simulation when it is asked for by name"""


def test_no_file_imports_itself_by_way_of_others() -> None:
    def direct(module: str) -> set[str]:
        packages = {name for name in ARROWS[module] if MODULES[name].name == "__init__.py"}
        own = {name for name in packages if module.startswith(f"{name}.")}
        return ARROWS[module] - own

    TopologicalSorter({module: direct(module) for module in MODULES}).prepare()


def test_every_room_is_in_the_table() -> None:
    assert {room(module) for module in MODULES} == {*MAY_USE, *ABOVE}


def test_few_files_stand_beside_the_rooms() -> None:
    beside = [path for path in (ROOT / "monitor").iterdir() if path.suffix == ".py"]
    assert len(beside) <= MOST_FILES_BESIDE_THE_ROOMS, sorted(path.name for path in beside)


@pytest.mark.parametrize("name", sorted(n for n, p in MODULES.items() if p.name == "__init__.py"))
def test_a_room_says_in_a_few_lines_what_it_is_for(name: str) -> None:
    text = ast.get_docstring(ast.parse(MODULES[name].read_text())) or ""
    lines = [line for line in text.splitlines() if line.strip()]
    assert 1 <= len(lines) <= 5, name


@pytest.mark.parametrize("module", sorted(m for m in MODULES if m.startswith("monitor.core")))
def test_the_core_imports_only_what_computes(module: str) -> None:
    for name in imported(MODULES[module]):
        first = name.partition(".")[0]
        assert first in sys.stdlib_module_names | {"numpy", "msgspec", "monitor"}, name


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


HEAVY = {"numpy", "paho", "sqlite3", "sounddevice", "soundfile", "gpiozero", "hx711", "lgpio",
         "RPi", "matplotlib", "rich", "amqtt", "calibration"}  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "import monitor",
        (
            "from monitor.cli import main; import contextlib, io\n"
            "with contextlib.redirect_stdout(io.StringIO()): main(['--help'])"
        ),
    ],
)
def test_help_is_light(statement: str) -> None:
    assert not HEAVY & loaded_after(statement)


def test_the_daemon_needs_neither_calibration_nor_pictures() -> None:
    loaded = loaded_after("import monitor.daemon.run")
    assert not {"calibration", "matplotlib", "rich", "amqtt", "torch"} & loaded
    assert not {"sounddevice", "gpiozero", "hx711", "lgpio"} & loaded  # opened by name, when asked
    assert not {"paho", "ssl"} & loaded  # the first connection loads them, after the sources began
    assert not {name for name in loaded if name.startswith("monitor.simulation")}


def test_the_reader_of_the_scale_is_light() -> None:
    """It is a second Python in memory: what it does not need would be there twice."""
    statement = (
        "from monitor.devices import gpio, load_cell_process\n"
        "import os; os.environ['LG_WD'] = '.'; gpio.prepare()"
    )
    heavy = {"numpy", "msgspec", "logging", "tempfile", "subprocess", "asyncio", "ssl", "sqlite3",
             "pathlib"}  # fmt: skip
    assert not heavy & loaded_after(statement)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_file_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(ast.parse(MODULES[module].read_text())), module
