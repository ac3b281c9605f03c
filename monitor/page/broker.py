"""The page's side of the broker: what the boxes say comes in, what a person asks goes out.

On the daemon's own ``Connection``, whose network thread wakes the event loop: nothing is polled.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from monitor.codec import encode
from monitor.mqtt.connecting import Connect
from monitor.mqtt.connection_events import Connected, Ended, Received, Refused, Subscribed
from monitor.mqtt.connection_settings import Intake, ProtocolVersion, VersionChoice
from monitor.mqtt.topics import RECORDS, Message
from monitor.page.boxes import BOX_NAME, TOPICS, BoxDocument, Boxes, read
from monitor.page.histories import Histories
from monitor.page.hub import Hub, News
from monitor.page.limits import COMMANDS, Buckets
from monitor.page.records import NAME, Records

if TYPE_CHECKING:
    from monitor.mqtt.connection import Connection

INTAKE = Intake(most_waiting=20_000, most_bytes=131_072, kept_s=0)
"""every retained document of a large fleet comes at once"""
UNTOLD = frozenset({"history", "push"})
"""results for whoever asked alone: whole pages, and a topic that is a secret"""
RETRY_S = 2.0
ATTEMPT_S = 15.0
"""after which an attempt that says nothing is given up"""
SETTLED_S = 5.0
"""after the subscription: by then the broker has said all that it keeps"""
ANSWER_S = 10.0
"""for which a person waits for a box's answer"""
MOST_ASKED = 200
"""questions that wait for their answers"""
LOOK_S = 60.0
LOOK_EVERY_S = 30.0
PATIENCE_S = 8.0
"""a command waits so long for its turn; then there are too many"""


