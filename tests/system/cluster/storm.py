"""A node killed, and a line between nodes cut, while boxes publish: what was lost, how long."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec
import paho.mqtt.client as mqtt

from tests.system.cluster.client import Client
from tests.system.cluster.engine import Engine
from tests.system.cluster.fleet import Fleet, Told
from tests.system.cluster.reserve import HOUSE, MosquittoReserve

ALERT_EVERY_S = 10.0
CALM_S, DOWN_S, AFTER_S = 8.0, 10.0, 25.0
CUT_S = 40.0
QUIET_TURNS = 4
"""seconds without another retained message: that was all"""
LIVE = ("/cry", "/scale", "/nest", "/health", "/alerts/text")
"""renewed and expiring: two nodes may differ in them by a moment"""


class Ear:
    """A listener that comes back after each break, to whichever node lets it: a Home Assistant."""

    def __init__(self, engine: Engine, nodes: tuple[str, ...], name: str) -> None:
        self._engine, self._nodes, self._name = engine, nodes, name
        self._client: Client | None = None
        self.at: dict[str, float] = {}
        """the identifier of each alert heard, and when (Unix seconds)"""
        self.breaks = 0

    def tend(self) -> None:
        """Connect where there is no connection."""
        if self._client is not None and not self._client.ended:
            return
        if self._client is not None:
            self.breaks += 1
            self._client.client.loop_stop()
            self._client = None
        for node in self._nodes:
            try:
                client = Client(self._engine, node, "homeassistant", client_id=self._name,
                                kept_s=300, keepalive_s=10)  # fmt: skip
                client.client.on_message = self._heard
                client.__enter__()
            except (OSError, AssertionError):
                continue
            if client.refused is None and client.hear("nursery/+/alert")[0]:
                self._client = client
                return

    def close(self) -> None:
        if self._client is not None:
            self._client.__exit__(None, None, None)

    def _heard(self, _c: Any, _u: Any, message: mqtt.MQTTMessage) -> None:
        alert = json.loads(message.payload)
        self.at.setdefault(f"{alert['box']} {alert['id']}", time.time())


class Outcome(msgspec.Struct):
    """What one storm did."""

    raised: int
    never_sent: int
    """still in a box's outbox when all was over"""
    lost: dict[str, int]
    """of each listener: alerts that a node took and it never heard"""
    late_s: dict[str, float]
    """of each listener: the longest that an alert took to it"""
    interrupted: int
    """boxes that were without a broker for a while"""
    away_p50_s: float
    away_max_s: float
    differ: int
    """retained topics that are not the same on all nodes afterwards"""
    untrue: int
    """boxes whose open alerts or status are told wrongly by some node"""

    def __str__(self) -> str:
        lost = ", ".join(f"{n} {self.lost[n]} (latest {self.late_s[n]:.1f} s)" for n in self.lost)
        return (
            f"{self.raised} alerts, {self.never_sent} never sent; lost: {lost}; {self.interrupted} "
            f"boxes away {self.away_p50_s:.1f} s (longest {self.away_max_s:.1f}); afterwards "
            f"{self.differ} retained topics differ, {self.untrue} boxes told wrongly"
        )


def killed(engine: Engine) -> Outcome:
    """One node loses its power for ten seconds."""
    victim = engine.victim
    with _storm(engine) as (fleet, ears):
        _tended(ears, CALM_S)
        engine.kill(victim)
        fleet.answer_with(engine.answers(victim))
        _tended(ears, DOWN_S)
        engine.launch(victim)
        _tended(ears, AFTER_S)
        return _outcome(engine, fleet, ears)


def cut_off(engine: Engine) -> Outcome:
    """One node and the others do not hear one another for a while; all of them hear the boxes."""
    with _storm(engine) as (fleet, ears):
        _tended(ears, CALM_S)
        engine.cut()
        _tended(ears, CUT_S)
        engine.mend()
        _tended(ears, AFTER_S)
        engine.heal()
        _tended(ears, AFTER_S)
        return _outcome(engine, fleet, ears)


def frozen(engine: Engine) -> Outcome:
    """One node goes on holding its connections and answers nobody, for a while."""
    with _storm(engine) as (fleet, ears):
        _tended(ears, CALM_S)
        os.kill(engine.pid(engine.victim), signal.SIGSTOP)
        _tended(ears, CUT_S)
        os.kill(engine.pid(engine.victim), signal.SIGCONT)
        _tended(ears, AFTER_S)
        return _outcome(engine, fleet, ears)


