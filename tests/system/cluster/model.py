"""What 100,000 boxes would ask of brokers: counted and measured for one, multiplied.

    python -m tests.system.cluster.model [BOXES...]

Counted here: the retained documents of a box with two babies. Measured by ``--scale`` and
``bench_fleet.py`` with up to 1,000 boxes: messages, processor and memory. Assumed: the rest.
Nothing above 1,000 boxes was run.
"""

from __future__ import annotations

import sys

import msgspec

from monitor.mqtt.discovery import discovery
from monitor.mqtt.topics import Topics, state_messages
from tests.system.fleet_box import BABIES, FleetBox

MESSAGES_S = 0.47
"""of one box, live numbers every five seconds; measured at 1,000"""
CORE_PCT = 0.0037
"""of Mosquitto for one box at that rate without TLS; measured at 1,000"""
BROKER_KB = 82.0
"""of Mosquitto's memory for one box with TLS and its retained documents; measured at 100"""
HANDSHAKE_MS = 2.0
"""of the broker's processor for one TLS connection (P-256); assumed"""
ALERTS_NIGHT, PEAK_SHARE = 4.0, 0.05
"""assumed: alerts of a box in a night, and how many of them fall into the busiest five minutes (a
thunderstorm, a power cut of a district)"""


class Demand(msgspec.Struct, frozen=True):
    """Of a number of boxes at one broker."""

    boxes: int
    messages_s: float
    cores: float
    memory_gb: float
    retained_mb: float
    alerts_s: float
    online_again_s: float

    @property
    def breaks(self) -> str:
        """What is not enough first: Mosquitto has one thread."""
        if self.cores > 1:
            return "the broker's one thread"
        if self.online_again_s > FIRST_MINUTE_S:
            return "handshakes after a power cut"
        return "nothing"


FIRST_MINUTE_S = 60.0


def of_one_box() -> tuple[int, int]:
    """Retained documents and their bytes with topics, discovery included."""
    topics = Topics("possums-nursery")
    announced = discovery(topics, identity="c0ffee", babies=BABIES, mode="device", version="1")
    kept = [*state_messages(FleetBox.plain_state(), topics), *announced]
    return len(kept), sum(len(m.payload) + len(m.topic) for m in kept)


def demand(boxes: int) -> Demand:
    """At one Mosquitto."""
    _, size = of_one_box()
    return Demand(
        boxes=boxes,
        messages_s=boxes * MESSAGES_S,
        cores=boxes * CORE_PCT / 100,
        memory_gb=boxes * BROKER_KB / 1e6,
        retained_mb=boxes * size / 1e6,
        alerts_s=boxes * ALERTS_NIGHT * PEAK_SHARE / 300,
        online_again_s=boxes * HANDSHAKE_MS / 1000,
    )


def main(words: list[str]) -> None:
    documents, size = of_one_box()
    print(f"a box keeps {documents} retained documents of {size / 1000:.1f} KB together")
    print("| boxes | messages/s | cores | memory, GB | retained, MB | alerts/s at the peak "
          "| all online again | breaks first |\n|---|---|---|---|---|---|---|---|")  # fmt: skip
    for boxes in [int(word) for word in words] or [1_000, 10_000, 100_000]:
        d = demand(boxes)
        print(f"| {boxes:,} | {d.messages_s:,.0f} | {d.cores:.2f} | {d.memory_gb:.1f} "
              f"| {d.retained_mb:,.0f} | {d.alerts_s:.1f} | {d.online_again_s:,.0f} s "
              f"| {d.breaks} |")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
