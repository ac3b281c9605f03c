"""A simulated nursery lives on by itself, and has the babies that are registered."""

from __future__ import annotations

import math
from collections.abc import Callable

from monitor.config_file import parse_config
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import growth_reference
from monitor.events import Baby, Feed, ObjectMoved, RosterChanged, Tick, WeighIn
from monitor.simulation.household import HOT_WATER_BOTTLE_G, ROUND_S, Household, resident
from tests.asking import asked

T = 1_778_266_800.0
BABIES = [
    Baby(id="k", name="Kangaroo", species="kitten", weight_g=181.0),
    Baby(id="p", name="Possum", species="puppy", weight_g=119.0),
]


class Practised:
    """A household with the core over it, as the daemon joins them."""

    def __init__(self, seed: int = 3) -> None:
        config = parse_config(b'box = "practice"\nscale = {source = "simulated"}\n', "test")
        residents = [resident(baby, baby.weight_g) for baby in BABIES]
        self.household = Household(seed, T, residents, config.scale)
        self.pipeline = Pipeline(
            config, babies=BABIES, history=(), model=None, reference=growth_reference(),
            start_s=T, local_minute=lambda _: 720,
        )  # fmt: skip
        self.events = []
        self.minutes = 0

    def live(self, seconds: float) -> None:
        for _ in range(math.ceil(seconds / 60.0)):
            for block in self.household.minute():
                self._take(self.pipeline.observe(block))
            self.minutes += 1
            self._take(self.pipeline.observe(Tick(self.now_s)))

    def say(self, verb: str, **args: object) -> None:
        self._take(self.pipeline.observe(asked(self.now_s, verb, args)))

    def until(self, true: Callable[[], bool], minutes: int = 30) -> None:
        for _ in range(minutes):
            if true():
                return
            self.live(60.0)
        raise AssertionError("it has not happened")

    @property
    def now_s(self) -> float:
        return T + 60.0 * self.minutes

    @property
    def in_box(self) -> list[str] | None:
        return self.pipeline.scale_status(self.now_s).in_box

    def _take(self, events) -> None:
        self.events += events
        for event in events:
            if isinstance(event, RosterChanged):
                self.household.heed(event.baby, deleted=event.deleted)


def test_everybody_has_a_bottle_within_half_an_hour_and_again_in_the_next_round():
    world = Practised()
    world.live(1800.0)
    first = [e for e in world.events if isinstance(e, Feed)]
    assert {feed.baby for feed in first} == {"Kangaroo", "Possum"}
    world.live(ROUND_S)
    assert len([e for e in world.events if isinstance(e, Feed)]) == 4
    kangaroo = [e for e in world.events if isinstance(e, WeighIn) and e.baby == "Kangaroo"]
    assert kangaroo[-1].weight_g > kangaroo[0].weight_g  # it gains
    moved = [e.delta_g for e in world.events if isinstance(e, ObjectMoved)]
    assert [round(grams / HOT_WATER_BOTTLE_G, 1) for grams in moved[:2]] == [1.0, -1.0]


def test_a_baby_that_somebody_registers_is_put_in_and_fed():
    world = Practised()
    world.live(1200.0)
    world.say("baby_add", name="Wombat", species="kitten", weight_g=250.0)
    world.until(lambda: world.in_box is not None and "Wombat" in world.in_box)
    world.live(2 * ROUND_S)
    assert "Wombat" in {e.baby for e in world.events if isinstance(e, Feed)}


def test_a_baby_that_has_left_is_taken_out():
    world = Practised()
    world.live(1800.0)
    before_g = world.pipeline.scale_status(world.now_s).total_g
    world.say("baby_retire", name="Possum", reason="adopted")
    world.live(300.0)
    total_g = world.pipeline.scale_status(world.now_s).total_g
    assert before_g is not None
    assert total_g is not None
    assert 100.0 < before_g - total_g < 140.0
    assert world.household.inside == ["k"]


def test_a_cry_is_heard_before_the_first_bottle():
    household = Practised().household
    loud = []
    for minute in range(5):
        list(household.minute())
        loud.append(float(abs(household.sound(60.0 * minute, 60.0)).max()))
    assert max(loud[2:4]) > 10 * max(loud[:2])
