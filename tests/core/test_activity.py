"""Too quiet: only when both sources work, somebody is in the box, and nobody stirs."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.config import AlertsConfig
from monitor.core.activity import Activity
from monitor.errors import InputError
from monitor.events import Baby, BoxOn, CryStarted, ScaleBlock

T = 1_767_268_800.0  # 2026-01-01T12:00:00Z
BLOCK = ScaleBlock(np.array([T + 2000]), np.array([400_000.0]))
BABY = Baby(id="1", name="Possum", species="puppy")


def conditions(subject, t_s, *, microphone=True, scale=True, babies=(BABY,)):
    return subject.conditions(t_s, microphone=microphone, scale=scale, babies=babies)


def limit_min(babies) -> float:
    subject = Activity(AlertsConfig(), T)
    return next(m for m in range(1000) if conditions(subject, T + 60 * m, babies=babies))


def test_silence_and_stillness_for_ninety_minutes():
    subject = Activity(AlertsConfig(), T)
    assert conditions(subject, T + 5399) == []
    (found,) = conditions(subject, T + 5400)
    assert (found.kind, found.severity, found.since_s) == ("too_quiet", "critical", T)
    assert "1 h 30 min" in found.message


def test_a_call_or_a_movement_begins_the_count_anew():
    subject = Activity(AlertsConfig(), T)
    subject.sound(CryStarted(t_s=T + 1000, species="puppy", score=0.9))
    assert conditions(subject, T + 6000) == []
    subject.weighed(BLOCK, [BoxOn(t_s=T + 2000)])
    assert conditions(subject, T + 7000) == []
    assert conditions(subject, T + 2000 + 5400)


def test_a_still_scale_and_a_human_baby_are_no_signs_of_life():
    subject = Activity(AlertsConfig(), T)
    subject.weighed(BLOCK)
    subject.sound(CryStarted(t_s=T + 2000, species="human", score=0.9))
    assert conditions(subject, T + 5400)


@pytest.mark.parametrize("dead", ["microphone", "scale"])
def test_it_is_disarmed_while_a_source_is_dead_and_counts_anew_after(dead):
    subject = Activity(AlertsConfig(), T)
    conditions(subject, T + 5000)
    assert conditions(subject, T + 5400, **{dead: False}) == []
    assert conditions(subject, T + 5401) == []
    assert conditions(subject, T + 5401 + 5399) == []
    assert conditions(subject, T + 5401 + 5400)


def test_an_empty_box_is_quiet():
    subject = Activity(AlertsConfig(), T)
    assert conditions(subject, T + 90_000, babies=()) == []


def test_older_babies_sleep_longer_and_the_youngest_decides():
    newborn = Baby(id="2", name="A", species="kitten", born="2025-12-29")
    month = Baby(id="3", name="B", species="kitten", born="2025-11-28")
    weaned = Baby(id="4", name="C", species="kitten", born="2025-11-01")
    assert [limit_min([b]) for b in (newborn, month, weaned)] == [90, 180, 240]
    assert limit_min([weaned, newborn]) == 90
    assert limit_min([weaned, BABY]) == 90  # an unknown age counts as the youngest


def test_a_restart_keeps_the_last_signs_but_not_the_arming():
    before = Activity(AlertsConfig(), T)
    before.sound(CryStarted(t_s=T + 100, species="kitten", score=0.9))
    after = Activity(AlertsConfig(), T + 5000)
    after.restore(before.snapshot())
    assert after.last_sign_s == T + 100
    assert conditions(after, T + 5600) == []
    with pytest.raises(InputError):
        after.restore(b"x")
