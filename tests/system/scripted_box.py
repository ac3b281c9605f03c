"""A box that says on a real broker what a test wants it to, and writes down what it is asked."""

from __future__ import annotations

import math
import time
from typing import Any

import msgspec
import paho.mqtt.client as mqtt

from monitor.page.spoken import local_day
from monitor.times import DAY_S, HOUR_S, rfc3339
from tests.system.page_process import Phone
from tests.system.subscriber import Subscriber, wait_for

BOX = "test-box"


def at(hours: float) -> str:
    """The time so many hours from now."""
    return rfc3339(time.time() + hours * HOUR_S)


def health(microphone: str | None = "healthy", scale: str | None = "healthy") -> dict[str, Any]:
    states = {"microphone": microphone, "scale": scale}
    why = {"healthy": "", None: ""}
    sources = {
        name: {"state": state, "why": why.get(state, "no data for 20 s"), "since": at(-1)}
        for name, state in states.items()
    }
    return {"sources": sources, "version": "1.0", "clock_synced": True}


def baby(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "species": "kitten", "born": str(local_day(time.time() - 9 * DAY_S)),
        "adult_weight_kg": None,
        "weight_g": 234.5, "weighed_at": at(-0.7), "gain_24h_g": 9.8, "gain_24h_pct": 4.5,
        "verdict": "gaining", "last_feed_at": at(-0.6), "last_feed_g": 8.2, "intake_24h_g": 64.0,
        "bottle_due_at": at(1.9), "in_box": True, "out_since": None, "next_feed_ml": 8.5,
        "intake_24h_ml_per_kg": 211.0, "watch": {"level": "well", "signs": []}, "warm_first": None,
    } | more  # fmt: skip


def alert(key: str, kind: str, severity: str, title: str, message: str, **more: Any) -> Any:
    return {
        "event": "alert", "id": key, "kind": kind, "state": "raised", "severity": severity,
        "own_severity": severity, "baby": None, "since": at(-0.2), "at": at(-0.2), "title": title,
        "message": message, "why": "25 s of calls in one spell", "box": BOX, "until": None,
        "step_id": None, "candidates": [], "things": [], "escalated": False,
    } | more  # fmt: skip


def bad_night() -> list[dict[str, Any]]:
    """One alert of each severity, the least severe first."""
    return [
        alert("q1", "who_is_it", "info", "Who was it?",
              "291.3 g was lifted out at 01:58: Kangaroo or Possum?", step_id="39zrvp1",
              candidates=[{"baby": "Possum", "p": 0.4}, {"baby": "Kangaroo", "p": 0.55}],
              things=[{"thing": "hot-water bottle", "p": 0.05}]),
        alert("l1", "losing_weight", "warning", "Possum is losing weight",
              "Possum lost 4.2 g (2.1 %) in 24 h. Weigh it again.", baby="Possum"),
        alert("c1", "crying", "critical", "A kitten has been crying for 12 min",
              "A kitten has been crying for 12 min: Possum's bottle was due 20 min ago."),
    ]  # fmt: skip


def week(name: str, grams: float = 234.5) -> list[dict[str, Any]]:
    """Eight bottles a day for a week, with care and cries; newest first."""
    found: list[dict[str, Any]] = []
    for i in range(56):
        hour, lifted = -i * 3 - 0.7, round(grams - i * 1.2 + math.sin(2 * i), 1)
        drunk = round(8 + math.sin(i), 1)
        move = {"baby": name, "sigma_g": 0.2, "confidence": 0.96, "origin": "scale"}
        found += [
            {"what": "feed", "id": f"f{i}", "at": at(hour + 0.15), "baby": name, "net_g": drunk,
             "out_s": 540.0, "origin": "scale", "how": None},
            {"what": "weighing", "id": f"r{i}", "at": at(hour + 0.15), "move": "return",
             "weight_g": lifted + drunk, **move},
            {"what": "weighing", "id": f"l{i}", "at": at(hour), "move": "lift",
             "weight_g": lifted, **move},
        ]  # fmt: skip
    for i in range(12):
        found.append(
            {"what": "cry", "id": None, "at": at(-1.7 * i - 0.2), "started_at": at(-1.7 * i - 0.25),
             "species": "kitten", "context": "bottle_due", "score": 0.9}
        )  # fmt: skip
    found += [
        {"what": "note", "id": "n1", "at": at(-3), "baby": name, "kind": "temperature_c",
         "value": 38.1, "text": None},
        {"what": "weighing", "id": "t1", "at": at(-9), "baby": name, "weight_g": grams - 4,
         "sigma_g": 0.0, "move": None, "confidence": 1.0, "origin": "typed"},
    ]  # fmt: skip
    return sorted(found, key=lambda item: item["at"], reverse=True)


