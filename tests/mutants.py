"""Would the tests notice? A seeded sample of mutants of ``monitor/core``, made by mutmut.

    python -m tests.mutants [--sample 100] [--seed 1] [--least 90] [PATH ...]

Each mutant is a small wrong change of one function; a unit test that runs this function must
fail. With paths the sample is of those files (``--sample 0``: all their mutants). Prints what
stayed alive as a diff; exit 1 when fewer than ``--least`` per cent were killed.

The tests are collected once and run once as they are, which tells what each costs and which
functions it runs; that is kept in ``mutants/`` as long as no file changes. Each mutant then has a
forked process, in which the code of its function is replaced, and the tests that run this function
stop at the first failure: those of its own test file first, then of its room, then the quickest,
none longer than ``--slowest`` and no more than ``--most`` seconds in all. So the figure is a lower
bound: a golden night or a slow test may notice more.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import inspect
import os
import random
import resource
import signal
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from types import CodeType, FrameType, FunctionType

import libcst
import msgspec
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings
from mutmut.mutation.file_mutation import Mutation, create_mutations, deep_replace

ROOT = Path(__file__).parents[1]
CORE = ROOT / "monitor" / "core"
TESTS = ["tests/core"]
MEASURED = ROOT / "mutants" / "measured.json"
KILLED, ALIVE, TIMED_OUT, UNREACHED = "killed", "alive", "timed out", "no test runs it"
SURVIVED = {ALIVE, UNREACHED}


class Mutant(msgspec.Struct, frozen=True):
    """One wrong version of a function."""

    module: str
    function: str
    """its qualified name"""
    number: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.module}.{self.function} {self.number}"

    def diff(self) -> str:
        """The lines that differ."""
        lines = difflib.unified_diff(self.before.split("\n"), self.after.split("\n"), n=1)
        return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


class Measured(msgspec.Struct):
    """One test as it is: what it costs and what it runs."""

    cpu_s: float
    runs: list[tuple[str, str]]
    """module and function"""
    passed: bool


def mutants_of(path: Path) -> Iterator[Callable[[], Mutant]]:
    """All mutants of a file, in the order of the file; each is made when it is called for."""
    module, mutations, _, _ = create_mutations(str(path), path.read_text())
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    owner = {
        each: (f"{node.name.value}." if isinstance(node, libcst.ClassDef) else "")
        for node in module.body
        for each in (node.body.body if isinstance(node, libcst.ClassDef) else [node])
        if isinstance(each, libcst.FunctionDef)
    }

    def made(number: int, mutation: Mutation, function: libcst.FunctionDef) -> Mutant:
        changed = deep_replace(function, mutation.original_node, mutation.mutated_node)
        assert isinstance(changed, libcst.FunctionDef)
        return Mutant(
            module=name,
            function=owner[function] + function.name.value,
            number=number,
            before=module.code_for_node(function.with_changes(leading_lines=[])),
            after=module.code_for_node(changed.with_changes(leading_lines=[])),
        )

    for number, mutation in enumerate(mutations):
        function = mutation.contained_by_top_level_function
        if function in owner:
            yield partial(made, number, mutation, function)


def apply(mutant: Mutant) -> None:
    """Replace the function's code, and its defaults, in this process."""
    module = importlib.import_module(mutant.module)
    *classes, name = mutant.function.split(".")
    holder = vars(module)
    for each in classes:
        holder = vars(holder[each])
    function = inspect.unwrap(getattr(holder[name], "__func__", holder[name]))
    assert isinstance(function, FunctionType)
    head = "from __future__ import annotations\n"
    wrapped = f"{head}class {classes[0]}:\n{mutant.after}" if classes else head + mutant.after
    tree = ast.parse(wrapped)
    found = [c for c in _codes(compile(tree, module.__file__ or "", "exec")) if c.co_name == name]
    function.__code__ = found[0].replace(co_qualname=function.__code__.co_qualname)
    made = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name)
    if function.__defaults__:
        function.__defaults__ = tuple(_value(d, module) for d in made.args.defaults)
    if function.__kwdefaults__:
        pairs = zip(made.args.kwonlyargs, made.args.kw_defaults, strict=True)
        function.__kwdefaults__ = {a.arg: _value(d, module) for a, d in pairs if d is not None}


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


def _value(node: ast.expr, module: object) -> object:
    return eval(compile(ast.Expression(node), "default", "eval"), vars(module))  # noqa: S307


