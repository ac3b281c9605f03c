"""What is not delivered is said, and only what is known to be over is called over."""

from __future__ import annotations

import pytest

from monitor.core.health.link import AWAY_S, SILENT_S, LinkHealth
from monitor.events import LinkReport
from monitor.timeshift import TimeShift, shifted

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
