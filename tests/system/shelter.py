"""A made shelter: fifty boxes in six rooms on a real broker, some of them with something to say.

One connection says what all the boxes would, their live numbers every 20 s: the documents are those
of the scripted box.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import msgspec

from tests.system.page_process import Phone
from tests.system.scripted_box import alert, at, baby, bad_night, health
from tests.system.subscriber import Subscriber, wait_for

BREATH_S = 20.0
SIZES = {"Cat nursery": 14, "Kittens upstairs": 10, "Kittens downstairs": 8, "Puppies": 10,
         "Isolation": 4, "Foster homes": 4}  # fmt: skip
ROOMS = "[shelter.rooms]\n" + "".join(
    f'"{room}" = ["{room.lower().replace(" ", "-")}-*"]\n' for room in SIZES
)
NAMES = [
    "Ash", "Birch", "Clover", "Daisy", "Echo", "Fern", "Ginger", "Hazel", "Ivy", "Juniper",
    "Kangaroo", "Lark", "Maple", "Nettle", "Olive", "Possum", "Quill", "Rowan", "Sorrel", "Thistle",
    "Umber", "Violet", "Willow", "Yarrow", "Zinnia",
]  # fmt: skip
NEITHER = {"level": "watch", "signs": ["drinks less than it did"]}
GRAVE = {"level": "act", "signs": ["drinks half of what it did", "is less lively"]}


def crying(**more: Any) -> dict[str, Any]:
    """A kitten that has been crying for long."""
    return alert("c1", "crying", "critical", "A kitten has been crying for 12 min",
                 "A kitten has been crying for 12 min.", **more)  # fmt: skip


def losing(name: str) -> dict[str, Any]:
    """A baby that loses weight."""
    return alert("l1", "losing_weight", "warning", f"{name} is losing weight",
                 f"{name} lost 4.2 g (2.1 %) in 24 h. Weigh it again.", baby=name)  # fmt: skip


TROUBLES: dict[str, dict[str, Any]] = {
    "cat-nursery-03": {"alerts": bad_night()},
    "cat-nursery-07": {"alerts": [losing("Possum")], "verdict": "losing"},
    "cat-nursery-11": {"watch": NEITHER},
    "kittens-upstairs-02": {"alerts": [crying(state="acknowledged", by="Mo")]},
    "kittens-upstairs-08": {"status": "offline"},
    "kittens-downstairs-04": {"health": health(scale="failed")},
    "kittens-downstairs-05": {"watch": NEITHER},
    "puppies-01": {"health": health(scale=None, microphone=None)},
    "puppies-06": {"alerts": bad_night()[:1]},
    "isolation-02": {"watch": GRAVE, "alerts": [
        alert("f1", "fading", "critical", "A baby is fading",
              "It drinks half of what it did and is less lively. Warm it first.")]},
    "isolation-04": {"alerts": [losing("Possum")], "verdict": "losing"},
    "foster-homes-03": {"health": health() | {"practice": True}},
}  # fmt: skip
"""what is not well, by box; the other 38 are well"""


def boxes() -> Iterator[tuple[str, int]]:
    """Every box with its number in the house."""
    number = 0
    for room, count in SIZES.items():
        for i in range(1, count + 1):
            yield f"{room.lower().replace(' ', '-')}-{i:02}", number
            number += 1


def documents(box: str, number: int) -> dict[str, Any]:
    """What a box keeps at its broker."""
    trouble = TROUBLES.get(box, {})
    puppies = box.startswith("puppies")
    found: dict[str, Any] = {
        "health": trouble.get("health", health()),
        "cry": {"crying": False, "cry_minutes_1h": 1.3, "cry_minutes_24h": 24.0},
        "scale": {"total_g": 900.0 + number, "still": True, "activity": 0.1, "in_box": [],
                  "weigh_in_ends_at": None, "things": []},
        "alerts": [each | {"box": box} for each in trouble.get("alerts", [])],
        "question": {"step_id": None, "text": None, "candidates": [], "things": []},
    }  # fmt: skip
    for i in range(1 + number % 5):
        name = NAMES[(number * 3 + i) % len(NAMES)]
        grams = 96.0 + 7.3 * ((number * 5 + i * 3) % 40)
        own = {"species": "puppy" if puppies else "kitten", "weight_g": round(grams, 1)}
        found[f"baby/{name.lower()}"] = baby(name, **own)
    if "watch" in trouble or "verdict" in trouble:
        more = {"watch": trouble.get("watch"), "verdict": trouble.get("verdict", "steady")}
        found["baby/possum"] = baby("Possum", **more, gain_24h_g=-4.2, gain_24h_pct=-2.1)
    return found | {"status": trouble.get("status", "online")}


class Shelter:
    """All of it on one connection, for as long as the ``with`` block lasts."""

    def __init__(self, port: int, count: int | None = None) -> None:
        self._boxes = dict(list(boxes())[:count])
        self._link = Subscriber(port, "nursery/none")
        self._retained: set[str] = set()
        self._ended = threading.Event()
        self._breathing = threading.Thread(target=self._breathe, daemon=True)

    def __enter__(self) -> Shelter:
        self._link.__enter__()
        for box, number in self._boxes.items():
            for key, value in documents(box, number).items():
                self.say(box, key, value)
        self._breathing.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._breathing.join()
        for topic in sorted(self._retained):
            self._link.client.publish(topic, b"", 1, retain=True).wait_for_publish(30)
        self._link.__exit__(kind, error, trace)

    def is_seen_by(self, phone: Phone) -> None:
        """Wait until this phone's page has each document that the boxes keep at the broker."""

        def seen() -> bool:
            known = phone.document("/api/boxes")
            return sum(len(box["received_s"]) for box in known) == len(self._retained)

        wait_for(seen)

    @property
    def names(self) -> list[str]:
        """Every box."""
        return list(self._boxes)

    def say(self, box: str, key: str, value: Any) -> None:
        """Publish one retained document of a box."""
        topic = f"nursery/{box}/{key}"
        payload = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
        self._retained.add(topic)
        self._link.client.publish(topic, payload, 1, retain=True).wait_for_publish(30)

    def _breathe(self) -> None:
        """One box after the other, as they all do all the time."""
        turn = 0
        while not self._ended.wait(BREATH_S / len(self._boxes)):
            self.breathe(self.names[turn % len(self._boxes)], 24.0 + turn)
            turn += 1

    def breathe(self, box: str, minutes: float) -> None:
        """What a box says every 20 s."""
        live = documents(box, self._boxes[box])
        self.say(box, "cry", live["cry"] | {"cry_minutes_24h": minutes})
        self.say(box, "scale", live["scale"] | {"at": at(0)})
