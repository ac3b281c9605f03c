"""``nursery records``: from the broker into the database until stopped."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from typing import TextIO

from monitor.config import MqttConfig, ShelterConfig
from monitor.host import systemd
from monitor.records.database import Database, DatabaseError
from monitor.records.influx import lines
from monitor.records.samples import Sample, samples
from monitor.records.subscriber import IN_FLIGHT, Received, Subscriber

log = logging.getLogger(__name__)

WRITE_EVERY_S = 1.0
MOST_AT_ONCE = IN_FLIGHT // 2
"""messages of one batch: half of what may be here, so that the other half can come meanwhile"""
ALIVE_EVERY_S = 60.0
AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""after the first, second ... batch that the database does not take"""


class Keeper:
    """Hands batches from a subscriber to a database; times are Unix seconds.

    A batch that the database refuses for what is in it is handed over message by message, so that
    only the one at fault is left out.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        database: Database,
        shelter: ShelterConfig,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.written = self.refused = 0
        """messages since the start"""
        self._subscriber, self._database, self._shelter = subscriber, database, shelter
        self._clock = clock
        self._batch: list[Received] = []
        self._heard: list[float] = []
        self._due_s = self._alive_s = 0.0
        self._failed = 0
        self._said: tuple[str | None, str | None] = ("", None)

    def turn(self, wait_s: float) -> None:
        """Take what came; write what is due."""
        self._subscriber.turn(wait_s)
        now_s = self._clock()
        while self._subscriber.received and len(self._batch) < MOST_AT_ONCE:
            self._batch.append(self._subscriber.received.popleft())
            self._heard.append(now_s)
        why = None
        if now_s >= self._due_s and (self._batch or now_s >= self._alive_s):
            why = self._write(now_s)
        elif self._failed:
            why = self._said[1]
        self._tell(why)

    def _write(self, now_s: float) -> str | None:
        """Write all that is here; returns why it could not be."""
        own = Sample("nursery_records", {}, {"written": self.written, "refused": self.refused},
                     now_s)  # fmt: skip
        texts = [self._lines(message, heard_s)
                 for message, heard_s in zip(self._batch, self._heard, strict=True)]  # fmt: skip
        try:
            self._database.write(b"".join([*texts, lines([own])]))
        except DatabaseError as error:
            if not error.about_the_batch or not self._one_by_one(texts, lines([own])):
                self._due_s = now_s + AGAIN_S[min(self._failed, len(AGAIN_S) - 1)]
                self._failed += 1
                return str(error)
        else:
            self.written += len(texts)
        for message in self._batch:
            self._subscriber.acknowledge(message)
        self._batch.clear()
        self._heard.clear()
        self._failed = 0
        self._due_s, self._alive_s = now_s + WRITE_EVERY_S, now_s + ALIVE_EVERY_S
        return None

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
        now = (self._subscriber.why, database_why)
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
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: stopped.append(number))
    subscriber, watchdog = Subscriber(mqtt), systemd.Watchdog()
    keeper = Keeper(subscriber, Database(shelter.records_url), shelter)
    print(f"records: from {mqtt.host} into {shelter.records_url}", file=out, flush=True)
    systemd.notify("READY=1")
    while not stopped:
        keeper.turn(0.25)
        watchdog.notify([])
    systemd.notify("STOPPING=1")
    subscriber.close()
    return 0
