"""How the records stand, told at the broker: who keeps them may die, and so may the database.

One retained document under a name that no box has, with a last will, at once when something has
changed and else once a minute; and two entities for Home Assistant.
"""

from __future__ import annotations

import time

import msgspec

from monitor.codec import document, encode
from monitor.config import MqttConfig
from monitor.documents import RecordsStatus
from monitor.mqtt.topics import RECORDS, Message
from monitor.records.device import discovery, topics
from monitor.records.subscriber import Subscriber

RENEW_EVERY_S = 60.0
STOPPED = "nursery records does not run"
FORGET_S = 1.0
"""Home Assistant complains of an empty document of an entity that it has not dropped yet"""
LINE_S = 20.0
"""for ``take_back``"""


def message(status: RecordsStatus) -> Message:
    """The retained document."""
    return Message(topic=RECORDS, payload=encode(document(status)), retain=True)


def stopped(at_s: float, kept_s: float | None = None) -> Message:
    """What stands there when nobody keeps records any more."""
    return message(RecordsStatus(online=False, at=at_s, keeping=False, why=STOPPED, kept_at=kept_s))


class Telling:
    """``turn`` it often; times are seconds of the monotonic clock."""

    def __init__(self, subscriber: Subscriber, config: MqttConfig) -> None:
        self._subscriber = subscriber
        self._discovery = discovery(config)
        self._said: RecordsStatus | None = None
        self._session = 0
        self._next_s = 0.0

    def turn(self, status: RecordsStatus, now_s: float) -> None:
        """Say it, if it is time and somebody hears."""
        if not self._subscriber.connected:
            return
        if self._subscriber.session != self._session:
            self._session, self._said = self._subscriber.session, None
            for each in self._discovery:
                self._subscriber.say(each)
        plain = msgspec.structs.replace(status, at=0.0, kept_at=None, waiting=None)
        if plain != self._said or now_s >= self._next_s:
            self._said, self._next_s = plain, now_s + RENEW_EVERY_S
            self._subscriber.say(message(status))


def take_back(subscriber: Subscriber, config: MqttConfig) -> bool:
    """Empty all that was retained, and end the session for good; False: the broker was not there.

    Those who read it then no longer expect records.
    """
    until_s = time.monotonic() + LINE_S
    while not subscriber.connected and time.monotonic() < until_s:
        subscriber.turn(0.25)
    done = subscriber.connected
    for topic in [each.topic for each in discovery(config)] or topics(config):
        subscriber.say(Message(topic=topic, payload=b"", retain=True))
    until_s = time.monotonic() + FORGET_S
    while done and time.monotonic() < until_s:
        subscriber.turn(0.1)
    subscriber.say(Message(topic=RECORDS, payload=b"", retain=True))
    subscriber.close(5.0, for_good=True)
    return done and not subscriber.mute
