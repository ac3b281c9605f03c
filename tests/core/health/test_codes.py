from __future__ import annotations

import numpy as np
import pytest

from monitor.core.health.codes import CodeWatch
from monitor.core.health.sources import Health
from monitor.events import (
    ScaleBlock,
    Tick,
)
from tests.core.health.sensing import RNG, Box, T, counts

T0 = 1_700_000_000.0


def block(after_s: float, *codes: float, every_s: float = 0.1) -> ScaleBlock:
    """Values of which the last is at this time."""
    times = T0 + after_s - every_s * np.arange(len(codes))[::-1]
    return ScaleBlock(times, np.array(codes, float))


def lively(after_s: float, n: int = 10, every_s: float = 0.1) -> ScaleBlock:
    return block(after_s, *(400_000 + (k * 37 + round(after_s) * 11) % 90 for k in range(n)),
                 every_s=every_s)  # fmt: skip


def codes_say(*blocks: ScaleBlock, **how) -> str:
    watch, said = CodeWatch(**how), ""
    for each in blocks:
        said = watch.observe(each)
    return said


LOW, HIGH = -8_388_608.0, 8_388_607.0
SATURATED = "is saturated: check the load cell's four wires and the load"
REPEATS = "repeats one and the same reading: check the load cell's four wires"


@pytest.mark.parametrize("end", [LOW, HIGH])
def test_three_codes_at_an_end_of_the_range_are_no_spike(end):
    assert codes_say(block(0, end, end)) == ""
    assert codes_say(block(0, end, end, end)) == SATURATED
    assert codes_say(block(0, end), block(1, end), block(2, end)) == SATURATED
    assert codes_say(block(0, end, end), block(1, 7.0), block(2, end)) == ""
    assert codes_say(block(0, end, 5.0, end, end)) == ""


def test_codes_that_no_signed_converter_has():
    assert codes_say(block(0, 8_388_608.0, 8_400_000.0, 1.0)) == (
        "delivers offset-binary codes (8400000; a signed 24-bit converter ends at 8388607): "
        "subtract 8388608 from every value"
    )
    assert codes_say(block(0, 8_400_000.0, 1.0)) == ""
    assert codes_say(block(0, 8_388_607.0, 1.0)) == ""


def test_one_code_for_a_minute_is_a_dead_converter():
    noise = [lively(float(second)) for second in range(1, 60)]
    same = [block(60.0 + second, *[5.0] * 10) for second in range(63)]
    assert codes_say(*noise, *same[:60]) == ""
    assert codes_say(*noise, *same[:62]) == REPEATS
    assert codes_say(*noise, *same, lively(130.0)) == ""


def test_a_coarse_recording_repeats_itself_for_longer():
    coarse = [block(float(s), *[100.0 + s // 20] * 10) for s in range(1, 400)]
    same = [block(400.0 + s, *[500.0] * 10) for s in range(70)]
    assert codes_say(*coarse, *same) == ""
    assert codes_say(*same) == REPEATS


def test_too_few_values_a_second_are_said_after_twenty():
    seldom = [lively(2.0 * k, n=1) for k in range(12)]
    assert codes_say(*seldom[:10]) == ""
    assert codes_say(*seldom) == (
        "delivers only 0.5 values a second, 1 are the fewest that can be weighed: "
        "check its wires, and what else keeps the computer busy"
    )
    assert codes_say(*[lively(float(k), n=1) for k in range(30)]) == ""
    fast = [lively(0.5 * k, n=1) for k in range(50)]
    assert "delivers only 2.0 values a second, 3 are the fewest" in codes_say(*fast, least_hz=3.0)


def test_a_break_is_no_slowness():
    before = [lively(float(k), n=1) for k in range(15)]
    after = [lively(100.0 + k, n=1) for k in range(15)]
    assert codes_say(*before, *after) == ""
    broken = ScaleBlock(T0 + np.array([16.0, 17.0, 90.0, 91.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert codes_say(*before, broken, *after) == ""


def sparse(every_s: float, seconds: float):
    """A scale that sends one value every ``every_s``."""
    times = T + np.arange(int(seconds / every_s)) * every_s
    return times, 400_000 + RNG.normal(0, 60, len(times)).round()


@pytest.mark.parametrize(
    ("every_s", "least_hz", "sick"),
    [
        (2.5, 0.8, True),
        (1.6, 0.8, True),
        (1.0, 0.8, False),
        (0.1, 0.8, False),
        (1.0, 3.0, True),
        (0.5, 3.0, True),
        (0.2, 3.0, False),
        (0.085, 3.0, False),
    ],
)
def test_too_few_values_a_second_are_no_scale(every_s, least_hz, sick):
    health = Health(("scale",), T, least_scale_hz=least_hz)
    times, codes = sparse(every_s, 120)
    for t_s, code in zip(times, codes, strict=True):
        health.observe(ScaleBlock(np.array([t_s]), np.array([code])))
        health.observe(Tick(float(t_s)))
    found = health.conditions(float(times[-1]))
    assert [c.key for c in found] == (["scale"] if sick else [])
    if sick:
        assert f"only {1 / every_s:.1f} values a second" in found[0].message


def test_a_scale_that_sends_enough_again_is_healthy_again():
    box = Box("scale")

    def thin(t_s):
        return ScaleBlock(np.array([t_s]), np.round([400_000 + RNG.normal(0, 60)]))

    box.health = Health(("scale",), T, least_scale_hz=3.0)
    box.run(60, audio=None, scale=thin)
    assert box.blind == ["scale"]
    box.run(60, audio=None)
    assert box.blind == []


def test_a_break_in_the_values_is_not_counted_as_few():
    health = Health(("scale",), T, least_scale_hz=3.0)
    t_s = T
    for _ in range(40):
        health.observe(counts(t_s))
        t_s += 8.0
        health.observe(counts(t_s))
        health.observe(counts(t_s + 1.0))
        health.observe(Tick(t_s + 2.0))
        assert "values a second" not in health.sources()["scale"].why
        t_s += 20.0


def test_the_size_of_a_block_makes_no_difference_to_the_rate():
    times, codes = sparse(1.0, 600)
    times[300:] += 100.0
    health = Health(("scale",), T)
    health.observe(ScaleBlock(times, codes))
    health.observe(Tick(float(times[-1])))
    assert health.sources()["scale"].state == "healthy"


def test_an_offset_binary_source_is_called_so():
    box = Box("scale").run(20, audio=None, scale=lambda t: counts(t, 2**23 + 84_213))
    assert box.blind == ["scale"]
    assert "offset-binary" in box.health.sources()["scale"].why
    assert "subtract 8388608" in box.health.sources()["scale"].why
    assert "wires" not in box.health.sources()["scale"].why


def test_one_wild_code_is_no_offset_binary_source():
    wild = np.full(10, 400_000.0)
    wild[3], wild[5] = 2**23 + 5, 400_001.0
    box = Box("scale").run(20, audio=None, scale=lambda t: ScaleBlock(counts(t).times_s, wild))
    assert box.blind == []
