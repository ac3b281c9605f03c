"""News before backlog: how soon a new critical alert arrives while thousands of rows wait.

    python tests/bench/bench_news.py [--rows 1000 10000] [--alerts 20]

The real journal, outbox and publisher against a real Mosquitto on this machine. While a backlog of
warnings drains (about 50 rows a second), critical alerts are written one after the other, and a
subscriber takes the delay from the transaction to the arrival. Beside it, as a ratio, the same with
an empty outbox in the same run. Fails when one takes longer than 2 s.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import msgspec

from monitor.alert_kinds import RANK, Severity
from monitor.config import MqttConfig
from monitor.events import Alert
from monitor.mqtt.connection import Connection
from monitor.mqtt.publisher import Publisher
from monitor.mqtt.publisher_settings import Hooks
from monitor.mqtt.topics import Topics, alert_messages
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.outbox_message import OutboxMessage
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.subscriber import Subscriber

TOPICS = Topics("news")
WITHIN_S = 2.0
PUMP_EVERY_S = 0.02
"""the daemon's loop turns at least so often"""
APART_S = 0.3
NEWS_FOR_S = 86_400.0


def alert(number: int, severity: Severity, t_s: float) -> Alert:
    """One of many, all different."""
    kind = "monitor_blind" if severity == "critical" else "low_intake"
    return Alert(
        t_s=t_s, id=f"{kind}-{number}", kind=kind, state="raised", severity=severity, baby=None,
        since=t_s, title="Scale is blind", why="sends nothing", box=TOPICS.box,
        message="Scale sends nothing. Until it works, weights and feeds are not seen.",
    )  # fmt: skip


def rows(told: Alert) -> list[OutboxMessage]:
    """As the daemon writes them beside the alert."""
    return [
        OutboxMessage(
            topic=message.topic, payload=message.payload, qos=message.qos,
            t_s=told.t_s, expires_s=told.t_s + NEWS_FOR_S,
            alert_id=told.id, urgency=RANK[told.severity],
        )
        for message in alert_messages(told, TOPICS)
    ]  # fmt: skip


class Bench:
    """A box whose outbox holds ``waiting`` rows when it connects."""

    def __init__(self, port: int, folder: Path, waiting: int) -> None:
        self.journal = Journal.open(folder / f"journal{waiting}.sqlite")
        old_s = time.time() - 3600.0
        backlog = [alert(n, "warning", old_s + 0.1 * n) for n in range(waiting // 2)]
        self.journal.write(Batch(messages=[row for told in backlog for row in rows(told)]))
        config = MqttConfig(host="127.0.0.1", port=port, tls=False)
        self.publisher = Publisher(
            config,
            self.journal.outbox,
            topics=TOPICS,
            connect=lambda protocol: Connection(config, protocol, f"news-{waiting}", None),
            hooks=Hooks(receive=lambda _: None),
        )
        self.number = waiting

    def pump_for(self, seconds: float) -> None:
        """Turn the loop."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.publisher.pump(time.time())
            time.sleep(PUMP_EVERY_S)

    def delays_s(self, phone: Subscriber, alerts: int) -> list[float]:
        """Of so many critical alerts, one after the other; infinity for one that is not seen."""
        while not self.publisher.connected:
            self.pump_for(0.1)
        found = []
        for _ in range(alerts):
            self.pump_for(APART_S)
            self.number += 1
            told = alert(self.number, "critical", time.time())
            began_s = time.monotonic()
            self.journal.write(Batch(events=[told], messages=rows(told)))
            while not arrived(phone, told.id) and time.monotonic() - began_s < 2 * WITHIN_S:
                self.publisher.pump(time.time())
                time.sleep(0.002)
            found.append(time.monotonic() - began_s if arrived(phone, told.id) else float("inf"))
        return sorted(found)


def arrived(phone: Subscriber, alert_id: str) -> bool:
    """Whether the phone has its JSON."""
    document = phone.last(TOPICS.alert)
    wanted = alert_id.encode()
    recent = [m.payload for m in list(phone.messages)[-200:] if m.topic == TOPICS.alert]
    return document is not None and any(
        wanted in payload and msgspec.json.decode(payload)["id"] == alert_id for payload in recent
    )


def main() -> int:
    """Print one row per backlog; 1 when something critical came too late."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--alerts", type=int, default=20)
    asked = parser.parse_args()
    if BINARY is None:
        print("mosquitto is not installed: apt-get install mosquitto", file=sys.stderr)
        return 1
    print("waiting  still waiting  median ms  worst ms   (median against an empty outbox)")
    empty_s, late = None, False
    with tempfile.TemporaryDirectory() as folder:
        broker = Mosquitto(Path(folder) / "mosquitto").start()
        try:
            for waiting in [0, *asked.rows]:
                with Subscriber(broker.port, f"{TOPICS.base}/#") as phone:
                    bench = Bench(broker.port, Path(folder), waiting)
                    delays = bench.delays_s(phone, asked.alerts)
                    left = len(bench.journal.outbox)
                    bench.publisher.close(0.1)
                    bench.journal.close()
                median_s, worst_s = delays[len(delays) // 2], delays[-1]
                empty_s = empty_s or median_s
                late = late or worst_s > WITHIN_S
                print(
                    f"{waiting:7}  {left:13}  {1000 * median_s:9.1f}  {1000 * worst_s:8.1f}"
                    f"   {median_s / empty_s:.2f}x",
                    flush=True,
                )
        finally:
            broker.stop()
    return 1 if late else 0


if __name__ == "__main__":
    raise SystemExit(main())
