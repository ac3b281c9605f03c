"""What is wrong with the computer, in words, and for how long before it is told."""

from __future__ import annotations

import pytest

from monitor.core.health.host import HostHealth
from monitor.events import Condition, HostReport, LagReport, Slept
from monitor.times import HOUR_S

T0 = 1_700_000_000.0
FINE = {"under_voltage": False, "temperature_c": 50.0, "disk_free_bytes": 5_000_000_000}


def told(health: HostHealth, now_s: float) -> dict[str, Condition]:
    """By kind and key."""
    found = health.conditions(now_s)
    by_name = {c.key or c.kind: c for c in found}
    assert len(by_name) == len(found)
    return by_name


def unjudged(health: HostHealth, now_s: float = T0) -> set[str]:
    found = health.unjudged(now_s)
    assert {each.why for each in found} <= {"the computer does not say"}
    return {each.key or each.kind for each in found}


def health_after(*reports: dict, every_s: float = 60.0) -> HostHealth:
    """Reports one minute apart from T0 on; what they leave out is fine."""
    health = HostHealth()
    for k, report in enumerate(reports):
        health.observe(HostReport(t_s=T0 + k * every_s, **(FINE | report)))
    return health


WORDS = [
    (
        {"disk_free_bytes": 99_999_999},
        "disk",
        "critical",
        "Disk is full",
        "Only 99 MB are left on the card: free some space, or the night is not recorded.",
        "99 MB free, 100 MB needed",
        "There is space on the card again.",
    ),
    (
        {"temperature_c": 80.0},
        "heat",
        "critical",
        "Pi is too hot",
        "The Pi is at 80 °C and slows down: move it off the heat pad.",
        "80.0 °C, limit 80 °C",
        "The Pi has cooled down.",
    ),
    (
        {"journal_error": "disk I/O error"},
        "journal",
        "critical",
        "Journal cannot be written",
        (
            "What happens now is lost with the power (disk I/O error): make space, or replace the "
            "card."
        ),
        "disk I/O error",
        "The journal is written again.",
    ),
    (
        {"journal_lost": "3 babies were saved"},
        "journal_lost",
        "warning",
        "Journal was damaged",
        "A fresh journal was begun; 3 babies were saved. Check the list of babies.",
        "the journal failed its integrity check at the start",
        "The monitor has kept its new journal for a day.",
    ),
    (
        {"journals_kept": ["One lies here.", "Another there."]},
        "journals_kept",
        "warning",
        "Another journal is kept aside",
        "One lies here. Another there.",
        "a copy kept in memory does not belong to the journal on the card",
        "No other journal is kept aside any more.",
    ),
    (
        {"rows_rejected": {"weighings": 2, "babies": 1}},
        "rows_rejected",
        "warning",
        "Stored values were damaged",
        (
            "3 stored values are left out and kept aside (babies 1, weighings 2). "
            "Check the list of babies and their weights."
        ),
        "the journal held values that cannot be right",
        "The damaged values have been left out for a day.",
    ),
    (
        {"roster_known": False},
        "roster",
        "critical",
        "Watching without the list of babies",
        (
            "The card cannot be read: who is here, their weights and bottles are unknown; "
            "cries and the scale are still watched. Check the card, or replace it."
        ),
        "the card cannot be read",
        "The list of babies can be read again.",
    ),
]


@pytest.mark.parametrize(
    ("report", "key", "severity", "title", "message", "why", "all_clear"), WORDS, ids=lambda x: ""
)
def test_each_trouble_in_words(report, key, severity, title, message, why, all_clear):
    health = health_after(report, report)
    assert told(health, T0 + 60.0) == {
        key: Condition(
            kind="monitor_blind", key=key, severity=severity, since_s=T0, title=title,
            message=message, why=why, all_clear=all_clear,
        )
    }  # fmt: skip
    assert unjudged(health) == {key, "late"}
    healed = health_after(report, {})
    assert told(healed, T0 + 60.0) == {}
    assert unjudged(healed) == {"late"}


def test_a_list_of_babies_that_cannot_be_read_says_why():
    (roster,) = (
        c
        for c in health_after({"roster_known": False, "journal_error": "no card"}).conditions(T0)
        if c.key == "roster"
    )
    assert roster.why == "no card"


def test_a_computer_that_is_fine_says_nothing():
    health = health_after({"disk_free_bytes": 100_000_000, "temperature_c": 79.9})
    assert told(health, T0) == {}
    assert unjudged(health) == {"late", "heat"}  # between 75 and 80 °C it stays as it was
    assert unjudged(health_after({})) == {"late"}


def test_heat_is_over_below_75_degrees():
    hot = {"temperature_c": 80.0}
    assert set(told(health_after(hot, {"temperature_c": 75.0}), T0 + 60)) == {"heat"}
    assert told(health_after(hot, {"temperature_c": 74.9}), T0 + 60) == {}
    assert told(health_after({"temperature_c": 79.9}), T0) == {}
    warm = health_after(hot, {"temperature_c": 77.6})
    assert told(warm, T0 + 60)["heat"].message.startswith("The Pi is at 78 °C")
    assert told(warm, T0 + 60)["heat"].why == "77.6 °C, limit 80 °C"


def test_what_a_report_leaves_open_is_neither_said_nor_healed():
    health = health_after({"temperature_c": 85.0, "disk_free_bytes": 1, "under_voltage": True})
    nothing = HostReport(t_s=T0 + 60.0)
    health.observe(nothing)
    assert told(health, T0 + 60.0) == {}
    assert unjudged(health, T0 + 60.0) == {"late", "disk", "heat", "power", "low_power"}
    health.observe(HostReport(t_s=T0 + 120.0, temperature_c=85.0, disk_free_bytes=1))
    assert {c.since_s for c in told(health, T0 + 120.0).values()} == {T0}


