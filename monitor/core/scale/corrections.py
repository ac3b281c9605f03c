"""What people say about weights: who it was, a number typed by hand, a baby that comes or goes.

Every answer keeps the original time; a name given to one step is a constraint under which the
kept log of steps is worked out again. A typed weight that cannot be meant (ounces for grams, a
digit too many) is questioned before it is accepted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec

from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.claims import Claims
from monitor.core.scale.hypothesis import Answer, Estimate
from monitor.core.scale.tracker import OccupancyTracker, Presence, Typed
from monitor.errors import CommandError
from monitor.events import AnyEvent, Baby, Command, CommandResult, RosterChanged, Stamp, Weighing
from monitor.names import NOBODY, check_name
from monitor.times import DAY_S

PLAUSIBLE_RATIO = 1.6
"""A typed weight further than this from the last is questioned; the margin grows 8 % a day."""
UNITS = (("ounces", 28.35), ("kilograms", 1000.0), ("pounds", 453.6))
UNIT_MATCH = 1.35
MOST_BABIES = 12
"""in one box at a time; it is made for one to eight, and the hypotheses of who is inside double
with each (2 ** 12 = 4096 when nobody is known to be inside)"""
MOST_MET = 40
"""babies that came and went since the tracker began: each keeps its place in every hypothesis"""
LEAST_G, MOST_G = 5.0, 20_000.0
"""a stillborn runt weighs more than 20 g, and the largest cell that is read carries 20 kg"""
LEAST_ADULT_KG, MOST_ADULT_KG = 0.5, 120.0
AHEAD_S = 3600.0
"""A weighing cannot be typed before it happens; clocks of phone and Pi may differ."""
OLDEST_S = 400 * DAY_S
"""Older weighings cannot bear on a baby that is fed by bottle; such a time is a slip."""
OLDEST_BABY_DAYS = 3650
MOST_TYPED_A_DAY = 100
"""weighings typed for one baby on one day; a rescuer types about ten"""
Origin = Literal["typed", "imported"]


class Corrections:
    """Carries out the commands that concern weights and babies."""

    def __init__(
        self, claims: Claims, occupancy: OccupancyTracker, reference: GrowthReference
    ) -> None:
        self._claims = claims
        self._occupancy = occupancy
        self._reference = reference
        self._handlers = {
            "assign": self._assign,
            "correct": self._correct,
            "weigh": self._weigh,
            "baby_add": self._baby_add,
            "baby_edit": self._baby_edit,
            "baby_retire": self._baby_retire,
        }

    def carry_out(self, command: Command) -> list[AnyEvent]:
        """The events of a command; none for a verb that is not about weights.

        Raises:
            CommandError: refused, nothing changed.
        """
        handler = self._handlers.get(command.verb)
        return handler(command) if handler is not None else []

    @property
    def verbs(self) -> frozenset[str]:
        """What it can do."""
        return frozenset(self._handlers)

    # ------------------------------------------------------------------ one step

    def _assign(self, command: Command) -> list[AnyEvent]:
        key = _text(command.args, "step_id")
        name = command.args.get("baby")
        nobody = name is None or (isinstance(name, str) and name.strip().lower() in NOBODY)
        baby = None if nobody else self.find(_text(command.args, "baby"))
        return self._answer(key, Answer(baby=baby, decides=True))

    def _correct(self, command: Command) -> list[AnyEvent]:
        args = command.args
        key = _text(args, "step_id")
        if "grams" not in args and "baby" not in args and not args.get("void"):
            raise CommandError('correct needs one of "grams", "baby" or "void"')
        typed = self._typed(key)
        if typed is not None:
            return self._correct_typed(*typed, args)
        if args.get("void"):
            return self._answer(key, Answer(void=True))
        g = _possible(_grams(args, "grams"), "grams") if "grams" in args else None
        if "baby" in args:
            baby: int | None = self.find(_text(args, "baby"))
        else:
            published = self._claims.state.published.get(key)
            baby = published.baby if published is not None else None
        if baby is None:
            raise CommandError(f'nobody is named for {key!r} yet: give "baby" as well')
        return self._answer(key, Answer(baby=baby, decides=True, g=g))

    def _answer(self, key: str, answer: Answer) -> list[AnyEvent]:
        try:
            return self._claims.publish(self._occupancy.answer(key, answer))
        except KeyError as unknown:
            raise CommandError(f"no weighing {key!r} in the last days: check the id") from unknown

    def _typed(self, key: str) -> tuple[int, Weighing] | None:
        for i, record in enumerate(self._claims.records):
            for weighing in record.weighings:
                if weighing.step_id == key and weighing.move is None:
                    return i, weighing
        return None

    def _correct_typed(self, i: int, weighing: Weighing, args: dict[str, Any]) -> list[AnyEvent]:
        if args.get("void"):
            return self._claims.drop(i, weighing.step_id, weighing.t_s)
        target = self.find(_text(args, "baby")) if "baby" in args else i
        g = _possible(_grams(args, "grams"), "grams") if "grams" in args else weighing.weight_g
        self._claims.records[i].drop(weighing.step_id)
        name = self._claims.records[target].baby.name
        changed = msgspec.structs.replace(weighing, weight_g=g, baby=name)
        return [*self._claims.put(target, changed), *self._claims.refresh({i} - {target})]

    # ------------------------------------------------------------------ typed weights

    def _weigh(self, command: Command) -> list[AnyEvent]:
        args = command.args
        i = self.find(_text(args, "baby"))
        g = _grams(args, "grams")
        t_s = _moment(args.get("at"), command.t_s)
        if command.origin != "import":
            self._check_time(i, t_s, command.t_s)
        if not args.get("confirm"):
            reason = self.implausible_reason(i, g, t_s)
            if reason is not None:
                raise CommandError(reason)
        _possible(g, "grams")
        stamp: Stamp = "clock" if self._claims.state.clock_known else "guess"
        if args.get("at") is not None:
            stamp = "person"
        origin: Origin = "imported" if command.origin == "import" else "typed"
        return self._accept(i, g, t_s, origin, stamp)

    def _check_time(self, i: int, t_s: float, now_s: float) -> None:
        known = self._claims.state.clock_known  # else nobody here can tell
        if known and t_s - now_s > AHEAD_S:
            raise CommandError('"at" has not come yet: check the date, and the clock of the Pi')
        if known and now_s - t_s > OLDEST_S:
            raise CommandError('"at" is more than a year ago: check the date')
        typed = sum(
            w.move is None and abs(w.t_s - t_s) < DAY_S / 2
            for w in self._claims.records[i].weighings
        )
        if typed >= MOST_TYPED_A_DAY:
            raise CommandError(f"{typed} weighings are typed for that day already: correct those")

    def import_weighings(self, weighings: Sequence[Weighing]) -> list[AnyEvent]:
        """Weighings from a spreadsheet; each that cannot be meant becomes a refusal."""
        out: list[AnyEvent] = []
        for weighing in sorted(weighings, key=lambda w: w.t_s):
            try:
                i = self.find(weighing.baby)
                reason = self.implausible_reason(i, weighing.weight_g, weighing.t_s)
                if reason is not None:
                    raise CommandError(reason)
                out += self._accept(i, weighing.weight_g, weighing.t_s, "imported", "person")
            except CommandError as refused:
                result = CommandResult(t_s=weighing.t_s, verb="weigh", ok=False, error=str(refused))
                out.append(result)
        return out

    def _accept(self, i: int, g: float, t_s: float, origin: Origin, stamp: Stamp) -> list[AnyEvent]:
        record = self._claims.records[i]
        newest = record.latest is None or t_s >= record.latest.t_s
        weighing = Weighing(
            step_id=f"{step_id(t_s)}-{record.baby.slug}",
            t_s=t_s,
            baby=record.baby.name,
            weight_g=g,
            sigma_g=1.0,
            origin=origin,
            stamp=stamp,
        )
        if newest:
            self._occupancy.observe(Typed(t_s=t_s, baby=i, g=g))
        return self._claims.put(i, weighing)

    def implausible_reason(self, i: int, g: float, t_s: float) -> str | None:
        """A question when a typed weight cannot be meant; ``None`` when it can."""
        record = self._claims.records[i]
        name = record.baby.name
        near = min(record.weighings, key=lambda w: abs(w.t_s - t_s), default=None)
        known = near.weight_g if near is not None else record.baby.weight_g
        if known is None:
            band = record.expected(self._reference, t_s).weight_g
            if 0.25 * band[0] <= g <= 4.0 * band[2]:
                return None
            return f"{g:g} g is far from any {record.baby.species} of this age: confirm to keep it"
        known_s = near.t_s if near is not None else record.baby.registered_s
        days = abs(t_s - known_s) / DAY_S if known_s is not None else 0.0
        allowed = PLAUSIBLE_RATIO * math.exp(0.08 * min(days, 30.0))
        if 1.0 / allowed <= g / known <= allowed:
            return None
        for unit, factor in UNITS:
            if 1.0 / UNIT_MATCH <= g * factor / known <= UNIT_MATCH:
                return (
                    f"{g:g} g for {name}, who weighed {known:.0f} g: did you mean {g:g} {unit} "
                    f"({g * factor:.0f} g)? Send it in grams, or confirm"
                )
        return f"{g:g} g for {name}, who weighed {known:.0f} g: check the number, or confirm it"

    # ------------------------------------------------------------------ the roster

    def _baby_add(self, command: Command) -> list[AnyEvent]:
        args = dict(command.args)
        args.setdefault("id", self._free_id(command.t_s))
        args.setdefault("registered_s", command.t_s)
        baby = _baby(args, command.t_s)
        self._check_name(baby, None)
        self._check_room()
        self.admit(baby, command.t_s)
        return [RosterChanged(t_s=command.t_s, baby=baby)]

    def _free_id(self, t_s: float) -> str:
        """An id nobody has; two babies registered in one second must stay two."""
        taken = {record.baby.id for record in self._claims.records}
        first = step_id(t_s)
        names = (first, *(f"{first}-{number}" for number in range(2, MOST_MET + 2)))
        return next(name for name in names if name not in taken)

    def _check_room(self) -> None:
        if sum(record.here for record in self._claims.records) >= MOST_BABIES:
            raise CommandError(
                f"{MOST_BABIES} babies are here, which is the most: retire who has left"
            )
        if len(self._claims.records) >= MOST_MET:
            raise CommandError(
                f"{MOST_MET} babies have come and gone since the start: restart the monitor"
            )

    def admit(self, baby: Baby, t_s: float) -> int:
        """Open a record for a baby; whether it is in the box is for its first step to show."""
        record = BabyRecord(baby=baby)
        self._claims.records.append(record)
        i = len(self._claims.records) - 1
        estimate = first_estimate(record, self._reference, t_s)
        self._occupancy.observe(Presence(t_s=t_s, baby=i, present=True, estimate=estimate))
        return i

    def _baby_edit(self, command: Command) -> list[AnyEvent]:
        args = dict(command.args)
        i = self.find(_text(args, "baby" if "baby" in args else "name"))
        if args.pop("baby", None) is None:
            args.pop("name")
        if "rename" in args:
            args["name"] = _text(args, "rename")
            del args["rename"]
        record = self._claims.records[i]
        known = {**msgspec.to_builtins(record.baby), **args, "id": record.baby.id}
        baby = _baby(known, command.t_s)
        self._check_name(baby, i)
        self._claims.rename(record.baby.name, baby.name)
        record.baby = baby
        record.weighings = [msgspec.structs.replace(w, baby=baby.name) for w in record.weighings]
        return [RosterChanged(t_s=command.t_s, baby=baby), *self._claims.refresh({i})]

    def _baby_retire(self, command: Command) -> list[AnyEvent]:
        args = command.args
        i = self.find(_text(args, "baby" if "baby" in args else "name"))
        return [RosterChanged(t_s=command.t_s, baby=self.retire(i, command.t_s))]

    def retire(self, i: int, t_s: float) -> Baby:
        """Close a baby's record."""
        record = self._claims.records[i]
        record.baby = msgspec.structs.replace(record.baby, retired_s=t_s)
        estimate = self._occupancy.best().weights[i]
        self._occupancy.observe(Presence(t_s=t_s, baby=i, present=False, estimate=estimate))
        self._claims.forget(record.baby.name)
        return record.baby

    def _check_name(self, baby: Baby, besides: int | None) -> None:
        for j, record in enumerate(self._claims.records):
            same = record.baby.slug == baby.slug or record.baby.id == baby.name
            if j != besides and record.here and same:
                raise CommandError(f"{record.baby.name} is already here: choose another name")

    def find(self, name: str) -> int:
        """Index of the baby with this name, slug or id.

        Raises:
            CommandError: nobody here is called that.
        """
        for i, record in enumerate(self._claims.records):
            if record.here and name in {record.baby.name, record.baby.slug, record.baby.id}:
                return i
        known = ", ".join(b.baby.name for b in self._claims.records if b.here) or "nobody yet"
        raise CommandError(f"no baby called {name!r} here (known: {known})")


