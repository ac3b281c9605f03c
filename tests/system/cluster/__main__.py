"""Try the needs on each engine and print the table: ``python -m tests.system.cluster``.

--engine NAME...   which engines (all of them)
--root DIR         take the engines' programs from this Debian tree (as root)
--need NEED...     only these
--json FILE        write every answer there, too
--programs         instead: nursery page, watch and Home Assistant at another node than the box
--storm WHAT...    instead: a node "killed" or "frozen", a line "cut" while boxes publish (minutes);
                   of the reserve also "back" (then the reserve dies) and "split" (both have the
                   address)
--scale SPREAD     instead: how much it carries, the boxes starting within so many seconds
--boxes N          how many boxes publish then
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.system.cluster import network
from tests.system.cluster.ejabberd import Ejabberd
from tests.system.cluster.engine import Engine
from tests.system.cluster.mosquittos import Mosquitto, MosquittoPair
from tests.system.cluster.needs import NEEDS, Answer
from tests.system.cluster.programs import seen_from
from tests.system.cluster.rabbitmq import RabbitMq
from tests.system.cluster.reserve import MosquittoReserve
from tests.system.cluster.scale import loaded
from tests.system.cluster.storm import (
    Outcome,
    cut_off,
    frozen,
    killed,
    split,
    there_and_back,
)
from tests.system.home_assistant.box import BOX

ENGINES: dict[str, type[Engine]] = {
    "mosquitto": Mosquitto,
    "reserve": MosquittoReserve,
    "pair": MosquittoPair,
    "ejabberd": Ejabberd,
    "rabbitmq": RabbitMq,
}


STORMS: dict[str, Callable[[Any], Outcome]] = {
    "killed": killed, "cut": cut_off, "frozen": frozen, "back": there_and_back, "split": split,
}  # fmt: skip


def tried(engine: Engine, names: Sequence[str]) -> dict[str, Answer]:
    """Each need; one that breaks the test is not met."""
    answers = {}
    for name in names:
        need = NEEDS[name]
        begun_s = time.monotonic()
        try:
            answers[name] = need(engine)
        except (AssertionError, OSError, ValueError) as error:
            traceback.print_exc()
            answers[name] = Answer(False, f"{type(error).__name__}: {str(error)[:80]}")
        print(f"{engine.title:28} {name:36} {answers[name]}  ({time.monotonic() - begun_s:.1f} s)",
              flush=True)  # fmt: skip
    return answers


def watched(engine: Engine) -> dict[str, Answer]:
    """The project's own programs, at the box's node and at another."""
    answers = {}
    if isinstance(engine, MosquittoReserve):
        seen_from(engine, 0, 0)
        engine.take_over()
    places = {"at the box's node": 0, "at another node": len(engine.nodes) - 1}
    for where, others_at in places.items():
        for program, answer in seen_from(engine, 0, others_at).items():
            answers[f"{program} {where}"] = answer
            print(f"{engine.title:28} {program + ' ' + where:36} {answer}", flush=True)
    return answers


def ran(engine: Engine, options: argparse.Namespace) -> dict[str, Any]:
    """What was asked for, on one engine; answers in words, storms in numbers."""
    engine.start()
    print(f"{engine.title}: {engine.version}, {len(engine.nodes)} node(s)", flush=True)
    said: dict[str, Any] = {"version": engine.version}
    if options.programs:
        said |= {name: str(answer) for name, answer in watched(engine).items()}
    elif options.scale is not None:
        said["scale"] = loaded(engine, options.scale)
        print(f"{engine.title:28} {said['scale']!s}", flush=True)
    elif options.storm is None:
        said |= {name: str(answer) for name, answer in tried(engine, options.need).items()}
    for storm in options.storm or ():
        said[storm] = STORMS[storm](engine)
        print(f"{engine.title:28} {storm:36} {said[storm]!s}", flush=True)
    return said


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--root", type=Path)
    parser.add_argument("--need", nargs="+", choices=list(NEEDS), default=list(NEEDS))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--programs", action="store_true")
    parser.add_argument("--storm", nargs="*", choices=list(STORMS))
    parser.add_argument("--scale", type=float)
    parser.add_argument("--boxes", type=int, default=200)
    options = parser.parse_args()
    if not os.environ.get(network.INSIDE):
        words = network.in_own(["-m", "tests.system.cluster", *sys.argv[1:]])
        return subprocess.run(words, check=False).returncode
    network.prepare()
    if options.root:
        network.share(options.root, Path(tempfile.gettempdir()))
    count = 3 if options.storm is None and options.scale is None else options.boxes
    boxes = [BOX] if options.programs else [f"box{k}" for k in range(count)]
    said: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="nursery-cluster-") as folder:
        for name in options.engine:
            engine = ENGINES[name](Path(folder) / name, boxes, options.root)
            try:
                said[name] = ran(engine, options)
            finally:
                engine.stop()
    if options.json:
        options.json.write_bytes(msgspec.json.encode(said))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
