"""Bouts on scores written by hand."""

from __future__ import annotations

import pytest

from monitor.core.cry.bouts import BoutRule, Bouts, CryWindow
from monitor.core.cry.features import STEP_S
from monitor.events import CryEnded, CryStarted

RULE = BoutRule(
    on=0.6, off=0.4, hits=3, span_s=8.0, spread_s=1.4, hold_s=5.0, refractory_s=2.0,
    species_margin=0.2,
)  # fmt: skip


def window(t_s: float, kitten: float = 0.0, puppy: float = 0.0, human: float = 0.0) -> CryWindow:
    p = {"kitten": kitten, "puppy": puppy, "human": human}
    return CryWindow(t_s, p | {"other": 1 - sum(p.values())})


def run(scores: str, rule: BoutRule = RULE) -> list[CryStarted | CryEnded]:
    """One letter per window: k, p, h are sure calls, m a faint kitten, b both, . nothing."""
    voices = {
        "k": {"kitten": 0.9}, "p": {"puppy": 0.9}, "h": {"human": 0.9}, "m": {"kitten": 0.5},
        "b": {"kitten": 0.45, "puppy": 0.45}, ".": {},
    }  # fmt: skip
    bouts = Bouts(rule)
    events = []
    for k, letter in enumerate(scores):
        events += bouts.observe(window((k + 1) * STEP_S, **voices[letter]))
    return events + bouts.flush()


def test_silence_and_single_calls_are_no_bout() -> None:
    assert run("." * 50) == []
    assert run("kk......................kk...") == []


def test_one_long_squeak_needs_repetition() -> None:
    assert run("kkk.......") == []


def test_faint_calls_never_open_a_bout() -> None:
    assert run("m" * 60) == []


def test_repeated_calls_open_and_close_one_bout() -> None:
    started, ended = run("..kk..k..k....m......" + "." * 20)
    assert isinstance(started, CryStarted)
    assert isinstance(ended, CryEnded)
    assert started.t_s == pytest.approx(2 * STEP_S)
    assert started.decided_s == pytest.approx(7 * STEP_S)
    assert ended.started_s == started.t_s
    assert ended.t_s == pytest.approx(14 * STEP_S), "a faint call keeps it alive"
    assert (ended.species, ended.score) == ("kitten", 0.9)


def test_a_pause_shorter_than_the_hold_does_not_split() -> None:
    assert len(run("k.k.k.k" + "." * 9 + "k" + "." * 30)) == 2


def test_a_longer_pause_makes_two_bouts() -> None:
    events = run("k.k.k.k" + "." * 20 + "k.k.k.k" + "." * 30)
    assert [type(e) for e in events] == [CryStarted, CryEnded, CryStarted, CryEnded]


def test_refractory_keeps_the_next_bout_waiting() -> None:
    eager = "k.k.k.k" + "." * 11 + "kkkkk.k.k" + "." * 20
    second = [e for e in run(eager) if isinstance(e, CryStarted)][1]
    patient = BoutRule(**{**vars_of(RULE), "refractory_s": 6.0})
    later = [e for e in run(eager, patient) if isinstance(e, CryStarted)]
    assert not later[1:] or later[1].decided_s > second.decided_s


def vars_of(rule: BoutRule) -> dict[str, float]:
    return {name: getattr(rule, name) for name in rule.__struct_fields__}


def test_end_of_stream_closes_the_bout() -> None:
    events = run("k.k.k.k")
    assert [type(e) for e in events] == [CryStarted, CryEnded]


def test_species_is_unknown_when_close() -> None:
    assert {e.species for e in run("b.b.b.b" + "." * 20)} == {"unknown"}
    assert {e.species for e in run("p.p.p.p" + "." * 20)} == {"puppy"}


def test_a_human_baby_is_reported_apart_and_gives_way_to_a_kitten() -> None:
    assert {e.species for e in run("h.h.h.h" + "." * 20)} == {"human"}
    events = run("hhhhhhhh.k.k.k.k" + "." * 20)
    assert [e.species for e in events] == ["human", "human", "kitten", "kitten"]
    assert [type(e) for e in events] == [CryStarted, CryEnded, CryStarted, CryEnded]


def test_a_human_baby_with_kitten_like_windows_stays_a_human_baby() -> None:
    assert {e.species for e in run("hhkhhkhhkhhk" + "." * 20)} == {"human"}


def test_a_kitten_bout_is_not_ended_by_a_human_baby() -> None:
    events = run("k.k.k.khhhhhhk.k.k" + "." * 20)
    assert [e.species for e in events] == ["kitten", "kitten"]


def test_crying_shows_the_open_bout() -> None:
    bouts = Bouts(RULE)
    for k in range(5):
        bouts.observe(window((k + 1) * STEP_S, kitten=0.9))
    assert bouts.crying is not None
    bouts.observe(window(60.0))
    assert bouts.crying is None