def there_and_back(engine: MosquittoReserve) -> Outcome:
    """The first broker dies and comes back, then the reserve that has taken over dies."""
    first, second = engine.nodes
    with _storm(engine) as (fleet, ears):
        _tended(ears, CALM_S)
        for dying, takes_over in ((first, second), (second, first)):
            engine.kill(dying)
            _tended(ears, DOWN_S + CALM_S)
            assert engine.holder() == takes_over
            engine.launch(dying)
            _tended(ears, AFTER_S)
            assert engine.holder() == takes_over, "it is left where it is"
        return _outcome(engine, fleet, ears)


def split(engine: MosquittoReserve) -> Outcome:
    """The two machines do not hear one another, and both take the address: the listener goes on
    talking to the first, the boxes to the one that said last that it is there."""
    with _storm(engine, (HOUSE,)) as (fleet, ears):
        _tended(ears, CALM_S)
        engine.part()
        _tended(ears, CUT_S)
        assert engine.holders() == list(engine.nodes)
        engine.join()
        _tended(ears, AFTER_S + AFTER_S)
        assert len(engine.holders()) == 1
        return _outcome(engine, fleet, ears)


@contextmanager
def _storm(engine: Engine, ears_at: tuple[str, ...] = ()) -> Iterator[tuple[Fleet, dict[str, Ear]]]:
    if engine.together:
        ears = {"moves": Ear(engine, ears_at or engine.answers(), "moves")}
    else:
        stays = tuple(node for node in engine.nodes if node != engine.victim)
        ears = {"stays": Ear(engine, stays, "stays"),
                "moves": Ear(engine, (engine.victim, *stays), "moves")}  # fmt: skip
    fleet = Fleet(engine, ALERT_EVERY_S)
    try:
        online, _ = fleet.connected()
        assert online == len(engine.boxes), f"{online} boxes have a broker"
        for ear in ears.values():
            ear.tend()
        fleet.begin()
        yield fleet, ears
    finally:
        fleet.close()
        for ear in ears.values():
            ear.close()


def _tended(ears: dict[str, Ear], seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        for ear in ears.values():
            ear.tend()
        time.sleep(0.1)


def _outcome(engine: Engine, fleet: Fleet, ears: dict[str, Ear]) -> Outcome:
    told = fleet.end()
    _tended(ears, 10.0)
    raised = {f"{box.box} {alert}": float(alert.removeprefix("crying-"))
              for box in told for alert in box.raised}  # fmt: skip
    waiting = sum(box.waiting for box in told)
    away = sorted(until - since for box in told for since, until in box.away)
    asked = engine.answers() if engine.together else engine.nodes
    pictures = [_picture(engine, node) for node in asked]
    return Outcome(
        raised=len(raised),
        never_sent=waiting,
        lost={name: len(raised.keys() - ear.at.keys()) for name, ear in ears.items()},
        late_s={name: max((at - raised[key] for key, at in ear.at.items() if key in raised),
                          default=0.0) for name, ear in ears.items()},
        interrupted=sum(bool(box.away) for box in told),
        away_p50_s=away[len(away) // 2] if away else 0.0,
        away_max_s=away[-1] if away else 0.0,
        differ=_differ(pictures),
        untrue=sum(_untrue(box, pictures) for box in told),
    )  # fmt: skip


def _picture(engine: Engine, node: str) -> dict[str, bytes]:
    """Every retained message that a node gives to one who asks."""
    with ExitStack() as stack:
        page = stack.enter_context(Client(engine, node, "page"))
        heard: list[mqtt.MQTTMessage] = page.heard
        page.hear("nursery/#")
        count, quiet = 0, 0
        while quiet < QUIET_TURNS:
            time.sleep(1.0)
            kept = sum(m.retain for m in list(heard))
            quiet = quiet + 1 if kept == count else 0
            count = kept
        return {m.topic: m.payload for m in list(heard) if m.retain and m.payload}


def _differ(pictures: list[dict[str, bytes]]) -> int:
    topics = {
        t for picture in pictures for t in picture if not t.endswith(LIVE) and "/baby/" not in t
    }
    return sum(len({picture.get(topic) for picture in pictures}) > 1 for topic in topics)


def _untrue(box: Told, pictures: list[dict[str, bytes]]) -> bool:
    for picture in pictures:
        rows = json.loads(picture.get(f"nursery/{box.box}/alerts", b"null"))
        if rows is None or [row["id"] for row in rows] != box.open:
            return True
        if (picture.get(f"nursery/{box.box}/status") == b"online") != box.online:
            return True
    return False
