"""The page beside its box: memory, processor, the first page's size, and how soon phones know.

    python tests/bench/bench_page.py [--phones 20] [--seconds 30] [--boxes 50] [--check]

A real Mosquitto, a real box on simulated sources, a real page, and phones as page.js is one: a
stream each, and the page fetched anew when something has changed, twice a second at most. The
processor is a ratio to the box's own in the same seconds, so another machine's load does not count.
With ``--boxes`` there is a made shelter beside it, whose boxes say their live numbers every 20 s,
and every phone looks at the list of all of them.
``--check`` ends with 1 where a budget is exceeded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests.system.daemon import Daemon
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.page_process import PageProcess, Phone
from tests.system.shelter import ROOMS, Shelter
from tests.system.sockets import family
from tests.system.subscriber import Subscriber, wait_for

SOURCES = '[microphone]\nsource = "simulated"\n[scale]\nsource = "simulated"\n'
APART_S = 0.5
"""of page.js"""
CHANGES = 40
MOST_MB = 45.0
MOST_KB = 60.0
MOST_MS = 300.0
MOST_PCT = 5.0
"""of one processor, with a shelter's boxes: there the page has a machine of its own"""
MOST_IDLE = 0.005
"""share of one processor: five times the resolution of the kernel's clock over 30 s, 10 ms"""


def cpu_s(pid: int) -> float:
    """Seconds of processor that a process and its children have had."""
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Watching:
    """One phone: counts what it fetched, and remembers when it heard of each box."""

    def __init__(self, port: int, phone: Phone, path: str) -> None:
        self._port, self._token, self._path = port, phone.token, path
        self.fetched = 0
        self.heard_s: dict[str, float] = {}
        self.open = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            changed = asyncio.Event()
            tasks.create_task(self._stream(changed))
            tasks.create_task(self._renew(changed))

    async def _stream(self, changed: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(self._head("/api/stream"))
        self.open.set()
        while line := await reader.readline():
            if line.startswith(b"data: "):
                body = json.loads(line[6:])
                self.heard_s[body.get("box", "")] = time.monotonic()
                if self._path == "/boxes" or body.get("box") == "test-box":
                    changed.set()
        writer.close()

    async def _renew(self, changed: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while True:
            await changed.wait()
            changed.clear()
            writer.write(self._head(self._path, "X-Live: 1\r\n"))
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            assert head.startswith("http/1.1 200"), head
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            await reader.readexactly(length)
            self.fetched += 1
            await asyncio.sleep(APART_S)

    def _head(self, path: str, more: str = "") -> bytes:
        cookie = f"Cookie: nursery={self._token}\r\n"
        return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{cookie}{more}\r\n".encode()


async def watch(
    page: PageProcess, daemon: Daemon, broker: Mosquitto, phones: list[Phone], seconds: float,
    path: str,
) -> dict[str, float]:  # fmt: skip
    """All phones at once: their cost, then how long each change took to be on all of them."""
    watching = [Watching(page.port, phone, path) for phone in phones]
    tasks = [asyncio.create_task(each.run()) for each in watching]
    for each in watching:
        await each.open.wait()
    await asyncio.sleep(2.0)
    before_s, box_before_s, fetched = cpu_s(page.pid), cpu_s(daemon.pid), count(watching)
    await asyncio.sleep(seconds)
    spent_s, box_s = cpu_s(page.pid) - before_s, cpu_s(daemon.pid) - box_before_s
    fetched = count(watching) - fetched
    delays = []
    with Subscriber(broker.port, "none") as other:
        for number in range(CHANGES):
            began_s = time.monotonic()
            said = b"online" if number % 2 else b"offline"
            other.client.publish("nursery/another/status", said, 1, True)
            while not all(each.heard_s.get("another", 0.0) > began_s for each in watching):
                await asyncio.sleep(0.001)
            delays.append(max(each.heard_s["another"] for each in watching) - began_s)
            await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    delays.sort()
    return {
        "page_of_box": spent_s / box_s,
        "page_pct": 100.0 * spent_s / seconds,
        "fetched_per_s": fetched / seconds,
        "delay_p50_ms": 1000.0 * delays[len(delays) // 2],
        "delay_max_ms": 1000.0 * delays[-1],
    }


def count(watching: list[Watching]) -> int:
    """Pages that all of them have fetched."""
    return sum(each.fetched for each in watching)


def measure(phones: int, seconds: float, boxes: int, directory: Path) -> dict[str, float]:
    """Everything, in one run."""
    path = "/boxes" if boxes else "/boxes/test-box"
    with ExitStack() as running:
        broker = Mosquitto(directory / "mosquitto").start()
        running.callback(broker.stop)
        daemon = Daemon(directory / "box", broker.port, more=SOURCES).start()
        running.callback(daemon.stop)
        if boxes:
            running.enter_context(Shelter(broker.port, boxes))
        more = ROOMS if boxes else ""
        page = running.enter_context(PageProcess(directory / "page", broker.port, more=more))
        first = page.phone()
        box = "/api/boxes/test-box"
        wait_for(lambda: first.get(box).status == 200 and first.get(box).json["babies"])
        idle_mb = resident_mb(page.pid)
        time.sleep(3.0)
        before_s, began_s = cpu_s(page.pid), time.monotonic()
        time.sleep(seconds)
        found = {
            "resident_mb": idle_mb,
            "idle_share": (cpu_s(page.pid) - before_s) / (time.monotonic() - began_s),
        }
        took_s = -time.monotonic()
        found["first_page_kb"] = len(first.get(path).body) / 1000.0
        found["first_page_ms"] = 1000.0 * (took_s + time.monotonic())
        all_phones = [first, *(page.phone() for _ in range(phones - 1))]
        found |= asyncio.run(watch(page, daemon, broker, all_phones, seconds, path))
        return found | {"resident_watched_mb": resident_mb(page.pid)}


def main() -> int:
    """Print one line each, with its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--boxes", type=int, default=0)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if BINARY is None:
        print("mosquitto is missing")
        return 2
    with tempfile.TemporaryDirectory() as directory:
        found = measure(args.phones, args.seconds, args.boxes, Path(directory))
    if args.json:
        print(json.dumps(found))
    budgets = {
        "resident_mb": MOST_MB,
        "resident_watched_mb": MOST_MB,
        "idle_share": MOST_IDLE,
        "first_page_kb": MOST_KB,
        **({"page_pct": MOST_PCT} if args.boxes else {"page_of_box": 1.0}),
        "delay_max_ms": MOST_MS,
    }
    for name, value in found.items():
        budget = f"   at most {budgets[name]:g}" if name in budgets else ""
        print(f"{name:20} {value:10.3f}{budget}")
    exceeded = [name for name, most in budgets.items() if found[name] > most]
    return 1 if args.check and exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
