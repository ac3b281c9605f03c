"""Snapshots in users' journals, made by earlier versions, are taken up as they were meant.

``snapshots/flat.zlib`` is of 23 November 2026 (all of the core in one folder), ``rooms.zlib`` of
28 November 2026 (the first with rooms); ``snapshots/make.py`` says how such a file is made.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec
import pytest

from monitor.config import ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.weigher import Weigher
from monitor.core.state import decoded, encoded
from monitor.data.shipped import shipped
from monitor.events import CommandResult, WeighIn
from monitor.simulation.box import SimBaby
from monitor.simulation.cell import GOOD_CELL
from tests.asking import asked
from tests.core.scale.snapshots.make import END_S, START_S

BABIES = [
    SimBaby(name="Ash", species="kitten", weight_g=200.0, born="2023-11-04").as_baby(),
    SimBaby(name="Fern", species="kitten", weight_g=200.6, born="2023-11-04").as_baby(),
    SimBaby(name="Possum", species="puppy", weight_g=119.0).as_baby(),
]
REFERENCE = GrowthReference.parse(shipped("growth.toml"))


def stored(version: str) -> bytes:
    return zlib.decompress((Path(__file__).parent / "snapshots" / f"{version}.zlib").read_bytes())


@pytest.fixture(params=["flat", "rooms"])
def resumed(request: pytest.FixtureRequest) -> Weigher:
    config = ScaleConfig(
        counts_per_gram=GOOD_CELL.counts_per_gram, zero_counts=GOOD_CELL.zero_counts
    )
    weigher = Weigher(config, BABIES, start_s=END_S, reference=REFERENCE)
    weigher.resume(decoded("scale", stored(request.param)))
    return weigher


def test_who_is_here_and_who_is_in_the_box_is_known(resumed: Weigher) -> None:
    assert [baby.name for baby in resumed.babies] == ["Ash", "Fern", "Possum"]
    assert resumed.scale_status(END_S).in_box == ["Ash", "Fern"]
    assert [each.in_box for each in resumed.baby_statuses(END_S)] == [True, True, False]


def test_weights_and_bottles_are_as_they_were(resumed: Weigher) -> None:
    ash, fern, possum = resumed.baby_statuses(END_S)
    assert ash.weight_g is None
    assert fern.weight_g is None
    assert possum.weight_g == pytest.approx(122.996, abs=1e-3)
    assert possum.weighed_at == pytest.approx(START_S + 4800.5, abs=0.1)
    assert possum.last_feed_g == pytest.approx(5.274, abs=1e-3)  # corrected by hand
    assert possum.bottle_due_at == pytest.approx(START_S + 14_100.0, abs=0.1)


def test_the_platform_is_as_it_was(resumed: Weigher) -> None:
    status = resumed.scale_status(END_S)
    assert status.total_g == pytest.approx(1678.485, abs=1e-3)
    assert status.still
    assert status.activity == pytest.approx(0.0208, abs=1e-4)
    assert status.weigh_in_ends_at == pytest.approx(START_S + 5640.0, abs=0.1)


def test_open_questions_stay_open_and_can_be_answered(resumed: Weigher) -> None:
    open_now = [c for c in resumed.conditions(END_S) if c.kind == "who_is_it"]
    assert [[c.baby for c in each.candidates or ()] for each in open_now] == [
        ["Ash", "Fern"],
        ["Fern", "Ash"],
    ]
    answer = asked(
        t_s=END_S, verb="assign", args={"step_id": open_now[0].step_id or "", "baby": "Ash"}
    )
    events = resumed.observe(answer)
    assert [e.ok for e in events if isinstance(e, CommandResult)] == [True]
    named = {(e.baby, e.move): e.weight_g for e in events if isinstance(e, WeighIn)}
    assert named["Ash", "lift"] == pytest.approx(200.0, abs=1.5)


def test_what_is_written_today_has_the_names_of_then(resumed: Weigher) -> None:
    """One struct reads all of them; what is new has a default."""
    then = msgspec.msgpack.decode(stored("rooms"))
    today = msgspec.msgpack.decode(encoded(resumed.state))
    assert today.keys() >= then.keys()
    for part in ("litter", "ledger", "movement", "segmenter", "converter"):
        assert today[part].keys() >= then[part].keys()
    assert {entry["type"] for entry in today["litter"]["log"]} == {"Step", "Typed", "Presence"}