def step_id(t_s: float) -> str:
    """A short id from the moment, typeable on a phone: base 32 without look-alikes."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    number = int(max(t_s, 0.0) * 2.0)
    text = ""
    while number:
        number, digit = divmod(number, 32)
        text = alphabet[digit] + text
    return text or "0"


def first_estimate(record: BabyRecord, reference: GrowthReference, t_s: float) -> Estimate:
    """What a baby weighs as far as anybody knows when the tracker meets it."""
    latest = record.latest
    if latest is not None:
        sd = math.hypot(latest.sigma_g, 0.01 * latest.weight_g)
        gut_g = 0.04 * latest.weight_g if latest.move == "return" else 0.0
        return Estimate(latest.weight_g, sd, latest.t_s, gut_g)
    if record.baby.weight_g is not None:
        # Typed at some time of the feeding cycle: 2 % of swing, a gram of reading.
        when_s = record.baby.registered_s if record.baby.registered_s is not None else t_s
        return Estimate(record.baby.weight_g, 1.0 + 0.02 * record.baby.weight_g, min(when_s, t_s))
    low, median, high = record.expected(reference, t_s).weight_g
    return Estimate(median, 0.4 * (high - low), t_s)


def _baby(args: dict[str, Any], now_s: float) -> Baby:
    try:
        baby = msgspec.convert(args, Baby)
    except msgspec.ValidationError as error:
        raise CommandError(f"the baby cannot be registered: {error}") from error
    check_name(baby.name)
    if baby.born is not None:
        _check_born(baby.born, now_s)
    if baby.weight_g is not None:
        _possible(_grams({"weight_g": baby.weight_g}, "weight_g"), "weight_g")
    adult_kg = baby.adult_weight_kg
    if adult_kg is not None and not LEAST_ADULT_KG <= adult_kg <= MOST_ADULT_KG:
        raise CommandError(
            f'"adult_weight_kg" is {adult_kg:g}: it must be {LEAST_ADULT_KG:g} to '
            f"{MOST_ADULT_KG:g} kg"
        )
    return baby


def _check_born(born: str, now_s: float) -> None:
    try:
        day = date.fromisoformat(born)
    except ValueError:
        day = None
    if day is None or day.isoformat() != born:
        raise CommandError(f'"born" is {born!r}: write a date as 2026-01-31')
    age_days = (datetime.fromtimestamp(now_s, UTC).date() - day).days
    if age_days < -1:
        raise CommandError(f'"born" is {born}, which has not come yet: check the date')
    if age_days > OLDEST_BABY_DAYS:
        raise CommandError(f'"born" is {born}, which is more than ten years ago: check the date')


def _text(args: dict[str, Any], key: str) -> str:
    value = args.get(key)
    if not isinstance(value, str) or not value.strip():
        raise CommandError(f'"{key}" is missing')
    return value.strip()


def _moment(value: object, now_s: float) -> float:
    """Timeline seconds of an ``at``: a number, or RFC 3339 text; now when it is left out."""
    if value is None:
        return now_s
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        moment = datetime.fromisoformat(str(value).strip())
        if moment.tzinfo is None:
            raise CommandError(f'"at" has no time zone: {value!r}, write 2026-01-31T02:14:05Z')
        return moment.timestamp()
    except (ValueError, OverflowError) as error:
        if isinstance(error, CommandError):
            raise
        raise CommandError(f'"at" is no time: {value!r}, write 2026-01-31T02:14:05Z') from error


def _grams(args: dict[str, Any], key: str) -> float:
    value = args.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CommandError(f'"{key}" must be a number of grams')
    if not 0 < value <= 100_000:
        raise CommandError(f'"{key}" is {value:g}: a weight in grams is above 0')
    return float(value)


def _possible(g: float, key: str) -> float:
    """A weight a baby can have.

    Raises:
        CommandError: no baby weighs that, whatever anybody confirms.
    """
    if not LEAST_G <= g <= MOST_G:
        raise CommandError(f'"{key}" is {g:g}: a baby weighs {LEAST_G:g} to {MOST_G:g} g')
    return g
