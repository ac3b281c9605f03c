from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from monitor.config import NotifyConfig
from monitor.store.push_buttons import PushButtons
from tests.daemon.pushing import Receiver, alert
from tests.ntfy_server import NtfyServer

pytest.importorskip("apprise", reason='the "notify" extra is not installed')

PAGE = "http://nursery.local:8080"
KEY = "crying-20261129T031200Z"


@pytest.fixture
def ntfy() -> Iterator[NtfyServer]:
    server = NtfyServer()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def tell(ntfy: NtfyServer, make, tmp_path) -> Callable[..., None]:
    def told(more: str = "", page: str = PAGE, **fields) -> None:
        config = NotifyConfig(urls=[ntfy.address(more=more)], page_url=page)
        buttons = PushButtons(tmp_path, "box") if page else None
        box = make(config, buttons=buttons)
        if fields.get("state") == "cleared":
            box.tell(alert(id=KEY))
            box.settle()
        box.tell(alert(**({"id": KEY} | fields)))
        box.settle()

    return told


def test_a_push_has_the_sentence_a_link_to_that_alert_and_a_button(ntfy: NtfyServer, tell):
    tell(severity="critical")
    (push,) = ntfy.shown
    assert push.topic == "nursery-abc"
    assert push.title == "Kitten crying (box)"
    assert push.text == "box: Kitten crying since 00:00 UTC. Look."
    assert push.click == f"{PAGE}/boxes/box#alert-{KEY}"
    (button,) = push.actions
    assert button["action"] == "http"
    assert button["method"] == "POST"
    assert button["label"] == "I'm on it"
    assert button["url"] == f"{PAGE}/seen/box"
    assert button["body"].endswith(f".{KEY}")
    assert button["clear"] is True


@pytest.mark.parametrize(
    ("fields", "priority"),
    [
        ({"severity": "critical"}, 5),
        ({"severity": "warning"}, 4),
        ({"severity": "info"}, 3),
        ({"severity": "info", "own_severity": "warning"}, 2),
        ({"severity": "critical", "own_severity": "critical"}, 5),
    ],
)
def test_how_loud_it_is_follows_how_grave_it_is_and_quiet_hours_make_no_sound(
    ntfy: NtfyServer, tell, fields, priority: int
):
    tell(**fields)
    assert [push.priority for push in ntfy.shown] == [priority]


def test_the_end_of_an_alert_makes_no_sound_and_has_no_button(ntfy: NtfyServer, tell):
    tell(state="cleared", title="It is over: Kitten crying")
    begun, ended = ntfy.shown
    assert begun.actions
    assert (ended.priority, ended.actions) == (2, [])
    assert ended.click.startswith(f"{PAGE}/boxes/box")


def test_an_address_that_says_how_loud_and_where_to_keeps_that(ntfy: NtfyServer, tell):
    tell(more="?priority=min&click=http://example.org/", severity="critical")
    (push,) = ntfy.shown
    assert push.priority == 1
    assert push.click == "http://example.org/"


def test_without_an_address_of_the_page_a_push_leads_nowhere(ntfy: NtfyServer, tell):
    tell(page="")
    (push,) = ntfy.shown
    assert (push.click, push.actions) == ("", [])


def test_another_service_gets_the_link_in_the_text_and_never_the_token(
    receiver: Receiver, make, tmp_path
):
    config = NotifyConfig(urls=[receiver.url()], page_url=PAGE)
    box = make(config, buttons=PushButtons(tmp_path, "box"))
    box.tell(alert(id=KEY))
    box.settle()
    ((_, post),) = receiver.posts
    assert post["message"].endswith(f"Look.\n{PAGE}/boxes/box#alert-{KEY}")
    assert "seen" not in post["message"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (403, "the service refuses it (403): check password and address"),
        (429, "the service has had too many (429): it is tried again later"),
        (404, "the service answers with error 404: check the address"),
        (503, "the service is out of order (error 503): it is tried again later"),
    ],
)
def test_what_the_service_answered_is_said_and_tried_again(
    ntfy: NtfyServer, make, code: int, says: str
):
    box = make(NotifyConfig(urls=[ntfy.address()]), retry_after_s=(0.1,))
    ntfy.refuse = code
    box.tell(alert())
    box.until(lambda: box.notifier.problem is not None)
    assert box.notifier.problem == f"a push to urls failed: {says}"
    assert "nursery-abc" not in box.notifier.problem, "whoever knows the topic reads everything"
    ntfy.refuse = 0
    box.settle()
    assert box.notifier.problem is None
    assert len(ntfy.shown) == 1


def test_a_service_that_is_not_there_is_said(make):
    closed = NtfyServer()
    closed.shutdown()
    closed.server_close()
    box = make(NotifyConfig(urls=[closed.address()]), retry_after_s=(5.0,))
    box.tell(alert())
    box.until(lambda: box.notifier.problem is not None)
    assert box.notifier.problem == (
        "a push to urls failed: the service does not answer: check the network and the address"
    )


def test_a_name_with_umlauts_and_a_long_sentence_arrive_as_they_are(ntfy: NtfyServer, tell):
    tell(title="Mäxchen weint", message="Schau nach. " * 100, box="Küche")
    (push,) = ntfy.shown
    assert "Mäxchen weint" in push.text
    assert push.text.count("Schau nach.") == 100
    assert push.click.startswith(f"{PAGE}/boxes/k")
