"""From a transition to the step that has to be explained."""

from __future__ import annotations

import math

import pytest

from monitor.config import ScaleConfig
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.box import BoxWatch, Change
from monitor.core.scale.claims import Claims
from monitor.core.scale.hypothesis import step_id
from monitor.core.scale.levels import Trend
from monitor.core.scale.liveliness import Liveliness, LivelinessState
from monitor.core.scale.plateaus import Transition
from monitor.core.scale.state import WeigherState, begun
from monitor.core.scale.steadiness import Steadiness
from monitor.core.scale.steps import StepReader
from monitor.core.scale.tracker import OccupancyTracker
from monitor.data.shipped import shipped
from monitor.events import Baby, BoxOff, BoxOn, ObjectMoved

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T0 = 1_000_000.0
CONFIG = ScaleConfig(capacity_g=5000.0)


def fresh(*weights: float) -> WeigherState:
    babies = [
        Baby(id=f"{k}", name=f"B{k}", species="kitten", weight_g=g, registered_s=T0)
        for k, g in enumerate(weights)
    ]
    return begun(babies, [], REFERENCE, T0, occupancy_known=True)


def change(to_g: float, from_g: float | None = 1000.0, **how) -> Transition:
    known = {
        "t_s": T0 + 60, "from_se_g": 0.2, "from_end_s": T0 + 55, "to_se_g": 0.1,
        "to_start_s": T0 + 62, "settled": True, "touched": False, "blind_s": 0.0,
        "known_s": T0 + 70,
    }  # fmt: skip
    return Transition(from_g=from_g, to_g=to_g, **(known | how))


def read(transition: Transition, state: WeigherState | None = None, *, was_off: bool = False):
    state = state or fresh()
    assert transition.from_g is not None
    reader = StepReader(state, Steadiness(state.steadiness))
    return reader.observe(transition, transition.from_g, was_off=was_off)


# ------------------------------------------------------------------ steps


def test_a_lift_is_a_step_between_both_levels():
    step = read(change(820.0))
    assert (step.step_id, step.t_s) == (step_id(T0 + 60), T0 + 60)
    assert (step.from_g, step.to_g, step.elapsed_s) == (1000.0, 820.0, 7.0)
    assert step.sigma_g == pytest.approx(math.sqrt(0.2**2 + 0.1**2 + 0.15**2))
    assert (step.settled, step.touched, step.blind, step.box_was_off) == (True, False, False, False)
    assert step.sure


def test_less_than_25_grams_is_nothing_or_a_thing():
    assert read(change(1025.0)) is not None
    assert read(change(1024.9)) == ObjectMoved(t_s=T0 + 60, delta_g=pytest.approx(24.9))
    assert read(change(975.0)).to_g == 975.0
    assert read(change(990.0)) == ObjectMoved(t_s=T0 + 60, delta_g=-10.0)
    assert read(change(990.5)) is None


def test_beside_a_brief_plateau_four_grams_are_a_step():
    state = fresh()
    brief = read(change(1004.0, settled=False), state)
    assert (brief.to_g, brief.settled) == (1004.0, False)
    assert read(change(1004.0), state).to_g == 1004.0  # the one before it was brief
    assert read(change(1004.0), state) is None
    assert read(change(1003.9, settled=False), state) is None
    assert read(change(1020.0, settled=False), state).to_g == 1020.0


def test_a_hand_or_a_gap_makes_any_change_a_step():
    assert read(change(1000.0, touched=True)).touched
    assert read(change(1000.0, blind_s=20.0)) is None
    assert read(change(1000.0, blind_s=20.1)).blind
    off = read(change(1000.0), was_off=True)
    assert (off.blind, off.box_was_off) == (True, True)


def test_without_a_clock_the_time_of_a_step_is_not_sure():
    state = fresh()
    state.claims.clock_known = False
    assert not read(change(820.0), state).sure


