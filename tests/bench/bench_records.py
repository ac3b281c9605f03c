"""A year of a shelter in VictoriaMetrics: what it takes on the card, and what a question costs.

    python tests/bench/bench_records.py [--boxes 50] [--days 365]

Samples as ``nursery records`` writes them, thinned to one in five minutes as the database keeps
them: each box has four babies for eight weeks, then the next four; weights at eight weighings a
day, intakes, cry minutes, alerts and the health of two sources. Written through the same lines.
Also printed: what the records' own work costs for each document (microseconds of one core).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from monitor.codec import document, encode
from monitor.documents import BabyStatus, BabyWatch
from monitor.records.database import Database
from monitor.records.influx import lines
from monitor.records.samples import Sample, samples
from tests.system.victoria import VICTORIA, Victoria, rss_mb

STEP_S, DAY_S = 300, 86_400
BABIES, STAY_DAYS = 4, 56
QUERIES = {
    "weight of one baby, eight weeks": 'nursery_baby_weight_g{box="box7",baby="baby_0_0"}[56d]',
    "gain of all babies, one day": "avg(last_over_time(nursery_baby_gain_24h_g[1d]))",
    "cry minutes by room, one week": "sum by (room) (max_over_time(nursery_cry_minutes_24h[7d]))",
    "alerts by kind, the whole year": "sum by (kind) (count_over_time(nursery_alert_changes[1y]))",
    "silent boxes now": "count(last_over_time(nursery_box_online[30d]) == 1)",
}


def a_day(day: int, begun_s: float) -> Iterator[Sample]:
    """What one box says in a day; the database compresses each box's numbers by themselves."""
    rng = random.Random(day)
    room = {"box": "BOX", "room": "ROOM"}
    litter, age = divmod(day, STAY_DAYS)
    start_s = begun_s + day * DAY_S
    for baby in range(BABIES):
        labels = {**room, "baby": f"baby_{litter}_{baby}"}
        weight_g = 100.0 + 10.0 * age + 3.0 * baby
        for feed in range(8):
            at_s = start_s + (feed + 0.1 * baby) * DAY_S / 8
            grams = round(weight_g + 1.2 * feed + rng.gauss(0, 0.4), 2)
            yield Sample("nursery_baby", labels, {"weight_g": grams}, at_s)
            yield Sample("nursery_baby", labels, {"feed_g": round(rng.gauss(5, 1), 2)}, at_s + 60)
        for step in range(0, DAY_S, STEP_S):
            fields = {
                "gain_24h_g": round(10 + 0.3 * (step // 10_800) + 0.01 * day, 2),
                "gain_24h_pct": round(5 - 0.05 * age, 2),
                "intake_24h_g": round(40 + age + (step // 10_800) * 0.7, 2),
                "intake_24h_ml_per_kg": round(200 - age + (step // 10_800) * 0.7, 2),
                "in_box": float(step % 10_800 > 600), "watch": 0.0,
            }  # fmt: skip
            yield Sample("nursery_baby", labels, fields, start_s + step)
    for step in range(0, DAY_S, STEP_S):
        at_s = start_s + step
        health = {"drops": 0.0, "cpu_pct": round(rng.gauss(14, 1), 1),
                  "memory_mb": round(60 + rng.random(), 1), "clock_synced": 1.0, "practice": 0.0,
                  "waiting": 0.0, "ready": 1.0, "acted_on_share": 0.8}  # fmt: skip
        yield Sample("nursery_box", room, health, at_s)
        yield Sample("nursery_cry", room, {"crying": float(rng.random() < 0.02),
                     "minutes_1h": round(rng.random(), 1), "minutes_24h": 21.5}, at_s)  # fmt: skip
        for source in ("microphone", "scale"):
            yield Sample("nursery_source", {**room, "source": source}, {"healthy": 1.0}, at_s)
    for _ in range(6):
        kind = rng.choice(["crying", "bottle_overdue", "refused", "losing_weight"])
        for state in ("raised", "acknowledged", "cleared"):
            named = {**room, "kind": kind, "state": state, "severity": "warning"}
            yield Sample("nursery_alert", named, {"changes": 1.0}, start_s + rng.random() * DAY_S)


def folder_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, default=50)
    parser.add_argument("--days", type=int, default=365)
    options = parser.parse_args()
    if VICTORIA is None:
        print("no victoria-metrics: make libraries")
        return
    own_work()
    with tempfile.TemporaryDirectory() as folder:
        server = Victoria(Path(folder))
        server.start()
        try:
            fill(server, options.boxes, options.days)
            ask(server)
        finally:
            server.stop()


def own_work() -> None:
    """Microseconds for each document, from the payload to the line."""
    watch = BabyWatch(level="well", signs=[])
    status = BabyStatus(name="Possum", species="puppy", weight_g=212.4, weighed_at=1.79e9,
                        gain_24h_g=9.1, intake_24h_g=61.0, in_box=True, watch=watch)  # fmt: skip
    payload = encode(document(status))
    began_s, times = time.process_time(), 5000
    for _ in range(times):
        lines(samples("nursery/attic/baby/possum", payload, 1.79e9, "Quarantine"))
    print(f"from document to lines: {(time.process_time() - began_s) / times * 1e6:.0f} us")


def fill(server: Victoria, boxes: int, days: int) -> None:
    database = Database(server.url)
    begun_s = (time.time() // DAY_S - days) * DAY_S
    number, began_s = 0, time.monotonic()
    for day in range(days):
        found = list(a_day(day, begun_s))
        number += boxes * sum(len(sample.fields) for sample in found)
        said = lines(found)
        for box in range(boxes):
            own = said.replace(b"BOX", b"box%d" % box).replace(b"ROOM", b"room-%d" % (box % 6))
            database.write(own)
    print(f"{boxes} boxes, {days} days: {number / 1e6:.1f} million numbers "
          f"in {time.monotonic() - began_s:.0f} s")  # fmt: skip
    server.get("/internal/force_flush")
    server.get("/internal/force_merge")
    time.sleep(10)
    size_mb = folder_mb(server.directory / "data")
    print(f"on the card: {size_mb:.0f} MB, {size_mb * 1e6 / number:.2f} bytes a number; "
          f"database in memory: {rss_mb(server.pid):.0f} MB")  # fmt: skip


def ask(server: Victoria) -> None:
    for name, query in QUERIES.items():
        times = []
        for _ in range(5):
            began_s = time.monotonic()
            server.get("/api/v1/query", query=query)
            times.append((time.monotonic() - began_s) * 1000)
        print(f"{name}: {sorted(times)[2]:.0f} ms (first {times[0]:.0f})")


if __name__ == "__main__":
    main()
