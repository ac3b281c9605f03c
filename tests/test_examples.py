"""Every example of the pages runs, or is held against the program that it calls.

A command of ours runs for real, on a box that has been lived in and whose daemon does not run. What
needs a whole machine is only read as the command line would read it: NOT_HERE names the test that
runs it.
"""

from __future__ import annotations

import ast
import configparser
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from monitor.cli import cli, main
from monitor.config_file import parse_config
from monitor.mqtt.topics import Topics, parse_command
from tests.examples import ROOT, Example, examples
from tests.lived_in import CONFIG, Steps, live_in

EXAMPLES = examples()
OURS = [example for example in EXAMPLES if example.words[:1] == ["nursery"]]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
TARGETS = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))

NOT_HERE = {
    "calibrate": "tests/system/test_set_up.py",
    "check": "tests/system/test_set_up.py",
    "demo": "tests/system/test_demo.py",
    "install": "tests/system/test_service_user.py",
    "page": "tests/system/test_page.py",
    "run": "tests/system/test_daemon.py",
    "uninstall": "tests/verbs/test_uninstall.py",
    "update": "tests/verbs/test_update.py",
    "watch": "tests/system/test_watch_terminal.py",
}
"""needs a Pi, root, a broker or a person who answers: where it is run"""
REFUSED = {
    ("adopt", "--remove"): "no earlier card",
    ("baby", "move"): "for a monitor that runs",
    ("look", "60"): "for a monitor that runs",
}
"""asks for what is not there while no daemon runs: what it must then say"""
NOT_OURS = {"apt", "systemctl", "journalctl", "ln", "nano", "sh", "ffmpeg", "for", "done"}

FILLED = {"NAME": "Possum", "BOX": "cellar", "G": "110", "FILE": "weights.csv"}
BABIES = [
    {"name": "Kangaroo", "species": "kitten", "born": "2026-05-01", "weight_g": 180},
    {"name": "Possum", "species": "puppy", "born": "2026-04-28", "weight_g": 120},
]


def workbook(path: Path) -> None:
    pytest.importorskip("python_calamine", reason='needs the extra "lists"')
    from tests.recordings.workbooks import xlsx

    rows: list[list[Any]] = [["date", "Possum"], ["2 May 2026 08:00", 121.0]]
    path.write_bytes(xlsx({"Weights": rows}))


def sounds(path: Path) -> None:
    from tests.recordings.recorded import crying, wav

    wav(path, crying())


def counts(path: Path) -> None:
    rows = np.column_stack([np.arange(200) / 10, 1000 + np.arange(200) % 3])
    np.savetxt(path, rows, "%.1f,%d", header="time_s,counts", comments="")


FILES: dict[str, Callable[[Path], object]] = {
    "nursery.toml": lambda path: path.write_text(CONFIG),
    "babies.json": lambda path: path.write_text(json.dumps(BABIES)),
    "scale.csv": counts,
    "list.xlsx": workbook,
    "recording.wav": sounds,
    "probe.csv": lambda path: path.write_text("time_s,temperature_c\n0,30.5\n10,30.4\n"),
    "box.nursery": lambda path: main(["backup", str(path)]),
    "said.jsonl": lambda path: path.write_text(
        '{"t_s": 1.5, "verb": "feed", "args": {"baby": "Possum", "grams": "8 ml"}}\n'
    ),
    "weights.csv": lambda path: path.write_text(
        "time,baby,weight_g\n2026-05-02T08:00:00Z,Possum,121\n2026-05-03T08:00:00Z,Possum,124\n"
    ),
}
"""what the examples read, by name"""


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the examples, and a box that is configured by one of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NURSERY_CONFIG", str(tmp_path / "nursery.toml"))
    FILES["nursery.toml"](tmp_path / "nursery.toml")
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))  # whatever is asked
    return tmp_path