def test_a_power_cut_nobody_has_timed_was_as_long_as_a_night():
    state = fresh()
    state.resumed_s = T0 + 58
    assert read(change(820.0), state).elapsed_s == 7.0
    state.claims.clock_known = False
    assert read(change(820.0), state).elapsed_s == 8 * 3600.0
    long_ago = change(820.0, from_end_s=T0 - 10 * 3600.0)
    assert read(long_ago, state).elapsed_s == pytest.approx(10 * 3600.0 + 62)
    state.resumed_s = T0 + 55
    assert read(change(820.0), state).elapsed_s == 7.0


def wandering() -> WeigherState:
    state = fresh()
    state.steadiness.wanders_since_s = T0 - 100
    state.steadiness.surprise_g = 0.5
    return state


RISES = Trend(0.05, 0.01, T0 + 45.0)  # read 15 s before the step
FALLS = Trend(-0.1, 0.02, T0 + 70.0)  # ... and 10 s after it


def test_on_a_platform_that_wanders_both_levels_are_followed_to_the_moment_of_the_step():
    step = read(change(820.0, from_trend=RISES, to_trend=FALLS), wandering())
    assert step.from_g == pytest.approx(1000.0 + 15 * 0.05)
    assert step.to_g == pytest.approx(820.0 + 10 * 0.1)
    drift = math.hypot(0.01 * 15, 0.5 * math.sqrt(1.5), 0.02 * 10, 0.5)
    assert step.sigma_g == pytest.approx(math.hypot(0.2, 0.1, 0.15, drift))


def test_a_trend_within_twice_its_error_is_none():
    weak = Trend(0.0199, 0.01, T0 + 45.0)
    step = read(change(820.0, from_trend=weak), wandering())
    assert step.from_g == 1000.0
    assert step.sigma_g == pytest.approx(math.hypot(0.2, 0.1, 0.15, 0.5 * math.sqrt(1.5)))
    strong = Trend(0.02, 0.01, T0 + 45.0)
    assert read(change(820.0, from_trend=strong), wandering()).from_g == pytest.approx(1000.3)


def test_a_trend_is_followed_for_half_a_minute():
    early = Trend(0.05, 0.01, T0 + 10.0)
    step = read(change(820.0, from_trend=early), wandering())
    assert step.from_g == pytest.approx(1000.0 + 30 * 0.05)
    drift = math.hypot(0.01 * 30, 0.05 * 20, 0.5 * math.sqrt(5))
    assert step.sigma_g == pytest.approx(math.hypot(0.2, 0.1, 0.15, drift))


def test_a_steady_platform_or_a_gap_has_no_trend_to_follow():
    steady = read(change(820.0, from_trend=RISES, to_trend=FALLS))
    assert (steady.from_g, steady.to_g) == (1000.0, 820.0)
    gap = read(change(820.0, from_trend=RISES, to_trend=FALLS, blind_s=30.0), wandering())
    assert (gap.from_g, gap.to_g) == (1000.0, 820.0)
    assert gap.sigma_g == pytest.approx(math.sqrt(0.2**2 + 0.1**2 + 0.15**2))


# ------------------------------------------------------------------ the box itself


def watch(*weights: float) -> tuple[BoxWatch, WeigherState]:
    state = fresh(*weights)
    tracker = OccupancyTracker(state.occupancy)
    return BoxWatch(CONFIG, state, Claims(state.claims, REFERENCE), tracker), state


@pytest.mark.parametrize(
    ("to_g", "weights", "off"),
    [
        (1000.0, (200.0,), False),
        (19.9, (200.0,), True),
        (-19.9, (200.0,), True),
        (20.0, (200.0,), False),
        (19.9, (40.0,), False),  # a box this light cannot be told from none
        (19.9, (40.1,), True),
        (-250.0, (), False),
        (-250.1, (), True),  # 5 % of the capacity below nothing
    ],
)
def test_the_first_level_of_a_recording_shows_whether_the_box_is_there(to_g, weights, off):
    box, state = watch(*weights)
    assert box.observe(change(to_g, from_g=None)) == Change([])
    assert state.box_off == off