class Broker:
    """One connection after the other; lives in the event loop."""

    def __init__(
        self,
        connect: Connect,
        protocol: ProtocolVersion,
        boxes: Boxes,
        hub: Hub,
        clock: Callable[[], float] = time.time,
        offered: Callable[[str, str], None] = lambda _box, _code: None,
        named: Callable[[BoxDocument, float], None] = lambda _box, _now_s: None,
    ) -> None:
        """``offered`` hears of a code that an LED blinks, ``named`` of a box that says its name."""
        self.why = "connecting"
        """why there is no connection"""
        self._connect, self._boxes, self._hub, self._clock = connect, boxes, hub, clock
        self._version = VersionChoice(protocol)
        self._connection: Connection | None = None
        self._up = False
        self._woken = asyncio.Event()
        self._asked: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._settling: asyncio.TimerHandle | None = None
        self._settled = False
        self._looked_s: dict[str, float] = {}
        """monotonic time at which each box was last asked for its readings"""
        self._offered, self._named = offered, named
        self._pace = Buckets()
        self.histories = Histories(self.ask)
        self.records = Records()

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the page."""
        return self._up

    @property
    def settled(self) -> bool:
        """Whether the broker has said all that it keeps."""
        return self._up and self._settled

    async def run(self) -> None:
        """Keep a connection until cancelled."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._woken.set)

        try:
            while True:
                again_s = await self._one_connection(wake)
                await asyncio.sleep(again_s)
        finally:
            if self._connection is not None:
                self._connection.close(1.0)

    async def _one_connection(self, wake: Callable[[], None]) -> float:
        """From opening to the end; returns after how long to try again."""
        client_id = f"nursery-page-{secrets.token_hex(4)}"
        connection = self._connect(self._version.current, client_id, intake=INTAKE)
        self._connection = connection
        connection.on_event = wake
        connection.open()
        asked: int | None = None
        while True:
            try:
                # Not wait_for: before Python 3.12 it may swallow a cancellation.
                async with asyncio.timeout(None if self._up else ATTEMPT_S):
                    await self._woken.wait()
            except TimeoutError:
                return self._lost("the broker does not answer", wrong_version=True)
            self._woken.clear()
            while connection.events:
                match connection.events.popleft():
                    case Connected():
                        self._up, self._settled = True, False
                        self._boxes.begin()
                        self.records.begin()
                        # Apart: a broker whose rules know of boxes alone may refuse this one.
                        connection.subscribe([RECORDS])
                        asked = connection.subscribe([f"nursery/+/{topic}" for topic in TOPICS])
                    case Subscribed() as answered if answered.mid == asked:
                        if answered.why_deaf is not None:
                            return self._lost(answered.why_deaf)
                        loop = asyncio.get_running_loop()
                        self._settling = loop.call_later(SETTLED_S, self._settle)
                    case Received(topic, payload, retain):
                        self._take(topic, payload, retain=retain)
                    case Refused(why, wrong_protocol):
                        return self._lost(why, wrong_version=wrong_protocol)
                    case Ended(why):
                        return self._lost(why)

    def _lost(self, why: str, *, wrong_version: bool = False) -> float:
        if self._connection is not None:
            self._connection.close(0.0)
        self._connection, self._up, self.why = None, False, why
        if self._settling is not None:
            self._settling.cancel()
        self._boxes.lost()
        for box in self._boxes:
            self._hub.changed(box.name)
        return 0.0 if self._version.over(wrong_version=wrong_version) else RETRY_S

    def _settle(self) -> None:
        self._settled = True
        self._boxes.settle()
        self.records.settle()
        for box in self._boxes:
            self._hub.changed(box.name)

    def _take(self, topic: str, payload: bytes, *, retain: bool) -> None:
        if self.records.observe(topic, payload, self._clock()):
            self._hub.changed(NAME)
            return
        if (changed := self._boxes.observe(topic, payload, self._clock())) is not None:
            known = self._boxes.get(changed)
            if topic.endswith("/status"):  # a box that begins anew has forgotten who looks
                self._looked_s.pop(changed, None)
            if topic.endswith("/identity") and known is not None:
                self._named(known, time.monotonic())
            self._hub.changed(changed)
            return
        _, _, rest = topic.partition("/")
        box, _, rest = rest.partition("/")
        if not BOX_NAME.fullmatch(box):
            return
        if rest in {"alert", "event"}:
            self.histories.happened(box)
        if rest in {"alert", "live"}:
            if (body := read(payload, dict)) is not None:
                self._hub.happened(News(rest, body | {"box": box}))
        elif rest == "setup/pairing/code":
            code = (read(payload, dict) or {}).get("code")
            if isinstance(code, str) and not retain:
                self._offered(box, code)
        elif rest.endswith("/result") and (result := read(payload, dict)) is not None:
            self._answered(box, rest.split("/")[1], result)

    def _answered(self, box: str, verb: str, result: dict[str, Any]) -> None:
        request_id = result.get("request_id")
        waiting = self._asked.pop(request_id, None) if isinstance(request_id, str) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(result)
        if verb not in UNTOLD:
            self.histories.happened(box)
            self._hub.happened(News("result", result | {"box": box, "verb": verb}))

    def look(self, box: str) -> None:
        """Somebody looks at its readings: ask for them, not more often than they run out."""
        now_s = time.monotonic()
        known = self._boxes.get(box)
        if self._connection is None or known is None or known.online is not True:
            return
        if now_s - self._looked_s.get(box, -LOOK_EVERY_S) >= LOOK_EVERY_S:
            self._looked_s[box] = now_s
            topic = f"nursery/{box}/setup/look"
            self._connection.publish(Message(topic=topic, payload=encode({"seconds": LOOK_S})))

    async def ask(
        self, box: str, verb: str, args: dict[str, Any], *, setup: bool = False, by: str = ""
    ) -> dict[str, Any]:
        """Publish a command and wait for its result: ``{"ok": ..., "error": ...}`` and more.

        ``setup``: on ``setup/<verb>``, which changes the box itself. ``by``: the carer who asks; a
        box of an earlier version that does not know of carers is asked without.
        """
        if by:
            result = await self._ask(box, verb, {**args, "by": by}, setup=setup)
            if result.get("ok") is True or 'does not know "by"' not in str(result.get("error")):
                return result
        return await self._ask(box, verb, args, setup=setup)

    async def _ask(
        self, box: str, verb: str, args: dict[str, Any], *, setup: bool
    ) -> dict[str, Any]:
        if self._connection is None or not self._up:
            return _no("no_broker", f"the page has no connection to the broker: {self.why}")
        known = self._boxes.get(box)
        if known is None:
            return _no("no_box", f"there is no box {box}")
        if known.online is False:
            return _no("offline", f"{box} is offline: nothing was changed")
        wait_s = self._pace.turn_in_s(box, COMMANDS, time.monotonic(), PATIENCE_S)
        if wait_s is None or len(self._asked) >= MOST_ASKED:
            return _no("too_many", "too much is being asked at once: try again in a moment")
        request_id = secrets.token_hex(8)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[request_id] = answer
        topic = f"nursery/{box}/{'setup' if setup else 'cmd'}/{verb}"
        payload = encode(args | {"request_id": request_id})
        try:
            await asyncio.sleep(wait_s)
            if self._connection is None:
                return _no("no_broker", f"the page has no connection to the broker: {self.why}")
            self._connection.publish(Message(topic=topic, payload=payload))
            async with asyncio.timeout(ANSWER_S):
                result = await answer
        except TimeoutError:
            return _no(
                "no_answer",
                f"{box} did not answer within {ANSWER_S:.0f} s: look whether it was done",
            )
        finally:
            self._asked.pop(request_id, None)
        return {key: value for key, value in result.items() if key != "request_id"}


def _no(reason: str, error: str) -> dict[str, Any]:
    """``reason`` is the key of the sentence below ``answer.`` in the page's words."""
    return {"ok": False, "error": error, "reason": reason}