def prepared(words: list[str], steps: Steps) -> list[str]:
    """What is typed, with names for placeholders, after what must have happened before it."""
    if words[0] == "assign":
        words = ["assign", steps.thing if "--object" in words else steps.possum, *words[2:]]
    if words[0] == "thing":
        assert main(["assign", steps.thing, "--object", "hot-water bottle"]) == 0
    if words[:2] == ["baby", "add"]:
        shutil.rmtree("state")
    else:
        assert main(["weigh", "Possum", "123"]) == 0  # can be taken back
    return [(FILLED | {"ID": steps.possum}).get(word, word) for word in words]


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and what is left for it."""
    command: click.Command = cli
    left = list(words)
    while isinstance(command, click.Group) and left and not left[0].startswith("-"):
        assert left[0] in command.commands, f"there is no {left[0]!r}"
        command = command.commands[left.pop(0)]
    return command, left


@pytest.mark.parametrize("example", OURS, ids=str)
def test_a_command_of_ours_runs(
    example: Example, box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = example.words[1:]
    if words == ["..."]:
        return
    command, left = command_of(words)
    if not left:  # named, not typed
        return
    if words[0] in NOT_HERE:
        command.make_context(words[0], left)
        return
    words = prepared(words, live_in(box))
    for name in FILES.keys() & words:
        FILES[name](box / name)
    capsys.readouterr()
    code = main(words)
    said = "".join(capsys.readouterr())
    refusal = REFUSED.get(tuple(words[:2]))
    if refusal is None:
        assert code == 0, said
    else:
        assert code == 2, said
        assert refusal in said


def sentences() -> dict[str, str]:
    """Every command of ours that a text of the program names, with the file it stands in."""
    named = re.compile(r"(?:(?<=[\"'`(])|\bsudo |\brun )nursery ([a-z]+[^\"'`,;:.()\n]*)")
    found = {}
    for path in [*(ROOT / "monitor").rglob("*.py"), *(ROOT / "calibration").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {said.strip(): str(path) for said in named.findall(node.value)}
    return found


SENTENCES = sentences()


@pytest.mark.parametrize("said", sorted(SENTENCES))
def test_a_command_that_a_sentence_names_is_there(said: str) -> None:
    command, left = command_of(said.split())
    options = {option for each in command.params for option in each.opts}
    assert {word for word in left if word.startswith("--")} <= options, SENTENCES[said]


def test_what_is_only_read_here_is_run_elsewhere() -> None:
    for verb, place in NOT_HERE.items():
        assert verb in (ROOT / place).read_text(), f"{place} does not run {verb}"


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if e.language == "sh" and e not in OURS], ids=str
)
def test_another_command_names_what_is_there(example: Example) -> None:
    for part in re.split(r"&&|;|\bdo\b", example.text):
        words = example._replace(text=part).words
        match words:
            case [] | ["..."]:
                pass
            case ["make", target, *_]:
                assert target in TARGETS
            case ["python" | "python3", "-m", module, *rest] if module.startswith("calibration"):
                takes_options(["-m", module], rest)
            case ["python" | "python3", "-m", "venv", *_]:
                pass
            case ["python", script, *rest]:
                takes_options([script], rest)
            case ["pip", "install", *rest]:
                installs(rest)
            case ["mosquitto_pub", *rest]:
                publishes(rest)
            case ["mosquitto_sub", *rest]:
                assert rest[rest.index("-t") + 1].startswith("nursery/")
            case [first, *_] if first.endswith(".sh"):
                assert os.access(ROOT / first, os.X_OK)
            case [first, *_]:
                assert first in NOT_OURS, f"nothing here says what {first!r} is"


def takes_options(call: list[str], words: list[str]) -> None:
    """The script's help lists every option that is used."""
    run = subprocess.run(
        [sys.executable, *call, "--help"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if "No module named 'torch'" in run.stderr:
        pytest.skip("PyTorch, for training only, is missing")
    assert run.returncode == 0, run.stderr
    for word in words:
        if word.startswith("--"):
            assert re.search(rf"{word}\b", run.stdout), f"{call[-1]} takes no {word}"


def installs(words: list[str]) -> None:
    for word in words:
        if extras := re.search(r"\[(.*)\]", word):
            assert set(extras[1].split(",")) <= set(EXTRAS)
        if word.endswith(".lock"):
            assert (ROOT / word).exists()


def publishes(words: list[str]) -> None:
    topic, payload = (words[words.index(option) + 1] for option in ("-t", "-m"))
    topics = Topics(topic.split("/")[1])
    parse_command(topic, payload.encode(), topics, retain=False, now_s=0.0)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "toml"], ids=str)
def test_settings_are_taken(example: Example) -> None:
    parse_config(f'box = "x"\n{example.text}'.encode(), "example")


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "ini"], ids=str)
def test_a_drop_in_of_the_unit_is_one(example: Example) -> None:
    found = configparser.ConfigParser(strict=False)
    found.read_file(io.StringIO(example.text))
    assert set(found.sections()) <= {"Unit", "Service", "Install"}


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "json"], ids=str)
def test_json_is_json_and_says_what_the_program_says(
    example: Example, box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FILES["recording.wav"](box / "recording.wav")
    main(["listen", "--json", "--windows", "recording.wav"])
    real = {line["event"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    for line in map(json.loads, example.text.splitlines()):
        assert line == real[line["event"]]


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "csv"], ids=str)
def test_a_list_of_weighings_is_taken_whole(
    example: Example, box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Possum", "Kangaroo"):
        main(["baby", "add", name, "--species", "kitten"])
    (box / "list.csv").write_text(example.text)
    assert main(["weigh", "--csv", "list.csv", "--yes"]) == 0
    assert re.search(r"^(\d+) of \1 weighings imported", capsys.readouterr().out, re.MULTILINE)


def test_every_example_is_looked_at() -> None:
    kinds = {example.language for example in EXAMPLES}
    assert kinds <= {"sh", "toml", "ini", "json", "csv", "conf", "text"}, (
        "a block without a language"
    )
    assert len(EXAMPLES) > 100
    assert len(OURS) > 40
