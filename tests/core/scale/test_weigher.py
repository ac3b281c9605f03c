from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.codec import event_document
from monitor.config import ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.weigher import Weigher
from monitor.core.state import encoded
from monitor.data.shipped import shipped
from monitor.events import (
    AnyEvent,
    Baby,
    BoxOff,
    BoxOn,
    CommandResult,
    Feed,
    ObjectMoved,
    Retraction,
    RosterChanged,
    ScaleBlock,
    Tick,
    Unassigned,
    WeighIn,
    Weighing,
)
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.times import HOUR_S
from tests.asking import asked
from tests.demo_box import demo_box, demo_history
from tests.restarting import kept

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
START_S = 1_700_000_000.0


def path_for(box: SimulatedBox, **how) -> Weigher:
    config = ScaleConfig(counts_per_gram=box.cell.counts_per_gram, zero_counts=box.cell.zero_counts)
    babies = [baby.as_baby() for baby in box.babies.values()]
    return Weigher(config, babies, start_s=box.start_s, reference=REFERENCE, **how)


def run(
    path: Weigher, box: SimulatedBox, hours: float, block_s: float = 60.0, from_s: float = START_S
) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    for block in box.blocks(from_s, START_S + hours * HOUR_S, block_s):
        events.extend(path.observe(block))
    return events


def twins_box(seed: int = 1) -> SimulatedBox:
    babies = [
        SimBaby(name="Ash", species="kitten", weight_g=200.0),
        SimBaby(name="Fern", species="kitten", weight_g=201.0),
    ]
    box = SimulatedBox(seed, START_S, babies)
    box.feed(START_S + 600.0, "Ash", 8.0, 300.0)
    box.feed(START_S + 1300.0, "Fern", 9.0, 300.0)
    return box


