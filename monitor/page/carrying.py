"""One baby's record is carried from box to box, on the page's right to write to both.

It is read there by ``history`` and told here a few lines at a time; every step may be repeated, so
a broken line or a page that ends costs only time. The digest that both boxes work out says when all
of it is there. The other box takes it first, then the first one lets go.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from monitor.codec import encode
from monitor.written.record_lines import WHAT, Line, packed
from monitor.written.requests import LONGEST_PAYLOAD

SPACING_S = 0.7
"""between two commands to one box: it carries out two a second, and carers' taps go first"""
REPORT_S = 5.0
"""after which the box is told how far it is"""
ROUNDS = 5
"""so often a record that changes meanwhile is read again"""
AROUND = 200
"""bytes of a command beside its lines"""
LATER = frozenset({
    "no_broker", "offline", "no_answer", "too_many", "held", "changed", "incomplete", "not_begun",
})  # fmt: skip
"""reasons that end by themselves"""

Result = dict[str, Any]
S = TypeVar("S", bound=msgspec.Struct)


class Ask(Protocol):
    """``Broker.ask``."""

    def __call__(
        self, box: str, verb: str, args: dict[str, Any], *, setup: bool = False
    ) -> Awaitable[Result]:
        """The result, or ``{"ok": False, "error", "reason"}``."""


class Way(msgspec.Struct, frozen=True):
    """One move of one baby."""

    move: str
    name: str
    origin: str
    to: str


class Far(msgspec.Struct):
    """How far it is."""

    carried: int = 0
    count: int | None = None
    """lines in all; ``None``: not read yet"""
    why: str | None = None
    """why it does not go on"""


class _Read(msgspec.Struct):
    """What the box says of a baby that is on its way."""

    state: Literal["moving", "gone", "stays"]
    who: Line = {}
    count: int = 0
    digest: str = ""
    since: str | None = None


class _Page(msgspec.Struct):
    """A page of history."""

    items: list[Line]
    next: str | None = None


class RefusedError(Exception):
    """A box has refused; ``reason`` is one of ``LATER`` where it may be tried again."""

    def __init__(self, box: str, result: Result) -> None:
        super().__init__(str(result.get("error") or "it refuses"))
        self.box, self.reason = box, str(result.get("reason") or "")


class Carrier:
    """Carries one record; ``far`` says how far it is."""

    def __init__(
        self,
        ask: Ask,
        way: Way,
        carrier: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``carrier``: this page's own name, by which a box tells it from another."""
        self._ask_box, self._way, self._carrier, self._clock = ask, way, carrier, clock
        self.far = Far()
        self._asked_s: dict[str, float] = {}
        self._reported_s = 0.0

    async def carry(self) -> bool:
        """Once through; true when nothing is left to do.

        Raises:
            RefusedError: it can be tried again later, and nothing is doubled then.
        """
        for _ in range(ROUNDS):
            read = await self._read()
            if read.state == "gone":
                return True
            if read.state == "stays":
                await self._take("cancel")
                return True
            try:
                await self._bring(read)
            except RefusedError as refused:
                if refused.box != self._way.to or refused.reason in LATER:
                    raise
                await self._keep(str(refused))
                return True
            try:
                await self._give("let_go", digest=read.digest)
            except RefusedError as refused:
                if refused.reason != "changed":
                    raise
        return False

    async def _bring(self, read: _Read) -> None:
        self.far = Far(count=read.count)
        await self._take("begin", who=read.who)
        for what in WHAT:
            await self._bring_kind(what, read.since)
        await self._take("accept", digest=read.digest)

    async def _bring_kind(self, what: str, since: str | None) -> None:
        args: dict[str, Any] = {"what": what, "baby": self._way.name}
        args |= {} if since is None else {"since": since}
        while True:
            asked = await self._ask(self._way.origin, "history", args, setup=False)
            page = _told(self._way.origin, asked, _Page)
            lines = [line for item in page.items if (line := packed(item)) is not None]
            for batch in batches(lines):
                told = await self._take("items", items=batch)
                here = told.get("here")
                self.far.carried = here if isinstance(here, int) else 0
            if page.next is None:
                return
            args |= {"next": page.next}
            if self._clock() - self._reported_s > REPORT_S:
                await self._read()

    async def _read(self) -> _Read:
        self._reported_s = self._clock()
        told = await self._give("read", carried=self.far.carried)
        return _told(self._way.origin, told, _Read)

    async def _keep(self, why: str) -> None:
        """It stays there, and what has come here is dropped."""
        with suppress(RefusedError):  # what waits there is dropped by itself
            await self._take("cancel")
        await self._give("keep", why=f"{self._way.to} does not take it: {why}"[:200])

    async def wait(self, why: str) -> None:
        """Tell the box why it does not go on, if it hears."""
        self.far.why = why
        try:
            await self._give("read", carried=self.far.carried, why=why[:200])
        except RefusedError:
            return

    # ------------------------------------------------------------------ one command

    async def _give(self, step: str, **more: Any) -> Result:
        args = {"move": self._way.move, "carrier": self._carrier, "step": step, **more}
        return await self._ask(self._way.origin, "baby_give", args)

    async def _take(self, step: str, **more: Any) -> Result:
        args = {"move": self._way.move, "origin": self._way.origin, "step": step, **more}
        return await self._ask(self._way.to, "baby_take", args)

    async def _ask(self, box: str, verb: str, args: Result, *, setup: bool = True) -> Result:
        wait_s = self._asked_s.get(box, -SPACING_S) + SPACING_S - self._clock()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        result = await self._ask_box(box, verb, args, setup=setup)
        self._asked_s[box] = self._clock()
        if result.get("ok") is not True:
            raise RefusedError(box, result)
        return result


def _told(box: str, result: Result, kind: type[S]) -> S:
    try:
        return msgspec.convert(result, kind)
    except msgspec.ValidationError as error:
        raise RefusedError(box, {"error": f"what {box} answers cannot be read: {error}"}) from error


def batches(lines: list[Line]) -> list[list[Line]]:
    """As many lines at a time as one command holds."""
    found: list[list[Line]] = []
    size = LONGEST_PAYLOAD
    for line in lines:
        longer = len(encode(line)) + 1
        if size + longer > LONGEST_PAYLOAD - AROUND - 2 * 200:
            found.append([])
            size = 0
        found[-1].append(line)
        size += longer
    return found
