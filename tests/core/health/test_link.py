"""What is not delivered is said, and only what is known to be over is called over."""

from __future__ import annotations

import pytest

from monitor.core.health.link import AWAY_S, SILENT_S, LinkHealth
from monitor.events import CannotJudge, Condition, LinkReport
from monitor.timeshift import TimeShift, shifted

T0 = 1_700_000_000.0

WELL = {"connected": True, "takes_alerts": True, "hears_commands": True}


def seen(**fields: object) -> LinkHealth:
    health = LinkHealth()
    health.observe(LinkReport(1000.0, **fields))
    return health


def keys(health: LinkHealth) -> tuple[set[str], set[str | None]]:
    """What is stated, and what cannot be judged."""
    stated = {condition.key for condition in health.conditions()}
    return stated, {unknown.key for unknown in health.unjudged()}


def test_before_the_first_report_nothing_is_known() -> None:
    assert keys(LinkHealth()) == (set(), {"refused", "silent", "away", "deaf"})


def test_a_link_that_works_is_well() -> None:
    assert keys(seen(**WELL)) == (set(), set())


@pytest.mark.parametrize(
    ("fields", "key", "severity"),
    [
        (WELL | {"takes_alerts": False}, "refused", "critical"),
        (WELL | {"hears_commands": False}, "deaf", "warning"),
        (WELL | {"silent_s": SILENT_S}, "silent", "critical"),
        ({"away_s": AWAY_S}, "away", "critical"),
    ],
)
def test_each_fault_is_one_alert(fields: dict[str, object], key: str, severity: str) -> None:
    (condition,) = seen(**fields).conditions()
    assert (condition.kind, condition.key, condition.severity) == ("not_delivered", key, severity)
    assert "{" not in condition.message


def test_the_reason_is_in_the_sentence() -> None:
    why = "nursery/a/alert: not authorized"
    (condition,) = seen(**WELL | {"takes_alerts": False}, why={"refused": why}).conditions()
    assert why in condition.message


@pytest.mark.parametrize(
    "fields",
    [
        {"away_s": AWAY_S - 1.0},
        {"away_s": 1.0, "silent_s": SILENT_S - 1.0},
        {"connected": True},
    ],
)
def test_what_has_not_lasted_or_not_been_seen_is_neither_true_nor_over(
    fields: dict[str, object],
) -> None:
    stated, unknown = keys(seen(**fields))
    assert stated == set()
    assert {"refused", "silent", "deaf"} <= unknown


def test_a_fault_began_when_it_began() -> None:
    health = seen(away_s=AWAY_S + 30.0)
    assert health.conditions()[0].since_s == 1000.0 - AWAY_S - 30.0
    health.observe(LinkReport(1100.0, away_s=AWAY_S + 130.0))
    assert health.conditions()[0].since_s == 1000.0 - AWAY_S - 30.0
    health.state = shifted(health.state, TimeShift(by_s=50.0))
    assert health.conditions()[0].since_s == 1050.0 - AWAY_S - 30.0
    health.observe(LinkReport(1200.0, **WELL))
    assert health.conditions() == []


# ------------------------------------------------------------------ in words

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