def of(events: list[AnyEvent], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def command(path: Weigher, verb: str, t_s: float = START_S + HOUR_S, **args):
    events = path.observe(asked(t_s=t_s, verb=verb, args=args))
    return events, of(events, CommandResult)[0]


# ------------------------------------------------------------------ a night


def test_a_night_with_two_babies_is_weighed_and_named():
    box = demo_box(3, START_S)
    events = run(path_for(box), box, 8.0)
    claims = of(events, WeighIn)
    moves = [t for t in box.truth if t.kind != "object" and t.t_s < START_S + 8 * HOUR_S]
    assert [c.baby for c in claims] == [m.babies[0] for m in moves]
    assert np.allclose([c.weight_g for c in claims], [m.weight_g for m in moves], atol=1.2)
    assert np.allclose([c.t_s for c in claims], [m.t_s for m in moves], atol=3.0)
    assert not of(events, Unassigned)
    assert len(of(events, Feed)) == len(moves) // 2
    assert [round(o.delta_g) for o in of(events, ObjectMoved)] == [412]


def test_a_recording_that_ends_at_once_loses_no_weighing():
    box = demo_box(3, START_S)
    path = path_for(box)
    events = run(path, box, (1500.0 + 8.0) / HOUR_S)
    assert of(events, WeighIn) == []
    assert [e.baby for e in of(path.finish(START_S + 1508.0), WeighIn)] == ["Kangaroo"]


def test_the_contract_of_a_weigh_in():
    box = demo_box(3, START_S)
    claim = of(run(path_for(box), box, 1.0), WeighIn)[0]
    document = event_document(claim, start_s=START_S)
    assert document["event"] == "weigh_in"
    assert document["t_s"] == pytest.approx(1500.0, abs=3.0)
    wanted = {"baby", "move", "weight_g", "sigma_g", "confidence", "step_id", "at"}
    assert wanted <= document.keys()


def test_a_runt_that_loses_is_reported_and_one_that_thrives_is_not():
    box = demo_box(3, START_S)
    path = path_for(box, history=demo_history(START_S))
    run(path, box, 12.0)
    found = {c.kind: c for c in path.conditions(START_S + 12 * HOUR_S) if c.baby == "Possum"}
    assert "losing_weight" in found
    assert "call your vet" in found["losing_weight"].message
    others = [c.kind for c in path.conditions(START_S + 12 * HOUR_S) if c.baby == "Kangaroo"]
    assert not {"losing_weight", "not_gaining"} & set(others)


def test_the_box_comes_off_and_back():
    box = demo_box(4, START_S, 1.0)
    box.box_off(START_S + 3000.0)
    box.box_on(START_S + 3200.0)
    path = path_for(box)
    events = run(path, box, 0.88)
    assert len(of(events, BoxOff)) == 1
    assert path.scale_status(START_S + 3165.0).in_box is None
    events += run(path, box, 1.0, from_s=START_S + 0.88 * HOUR_S)
    assert len(of(events, BoxOn)) == 1
    assert path.scale_status(START_S + HOUR_S).in_box == ["Kangaroo", "Possum"]
    claims = [e for e in of(events, WeighIn) if abs(e.t_s - START_S - 3100.0) < 200.0]
    assert claims == []


# ------------------------------------------------------------------ properties


def test_the_size_of_blocks_changes_nothing():
    box = demo_box(5, START_S)
    whole = run(path_for(box), box, 2.0, block_s=600.0)
    assert run(path_for(box), box, 2.0, block_s=0.3) == whole


@settings(max_examples=8, deadline=None)
@given(cut_s=st.floats(30.0, 6900.0), seed=st.integers(0, 50))
def test_a_resumed_recording_gives_the_same_events(cut_s, seed):
    box = twins_box(seed)
    whole = run(path_for(box), box, 2.0)
    first = path_for(box)
    events = [e for b in box.blocks(START_S, START_S + cut_s, 60.0) for e in first.observe(b)]
    second = path_for(box)
    second.resume(kept("scale", first.state))
    later = box.blocks(START_S + cut_s, START_S + 2 * HOUR_S, 60.0)
    events += [e for b in later for e in second.observe(b)]
    assert events == whole


def test_a_restored_path_learns_of_babies_registered_meanwhile():
    box = demo_box(3, START_S, 1.0)
    old = path_for(box)
    run(old, box, 0.5)
    joey = Baby(id="joey", name="Joey", species="kitten", weight_g=95.0)
    roster = [*[b.as_baby() for b in box.babies.values()][:1], joey]
    new = Weigher(
        ScaleConfig(counts_per_gram=412.7, zero_counts=84_213.0),
        roster,
        [Weighing(step_id="x", t_s=START_S + 2000.0, baby="Joey", weight_g=96.0, sigma_g=1.0)],
        start_s=START_S + 1900.0,
        reference=REFERENCE,
    )
    new.resume(kept("scale", old.state))
    assert [b.name for b in new.babies] == ["Kangaroo", "Joey"]
    statuses = new.baby_statuses(START_S + 1800.0)
    assert statuses[0].weight_g is not None
    assert statuses[1].weight_g == 96.0


# ------------------------------------------------------------------ unknown is a value


def test_an_uncalibrated_scale_says_nothing():
    box = demo_box(3, START_S)
    babies = [b.as_baby() for b in box.babies.values()]
    path = Weigher(ScaleConfig(), babies, start_s=START_S, reference=REFERENCE)
    assert run(path, box, 1.0) == []
    status = path.scale_status(START_S + HOUR_S)
    assert (status.total_g, status.still, status.activity, status.in_box) == (None,) * 4
    assert path.baby_statuses(START_S + HOUR_S)[0].in_box is None


def test_an_old_number_is_not_shown_as_live():
    box = demo_box(3, START_S)
    path = path_for(box)
    run(path, box, 0.2)
    assert path.scale_status(START_S + 0.2 * HOUR_S).total_g == pytest.approx(943, abs=10)
    path.observe(Tick(START_S + 0.3 * HOUR_S))
    assert path.scale_status(START_S + 0.3 * HOUR_S).total_g is None
    assert path.liveliness() is None


@pytest.mark.parametrize(
    ("code", "words"),
    [(8_388_607.0, "end of its range"), (-1.0, "repeated the code -1"), (123_456.0, "repeated")],
)
def test_a_dead_converter_is_a_fault(code, words):
    box = demo_box(3, START_S)
    path = path_for(box)
    run(path, box, 0.1)
    assert path.fault is None
    times = START_S + 400.0 + np.arange(1000) / 10.0
    path.observe(ScaleBlock(times, np.full(1000, code)))
    assert words in path.fault
    assert path.scale_status(START_S + 499.0).total_g is None


def test_movement_is_told_from_sleep():
    quiet = SimBaby(name="Ash", species="kitten", weight_g=300.0, lively=0.0)
    wild = SimBaby(name="Ash", species="kitten", weight_g=300.0, lively=5.0)
    levels = []
    for baby in (quiet, wild):
        box = SimulatedBox(1, START_S, [baby], clean_hands=True)
        path = path_for(box)
        run(path, box, 0.1)
        levels.append(max(path.liveliness() or 0.0, 0.0))
        for block in box.blocks(START_S + 360.0, START_S + 900.0, 30.0):
            path.observe(block)
            levels[-1] = max(levels[-1], path.liveliness() or 0.0)
    assert levels[0] < 0.1
    assert levels[1] > 0.3


# ------------------------------------------------------------------ people answer


def test_an_answer_repairs_the_past_with_its_original_time():
    box = twins_box()
    path = path_for(box)
    events = run(path, box, 1.0)
    asked = of(events, Unassigned)
    assert len(asked) == 4
    questions = [c for c in path.conditions(START_S + HOUR_S) if c.kind == "who_is_it"]
    assert asked[0].step_id in {q.step_id for q in questions}
    assert len(questions) < len(asked)  # one question per bottle
    repaired, result = command(path, "assign", step_id=asked[0].step_id, baby="Ash")
    assert result.ok
    claims = of(repaired, WeighIn)
    assert [(c.baby, c.step_id, c.t_s) for c in claims[:2]] == [
        ("Ash", a.step_id, a.t_s) for a in asked[:2]
    ]
    assert claims[0].origin == "assigned"
    feed = of(repaired, Feed)[0]
    assert feed.baby == "Ash"
    assert feed.net_g == pytest.approx(8.0, abs=1.0)


def test_a_name_can_be_corrected_and_a_weighing_taken_out():
    box = demo_box(3, START_S)
    path = path_for(box)
    claims = of(run(path, box, 1.0), WeighIn)
    changed, result = command(path, "correct", step_id=claims[0].step_id, baby="Possum")
    assert result.ok
    assert ("Possum", claims[0].step_id) in {(c.baby, c.step_id) for c in of(changed, WeighIn)}
    path = path_for(box)
    run(path, box, 1.0)
    voided, result = command(path, "correct", step_id=claims[2].step_id, void=True)
    assert result.ok
    assert [r.step_id for r in of(voided, Retraction)] == [claims[2].step_id, claims[3].step_id]
    assert [c.step_id for c in of(voided, WeighIn)] == [claims[3].step_id]  # it stands, no bottle


def test_grams_can_be_corrected():
    box = demo_box(3, START_S)
    path = path_for(box)
    claim = of(run(path, box, 1.0), WeighIn)[0]
    events, result = command(path, "correct", step_id=claim.step_id, grams=180.0)
    assert result.ok
    assert [c.weight_g for c in of(events, WeighIn) if c.step_id == claim.step_id] == [180.0]
    assert of(events, Feed)[0].net_g > 9.0


@pytest.mark.parametrize(
    ("grams", "words"),
    [(6.4, "6.4 ounces"), (0.182, "0.182 kilograms"), (1820.0, "which is wrong? Check the number")],
)
def test_a_weight_that_cannot_be_meant_is_questioned(grams, words):
    path = path_for(demo_box(3, START_S, 1.0))
    events, result = command(path, "weigh", baby="Kangaroo", grams=grams)
    assert not result.ok
    assert words in result.error
    assert of(events, WeighIn) == []
    events, result = command(path, "weigh", baby="Kangaroo", grams=grams, confirm=True)
    assert result.ok == (grams >= 5.0), "what no baby can weigh cannot be confirmed either"
    assert [e.move for e in of(events, WeighIn)] == [None] * result.ok


def test_a_typed_weight_keeps_its_own_time():
    path = path_for(demo_box(3, START_S, 1.0))
    events, _ = command(path, "weigh", baby="kangaroo", grams=184.0, at="2023-11-14T22:00:00Z")
    assert of(events, WeighIn)[0].t_s == 1_699_999_200.0


@pytest.mark.parametrize(
    ("verb", "args", "words"),
    [
        ("assign", {"step_id": "nope", "baby": "Possum"}, "no weighing 'nope'"),
        ("assign", {"step_id": "nope", "baby": "Nobody Known"}, "no baby called"),
        ("baby_add", {"name": "possum", "species": "kitten"}, "already here"),
        ("baby_edit", {"name": "Kangaroo", "rename": "Possum"}, "already here"),
        ("tare", {}, "not still"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(verb, args, words):
    path = path_for(demo_box(3, START_S, 1.0))
    before = encoded(path.state)
    events, result = command(path, verb, t_s=START_S, **args)
    assert not result.ok
    assert words in result.error
    assert len(events) == 1
    assert encoded(path.state) == before


# ------------------------------------------------------------------ a weigh-in and no bottle


def one_out(at_s: float, net_g: float = -1.0, *, again_s: float | None = None) -> SimulatedBox:
    """Kangaroo is out for three minutes, and perhaps for a bottle later."""
    babies = [
        SimBaby(name="Kangaroo", species="kitten", weight_g=200.0),
        SimBaby(name="Possum", species="puppy", weight_g=300.0),
    ]
    box = SimulatedBox(1, START_S, babies)
    box.feed(START_S + at_s, "Kangaroo", net_g, 180.0)
    if again_s is not None:
        box.feed(START_S + again_s, "Kangaroo", 9.0, 180.0)
    return box


def told_while(box: SimulatedBox, hours: float, said_s: float, **args) -> list[AnyEvent]:
    """The events of a stretch in which somebody says "I am weighing one baby now"."""
    path = path_for(box)
    before = run(path, box, said_s / HOUR_S, 5.0)
    _, result = command(path, "weigh_in", t_s=START_S + said_s, **args)
    assert result.ok, result.error
    return before + run(path, box, hours, 5.0, START_S + said_s)


@pytest.mark.parametrize("said_s", [560.0, 700.0], ids=["before the lift", "with the baby in hand"])
def test_an_announced_weigh_in_weighs_and_is_no_bottle(said_s):
    box = one_out(600.0, again_s=1500.0)
    events = told_while(box, 0.6, said_s)
    first, second, *_ = claims = of(events, WeighIn)
    assert [(c.baby, c.move) for c in claims] == [("Kangaroo", m) for m in ("lift", "return")] * 2
    assert [c.only_weighed for c in claims] == [said_s < 600.0, said_s > 600.0, False, False]
    assert first.weight_g == pytest.approx(200.0, abs=1.0)
    assert second.weight_g == pytest.approx(199.0, abs=1.0)
    (bottle,) = of(events, Feed)  # only the later one
    assert bottle.t_s > START_S + 1500.0
    assert bottle.net_g == pytest.approx(9.0, abs=1.5)


def test_a_weigh_in_that_never_came_is_forgotten_after_five_minutes():
    box = one_out(900.0, 8.0)
    events = told_while(box, 0.5, 500.0)
    assert len(of(events, Feed)) == 1
    assert not any(c.only_weighed for c in of(events, WeighIn))


def test_a_weigh_in_can_be_taken_back():
    box = one_out(600.0, 8.0)
    path = path_for(box)
    run(path, box, 500 / HOUR_S, 5.0)
    command(path, "weigh_in", t_s=START_S + 500.0)
    assert path.scale_status(START_S + 510.0).weigh_in_ends_at == START_S + 800.0
    command(path, "weigh_in", t_s=START_S + 510.0, cancel=True)
    assert path.scale_status(START_S + 511.0).weigh_in_ends_at is None
    assert of(run(path, box, 0.5, 5.0, START_S + 500.0), Feed)


def test_a_weigh_in_survives_a_restart():
    box = one_out(600.0, 8.0)
    path = path_for(box)
    run(path, box, 500 / HOUR_S, 5.0)
    command(path, "weigh_in", t_s=START_S + 500.0)
    again = path_for(box)
    again.resume(kept("scale", path.state))
    events = run(again, box, 0.5, 5.0, START_S + 500.0)
    assert of(events, WeighIn)[0].only_weighed
    assert not of(events, Feed)


def test_a_weigh_in_of_nobody_knows_whom_is_asked_about():
    box = twins_box()
    path = path_for(box)
    run(path, box, 580 / HOUR_S, 5.0)
    command(path, "weigh_in", t_s=START_S + 580.0)
    (question,) = of(run(path, box, 800 / HOUR_S, 5.0, START_S + 580.0), Unassigned)
    assert path.scale_status(START_S + 800.0).weigh_in_ends_at is None
    run(path, box, 1200 / HOUR_S, 5.0, START_S + 800.0)
    events, _ = command(path, "assign", step_id=question.step_id, baby="Ash")
    assert next(c for c in of(events, WeighIn) if c.step_id == question.step_id).only_weighed
    assert not of(events, Feed)


def test_what_makes_a_weigh_in_impossible_is_said():
    box = demo_box(3, START_S, 1.0)
    _, blind = command(path_for(box), "weigh_in", t_s=START_S + 1.0)
    assert "sees nothing" in blind.error
    empty = SimulatedBox(1, START_S, [])
    path = path_for(empty)
    run(path, empty, 0.1)
    _, nobody = command(path, "weigh_in", t_s=START_S + 360.0)
    assert "nobody is in the nursery" in nobody.error


def test_only_an_empty_box_is_tared():
    box = one_out(600.0)
    path = path_for(box)
    run(path, box, 0.1)
    _, refused = command(path, "tare", t_s=START_S + 360.0)
    assert refused.error == "Kangaroo and Possum may be in the box: only an empty one is tared"
    empty = SimulatedBox(1, START_S, [])
    path = path_for(empty)
    run(path, empty, 0.1)
    _, done = command(path, "tare", t_s=START_S + 360.0)
    assert done.ok


def test_the_roster_changes():
    path = path_for(demo_box(3, START_S, 1.0))
    events, result = command(path, "baby_add", name="Joey", species="puppy", weight_g=150.0)
    assert result.ok
    assert of(events, RosterChanged)[0].baby.name == "Joey"
    events, _ = command(path, "baby_edit", name="Joey", rename="Joe", born="2023-11-01")
    assert of(events, RosterChanged)[0].baby.born == "2023-11-01"
    events, _ = command(path, "baby_retire", name="Joe")
    assert of(events, RosterChanged)[0].baby.retired_s == START_S + HOUR_S
    assert [b.name for b in path.babies] == ["Kangaroo", "Possum"]


# ------------------------------------------------------------------ cries and bottles


def test_a_cry_is_put_in_context():
    box = demo_box(3, START_S)
    path = path_for(box)
    run(path, box, 0.8)
    back_s = START_S + 2129.0
    assert path.cry_context(START_S + 2880.0, "puppy")[0] == "just_fed"
    assert path.cry_context(START_S + 2750.0, "puppy")[0] == "handled"
    context, words = path.cry_context(back_s + 4200.0, "kitten")
    assert context == "unexplained"
    assert "after Kangaroo's full feed" in words
    assert path.cry_context(START_S + 5 * HOUR_S, "kitten")[0] == "bottle_due"


def test_a_bottle_is_overdue_only_while_somebody_watches():
    box = demo_box(3, START_S, 1.0)
    watched = path_for(box)
    run(watched, box, 1.0)
    assert watched.conditions(START_S + 8 * HOUR_S) == []
    assert {u.kind for u in watched.found(START_S + 8 * HOUR_S).unjudged} >= {"bottle_overdue"}
    watched.observe(next(iter(box.blocks(START_S + 8 * HOUR_S - 5.0, START_S + 8 * HOUR_S, 5.0))))
    kinds = {c.kind for c in watched.conditions(START_S + 8 * HOUR_S)}
    assert "bottle_overdue" in kinds
    blind = path_for(box)
    assert blind.conditions(START_S + 8 * HOUR_S) == []


def test_too_much_weight_is_said():
    box = demo_box(3, START_S, 1.0)
    box.thing(START_S + 100.0, 5000.0)
    path = path_for(box)
    run(path, box, 0.05)
    assert [c.kind for c in path.conditions(START_S + 180.0)] == ["scale_overload"]


def test_a_restart_and_a_cable_that_was_out_are_no_hands():
    box = SimulatedBox(9, START_S, [SimBaby(name="Ann", species="kitten", weight_g=200.0)])
    path = path_for(box)
    for block in box.blocks(START_S, START_S + 300.0, 1.0):
        path.observe(block)
    restarted = path_for(box)
    restarted.resume(kept("scale", path.state))
    for block in box.blocks(START_S + 320.0, START_S + 600.0, 1.0):
        restarted.observe(block)
        assert not restarted.handled(block.t_s)
    for block in box.blocks(START_S + 640.0, START_S + 700.0, 1.0):
        restarted.observe(block)
        assert not restarted.handled(block.t_s)
    box.thing(START_S + 720.0, 60.0)
    handled = []
    for block in box.blocks(START_S + 700.0, START_S + 760.0, 1.0):
        restarted.observe(block)
        handled.append(restarted.handled(block.t_s))
    assert any(handled)
