"""Who may import whom: the core is pure, the daemon never needs calibration, help is light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE_MAY_USE = {"numpy", "msgspec"}
CORE_MAY_USE_OF_OURS = ("core", "events", "states", "errors", "config", "moments")
DEMO = {"demo.py", "simulated_night.py", "cli.py"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("path", sorted((ROOT / "monitor" / "core").glob("*.py")), ids=str)
def test_the_core_imports_only_what_computes(path: Path) -> None:
    for name in imported(path):
        first, _, rest = name.partition(".")
        if first == "monitor":
            assert rest.startswith(CORE_MAY_USE_OF_OURS), f"{path.name} imports {name}"
        else:
            assert first in sys.stdlib_module_names | CORE_MAY_USE | {"__future__"}, name


@pytest.mark.parametrize("path", sorted((ROOT / "monitor").rglob("*.py")), ids=str)
def test_calibration_is_only_for_the_demo_and_the_command_line(path: Path) -> None:
    if path.name in DEMO:
        return
    assert not any(name.startswith("calibration") for name in imported(path))


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
    loaded = loaded_after("import monitor.daemon")
    assert not {"calibration", "matplotlib", "rich", "amqtt", "torch"} & loaded
    assert not {"sounddevice", "gpiozero", "hx711", "lgpio"} & loaded  # opened by name, when asked


def test_the_reader_of_the_scale_is_light() -> None:
    """It is a second Python in memory: what it does not need would be there twice."""
    statement = (
        "from monitor.devices import gpio, load_cell_process\n"
        "import os; os.environ['LG_WD'] = '.'; gpio.prepare()"
    )
    assert loaded_after(statement).isdisjoint(
        {"numpy", "msgspec", "logging", "tempfile", "subprocess", "asyncio", "ssl", "sqlite3"}
    )


def test_core_files_stay_readable() -> None:
    for path in (ROOT / "monitor").rglob("*.py"):
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), f"{path} does not say what it is"