class Judge:
    """A pytest plugin: runs the collected tests against mutants, instead of running them once."""

    def __init__(
        self, mutants: Sequence[Mutant], *, slowest_s: float, most_s: float, workers: int
    ) -> None:
        self._mutants = mutants
        self._slowest_s = slowest_s
        self._most_s = most_s
        self._workers = workers
        self.verdicts: dict[Mutant, str] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure, then judge each mutant in a process of its own."""
        measured = _known(session.items) or self._measure(session.items)
        if broken := [name for name, each in measured.items() if not each.passed]:
            print(f"not green without any mutant: {', '.join(broken)}")
            return True
        running: dict[int, Mutant] = {}
        for mutant in self._mutants:
            chosen = self._chosen(mutant, session.items, measured)
            if not chosen:
                self._judged(mutant, UNREACHED)
                continue
            budget_s = 3 + 5 * sum(measured[item.nodeid].cpu_s for item in chosen)
            if len(running) >= self._workers:
                self._collect(running)
            pid = os.fork()
            if pid == 0:
                _in_child(mutant, chosen, int(budget_s))
            running[pid] = mutant
        while running:
            self._collect(running)
        return True

    def _collect(self, running: dict[int, Mutant]) -> None:
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        self._judged(running.pop(pid), TIMED_OUT if code < 0 else KILLED if code else ALIVE)

    def _judged(self, mutant: Mutant, verdict: str) -> None:
        self.verdicts[mutant] = verdict
        if verdict in SURVIVED:
            print(f"\n{mutant}: {verdict}\n{mutant.diff()}", flush=True)

    def _chosen(
        self, mutant: Mutant, items: Sequence[pytest.Item], measured: dict[str, Measured]
    ) -> list[pytest.Item]:
        place = (mutant.module, mutant.function)
        own = f"test_{mutant.module.rpartition('.')[2]}"
        room = f"tests/{'/'.join(mutant.module.split('.')[1:-1])}/"
        reaching = [
            item
            for item in items
            if place in measured[item.nodeid].runs
            and measured[item.nodeid].cpu_s <= self._slowest_s
        ]
        reaching.sort(
            key=lambda item: (
                not item.path.name.startswith(own),
                not item.nodeid.startswith(room),
                measured[item.nodeid].cpu_s,
            )
        )
        spent_s = accumulate(measured[item.nodeid].cpu_s for item in reaching)
        return [
            item for item, s in zip(reaching, spent_s, strict=True) if s <= self._most_s
        ] or reaching[:1]

    def _measure(self, items: list[pytest.Item]) -> dict[str, Measured]:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            with os.fdopen(write, "wb") as out:
                out.write(msgspec.json.encode(_measured(items)))
            os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as into:
            raw = into.read()
        os.waitpid(pid, 0)
        found = msgspec.json.decode(raw, type=dict[str, Measured])
        MEASURED.parent.mkdir(exist_ok=True)
        MEASURED.write_bytes(msgspec.json.encode((_tree(), found)))
        return found


def _tree() -> int:
    """A number of all code and tests as they are."""
    number = 0
    for path in sorted([*(ROOT / "monitor").rglob("*"), *(ROOT / "tests" / "core").rglob("*")]):
        if path.is_file() and path.suffix != ".pyc":
            number = zlib.crc32(path.read_bytes(), number)
    return number


def _known(items: Sequence[pytest.Item]) -> dict[str, Measured] | None:
    """What was measured of these tests, of this very tree."""
    if not MEASURED.exists():
        return None
    tree, found = msgspec.json.decode(MEASURED.read_bytes(), type=tuple[int, dict[str, Measured]])
    return found if tree == _tree() and all(item.nodeid in found for item in items) else None


def _measured(items: list[pytest.Item]) -> dict[str, Measured]:
    core = str(CORE)
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        called.add(frame.f_code)

    found: dict[str, Measured] = {}
    for item, after in zip(items, [*items[1:], None], strict=True):
        called.clear()
        begun = time.process_time()
        sys.settrace(note)
        reports = runtestprotocol(item, nextitem=after, log=False)
        sys.settrace(None)
        runs = [
            (".".join(Path(c.co_filename).relative_to(ROOT).with_suffix("").parts), c.co_qualname)
            for c in called
            if c.co_filename.startswith(core)
        ]
        cpu_s = time.process_time() - begun
        found[item.nodeid] = Measured(cpu_s, runs, not any(r.failed for r in reports))
    return found


def _in_child(mutant: Mutant, items: Sequence[pytest.Item], budget_s: int) -> None:
    """Exit 1 at the first test that fails, 0 when all pass; killed at the end of the budget."""
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.alarm(30 * budget_s)
    resource.setrlimit(resource.RLIMIT_CPU, (budget_s, budget_s + 5))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    apply(mutant)
    for item, after in zip(items, [*items[1:], None], strict=True):
        if any(report.failed for report in runtestprotocol(item, nextitem=after, log=False)):
            os._exit(1)
    os._exit(0)


def main() -> int:
    """Draw, judge, report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("paths", nargs="*", type=Path, help="of these files")
    options.add_argument("--sample", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--least", type=float, default=90.0, help="per cent killed")
    options.add_argument("--slowest", type=float, default=2.0, help="seconds of a test that is run")
    options.add_argument("--most", type=float, default=10.0, help="seconds of tests for a mutant")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--tests", nargs="*", default=TESTS)
    chosen = options.parse_args()

    paths = [path.resolve() for path in chosen.paths] or sorted(CORE.rglob("*.py"))
    every = [mutant for path in paths for mutant in mutants_of(path)]
    size = min(chosen.sample or len(every), len(every))
    sample = [make() for make in random.Random(chosen.seed).sample(every, size)]
    sample.sort(key=lambda mutant: (mutant.module, mutant.number))

    everyone = list(HealthCheck)
    settings.register_profile(
        "mutants", deadline=None, derandomize=True, database=None, suppress_health_check=everyone,
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    judge = Judge(sample, slowest_s=chosen.slowest, most_s=chosen.most, workers=chosen.workers)
    arguments = ["-q", "-s", "--tb=native", "--rootdir", str(ROOT)]
    arguments += ["-p", "no:cacheprovider", "-p", "no:warnings"]
    begun = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    pytest.main([*arguments, "--hypothesis-profile=mutants", *chosen.tests], plugins=[judge])
    judged = len(judge.verdicts)
    alive = [m for m, verdict in judge.verdicts.items() if verdict in SURVIVED]
    killed = judged - len(alive)
    killed_pct = 100 * killed / max(1, judged)
    cpu_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - begun
    print(
        f"\n{killed} of {judged} mutants killed ({killed_pct:.0f} %), of {len(every)} in all;"
        f" {cpu_s / 60:.1f} min of one processor"
    )
    return 0 if judged == len(sample) and killed_pct >= chosen.least else 1


if __name__ == "__main__":
    sys.exit(main())
