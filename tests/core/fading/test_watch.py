"""``watch.py``: the judgement of every baby over days, kept, taken up, shifted and taken back."""

from __future__ import annotations

import random

import msgspec
import pytest

from monitor.core.fading.hours import Hour
from monitor.core.fading.watch import FadingState, FadingWatch
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import shipped
from monitor.events import Baby, CryEnded, Weighing
from monitor.times import DAY_S, HOUR_S
from monitor.timeshift import TimeShift, shifted

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T = 1_700_006_400.0
END_S = T + 6 * DAY_S


def raised(name: str = "Ash", *, fading_h: float = 0.0, days: float = 6.0) -> BabyRecord:
    """Eight bottles a day; in the last hours a third of each, and no gain."""
    rng, t_s, grams = random.Random(name), T, 180.0
    record = BabyRecord(baby=Baby(id=name, name=name, species="kitten", weight_g=180.0))
    while t_s < T + days * DAY_S:
        fades = t_s > END_S - fading_h * HOUR_S
        milk_g = grams * 0.03 * (0.25 if fades else 1.0) * rng.uniform(0.8, 1.2)
        for move, g, at_s in (("lift", grams, t_s), ("return", grams + milk_g, t_s + 600.0)):
            record.put(
                Weighing(step_id=f"{at_s:.0f}", t_s=at_s, baby=name, weight_g=g, sigma_g=0.2,
                         move=move)
            )  # fmt: skip
        grams *= (1.0 + (-0.02 if fades else 0.05) / 8.0) * rng.uniform(0.997, 1.003)
        t_s += 3 * HOUR_S
    record.refresh(REFERENCE)
    return record


def watching(*records: BabyRecord) -> FadingWatch:
    watch = FadingWatch(REFERENCE)
    watch.observe(END_S, records)
    return watch


def test_signs_that_agree_are_an_alert_in_words():
    ash, bee = raised(fading_h=30), raised("Bee")
    watch = watching(ash, bee)
    said = watch.watch("Ash")
    assert said is not None
    assert said.level == "act"
    assert any(sign.startswith("Took next to nothing in ") for sign in said.signs)
    assert any(sign.startswith("Loses ") and "of late, usually" in sign for sign in said.signs)
    (alert,) = watch.conditions([ash, bee])
    assert (alert.kind, alert.key, alert.severity) == ("fading", "Ash", "critical")
    assert "is it warm, does it suck" in alert.message
    assert watch.watch("Bee") == msgspec.structs.replace(said, level="well", signs=[])


def test_nothing_is_said_of_a_baby_that_has_just_come():
    ash = raised(days=0.5)
    watch = FadingWatch(REFERENCE)
    watch.observe(T + 0.5 * DAY_S, [ash])
    assert watch.watch("Ash") is None
    assert watch.conditions([ash]) == []


def test_bottles_that_are_taken_back_take_the_alert_with_them():
    ash = raised(fading_h=30)
    watch = watching(ash)
    assert watch.conditions([ash])
    for weighing in [w for w in ash.weighings if w.t_s > END_S - 30 * HOUR_S]:
        ash.drop(weighing.step_id)
    ash.refresh(REFERENCE)
    watch.forget()
    watch.observe(END_S - 30 * HOUR_S, [ash])
    assert watch.conditions([ash]) == []
    assert watch.state.since_s == {}


def test_a_restart_goes_on_with_the_hours_and_the_alert():
    ash = raised(fading_h=30)
    watch = watching(ash)
    watch.state.hours["Ash"] = [Hour(END_S - HOUR_S, 1, 50, 8.25)]
    since_s = watch.conditions([ash])[0].since_s
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(watch.state), type=FadingState)
    again = FadingWatch(REFERENCE)
    again.state = kept
    again.observe(END_S + 60.0, [ash])
    assert again.conditions([ash])[0].since_s == since_s
    assert again.state.hours["Ash"][0].in_lively == 8.25


def test_without_milk_and_weights_an_open_alert_is_neither_true_nor_false():
    ash = raised(fading_h=30)
    watch = watching(ash)
    watch.forget()
    watch.observe(END_S + 9 * DAY_S, [ash])
    assert watch.conditions([ash]) == []
    assert [c.key for c in watch.unjudged([ash])] == ["Ash"]


def test_hours_and_beginnings_follow_the_clock():
    state = FadingState(since_s={"a": T}, hours={"a": [Hour(T, 1)]})
    moved = shifted(state, TimeShift(by_s=100.0))
    assert (moved.since_s["a"], moved.hours["a"][0].t_s) == (T + 100.0, T + 100.0)


@pytest.mark.parametrize(("species", "heard"), [("kitten", 1.0), ("puppy", 0.0)])
def test_calls_belong_to_the_babies_of_that_species_in_the_box(species: str, heard: float):
    ash, watch = raised(), FadingWatch(REFERENCE)
    watch.run.hour["Ash"] = Hour(END_S, 1)
    bout = CryEnded(t_s=END_S + 60.0, started_s=END_S, species=species, score=0.9)  # type: ignore[arg-type]
    watch.hear(bout, [ash])
    assert watch.run.hour["Ash"].cry_min == heard
