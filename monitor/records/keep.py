"""``nursery records``: from the broker into the database until stopped."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from typing import TextIO

from monitor.config import MqttConfig, ShelterConfig
from monitor.documents import RecordsStatus
from monitor.host import systemd
from monitor.records.database import Database, DatabaseError
from monitor.records.influx import lines
from monitor.records.last_success import LastSuccess
from monitor.records.rules import Rules
from monitor.records.samples import Sample, samples
from monitor.records.subscriber import IN_FLIGHT, Received, Subscriber
from monitor.records.telling import Telling, stopped, take_back

log = logging.getLogger(__name__)

WRITE_EVERY_S = 1.0
MOST_AT_ONCE = IN_FLIGHT // 2
"""messages of one batch: half of what may be here, so that the other half can come meanwhile"""
ALIVE_EVERY_S = 60.0
MUTE = "it does not let this user say how records stand: run systemd/shelter/setup.sh again"
AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""after the first, second ... batch that the database does not take"""


class Keeper:
    """Hands batches from a subscriber to a database.

    What is kept has Unix times; when to try again goes by the monotonic clock, which nobody sets.
    A batch that the database refuses for what is in it is handed over message by message, so that
    only the one at fault is left out.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        database: Database,
        shelter: ShelterConfig,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.written = self.refused = 0
        """messages since the start"""
        self.kept_s: float | None = None
        """Unix time of the last batch that the database took"""
        self._subscriber, self._database, self._shelter = subscriber, database, shelter
        self._clock, self._monotonic = clock, monotonic
        self._success, self._line = LastSuccess(monotonic()), LastSuccess(monotonic())
        self._batch: list[Received] = []
        self._heard: list[float] = []
        self._due_s = self._alive_s = 0.0
        self._failed = 0
        self._said: tuple[str | None, str | None] = ("", None)

    def turn(self, wait_s: float) -> None:
        """Take what came; write what is due."""
        self._subscriber.turn(wait_s)
        now_s, turn_s = self._clock(), self._monotonic()
        if self._subscriber.why is None:
            self._line.well(turn_s)
        while self._subscriber.received and len(self._batch) < MOST_AT_ONCE:
            self._batch.append(self._subscriber.received.popleft())
            self._heard.append(now_s)
        why = None
        if turn_s >= self._due_s and (self._batch or turn_s >= self._alive_s):
            why = self._write(now_s, turn_s)
            self._success.failed(why) if why is not None else self._success.well(turn_s)
        elif self._failed:
            why = self._said[1]
        self._tell(why)

    def status(self, rules: Rules) -> RecordsStatus:
        """How it stands."""
        turn_s = self._monotonic()
        keeping, why = self._success.judged(turn_s)
        if self._subscriber.connected and self._subscriber.why is not None:
            keeping, why = False, self._subscriber.why
        watched, rules_why = rules.judged(turn_s)
        return RecordsStatus(
            online=True, at=self._clock(), keeping=keeping, why=why, kept_at=self.kept_s,
            waiting=len(self._batch) + len(self._subscriber.received), rules=watched,
            rules_why=rules_why, firing=rules.firing if watched else [],
        )  # fmt: skip

    def _write(self, now_s: float, turn_s: float) -> str | None:
        """Write all that is here; returns why it could not be."""
        own = self._own(now_s, turn_s)
        texts = [self._lines(message, heard_s)
                 for message, heard_s in zip(self._batch, self._heard, strict=True)]  # fmt: skip
        try:
            self._database.write(b"".join([*texts, lines([own])]))
        except DatabaseError as error:
            if not error.about_the_batch or not self._one_by_one(texts, lines([own])):
                self._due_s = turn_s + AGAIN_S[min(self._failed, len(AGAIN_S) - 1)]
                self._failed += 1
                return str(error)
        else:
            self.written += len(texts)
        for message in self._batch:
            self._subscriber.acknowledge(message)
        self._batch.clear()
        self._heard.clear()
        self._failed = 0
        self.kept_s = now_s
        self._due_s, self._alive_s = turn_s + WRITE_EVERY_S, turn_s + ALIVE_EVERY_S
        return None

    def _own(self, now_s: float, turn_s: float) -> Sample:
        """How it goes itself, as numbers."""
        fields: dict[str, float] = {"written": self.written, "refused": self.refused}
        hears, _ = self._line.judged(turn_s)
        if hears is not None:
            fields["hears"] = float(hears)
        return Sample("nursery_records", {}, fields, now_s)

    def _one_by_one(self, texts: list[bytes], own: bytes) -> bool:
        """False: the database has gone meanwhile, or refuses even what is known to be right."""
        written = refused = 0
        try:
            self._database.write(own)
        except DatabaseError:
            return False
        for text in texts:
            try:
                if text:
                    self._database.write(text)
                written += 1
            except DatabaseError as error:
                if not error.about_the_batch:
                    return False
                refused += 1
        self.written += written
        self.refused += refused
        return True

    def _lines(self, message: Received, heard_s: float) -> bytes:
        _, _, rest = message.topic.partition("/")
        room = self._shelter.room_of(rest.partition("/")[0])
        return lines(samples(message.topic, message.payload, heard_s, room))

    def _tell(self, database_why: str | None) -> None:
        """Say what has changed: of the line to the broker, and of the database."""
        now = (self._subscriber.why or (MUTE if self._subscriber.mute else None), database_why)
        if now == self._said:
            return
        broker_why = now[0]
        if broker_why != self._said[0]:
            log.info("broker: %s", "connected" if broker_why is None else broker_why)
        if database_why != self._said[1]:
            log.info("records: %s", database_why or f"{self._database.where} takes them again")
        self._said = now


def keep_records(mqtt: MqttConfig, shelter: ShelterConfig, out: TextIO) -> int:
    """Keep records until SIGTERM or SIGINT; 0."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=out)
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: ended.append(number))
    watchdog = systemd.Watchdog()
    subscriber = Subscriber(mqtt, lambda: stopped(time.time(), keeper.kept_s))
    keeper = Keeper(subscriber, Database(shelter.records_url), shelter)
    telling, rules = Telling(subscriber, mqtt), Rules(shelter.rules_url, time.monotonic())
    print(f"records: from {mqtt.host} into {shelter.records_url}", file=out, flush=True)
    systemd.notify("READY=1")
    while not ended:
        keeper.turn(0.25)
        rules.turn(time.monotonic())
        telling.turn(keeper.status(rules), time.monotonic())
        watchdog.notify([])
    systemd.notify("STOPPING=1")
    subscriber.say(stopped(time.time(), keeper.kept_s))
    subscriber.close()
    return 0


def forget_records(mqtt: MqttConfig, out: TextIO) -> int:
    """Nobody shall expect records any more; 1: the broker could not be told."""
    subscriber = Subscriber(mqtt)
    if not take_back(subscriber, mqtt):
        why = subscriber.why or MUTE
        print(f"the broker at {mqtt.host} still expects records: {why}", file=out)
        return 1
    print("nobody expects records any more; what the database has is still there", file=out)
    return 0
