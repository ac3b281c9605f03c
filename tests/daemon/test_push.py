"""Pushes by Apprise, to a receiver on this machine."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from monitor.config import NotifyConfig
from monitor.daemon.push import MOST_HUNG
from tests.daemon.pushing import Receiver, alert

apprise = pytest.importorskip("apprise", reason='the "notify" extra is not installed')


def test_a_life_is_pushed_raised_reminded_and_cleared(receiver: Receiver, make):
    box = make(NotifyConfig(urls=[receiver.url()]), local_minute=lambda _t: 125)
    for count, state in enumerate(("raised", "reminded", "cleared"), start=1):
        box.tell(alert(state=state, t_s=60.0 + count))
        box.settle()
        assert len(receiver.posts) == count
    assert [post["type"] for _, post in receiver.posts] == ["warning", "warning", "success"]
    assert receiver.posts[0][1]["title"] == "Kitten crying (box)"
    assert receiver.posts[0][1]["message"] == "box: Kitten crying since 02:05. Look."


def test_what_is_no_news_is_not_pushed(receiver: Receiver, make):
    box = make(NotifyConfig(urls=[receiver.url()], from_severity="warning"))
    box.tell(alert(silent=True))
    box.tell(alert(state="acknowledged", t_s=61.0))
    box.tell(alert(state="snoozed", t_s=62.0))
    box.tell(alert(id="quiet", severity="info"))
    box.tell(alert(id="quiet", severity="info", state="cleared"))
    box.tell(alert(id="loud"))
    box.settle()
    assert len(receiver.posts) == 1


def test_critical_and_escalated_go_where_they_should(receiver: Receiver, make):
    box = make(
        NotifyConfig(
            urls=[receiver.url("all")],
            critical_urls=[receiver.url("loud")],
            escalation_urls=[receiver.url("neighbour")],
        )
    )
    changes = [
        {},
        {"state": "reminded", "escalated": True},
        {"state": "reminded", "escalated": True},  # the neighbour hears of it once ...
        {"state": "cleared"},  # ... and that it is over
    ]
    for number, change in enumerate(changes):
        box.tell(alert(severity="critical", t_s=60.0 + number, **change))
        box.settle()
    assert [path for path, _ in receiver.posts] == [
        "loud", "loud", "neighbour", "loud", "loud", "neighbour",
    ]  # fmt: skip


def test_a_second_person_hears_of_an_escalation_that_the_next_change_overtook(
    receiver: Receiver, make
):
    receiver.broken = True
    config = NotifyConfig(urls=[receiver.url("all")], escalation_urls=[receiver.url("neighbour")])
    box = make(config, retry_after_s=(0.1,))
    box.tell(alert(severity="critical", state="reminded", escalated=True))
    box.until(lambda: len(receiver.posts) >= 2)
    box.tell(alert(severity="critical", state="reminded", escalated=True, t_s=61.0, message="2"))
    receiver.broken = False
    receiver.posts.clear()
    box.settle()
    assert sorted(path for path, _ in receiver.posts) == ["all", "neighbour"]


def test_an_all_clear_that_waits_gives_way_to_what_the_same_thing_raised_since(
    receiver: Receiver, make
):
    first, again = "crying-20260101T000000Z", "crying-20260101T001500Z"
    box = make(NotifyConfig(urls=[receiver.url()]), retry_after_s=(0.3,))
    box.tell(alert(id=first))
    box.settle()
    receiver.broken = True
    box.tell(alert(id=first, state="cleared", t_s=61.0))
    box.until(lambda: len(receiver.posts) == 2)
    receiver.broken = False
    box.tell(alert(id=again, t_s=62.0))
    box.settle()
    assert [post["type"] for _, post in receiver.posts] == ["warning", "success", "warning"]


def test_a_failed_push_is_tried_again_and_said(receiver: Receiver, make):
    receiver.broken = True
    box = make(NotifyConfig(urls=[receiver.url()]), retry_after_s=(0.2,))
    box.tell(alert())
    box.until(
        lambda: (
            box.notifier.problem
            == "a push to urls failed: the service is out of order (error 500): "
            "it is tried again later"
        )
    )
    assert box.notifier.waiting == 1
    receiver.broken = False
    box.settle()
    assert box.notifier.problem is None


def test_while_a_service_is_down_only_the_newest_change_waits(receiver: Receiver, make):
    receiver.broken = True
    box = make(NotifyConfig(urls=[receiver.url()]), retry_after_s=(0.3,))
    box.tell(alert(message="one"))
    box.until(lambda: len(receiver.posts) == 1)
    receiver.broken = False
    box.tell(alert(state="reminded", message="two", t_s=61.0))
    box.settle()
    assert [post["message"].split(". ")[1] for _, post in receiver.posts] == ["one", "two"]


def test_critical_goes_first(receiver: Receiver, make):
    receiver.broken = True
    box = make(NotifyConfig(urls=[receiver.url()]), retry_after_s=(0.2,))
    for number in range(5):
        box.tell(alert(id=f"a{number}", t_s=60.0 + number))
    box.tell(alert(id="worst", severity="critical", t_s=70.0, title="Too quiet"))
    receiver.broken = False
    box.settle()
    assert receiver.posts[0][1]["title"] == "Too quiet (box)"


def test_what_is_no_longer_news_is_dropped_and_counted(receiver: Receiver, make):
    box = make(NotifyConfig(urls=[receiver.url()]))
    box.now_s = 60.0 + 601.0
    box.tell(alert())
    box.settle()
    assert receiver.posts == []
    assert box.notifier.expired == 1


def test_a_push_that_was_told_and_not_sent_survives_the_process(receiver: Receiver, make):
    receiver.broken = True
    first = make(NotifyConfig(urls=[receiver.url()]), retry_after_s=(100.0,))
    first.tell(alert())
    first.until(lambda: len(receiver.posts) == 1)
    receiver.broken = False
    receiver.posts.clear()
    second = make(NotifyConfig(urls=[receiver.url()]))  # no close(): kill -9 says no goodbye
    second.settle()
    assert [post["title"] for _, post in receiver.posts] == ["Kitten crying (box)"]
    second.tell(alert(state="cleared", t_s=90.0))  # and what was told before is remembered
    second.settle()
    assert [post["type"] for _, post in receiver.posts] == ["warning", "success"]
    third = make(NotifyConfig(urls=[receiver.url()]))
    assert third.notifier.waiting == 0


def test_a_route_that_raises_ends_nothing(receiver: Receiver, make, monkeypatch):
    box = make(NotifyConfig(urls=[receiver.url()]), retry_after_s=(0.2,))

    def raising(_route: object, **_fields: object) -> bool:
        raise KeyError("hunter2")

    monkeypatch.setattr(apprise.Apprise, "notify", raising)
    box.tell(alert())
    box.until(lambda: box.notifier.problem is not None)
    assert box.notifier.problem == "a push to urls failed: KeyError in its plug-in"
    monkeypatch.undo()
    box.settle()
    assert len(receiver.posts) == 1
    assert box.notifier.problem is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ended_is_begun_anew_and_said(receiver: Receiver, make):
    box = make(NotifyConfig(urls=[receiver.url()]), retry_after_s=(0.1,))

    def end() -> None:
        raise SystemExit  # ends a thread without a word

    box.routes.spoil = end
    box.tell(alert())
    box.until(lambda: box.notifier.problem is not None)
    assert box.notifier.problem is not None
    assert "ended by itself" in box.notifier.problem
    box.routes.spoil = lambda: None
    box.settle()
    assert len(receiver.posts) == 1


def test_a_plug_in_that_never_comes_back_is_given_up(receiver: Receiver, make):
    box = make(NotifyConfig(urls=[receiver.url()]), retry_after_s=(0.1,), hung_s=0.3)
    gate = threading.Event()
    box.routes.spoil = lambda: gate.wait(30) and None
    box.tell(alert())
    box.until(lambda: box.notifier.problem is not None)
    assert box.notifier.problem == "a push to urls has not come back for 0 s"
    box.routes.spoil = lambda: None
    box.settle()
    assert len(receiver.posts) == 1
    gate.set()


def test_something_critical_does_not_wait_for_a_softer_push_that_hangs(receiver: Receiver, make):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        silent = f"json://127.0.0.1:{deaf.getsockname()[1]}/?rto=60"
        box = make(
            NotifyConfig(urls=[silent], critical_urls=[receiver.url("loud")]),
            critical_waits_s=0.3,
        )
        box.tell(alert(id="soft"))
        box.notifier.pump(60.0)
        box.tell(alert(id="worst", severity="critical", t_s=61.0, title="Too quiet"))
        begun = time.monotonic()
        box.until(lambda: len(receiver.posts) == 1)
        assert time.monotonic() - begun < 5.0
        box.until(lambda: box.notifier.waiting == 1)
        assert [row.alert.id for row in box.journal.pushes.waiting()] == ["soft"]


def test_as_many_pushes_may_hang_one_after_the_other_as_come_back(receiver: Receiver, make):
    box = make(NotifyConfig(urls=[receiver.url()]), retry_after_s=(0.01,), hung_s=0.2)
    begun = [threading.Event() for _ in range(MOST_HUNG + 3)]

    def come_back_when_the_next_has_begun() -> None:
        number = min(box.routes.tried, len(begun))  # a busy machine may have the last one repeated
        begun[number - 1].set()
        if number < len(begun):
            begun[number].wait(30)

    box.routes.spoil = come_back_when_the_next_has_begun
    box.tell(alert())
    box.settle()
    assert begun[-1].is_set()


def test_a_service_that_never_answers_does_not_hold_up_the_caller(make):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        box = make(NotifyConfig(urls=[f"json://127.0.0.1:{deaf.getsockname()[1]}/"]))
        for i in range(100):
            box.tell(alert(id=f"a{i}"))
        begun = time.monotonic()
        for _ in range(100):
            box.notifier.pump(60.0)
        assert time.monotonic() - begun < 1.0
        box.notifier.close(60.0, timeout_s=0.1)
