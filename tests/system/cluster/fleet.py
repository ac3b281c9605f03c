"""Boxes in processes of their own: real publishers over TLS, who find the nodes by one name."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import msgspec

from monitor.config import MqttConfig
from tests.system.cluster.engine import NAME, PORT, Engine
from tests.system.fleet_box import FleetBox

WORKERS = 2
MOST_OF_A_WORKER = 250
"""boxes; each takes three descriptors, and the client library's ``select`` knows 1024"""
PUMP_EVERY_S = 0.05
SETTLE_S = 60.0
ONLINE_WITHIN_S = 300.0
"""boxes that have no broker by then are counted as away"""


class Told(msgspec.Struct):
    """What one box did."""

    box: str
    raised: list[str]
    waiting: int
    away: list[tuple[float, float]]
    open: list[str]
    online: bool


class Fleet:
    """``boxes`` of an engine; ``holders`` is where they find the addresses that have the name."""

    def __init__(
        self, engine: Engine, alert_every_s: float, *, spread_s: float | None = None
    ) -> None:
        """``spread_s``: the boxes start within that time, and raise alerts from the start on."""
        self._holders = engine.folder / "holders"
        self.answer_with(engine.answers())
        self._pipes: list[Pipe] = []
        self._workers: list[Any] = []
        spawn = multiprocessing.get_context("spawn")
        rows = [(number, name, engine.password(name)) for number, name in enumerate(engine.boxes)]
        count = max(WORKERS, -(-len(rows) // MOST_OF_A_WORKER))
        for first in range(count):
            ours, theirs = spawn.Pipe()
            worker = spawn.Process(
                target=work,
                args=(rows[first::count], engine.ca_file, self._holders, alert_every_s,
                      "5" if engine.protocol_5 else "3.1.1", spread_s, theirs),
            )  # fmt: skip
            worker.start()
            self._pipes.append(ours)
            self._workers.append(worker)

    def answer_with(self, addresses: tuple[str, ...]) -> None:
        """What a resolver says of the name from now on."""
        fresh = self._holders.with_suffix(".new")
        fresh.write_text("\n".join(addresses))
        fresh.replace(self._holders)

    def connected(self) -> tuple[int, float]:
        """Wait for every box: how many came, and how long the last took (or was waited for)."""
        told = [pipe.recv() for pipe in self._pipes]
        return sum(int(count) for count, _ in told), max(float(took_s) for _, took_s in told)

    def begin(self) -> None:
        """Alerts from now on."""
        for pipe in self._pipes:
            pipe.send("begin")

    def end(self) -> list[Told]:
        """No more news; what each box did, once nothing waits (or for a minute)."""
        for pipe in self._pipes:
            pipe.send("end")
        return [told for pipe in self._pipes for told in msgspec.convert(pipe.recv(), list[Told])]

    def close(self) -> None:
        for worker in self._workers:
            worker.terminate()
            worker.join(10)


def resolver(holders: Path) -> Callable[..., Any]:
    """``getaddrinfo`` that knows the one name; the order is any, as a resolver's is."""
    asked = socket.getaddrinfo

    def answer(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host != NAME:
            return asked(host, port, *more, **named)
        addresses = holders.read_text().split()
        random.shuffle(addresses)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    return answer


def work(
    rows: list[tuple[int, str, str]], ca_file: Path, holders: Path, alert_every_s: float,
    protocol: str, spread_s: float | None, line: Pipe,
) -> None:  # fmt: skip
    """One process of boxes."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    socket.getaddrinfo = resolver(holders)
    boxes = []
    for number, name, password in rows:
        config = msgspec.convert(
            {"host": NAME, "port": PORT, "tls": True, "ca_file": str(ca_file), "username": name,
             "keepalive_s": 10, "protocol": protocol}, MqttConfig,
        )  # fmt: skip
        boxes.append(FleetBox(name, number, config, alert_every_s, password))
    begun_s = time.monotonic()
    at_once = spread_s is not None
    starts_s = [begun_s + random.uniform(0.0, spread_s or 0.0) for _ in boxes]
    for index, box in enumerate(boxes):
        if at_once:
            box.begin(index / len(boxes))
    last_s = max(starts_s, default=begun_s) + ONLINE_WITHIN_S
    while not all(box.publisher.connected for box in boxes) and time.monotonic() < last_s:
        now_s = time.monotonic()
        ready = [box for box, start_s in zip(boxes, starts_s, strict=True) if now_s >= start_s]
        _round(ready, alerts=at_once)
    online = sum(box.publisher.connected for box in boxes)
    line.send((online, time.monotonic() - begun_s))
    while not line.poll():
        _round(boxes, alerts=at_once)
    line.recv()
    for index, box in enumerate(boxes):
        box.away.clear()
        if not at_once:
            box.begin(index / len(boxes))
    while not line.poll():
        _round(boxes, alerts=True)
    line.recv()
    end_s = time.monotonic() + SETTLE_S
    while time.monotonic() < end_s and not all(
        b.publisher.connected and not b.waiting for b in boxes
    ):
        _round(boxes, alerts=False)
    told = [Told(box=b.topics.box, raised=b.raised, waiting=b.waiting, away=b.away, open=b.truth,
                 online=b.publisher.connected) for b in boxes]  # fmt: skip
    line.send(msgspec.to_builtins(told))
    while os.getppid() > 0:
        _round(boxes, alerts=False)


def _round(boxes: list[FleetBox], *, alerts: bool) -> None:
    round_s = time.monotonic()
    for box in boxes:
        box.turn(alerts=alerts)
    time.sleep(max(0.005, PUMP_EVERY_S - (time.monotonic() - round_s)))
