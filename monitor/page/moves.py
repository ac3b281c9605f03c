"""Every baby that a box says is on its way: this page carries its record over.

What is on its way stands in the boxes' own retained documents, so a page that begins goes on where
another ended.
"""

from __future__ import annotations

import asyncio
import logging
import secrets

from monitor.page.boxes import BOX_NAME, BoxDocument, Boxes
from monitor.page.broker import Broker
from monitor.page.carrying import LATER, Carrier, Far, RefusedError, Way
from monitor.page.hub import Hub

log = logging.getLogger(__name__)

AGAIN_S = 5.0
"""before what failed is tried again"""
MOST_AT_ONCE = 4


class Moves:
    """``run`` beside the page; ``far`` for those who look."""

    def __init__(self, boxes: Boxes, broker: Broker, hub: Hub) -> None:
        self._boxes, self._broker, self._hub = boxes, broker, hub
        self._carrier = secrets.token_hex(8)
        self._under_way: dict[tuple[str, str], tuple[Carrier, asyncio.Task[None]]] = {}

    def far(self, box: str, move: str) -> Far | None:
        """How far it is; ``None``: this page does not carry it."""
        found = self._under_way.get((box, move))
        return None if found is None else found[0].far

    async def run(self) -> None:
        """Until cancelled."""
        try:
            with self._hub.mailbox(f"moves {self._carrier}") as mailbox:
                while True:
                    await mailbox.take()
                    for box in self._boxes:
                        self._look(box)
        finally:
            for _, task in self._under_way.values():
                task.cancel()

    def _look(self, box: BoxDocument) -> None:
        if not self._broker.settled:  # a box that has not been heard yet is not one there is not
            return
        for way in ways(box):
            key = (way.origin, way.move)
            if key not in self._under_way and len(self._under_way) < MOST_AT_ONCE:
                carrier = Carrier(self._broker.ask, way, self._carrier)
                task = asyncio.get_running_loop().create_task(self._carry(key, carrier, way))
                self._under_way[key] = carrier, task

    async def _carry(self, key: tuple[str, str], carrier: Carrier, way: Way) -> None:
        try:
            while self._is_wanted(way) and not await self._try(carrier, way):
                await asyncio.sleep(AGAIN_S)
        finally:
            self._under_way.pop(key, None)
            self._hub.changed(way.origin)

    async def _try(self, carrier: Carrier, way: Way) -> bool:
        try:
            return await carrier.carry()
        except RefusedError as refused:
            if refused.reason not in LATER:
                log.warning("%s from %s to %s: %s", way.name, way.origin, way.to, refused)
            if refused.reason != "held":
                await carrier.wait(str(refused))
            return False

    def _is_wanted(self, way: Way) -> bool:
        box = self._boxes.get(way.origin)
        return box is None or box.online is not True or way in ways(box)


def ways(box: BoxDocument) -> list[Way]:
    """What a box says is on its way."""
    found = []
    for baby in box.babies.values():
        moving = baby.get("moving")
        name = baby.get("name")
        if not isinstance(moving, dict) or not isinstance(name, str):
            continue
        move, to = moving.get("id"), moving.get("to")
        if isinstance(move, str) and isinstance(to, str) and BOX_NAME.fullmatch(to):
            found.append(Way(move, name, box.name, to))
    return found
