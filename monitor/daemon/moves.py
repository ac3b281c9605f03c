"""A baby's record on its way to another box, or from one: what the journal must be asked for it.

Whoever carries it reads it here by ``history`` and tells it there line by line. Lines wait in
memory: after a restart they are told again. Nothing is taken, and nothing let go, unless both boxes
have the same digest.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from monitor.commands import BabyMove
from monitor.errors import CommandError, JournalError
from monitor.events import Arrival, Baby, Command, CommandResult, Observation, RecordBrought
from monitor.store.history import find_name
from monitor.store.journal import Journal
from monitor.store.record import begins_s, record_of
from monitor.times import MINUTE_S, rfc3339
from monitor.written.record_lines import Line, baby_of, checked, digest, entries, marked
from monitor.written.setup_requests import BabyGive, BabyTake

HELD_S = MINUTE_S
"""for so long after it last asked, one carrier has a record to itself"""
WAITS_S = 15 * MINUTE_S
"""lines that nobody has added to for so long are dropped"""
MOST_WAITING = 8
MOST_LINES = 50_000
"""of one baby: a feed every quarter of an hour for a year"""


class _Carrying(msgspec.Struct):
    carrier: str
    asked_s: float
    carried: int = 0
    count: int = 0
    why: str | None = None


class _Coming(msgspec.Struct):
    who: Line
    told_s: float
    lines: dict[tuple[str, str], Line] = {}


class Moves:
    """``answered`` what is asked; ``prepared`` for the core what is accepted."""

    def __init__(self, journal: Journal, box: str) -> None:
        self._journal, self._box = journal, box
        self._carrying: dict[str, _Carrying] = {}
        self._coming: dict[tuple[str, str], _Coming] = {}
        self._brought: RecordBrought | None = None

    def answered(self, command: Command) -> CommandResult | None:
        """The answer; ``None`` where the core is to carry it out."""
        try:
            match command.request:
                case BabyMove() as asked:
                    return self._move(command, asked)
                case BabyGive() as asked:
                    return self._give(command, asked)
                case BabyTake() as asked:
                    return self._take(command, asked)
        except (CommandError, JournalError) as refused:
            return command.answer(str(refused))
        return None

    def prepared(self, observation: Observation) -> Observation:
        """An accepted record as a whole; anything else as it is."""
        brought, self._brought = self._brought, None
        return observation if brought is None else brought

    # ------------------------------------------------------------------ from here

    def _move(self, command: Command, asked: BabyMove) -> CommandResult | None:
        if asked.to == self._box:
            raise CommandError(f"{asked.name} is in {self._box}: name another box")
        if asked.to is not None or asked.cancel:
            return None
        babies = self._journal.babies(retired=True)
        name = find_name(babies, asked.name)
        baby = next(b for b in reversed(babies) if b.name == name)
        if baby.moving is None:
            why = f": {baby.stayed}" if baby.stayed else ""
            raise CommandError(f"{name} is not on its way to another box{why}")
        to, gone = baby.moving.to, baby.retired_s is not None
        fields: dict[str, Any] = {"name": name, "to": to, "state": "gone" if gone else "moving"}
        carrying = self._carrying.get(baby.moving.id)
        if gone:
            said = f"{name} is in {to}"
        elif carrying is None:
            said = f"{name} goes to {to}: waiting for a page that carries its record"
            fields |= {"carried": None, "of": None, "why": None}
        else:
            said = f"{name} goes to {to}: {carrying.carried} of {carrying.count} carried over"
            said += f"; {carrying.why}" if carrying.why else ""
            fields |= {"carried": carrying.carried, "of": carrying.count, "why": carrying.why}
        return _with(command.answer(said=said), fields)

    def _give(self, command: Command, asked: BabyGive) -> CommandResult | None:
        baby = self._moving(asked.move)
        if asked.step == "keep":
            return None
        if asked.step == "let_go":
            if baby is None or baby.retired_s is not None:
                return None
            if record_of(self._journal, baby).digest != asked.digest:
                return _with(
                    command.answer("the record has changed meanwhile: read it again"),
                    {"reason": "changed"},
                )
            return None
        if baby is None:
            return _with(command.answer(), {"state": "stays"})
        if baby.retired_s is not None:
            return _with(command.answer(), {"state": "gone"})
        return self._read(command, asked, baby)

    def _read(self, command: Command, asked: BabyGive, baby: Baby) -> CommandResult:
        carrying = self._carrying.get(asked.move)
        if carrying is None or command.t_s - carrying.asked_s > HELD_S:
            carrying = self._carrying[asked.move] = _Carrying(asked.carrier, command.t_s)
        if carrying.carrier != asked.carrier:
            return _with(command.answer("another page carries it already"), {"reason": "held"})
        record = record_of(self._journal, baby)
        carrying.asked_s, carrying.count, carrying.why = command.t_s, record.lines, asked.why
        carrying.carried = int(asked.carried or 0)
        since_s = begins_s(self._journal.babies(retired=True), baby)
        fields = {
            "state": "moving", "who": record.who, "count": record.lines, "digest": record.digest,
            "since": rfc3339(since_s) if math.isfinite(since_s) else None,
        }  # fmt: skip
        return _with(command.answer(), fields)

    def _moving(self, move: str) -> Baby | None:
        babies = self._journal.babies(retired=True)
        return next((b for b in babies if b.moving is not None and b.moving.id == move), None)

    # ------------------------------------------------------------------ to here

    def _take(self, command: Command, asked: BabyTake) -> CommandResult | None:
        key, now_s = (asked.origin, asked.move), command.t_s
        self._drop_old(now_s)
        if asked.step == "begin":
            return self._begin(command, asked)
        if asked.step == "cancel":
            self._coming.pop(key, None)
            return None
        coming = self._coming.get(key)
        if coming is None:
            return _with(
                command.answer("nothing of it is here: begin again"), {"reason": "not_begun"}
            )
        coming.told_s = now_s
        if asked.step == "items":
            return self._add(command, coming, asked.items or [])
        if digest(coming.who, coming.lines.values()) != asked.digest:
            return _with(command.answer("not all of it is here yet"), {"reason": "incomplete"})
        self._brought = self._accepted(command, asked, coming)
        del self._coming[key]
        return None

    def _accepted(self, command: Command, asked: BabyTake, coming: _Coming) -> RecordBrought:
        baby = self._own(baby_of(coming.who), asked.origin)
        came_s = self._came_s(baby, asked, command.t_s)
        return RecordBrought(
            command=command,
            baby=baby,
            arrival=Arrival(id=asked.move, origin=asked.origin, at=came_s),
            entries=entries(baby.name, coming.lines.values(), asked.origin, self._box),
        )

    def _begin(self, command: Command, asked: BabyTake) -> CommandResult:
        if asked.who is None:
            raise CommandError('"who" is missing')
        if len(self._coming) >= MOST_WAITING:
            raise CommandError("too many babies come at once: try again later")
        baby_of(asked.who)
        self._coming[asked.origin, asked.move] = _Coming(asked.who, command.t_s)
        return command.answer()

    def _add(self, command: Command, coming: _Coming, lines: list[Any]) -> CommandResult:
        if len(coming.lines) + len(lines) > MOST_LINES:
            raise CommandError(f"a record of more than {MOST_LINES} lines is not taken")
        for line in lines:
            read = checked(line)
            coming.lines[str(line["what"]), read.key] = line
        return _with(command.answer(), {"here": len(coming.lines)})

    def _drop_old(self, now_s: float) -> None:
        late = [key for key, each in self._coming.items() if now_s - each.told_s > WAITS_S]
        for key in late:
            del self._coming[key]

    def _own(self, baby: Baby, origin: str) -> Baby:
        """With its id as it is known here; an id that another baby has here is marked.

        Ids are times to half a second: two boxes may have given one at the same moment.
        """
        known = {each.id: each for each in self._journal.babies(retired=True)}
        own = baby.id.removesuffix(f"@{self._box}")
        for key in (own, marked(own, origin, self._box)):
            if key not in known or _is_same(known[key], baby):
                return msgspec.structs.replace(baby, id=key)
        raise CommandError(f"another baby is registered here as {baby.id!r}")

    def _came_s(self, baby: Baby, asked: BabyTake, now_s: float) -> float:
        """When it came; told once more, when it came first."""
        for known in self._journal.babies():
            if known.id == baby.id and known.arrival is not None and known.arrival.id == asked.move:
                return known.arrival.at
        return now_s


def _is_same(known: Baby, baby: Baby) -> bool:
    if known.moving is None and known.arrival is None:
        return False  # it never was elsewhere
    times = known.registered_s, baby.registered_s
    if times[0] is None or times[1] is None:
        return times[0] is times[1]
    return abs(times[0] - times[1]) < 0.002  # written to the millisecond


def _with(result: CommandResult, fields: dict[str, Any]) -> CommandResult:
    return msgspec.structs.replace(result, answer=fields)
