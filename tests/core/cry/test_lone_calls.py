"""Single strong calls, on scores written by hand."""

from __future__ import annotations

import pytest

from monitor.core.cry.features import STEP_S
from monitor.core.cry.lone_calls import LoneCalls
from monitor.events import CallHeard
from tests.core.cry.test_bouts import RULE, window

QUIET = "." * 20
"""longer than the rule's span of 8 s"""
VOICES = {
    "K": {"kitten": 0.95}, "P": {"puppy": 0.95}, "k": {"kitten": 0.7}, "h": {"human": 0.9},
    "b": {"kitten": 0.48, "puppy": 0.47}, ".": {},
}  # fmt: skip


def told(scores: str, *, crying: slice = slice(0, 0)) -> list[CallHeard]:
    """One letter per window: capitals are strong, k is fair, h a human baby, b either pet."""
    calls = LoneCalls(RULE)
    open_at = set(range(len(scores))[crying])
    found = [
        calls.observe(window((k + 1) * STEP_S, **VOICES[letter]), crying=k in open_at)
        for k, letter in enumerate(scores)
    ]
    return [call for call in found if call]


def test_a_single_strong_call_within_quiet_is_told_with_its_own_time() -> None:
    (call,) = told(QUIET + "kKk" + QUIET)
    assert (call.species, call.score) == ("kitten", 0.95)
    assert call.t_s == pytest.approx(22 * STEP_S)


@pytest.mark.parametrize(
    "scores",
    ["kkk", "KKKKK", "K..K", "hh...K", "K...hh", "K.k"],
    ids=["faint", "long", "two", "after a human baby", "before a human baby", "twice, once faint"],
)
def test_what_is_faint_long_or_in_company_is_not_told(scores: str) -> None:
    assert told(QUIET + scores + QUIET) == []


def test_it_waits_until_the_call_has_stayed_alone() -> None:
    assert told(QUIET + "K" + "." * 16) == []
    assert len(told(QUIET + "K" + "." * 17)) == 1


def test_a_call_of_a_bout_belongs_to_the_bout() -> None:
    assert told(QUIET + "K" + QUIET, crying=slice(19, 30)) == []
    assert told(QUIET + "K" + QUIET, crying=slice(25, 30)) == [], "one that opened behind it"


def test_each_of_two_far_apart_is_told() -> None:
    assert [c.species for c in told(QUIET + "K" + QUIET + "PP" + QUIET)] == ["kitten", "puppy"]


def test_who_it_was_is_said_only_when_it_is_clear() -> None:
    assert [c.species for c in told(QUIET + "b" + QUIET)] == ["unknown"]