def test_a_weak_supply_is_told_after_five_seconds_and_bends_weights_after_a_minute():
    health = health_after({"under_voltage": True})
    assert told(health, T0 + 4.9) == {}
    assert unjudged(health) == {"late", "power", "low_power"}
    warning = told(health, T0 + 5.0)
    assert warning == {
        "low_power": Condition(
            kind="low_power",
            severity="warning",
            since_s=T0,
            title="Power supply too weak",
            message="The Pi gets less than 4.63 V: use its own supply and a short, thick cable.",
            why="the Pi reports under-voltage",
            all_clear="The supply voltage is right again.",
        )
    }
    assert set(told(health, T0 + 59.9)) == {"low_power"}
    assert told(health, T0 + 60.0)["power"] == Condition(
        kind="monitor_blind",
        key="power",
        severity="critical",
        since_s=T0,
        title="Power too weak to weigh",
        message="Under-voltage for over a minute: weights cannot be trusted. "
        "Change the supply or cable.",
        why="the Pi has reported under-voltage for more than 60 s",
        all_clear="The supply voltage is right again; weigh once more to be sure.",
    )


def test_a_clock_nobody_sets_is_told_after_an_hour():
    late = health_after(*[{"clock_known": False}] * 62)
    assert told(late, T0 + HOUR_S - 0.1) == {}
    assert unjudged(late, T0 + HOUR_S) == {"late", "clock"}
    assert told(late, T0 + HOUR_S) == {
        "clock": Condition(
            kind="monitor_blind",
            key="clock",
            severity="warning",
            since_s=T0,
            title="Clock is not set",
            message="Gains are unknown: nobody has set the clock. "
            "Connect the network, or set trust_clock.",
            why="no time server has been reached since the start",
            all_clear="The clock is set: gains are worked out again.",
        )
    }


def test_a_clock_that_is_not_set_yet_keeps_nothing_else_from_being_told():
    health = health_after({"clock_known": False, "journal_lost": "x", "roster_known": False})
    assert set(told(health, T0)) == {"journal_lost", "roster"}


def test_a_report_of_three_minutes_ago_proves_nothing():
    health = health_after({"disk_free_bytes": 0})
    assert set(told(health, T0 + 180.0)) == {"disk"}
    assert told(health, T0 + 180.1) == {}
    everything = {
        "late", "disk", "heat", "power", "clock", "journal", "low_power",
        "journal_lost", "journals_kept", "rows_rejected", "roster", "settings",
    }  # fmt: skip
    assert unjudged(health, T0 + 180.0) == {"late", "disk"}
    assert unjudged(health, T0 + 180.1) == everything
    assert unjudged(HostHealth()) == everything
    assert HostHealth().conditions(T0) == []


def lag(t_s: float, lag_s: float, exhausted: bool = True) -> LagReport:
    return LagReport(t_s=T0 + t_s, lag_s=lag_s, exhausted=exhausted)


def test_a_monitor_that_cannot_keep_up_is_told_until_it_is_in_time():
    health = HostHealth()
    health.observe(lag(0, 19.9))
    assert told(health, T0) == {}
    health.observe(lag(10, 20.0))
    health.observe(lag(20, 30.0))
    assert told(health, T0 + 20) == {
        "late": Condition(
            kind="monitor_blind",
            key="late",
            severity="critical",
            since_s=T0 + 10,
            title="Monitor cannot keep up",
            message="Cries are told late, the computer is too busy: stop other programs on it.",
            why="what it hears waits for more than 20 s",
            all_clear="The monitor keeps up again.",
        )
    }
    health.observe(lag(30, 2.1))
    assert set(told(health, T0 + 30)) == {"late"}
    health.observe(lag(40, 2.0))
    assert told(health, T0 + 40) == {}


def test_a_stall_while_there_is_work_to_leave_out_is_not_told():
    health = HostHealth()
    health.observe(lag(0, 60.0, exhausted=False))
    assert told(health, T0) == {}
    assert "late" not in unjudged(health)


def test_a_sleep_of_a_minute_is_told_for_an_hour():
    health = HostHealth()
    health.observe(Slept(T0, 59.9))
    assert told(health, T0) == {}
    health.observe(Slept(T0, 60.0))
    assert set(told(health, T0)) == {"slept"}
    health.observe(Slept(T0, 1500.0))
    assert told(health, T0 + HOUR_S - 1) == {
        "slept": Condition(
            kind="monitor_blind",
            key="slept",
            severity="warning",
            since_s=T0 - 1500.0,
            title="Nobody watched: the computer slept",
            message="The computer was asleep for 25 min: nothing was heard or weighed. "
            "Look after the babies, then forbid it to sleep.",
            why="its clock of the time since boot ran 25 min ahead of the one that rests in sleep",
            all_clear="The computer has been awake for an hour.",
        )
    }
    assert told(health, T0 + HOUR_S) == {}


def test_sleep_and_lateness_are_told_without_a_report_and_with_one():
    health = health_after({"disk_free_bytes": 0})
    health.observe(lag(0, 25.0))
    health.observe(Slept(T0, 100.0))
    assert set(told(health, T0)) == {"late", "slept", "disk"}
    assert set(told(health, T0 + 500)) == {"late", "slept"}
