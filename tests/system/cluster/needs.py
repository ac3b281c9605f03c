"""What a box needs of a broker of several nodes, each tried in seconds.

Each need is a function ``(engine, boxes) -> Answer``; ``one`` and ``other`` are two different
nodes (the same one twice where an engine has only one). Names of topics are a box's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from tests.system.cluster.client import Client, happens
from tests.system.cluster.engine import Engine

MANY = 1500
"""retained topics: fifty boxes with thirty documents each"""


class Answer(msgspec.Struct, frozen=True):
    """Whether the need is met, and what was seen where it is not (or how well)."""

    met: bool
    seen: str = ""

    def __str__(self) -> str:
        return ("yes" if self.met else "**no**") + (f": {self.seen}" if self.seen else "")


Need = Callable[[Engine], Answer]


def _nodes(engine: Engine) -> tuple[str, str]:
    """Two nodes that clients are at; where all are together, it is one."""
    return engine.nodes[0], engine.nodes[0 if engine.together else -1]


def speaks_version_5(engine: Engine) -> Answer:
    return Answer(engine.protocol_5, "" if engine.protocol_5 else "3.1.1 only")


def asks_for_the_password(engine: Engine) -> Answer:
    """TLS with an authority of its own, and a wrong password is refused."""
    with Client(engine, engine.nodes[0], "phone") as phone:
        taken = phone.refused is None
    with Client(engine, engine.nodes[0], "phone", password="wrong") as stranger:
        return Answer(taken and stranger.refused is not None)


def keeps_boxes_apart(engine: Engine) -> Answer:
    """A box writes and hears under its own name only."""
    one, two = engine.boxes[:2]
    node = engine.nodes[0]
    with Client(engine, node, "page") as page:
        page.hear(f"nursery/{two}/#")
        with Client(engine, node, one) as box:
            refused = box.say(f"nursery/{two}/alert", b"not mine")
        with Client(engine, node, one) as box:
            box.hear(f"nursery/{two}/#")
            with Client(engine, node, two) as other:
                other.say(f"nursery/{two}/alert", b"mine")
            arrived = happens(lambda: page.last(f"nursery/{two}/alert") == b"mine")
            heard = box.last(f"nursery/{two}/alert")
        wrote = b"not mine" in [m.payload for m in page.heard]
    said = "" if refused else "; the box is not told"
    return Answer(arrived and not wrote and heard is None, said.removeprefix("; "))


def hides_set_up_from_phones(engine: Engine) -> Answer:
    """What changes a box may hold a password: phones, who hear everything else, do not hear it."""
    box, node = engine.boxes[0], engine.nodes[0]
    with Client(engine, node, "phone") as phone, Client(engine, node, "page") as page:
        wide = phone.hear("nursery/#")[0]
        page.say(f"nursery/{box}/setup/pushes", b"secret")
        page.say(f"nursery/{box}/cmd/acknowledge", b"after it")
        happens(lambda: phone.last(f"nursery/{box}/cmd/acknowledge"), 2.0)
        if phone.last(f"nursery/{box}/setup/pushes"):
            return Answer(False, "who hears nursery/# hears setup/... too")
        return Answer(True, "" if wide else "phones may not ask for nursery/#, only topic by topic")


def speaks_websockets(engine: Engine) -> Answer:
    try:
        with Client(engine, engine.nodes[0], "phone", websockets=True) as phone:
            return Answer(phone.refused is None)
    except (OSError, ValueError, AssertionError) as error:
        return Answer(False, str(error)[:60])


def tells_the_other_nodes(engine: Engine) -> Answer:
    """What a box says at one node arrives at the other."""
    one, other = _nodes(engine)
    box = engine.boxes[0]
    with Client(engine, other, "page") as page, Client(engine, one, box) as speaker:
        page.hear("nursery/+/alert")
        speaker.say(f"nursery/{box}/alert", b"cry")
        return Answer(happens(lambda: page.last(f"nursery/{box}/alert") == b"cry"))


def _retained(engine: Engine, node: str, topic: str) -> Answer:
    box = engine.boxes[0]
    with Client(engine, engine.nodes[0], box) as speaker:
        speaker.say(f"nursery/{box}/settings", b"kept", retain=True)
        time.sleep(0.5)
        with Client(engine, node, "page") as page:
            page.hear(topic)
            return Answer(happens(lambda: page.last(f"nursery/{box}/settings") == b"kept", 3.0))


def retains_by_topic(engine: Engine) -> Answer:
    return _retained(engine, engine.nodes[0], f"nursery/{engine.boxes[0]}/settings")


def retains_by_wildcard(engine: Engine) -> Answer:
    return _retained(engine, engine.nodes[0], "nursery/+/settings")


def retains_on_every_node(engine: Engine) -> Answer:
    by_topic = _retained(engine, _nodes(engine)[1], f"nursery/{engine.boxes[0]}/settings")
    return by_topic if not by_topic.met else _retained(engine, _nodes(engine)[1], "nursery/#")


def empties_on_every_node(engine: Engine) -> Answer:
    """What a box takes back is gone everywhere."""
    box = engine.boxes[0]
    found = _retained(engine, _nodes(engine)[1], f"nursery/{box}/settings")
    if not found.met:
        return Answer(False, "it was never there")
    with Client(engine, engine.nodes[0], box) as speaker:
        speaker.say(f"nursery/{box}/settings", b"", retain=True)
    time.sleep(0.5)
    with Client(engine, _nodes(engine)[1], "page") as page:
        page.hear("nursery/#")
        return Answer(not happens(lambda: page.last(f"nursery/{box}/settings"), 2.0))


def retains_many(engine: Engine) -> Answer:
    """All retained documents of fifty boxes come to one who asks, at each node."""
    counts = []
    box = engine.boxes[1]
    with Client(engine, engine.nodes[0], box) as speaker:
        for number in range(MANY):
            speaker.client.publish(f"nursery/{box}/baby/b{number}", b"x" * 300, 1, retain=True)
        speaker.say(f"nursery/{box}/health", b"last", retain=True)
        time.sleep(1.0)
        for node in dict.fromkeys(_nodes(engine)):
            with Client(engine, node, "page") as page:
                page.hear("nursery/#")
                happens(lambda page=page: _babies(page) == MANY, 10.0)  # type: ignore[misc]
                counts.append(_babies(page))
        for number in range(MANY):
            speaker.client.publish(f"nursery/{box}/baby/b{number}", b"", 1, retain=True)
        speaker.say(f"nursery/{box}/health", b"", retain=True)
    seen = " and ".join(map(str, counts))
    return Answer(set(counts) == {MANY}, f"{seen} of {MANY}" if set(counts) != {MANY} else "")


def _babies(page: Client) -> int:
    return len({m.topic for m in list(page.heard) if "/baby/" in m.topic and m.payload})


def says_the_last_will(engine: Engine) -> Answer:
    """A box dies: the other node says ``offline``."""
    one, other = _nodes(engine)
    box = engine.boxes[0]
    topic = f"nursery/{box}/status"
    with Client(engine, other, "page") as page:
        page.hear("nursery/+/status")
        with Client(engine, one, box, will=topic) as dying:
            dying.say(topic, b"online", retain=True)
            happens(lambda: page.last(topic) == b"online")
            dying.vanish()
            begun_s = time.monotonic()
            told = happens(lambda: page.last(topic) == b"offline", 30.0)
            return Answer(told, f"{time.monotonic() - begun_s:.1f} s" if told else "")


def forgets_what_expired(engine: Engine) -> Answer:
    """A live number whose time is over reaches nobody, at no node."""
    if not engine.protocol_5:
        return Answer(False, "version 5 only")
    box = engine.boxes[0]
    topic = f"nursery/{box}/scale"
    with Client(engine, engine.nodes[0], box) as speaker:
        speaker.say(topic, b"105 g", retain=True, expiry_s=3)
        with Client(engine, engine.nodes[0], "page") as page:
            page.hear(topic)
            if not happens(lambda: page.last(topic), 2.0):
                return Answer(False, "it was never there")
        time.sleep(4.0)
        for node in dict.fromkeys(_nodes(engine)):
            with Client(engine, node, "page") as page:
                page.hear(topic)
                if happens(lambda page=page: page.last(topic), 1.5):  # type: ignore[misc]
                    return Answer(False, f"still told at {node}")
    return Answer(True)


def moves_a_session(engine: Engine) -> Answer:
    """The same box connects at another node: the old connection ends, and it stays online."""
    one, other = _nodes(engine)
    box = engine.boxes[0]
    topic = f"nursery/{box}/status"
    with Client(engine, other, "page") as page:
        page.hear("nursery/+/status")
        with Client(engine, one, box, client_id="nursery-x", will=topic) as old:
            old.say(topic, b"online", retain=True)
            time.sleep(1.5)  # ejabberd tells the newer from the older by the second
            with Client(engine, other, box, client_id="nursery-x", will=topic) as new:
                ended = happens(lambda: bool(old.ended), 10.0)
                if new.ended:
                    return Answer(False, "the new connection is ended")
                new.say(topic, b"online", retain=True)
                time.sleep(1.5)
                told = page.last(topic)
    if not ended:
        return Answer(False, "both stay connected")
    return Answer(told == b"online", "" if told == b"online" else f"it is {told!r}")


def keeps_for_the_absent(engine: Engine) -> Answer:
    """A listener is away for a moment: alerts wait for it, also when it comes to another node."""
    one, other = _nodes(engine)
    box = engine.boxes[0]
    topic = f"nursery/{box}/alert"
    seen = []
    for back in dict.fromkeys((one, other)):
        with Client(engine, one, "page", client_id=f"kept-{back}", kept_s=60) as page:
            page.hear("nursery/+/alert")
        with Client(engine, one, box) as speaker:
            speaker.say(topic, f"while away {back}".encode())
        with Client(engine, back, "page", client_id=f"kept-{back}", kept_s=60) as page:
            wanted = f"while away {back}".encode()
            seen.append(happens(lambda p=page, w=wanted: p.last(topic) == w, 5.0))  # type: ignore[misc]
    if all(seen):
        return Answer(True)
    return Answer(False, "only at the same node" if seen[0] else "")


def says_that_nobody_listens(engine: Engine) -> Answer:
    """A box learns that its alert reached nobody, and is not told so when a node has a listener."""
    box = engine.boxes[0]
    with Client(engine, engine.nodes[0], box) as speaker:
        speaker.say(f"nursery/{box}/alert", b"alone")
        if not speaker.unheard:
            return Answer(False, "it is told nothing")
        for node in dict.fromkeys(_nodes(engine)):
            with Client(engine, node, "page") as page:
                page.hear("nursery/+/alert")
                speaker.say(f"nursery/{box}/alert", b"heard")
                if not happens(lambda page=page: page.heard):  # type: ignore[misc]
                    return Answer(False, "the listener hears nothing")
                if speaker.unheard:
                    return Answer(False, f"it is told so although {node} has a listener")
    return Answer(True)


NEEDS: dict[str, Need] = {
    "MQTT 5": speaks_version_5,
    "TLS, name and password": asks_for_the_password,
    "rights for each box": keeps_boxes_apart,
    "set-up hidden from phones": hides_set_up_from_phones,
    "websockets": speaks_websockets,
    "alerts cross nodes": tells_the_other_nodes,
    "retained, by topic": retains_by_topic,
    "retained, by wildcard": retains_by_wildcard,
    "retained on every node": retains_on_every_node,
    "emptied on every node": empties_on_every_node,
    "1,500 retained at once": retains_many,
    "last will on every node": says_the_last_will,
    "message expiry": forgets_what_expired,
    "session taken over by another node": moves_a_session,
    "told that nobody listens": says_that_nobody_listens,
    "alerts kept for an absent listener": keeps_for_the_absent,
}