class ScriptedBox:
    """Online and well, with Kangaroo and Possum, until a test says otherwise."""

    def __init__(self, port: int, name: str = BOX) -> None:
        self.name = name
        self.asked: list[tuple[str, dict[str, Any]]] = []
        """verb and arguments of every command but ``history``"""
        self.answers: dict[str, dict[str, Any]] = {}
        """what a verb is answered, instead of done"""
        self.items: list[dict[str, Any]] = []
        self.page_items = 60
        """of one page of history"""
        self._retained: set[str] = set()
        self._link = Subscriber(port, f"nursery/{name}/cmd/+")
        self._link.client.on_message = self._take

    def __enter__(self) -> ScriptedBox:
        self._link.__enter__()
        self.is_well()
        return self

    def leave(self) -> None:
        """Nothing of it is kept at the broker any more."""
        for topic in sorted(self._retained):
            self._link.client.publish(topic, b"", 1, retain=True).wait_for_publish(30)
        self._retained.clear()

    def __exit__(self, *_: object) -> None:
        self.leave()
        self._link.__exit__(None, None, None)

    def is_seen_by(self, phone: Phone) -> None:
        """Wait until this phone's page has each document that the box keeps at the broker.

        Not in their latest words: what a test says later, it waits for itself.
        """
        wait_for(lambda: self._kept <= set(phone.document(self._path)["received_s"]))

    def is_forgotten_by(self, phone: Phone) -> None:
        """Wait until this phone's page has heard that nothing of the box is kept any more."""
        wait_for(lambda: phone.get(self._path).status == 404)

    @property
    def _kept(self) -> set[str]:
        return {topic.removeprefix(f"nursery/{self.name}/") for topic in self._retained}

    @property
    def _path(self) -> str:
        return f"/api/boxes/{self.name}"

    def is_connected(self) -> bool:
        """Whether it has found its broker again."""
        return self._link.client.is_connected()

    def is_well(self) -> None:
        """Everything a box says that is well."""
        self.asked.clear()
        self.answers.clear()
        self.items = week("Possum")
        self.say("health", health())
        self.say("cry", {"crying": False, "cry_minutes_1h": 1.3, "cry_minutes_24h": 24.0})
        self.weighs()
        self.say("alerts", [])
        self.say("question", {"step_id": None, "text": None, "candidates": [], "things": []})
        self.say("baby/kangaroo", baby("Kangaroo"))
        self.say("baby/possum", baby("Possum", weight_g=198.4))
        self.say("summary", {"text": "Possum drank 5 bottles.\nKangaroo gained 9.8 g.",
                             "from": at(-9), "to": at(-1)})  # fmt: skip
        self.say("status", "online")

    def weighs(self, **more: Any) -> None:
        things = [{"name": "hot-water bottle", "grams": 262.0, "in_box": True}]
        known = {"total_g": 1843.2, "still": True, "activity": 0.1, "in_box": ["Possum"],
                 "weigh_in_ends_at": None, "things": things}  # fmt: skip
        self.say("scale", known | more)

    def say(self, key: str, value: Any) -> None:
        """Publish one retained document."""
        topic = f"nursery/{self.name}/{key}"
        payload = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
        self._retained.add(topic)
        self._link.client.publish(topic, payload, 1, retain=True).wait_for_publish(30)

    def _take(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        verb = message.topic.rpartition("/")[2]
        args: dict[str, Any] = msgspec.json.decode(message.payload)
        request_id = args.pop("request_id", None)
        if verb == "history":
            answer = self._history(args)
        else:
            self.asked.append((verb, args))
            answer = self.answers.get(verb, {"ok": True, "understood": f"{verb} understood"})
        client.publish(
            f"{message.topic}/result", msgspec.json.encode(answer | {"request_id": request_id}), 1
        )

    def _history(self, asked: dict[str, Any]) -> dict[str, Any]:
        kinds = {"weighings": "weighing", "feeds": "feed", "cries": "cry", "notes": "note",
                 "alerts": "alert"}  # fmt: skip
        what = asked.get("what", "all")
        found = [
            item for item in self.items
            if what in {"all", f"{item['what']}s"} or kinds.get(what) == item["what"]
        ]  # fmt: skip
        if asked.get("baby") is not None:
            found = [item for item in found if item.get("baby") == asked["baby"]]
        since, until = asked.get("since") or "", asked.get("until") or "~"
        found = [item for item in found if since <= item["at"] < until]
        begin = int(asked.get("next") or 0)
        end = begin + self.page_items
        following = str(end) if end < len(found) else None
        return {"ok": True, "items": found[begin:end], "next": following}