@pytest.mark.parametrize(
    ("to_g", "off"),
    [
        (0.0, True),
        (299.0, True),  # less than a quarter of the 1200 g of before
        (300.0, False),
        (-299.0, True),
        (-251.0, True),
    ],
)
def test_a_box_is_off_when_hardly_anything_is_left(to_g, off):
    box, state = watch(200.0)
    found = box.observe(change(to_g, from_g=1200.0))
    assert found == (Change([BoxOff(t_s=T0 + 60)]) if off else Change([], 1200.0))
    assert state.box_off == off
    assert state.off_from_g == (1200.0 if off else None)


def test_more_than_the_babies_and_half_a_box_must_be_gone():
    # babies 600 g, box 100 g: gone are more than 650 g
    box, _ = watch(300.0, 300.0)
    assert box.observe(change(50.0, from_g=700.0)).events == []
    assert box.observe(change(49.9, from_g=700.0)).events != []
    # a box of 61 g counts as one, and 30 g is half of the least one
    box, _ = watch(300.0, 300.0)
    assert box.observe(change(0.0, from_g=660.0)).events == []
    assert box.observe(change(0.0, from_g=661.0)).events != []


def test_a_box_is_back_when_nearly_a_third_of_it_is():
    box, state = watch(200.0)
    box.observe(change(0.0, from_g=1200.0))
    assert box.observe(change(359.0, from_g=0.0)) == Change([])
    assert state.box_off
    back = box.observe(change(360.0, from_g=0.0))
    assert back == Change([BoxOn(t_s=T0 + 60)], 1200.0, was_off=True)
    assert (state.box_off, state.off_from_g) == (False, None)


def test_a_box_nobody_has_weighed_is_back_at_sixty_grams():
    box, _ = watch(200.0)
    box.observe(change(0.0, from_g=None))
    assert box.observe(change(59.9, from_g=0.0)) == Change([])
    assert box.observe(change(60.0, from_g=0.0)) == Change([BoxOn(t_s=T0 + 60)], None, was_off=True)
    light, _ = watch()
    light.observe(change(0.0, from_g=100.0))
    assert light.observe(change(59.9, from_g=0.0)) == Change([])
    assert light.observe(change(60.0, from_g=0.0)).was_off
    assert BabyRecord(baby=Baby(id="a", name="A", species="kitten")).weight_g is None


# ------------------------------------------------------------------ liveliness


def lively(*levels: float) -> Liveliness:
    subject = Liveliness(LivelinessState())
    for g in levels:
        subject.observe(g)
    return subject


def wobble(jump_g: float, n: int) -> list[float]:
    return [100.0 + jump_g * (k % 2) for k in range(n)]


def test_nothing_is_said_of_the_first_half_minute():
    assert lively(*wobble(0.1, 50)).level is None
    assert lively(*wobble(0.1, 51)).level == 0.0


def test_a_litter_that_crawls_is_lively_above_the_noise_of_the_cell():
    subject = lively(*wobble(0.1, 51), *wobble(1.0, 400))
    jitter, floor = 1.0, 0.1
    excess = math.sqrt(jitter**2 - (1.3 * floor) ** 2)
    assert subject.level == pytest.approx(excess / (excess + 0.7), rel=0.01)
    # three jumps of a gram in a memory of fifty windows
    assert lively(*wobble(0.1, 51), *wobble(1.0, 4)).level == pytest.approx(0.104, rel=0.03)


def test_a_hand_counts_as_ten_grams():
    once = lively(*wobble(0.1, 51), 5000.0).level
    assert once == pytest.approx(lively(*wobble(0.1, 51), 110.0).level)


def test_the_floor_creeps_up_and_falls_at_once():
    noisier = lively(*wobble(0.1, 51), *wobble(0.14, 5_000)).level
    much_later = lively(*wobble(0.1, 51), *wobble(0.14, 60_000)).level
    assert noisier > 0.0 == much_later
    quieter = lively(*wobble(1.0, 60), *wobble(0.001, 2_000), *wobble(1.0, 60))
    assert quieter.level > 0.3
    assert lively(*wobble(0.0, 400), *wobble(0.006, 400)).level == 0.0
