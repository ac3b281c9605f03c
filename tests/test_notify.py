"""Pushes by Apprise, to a receiver on this machine."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from monitor.config import NotifyConfig
from monitor.errors import ConfigError
from monitor.events import Alert
from monitor.notify import Notifier, wanted

pytest.importorskip("apprise", reason='the "notify" extra is not installed')


class Receiver(ThreadingHTTPServer):
    """Keeps what is posted to it; answers 500 while ``broken``."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[tuple[str, dict]] = []
        self.broken = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path: str = "all") -> str:
        return f"json://127.0.0.1:{self.server_port}/{path}"

    def wait(self, count: int) -> list[tuple[str, dict]]:
        end = time.monotonic() + 30
        while len(self.posts) < count and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.posts) == count
        return self.posts


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posts.append((self.path.strip("/"), body))
        self.send_response(500 if self.server.broken else 200)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


def alert(**more) -> Alert:
    fields = {
        "t_s": 60.0, "id": "crying-1", "kind": "crying", "state": "raised", "severity": "warning",
        "baby": None, "since": 0.0, "title": "Kitten crying", "message": "Look.", "why": "",
        "box": "box",
    }  # fmt: skip
    return Alert(**(fields | more))


def test_a_life_is_pushed_raised_reminded_and_cleared(receiver: Receiver):
    notifier = Notifier(NotifyConfig(urls=[receiver.url()]), local_minute=lambda _t: 125)
    for count, state in enumerate(("raised", "reminded", "cleared"), start=1):
        notifier.tell(alert(state=state))
        receiver.wait(count)
    notifier.close()
    assert [post["type"] for _, post in receiver.posts] == ["warning", "warning", "success"]
    assert receiver.posts[0][1]["title"] == "Kitten crying (box)"
    assert receiver.posts[0][1]["message"] == "box: Kitten crying since 02:05. Look."


def test_what_is_no_news_is_not_pushed(receiver: Receiver):
    notifier = Notifier(NotifyConfig(urls=[receiver.url()], from_severity="warning"))
    notifier.tell(alert(silent=True))
    notifier.tell(alert(state="acknowledged"))
    notifier.tell(alert(state="snoozed"))
    notifier.tell(alert(id="quiet", severity="info"))
    notifier.tell(alert(id="quiet", severity="info", state="cleared"))
    notifier.tell(alert(id="loud"))
    notifier.close()
    assert len(receiver.wait(1)) == 1


def test_critical_and_escalated_go_where_they_should(receiver: Receiver):
    config = NotifyConfig(
        urls=[receiver.url("all")],
        critical_urls=[receiver.url("loud")],
        escalation_urls=[receiver.url("neighbour")],
    )
    notifier = Notifier(config)
    notifier.tell(alert(severity="critical"))
    receiver.wait(1)
    notifier.tell(alert(severity="critical", state="reminded", escalated=True))
    receiver.wait(3)
    notifier.tell(alert(severity="critical", state="reminded", escalated=True))
    receiver.wait(4)  # the neighbour hears of it once ...
    notifier.tell(alert(severity="critical", state="cleared"))
    receiver.wait(6)  # ... and that it is over
    notifier.close()
    assert [path for path, _ in receiver.posts] == [
        "loud", "loud", "neighbour", "loud", "loud", "neighbour",
    ]  # fmt: skip


def test_a_failed_push_is_tried_again_and_said(receiver: Receiver):
    receiver.broken = True
    notifier = Notifier(NotifyConfig(urls=[receiver.url()]), retry_after_s=(0.2,))
    notifier.tell(alert())
    receiver.wait(1)
    until(lambda: notifier.problem == "a push to urls failed: check the network and the URL")
    receiver.broken = False
    receiver.wait(2)
    until(lambda: notifier.problem is None)
    notifier.close()


def test_while_a_service_is_down_only_the_newest_change_waits(receiver: Receiver):
    receiver.broken = True
    notifier = Notifier(NotifyConfig(urls=[receiver.url()]), retry_after_s=(0.3,))
    notifier.tell(alert(message="one"))
    receiver.wait(1)
    receiver.broken = False
    notifier.tell(alert(state="reminded", message="two"))
    receiver.wait(2)
    time.sleep(0.5)
    notifier.close()
    assert [post["message"].split(". ")[1] for _, post in receiver.posts] == ["one", "two"]


def test_a_service_that_never_answers_does_not_hold_up_the_caller():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        notifier = Notifier(NotifyConfig(urls=[f"json://127.0.0.1:{deaf.getsockname()[1]}/"]))
        begun = time.monotonic()
        for i in range(100):
            notifier.tell(alert(id=f"a{i}"))
        told_s = time.monotonic() - begun
        notifier.close(timeout_s=0.1)
    # 100 answers waited for, at apprise's 4 s each, would take minutes
    assert told_s < 30
    assert time.monotonic() - begun < 60


def test_bad_urls_and_files_are_refused_without_showing_secrets(tmp_path: Path):
    with pytest.raises(ConfigError, match=r'"notify.urls", number 1') as refusal:
        Notifier(NotifyConfig(urls=["hunter2"]))
    assert "hunter2" not in str(refusal.value)
    secret = tmp_path / "urls"
    secret.write_text("# phone\njson://127.0.0.1/\n")
    secret.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Notifier(NotifyConfig(urls_file=str(secret)))
    secret.chmod(0o600)
    Notifier(NotifyConfig(urls_file=str(secret))).close()
    with pytest.raises(ConfigError, match="cannot read"):
        Notifier(NotifyConfig(urls_file=str(tmp_path / "none")))


def test_nobody_to_tell():
    assert not wanted(NotifyConfig())
    assert wanted(NotifyConfig(urls_file="x"))
