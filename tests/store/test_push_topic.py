from __future__ import annotations

import pytest

from monitor.store.push_topic import Topic, new_topic, topic_in

SH = "https://ntfy.sh"


@pytest.mark.parametrize(
    ("address", "server", "name"),
    [
        ("ntfys://ntfy.sh/abc", SH, "abc"),
        ("ntfy://ntfy.sh/abc", SH, "abc"),
        ("ntfy://abc", SH, "abc"),
        ("ntfys://Mixed-Case", SH, "Mixed-Case"),
        ("ntfys://abc?priority=high", SH, "abc"),
        ("ntfys://me:secret@ntfy.example.org/abc?x=y", "https://ntfy.example.org", "abc"),
        ("ntfy://10.0.0.5:2586/abc/def", "http://10.0.0.5:2586", "abc"),
    ],
)
def test_the_topic_of_an_address_is_read(address: str, server: str, name: str):
    assert topic_in(address) == Topic(server=server, name=name)


@pytest.mark.parametrize(
    "address", ["", "ntfy://", "tgram://a/b", "https://ntfy.sh/a", "ntfy://h:99999/a", "ntfy://[/"]
)
def test_another_service_has_none(address: str):
    assert topic_in(address) is None


def test_what_was_made_is_read_again_and_no_two_are_alike():
    made = {new_topic() for _ in range(50)}
    assert len(made) == 50
    for topic in made:
        assert topic_in(topic.address) == topic
        assert len(topic.name) <= 64, "ntfy's longest"
    own = new_topic("http://nursery.local:2586/")
    assert topic_in(own.address) == own
    assert own.web == f"http://nursery.local:2586/{own.name}"
