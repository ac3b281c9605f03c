"""When the broker is tried again, in which version of MQTT, and with which will."""

from __future__ import annotations

import pytest

from monitor.mqtt.attempts import ANSWERS_WITHIN_S, AT_ONCE_S, Attempts
from monitor.mqtt.connection_events import QOS_NOT_SUPPORTED, RETAIN_NOT_SUPPORTED, Limits
from monitor.mqtt.connection_settings import VersionChoice
from monitor.mqtt.topics import Message

WILL = Message(topic="nursery/a/status", payload=b"offline", retain=True)


def first_due_s(attempts: Attempts, from_s: float, to_s: float) -> float:
    """When the next attempt is due, to a tenth of a second."""
    steps = range(int((to_s - from_s) * 10) + 1)
    return next(s for s in (from_s + n / 10 for n in steps) if attempts.is_due(s))


def test_a_broker_of_the_wrong_version_is_asked_in_the_other_at_once_and_once() -> None:
    choice = VersionChoice("5")
    assert choice.over(wrong_version=True)
    assert choice.current == "3.1.1"
    assert not choice.over(wrong_version=True)
    assert choice.current == "5", "every new round begins with the configured version"
    assert not choice.over()


def test_version_3_1_1_by_the_configuration_has_nothing_to_fall_back_to() -> None:
    choice = VersionChoice("3.1.1")
    assert not choice.over(wrong_version=True)
    assert choice.current == "3.1.1"


def test_the_fall_back_costs_no_wait() -> None:
    attempts = Attempts("5")
    assert attempts.is_due(0.0)
    assert attempts.lost(10.0, wrong_version=True)
    assert attempts.protocol == "3.1.1"
    assert attempts.is_due(10.0)


def test_waits_grow_until_a_connection_has_held() -> None:
    attempts = Attempts("5", (1.0, 10.0))
    for now_s, wait_s in ((100.0, 1.0), (200.0, 10.0), (300.0, 10.0)):
        assert not attempts.lost(now_s)
        due_s = first_due_s(attempts, now_s, now_s + 20.0)
        assert 0.8 * wait_s <= due_s - now_s <= 1.2 * wait_s + 0.1
    attempts.connected(Limits(), 400.0)
    attempts.lost(409.0)
    assert not attempts.is_due(416.0), "too short a connection to start small again"
    attempts.connected(Limits(), 500.0)
    attempts.lost(510.0)
    assert first_due_s(attempts, 510.0, 530.0) <= 511.3, "a broker that worked is asked soon"


def test_what_will_go_better_is_tried_at_once() -> None:
    attempts = Attempts("5")
    assert not attempts.lost(10.0, at_once=True)
    assert attempts.is_due(10.0 + AT_ONCE_S)


def test_a_slow_broker_gets_longer_to_answer_each_time_until_it_has() -> None:
    attempts = Attempts("5")
    for within_s in (*ANSWERS_WITHIN_S, ANSWERS_WITHIN_S[-1]):
        assert not attempts.is_ignored(within_s)
        assert attempts.is_ignored(within_s + 0.1)
    attempts.connected(Limits(), 100.0)
    assert attempts.is_ignored(ANSWERS_WITHIN_S[0] + 0.1)


@pytest.mark.parametrize(
    ("code", "kept"), [(RETAIN_NOT_SUPPORTED, (1, False)), (QOS_NOT_SUPPORTED, (0, True))]
)
def test_a_will_that_the_broker_does_not_take_is_made_to_fit(
    code: int, kept: tuple[int, bool]
) -> None:
    attempts = Attempts("5")
    assert attempts.refused(code)
    fitted = attempts.fitted(WILL)
    assert (fitted.qos, fitted.retain) == kept
    assert not attempts.refused(code), "the same again will not help"
    assert not attempts.refused(None)


def test_the_time_without_a_connection_is_counted_from_the_first_attempt() -> None:
    attempts = Attempts("5")
    assert attempts.away_s(5.0) is None
    attempts.is_due(10.0)
    attempts.lost(12.0)
    assert attempts.away_s(70.0) == 60.0
    attempts.connected(Limits(), 80.0)
    assert attempts.away_s(90.0) is None
    attempts.lost(100.0)
    assert attempts.away_s(101.0) == 1.0
