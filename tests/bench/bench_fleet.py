"""A shelter's boxes on one broker: N real publishers against one Mosquitto, on this machine.

    python tests/bench/bench_fleet.py [--boxes 10 100 1000] [--seconds 40]

Each box has its own publisher, outbox and MQTT connection, renews its live numbers every five
seconds as the daemon does, and raises alerts through its outbox; a subscriber takes the delay
from the moment of the event to its arrival. The generator shares the machine with the broker: its
own CPU is printed beside, and where it is above half of the cores the delays are its, not the
broker's. One row per number of boxes, and the broker's CPU as a ratio to the smallest one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from monitor.times import parse_rfc3339

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from monitor.config import MqttConfig
from tests.system.fleet_box import FleetBox
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.subscriber import Subscriber

WORKERS = 4
PUMP_EVERY_S = 0.05
ALERT_EVERY_S = {10: 1.0, 100: 4.0, 1000: 30.0}


def work(port: int, numbers: range, total: int, seconds: float, line: Any) -> None:
    """One process: connect its boxes, wait for the start, run them, report its CPU."""
    alert_every_s = ALERT_EVERY_S.get(total, max(1.0, total / 33))
    config = MqttConfig(host="127.0.0.1", port=port, tls=False, keepalive_s=60)
    boxes = [FleetBox(f"box{number}", number, config, alert_every_s) for number in numbers]
    while not all(box.publisher.connected for box in boxes):
        for box in boxes:
            box.turn(alerts=False)  # the first picture of each box is not part of the measurement
            time.sleep(0.001)
    line.send("connected")
    line.recv()
    for index, box in enumerate(boxes):
        box.begin(index / len(boxes))
    before_s, end_s = time.process_time(), time.monotonic() + seconds
    while time.monotonic() < end_s:
        round_s = time.monotonic()
        for box in boxes:
            box.turn(alerts=True)
        time.sleep(max(0.0, PUMP_EVERY_S - (time.monotonic() - round_s)))
    line.send((time.process_time() - before_s) / seconds)
    line.recv()
    for box in boxes:
        box.publisher.close(0.1)


def measure(total: int, seconds: float) -> dict[str, Any]:
    """One row."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Mosquitto(Path(folder)).start()
        try:
            return _measure(broker, total, seconds)
        finally:
            broker.stop()


def _measure(broker: Mosquitto, total: int, seconds: float) -> dict[str, Any]:
    pipes, workers = [], []
    share = -(-total // WORKERS)
    for first in range(0, total, share):
        ours, theirs = multiprocessing.Pipe()
        numbers = range(first, min(first + share, total))
        worker = multiprocessing.Process(
            target=work, args=(broker.port, numbers, total, seconds, theirs)
        )
        worker.start()
        pipes.append(ours)
        workers.append(worker)
    for pipe in pipes:
        pipe.recv()
    delays_s: list[float] = []
    count = 0

    def arrived(_client: Any, _data: Any, message: Any) -> None:
        nonlocal count
        count += 1
        if message.topic.endswith("/alert"):
            at_s = parse_rfc3339(json.loads(message.payload)["at"])
            delays_s.append(time.time() - at_s)

    with Subscriber(broker.port, "nursery/#") as phone:
        time.sleep(3.0 + total / 100)  # the retained messages first
        phone.client.on_message = arrived
        cpu_s, begun_s = broker_cpu_s(broker), time.monotonic()
        for pipe in pipes:
            pipe.send("go")
        generator = sum(pipe.recv() for pipe in pipes)
        took_s = time.monotonic() - begun_s
        broker_cores = (broker_cpu_s(broker) - cpu_s) / took_s
        time.sleep(2.0)
        received = count
    for pipe in pipes:
        pipe.send("end")
    for worker in workers:
        worker.join(30)
        worker.kill()
    delays_s.sort()
    return {
        "boxes": total,
        "messages_per_s": received / took_s,
        "alerts": len(delays_s),
        "p50_ms": 1000 * delays_s[len(delays_s) // 2],
        "p99_ms": 1000 * delays_s[int(len(delays_s) * 0.99)],
        "broker_core_pct": 100 * broker_cores,
        "generator_core_pct": 100 * generator,
    }


def broker_cpu_s(broker: Mosquitto) -> float:
    """User and system time the broker has used."""
    fields = Path(f"/proc/{broker.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Print one row per fleet; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--seconds", type=float, default=40.0)
    options = parser.parse_args()
    if BINARY is None:
        print("mosquitto is not installed: apt-get install mosquitto", file=sys.stderr)
        return 1
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    multiprocessing.set_start_method("spawn")
    print("boxes  messages/s  alerts  p50 ms  p99 ms  broker, % of a core  (ratio)  generator")
    first: float | None = None
    for total in options.boxes:
        row = measure(total, options.seconds)
        first = first or row["broker_core_pct"] or None
        ratio = row["broker_core_pct"] / first if first else float("nan")
        print(
            f"{row['boxes']:5}  {row['messages_per_s']:10.1f}  {row['alerts']:6}"
            f"  {row['p50_ms']:6.1f}  {row['p99_ms']:6.1f}  {row['broker_core_pct']:19.2f}"
            f"  {ratio:6.1f}x  {row['generator_core_pct']:8.0f}%",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
