"""Blind sources, the link and the identity: what a person is told, word by word."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.health.codes import CodeWatch
from monitor.core.health.identity import IdentityConflict, identity_sentence
from monitor.core.health.link import LinkHealth
from monitor.core.health.sources import Health
from monitor.documents import SourceHealth
from monitor.events import (
    CannotJudge,
    Condition,
    IdentityReport,
    LinkReport,
    ScaleBlock,
    SourceReport,
    SourceState,
    Tick,
)

T0 = 1_700_000_000.0


def block(after_s: float, *codes: float, every_s: float = 0.1) -> ScaleBlock:
    """Values of which the last is at this time."""
    times = T0 + after_s - every_s * np.arange(len(codes))[::-1]
    return ScaleBlock(times, np.array(codes, float))


def lively(after_s: float, n: int = 10, every_s: float = 0.1) -> ScaleBlock:
    return block(after_s, *(400_000 + (k * 37 + round(after_s) * 11) % 90 for k in range(n)),
                 every_s=every_s)  # fmt: skip


def scale_health(seconds: int = 0, **how) -> Health:
    health = Health(["scale"], T0, **how)
    for second in range(1, seconds + 1):
        health.observe(lively(second))
        health.observe(Tick(T0 + second))
    return health


def tick(health: Health, after_s: float) -> list[SourceState]:
    return health.observe(Tick(T0 + after_s))


def blind(health: Health, after_s: float) -> list[Condition]:
    return [c for c in health.conditions(T0 + after_s) if c.key in {"scale", "microphone"}]


def waiting(health: Health, after_s: float) -> list[str]:
    return [e.why for e in health.unjudged(T0 + after_s) if e.key in {"scale", "microphone"}]


# ------------------------------------------------------------------ a source


def test_a_scale_that_sends_nothing_is_stalled_then_failed():
    health = scale_health(100)
    assert tick(health, 102.9) == []
    assert tick(health, 103.0) == [
        SourceState(t_s=T0 + 103, source="scale", state="stalled", why="sends nothing")
    ]
    assert tick(health, 129.9) == []
    assert tick(health, 130.0) == [
        SourceState(
            t_s=T0 + 130, source="scale", state="failed",
            why="has sent nothing for more than 30 s",
        )
    ]  # fmt: skip
    assert blind(health, 130.0) == [
        Condition(
            kind="monitor_blind",
            key="scale",
            severity="critical",
            since_s=T0 + 100,
            title="Scale is blind",
            message="Scale has sent nothing for more than 30 s. Until it works, weights and feeds "
            "are not seen: look after the babies yourself.",
            why="has sent nothing for more than 30 s",
            all_clear="Scale works again.",
            false_before_s=99.0,
        )
    ]


def test_a_stalled_source_is_told_after_fifteen_seconds():
    health = scale_health(100)
    tick(health, 103.0)
    assert blind(health, 114.9) == []
    assert waiting(health, 114.9) == ["the scale has not proven itself yet"]
    assert len(blind(health, 115.0)) == 1
    assert waiting(health, 115.0) == []


def test_a_microphone_is_called_deaf():
    health = Health(["microphone"], T0)
    tick(health, 31.0)
    (found,) = blind(health, 31.0)
    assert (found.title, found.all_clear) == ("Microphone is deaf", "Microphone works again.")
    assert found.message == (
        "Microphone has sent nothing for more than 30 s. Until it works, cries are not heard: "
        "look after the babies yourself."
    )
    assert (found.since_s, found.false_before_s) == (T0, 0.0)


def test_a_source_starts_then_delivers():
    health = Health(["scale"], T0)
    assert health.sources() == {
        "scale": SourceHealth(state="healthy", why="starting", since=T0),
        "microphone": SourceHealth(state=None, why="not configured"),
    }
    assert not health.alive("scale")
    health.observe(lively(1.0))
    assert tick(health, 1.0) == [
        SourceState(t_s=T0 + 1, source="scale", state="healthy", why="delivers data")
    ]
    assert health.alive("scale")
    assert not health.alive("microphone")
    assert health.sources()["scale"] == SourceHealth(
        state="healthy", why="delivers data", since=T0 + 1
    )
    health.observe(lively(2.0))
    assert tick(health, 2.0) == []


def test_a_source_is_proven_after_75_seconds():
    assert waiting(scale_health(75), 75.0) == ["the scale has not proven itself yet"]
    assert waiting(scale_health(76), 76.0) == []


def test_a_source_is_healthy_again_after_five_steady_seconds():
    health = scale_health(100)
    tick(health, 105.0)
    for second in range(106, 111):
        health.observe(lively(second))
        assert tick(health, second) == []
    health.observe(lively(111))
    assert tick(health, 111)[0].state == "healthy"
    assert blind(health, 111) == []


def test_what_a_device_says_of_itself_counts_at_once_while_no_data_come():
    health = scale_health(10)
    report = SourceReport(t_s=T0 + 11, source="scale", state="restarting", why="unplugged")
    assert health.observe(report) == [
        SourceState(t_s=T0 + 11, source="scale", state="restarting", why="unplugged")
    ]
    assert health.observe(report) == []
    assert tick(health, 39.9) == []
    assert tick(health, 40.0)[0] == SourceState(
        t_s=T0 + 40, source="scale", state="failed", why="unplugged"
    )
    other = SourceReport(t_s=T0 + 11, source="microphone", state="failed", why="x")
    assert health.observe(other) == []


def test_data_after_what_a_device_said_count_more():
    health = scale_health(10)
    health.observe(SourceReport(t_s=T0 + 10.5, source="scale", state="failed", why="gone"))
    assert [c.why for c in blind(health, 10.5)] == ["gone"]
    for second in range(11, 20):
        health.observe(lively(second))
        tick(health, second)
    assert health.sources()["scale"].state == "healthy"
    health.observe(SourceReport(t_s=T0 + 20, source="scale", state="healthy", why="10 a second"))
    assert health.sources()["scale"].why == "10 a second"


def test_a_fault_that_the_weighing_finds_is_a_failure():
    health = scale_health(80)
    health.know_scale_fault("cannot carry this")
    tick(health, 80.5)
    assert blind(health, 80.5)[0].message.startswith("Scale cannot carry this. Until it works")
    health.know_scale_fault(None)
    tick(health, 81.0)
    assert health.sources()["scale"].state == "healthy"
    Health(["microphone"], T0).know_scale_fault("nobody asks")


# ------------------------------------------------------------------ raw codes


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


# ------------------------------------------------------------------ the link

LINK_WORDS = [
    (
        LinkReport(t_s=T0, connected=True, takes_alerts=False, why={"refused": "not allowed"}),
        "refused", "critical", "Broker throws alerts away",
        ("The broker does not take what this box says (not allowed), so no phone hears it from "
        "there. Check the box's name, user and rights at the broker; look after the babies "
        "yourself."),
        "not allowed", "The broker takes alerts again.", 0.0,
    ),
    (
        LinkReport(t_s=T0, connected=True, takes_alerts=True, silent_s=60.0),
        "silent", "critical", "Broker does not answer",
        ("For over a minute the broker has acknowledged nothing: alerts may reach no phone. "
        "Restart the broker; the box goes on trying."),
        "no acknowledgement", "The broker answers again.", 60.0,
    ),
    (
        LinkReport(t_s=T0, away_s=600.0, why={"away": "connection refused"}),
        "away", "critical", "No connection to the broker",
        ("For over 10 minutes alerts have not left this box: connection refused. They wait here; "
        "look after the babies yourself until the connection is back."),
        "connection refused", "The connection to the broker is back.", 600.0,
    ),
    (
        LinkReport(t_s=T0, connected=True, takes_alerts=True, hears_commands=False),
        "deaf", "warning", "Commands are not heard",
        ("What is tapped on a phone does not reach this box: the broker does not say why. Alerts "
        "still leave it; use the button on the box."),
        "no acknowledgement", "Commands are heard again.", 0.0,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("report", "key", "severity", "title", "message", "why", "all_clear", "ago_s"), LINK_WORDS
)
def test_each_trouble_of_the_link_in_words(
    report, key, severity, title, message, why, all_clear, ago_s
):
    link = LinkHealth()
    link.observe(report)
    assert link.conditions() == [
        Condition(
            kind="not_delivered", key=key, severity=severity, since_s=T0 - ago_s, title=title,
            message=message, why=why, all_clear=all_clear,
        )
    ]  # fmt: skip
    assert key not in {each.key for each in link.unjudged()}


def link_after(**how) -> tuple[set[str], set[str]]:
    """What is wrong, and what nobody can tell."""
    link = LinkHealth()
    link.observe(LinkReport(t_s=T0, **how))
    return {c.key for c in link.conditions()}, {e.key for e in link.unjudged()}


def test_what_the_link_has_not_shown_cannot_be_judged():
    assert LinkHealth().conditions() == []
    assert LinkHealth().unjudged() == [
        CannotJudge(kind="not_delivered", key=key, why="the broker has not shown it yet")
        for key in ("refused", "silent", "away", "deaf")
    ]
    assert link_after() == (set(), {"refused", "silent", "away", "deaf"})
    assert link_after(away_s=599.9) == (set(), {"refused", "silent", "away", "deaf"})
    assert link_after(connected=True) == (set(), {"refused", "silent", "deaf"})
    assert link_after(connected=True, takes_alerts=True) == (set(), {"deaf"})
    assert link_after(connected=True, takes_alerts=True, hears_commands=True) == (set(), set())
    waits = link_after(connected=True, takes_alerts=True, hears_commands=True, silent_s=59.9)
    assert waits == (set(), {"silent"})


def test_a_trouble_of_the_link_has_its_beginning_until_it_is_over():
    link = LinkHealth()
    link.observe(LinkReport(t_s=T0, away_s=600.0))
    link.observe(LinkReport(t_s=T0 + 60, away_s=660.0))
    assert link.conditions()[0].since_s == T0 - 600
    link.observe(LinkReport(t_s=T0 + 70, away_s=None))
    assert link.conditions() == []
    link.observe(LinkReport(t_s=T0 + 80, away_s=1000.0))
    assert link.conditions()[0].since_s == T0 - 600
    link.observe(LinkReport(t_s=T0 + 90, connected=True))
    link.observe(LinkReport(t_s=T0 + 800, away_s=600.0))
    assert link.conditions()[0].since_s == T0 + 200


# ------------------------------------------------------------------ the identity

NEW, KEEP = "sudo nursery identity --new", "sudo nursery identity --keep"
IDENTITY_WORDS = [
    (
        "twin", "critical", "Two boxes share one identity",
        ("Another box with a copy of this card speaks as attic, too: both carry out every command, "
        "and each can overwrite what the other says. On the copy give box another name in the "
        f"configuration and run: {NEW}"),
        "somebody else with this box's identity writes on its topics",
    ),
    (
        "namesake", "critical", "Two boxes are called attic",
        ("Another box on this broker has the same name: both carry out every command, and each "
        "overwrites what the other says. Give one of them another name (box = in its "
        "configuration) and restart it."),
        "a box with another identity writes on this box's topics",
    ),
    (
        "taken_over", "critical", "Another box uses this one's identity",
        ("Another box connects to the broker with this one's identity, as after copying a card; "
        "the broker keeps only one of two, so this box goes on under a spare name. On the copy "
        "run: "
        f"{NEW}"),
        "the session at the broker was taken over",
    ),
    (
        "copied", "warning", "This memory is another computer's",
        ("What this box remembers was last used on another computer: a copied or moved card, or a "
        f"backup. If the other one still watches, run here: {NEW}. If it is gone: {KEEP}"),
        "the marks of this computer differ from those in the journal",
    ),
    (
        "found", "warning", "An earlier card is still announced",
        ("Home Assistant knows attic from an earlier card, so this one announces nothing yet and "
        "no entity is shown twice. To go on as the earlier one: sudo nursery adopt. To have it "
        "removed: sudo nursery adopt --remove"),
        "the broker holds documents for this name with another identity",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sign", "severity", "title", "message", "why"), IDENTITY_WORDS)
def test_each_sign_of_another_box_in_words(sign, severity, title, message, why):
    subject = IdentityConflict("attic")
    subject.observe(IdentityReport(t_s=T0, signs=[sign]))
    subject.observe(IdentityReport(t_s=T0 + 60, signs=[sign]))
    assert subject.conditions() == [
        Condition(
            kind="not_delivered", key=f"identity_{sign}", severity=severity, since_s=T0,
            title=title, message=message, why=why,
            all_clear="This box is the only one of its kind again.",
        )
    ]  # fmt: skip
    assert identity_sentence([sign, "twin"], "attic") == message
    subject.observe(IdentityReport(t_s=T0 + 90, signs=[]))
    assert subject.conditions() == []


def test_without_a_sign_there_is_no_sentence():
    assert identity_sentence([], "attic") is None
