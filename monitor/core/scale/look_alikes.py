"""What is said of several babies at once because nobody can tell which of them it is.

Weighings without a name share their candidates: those who are candidates together are look-alikes.
What is certain of such a group is said of the group; a baby that refuses its bottles must not be
safe from notice because it has a twin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.alert_kinds import AlertKind, Severity
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.conditions import (
    LATE_MIN_S,
    LATE_SHARE,
    UNFED_TIMES,
)
from monitor.core.growth.feeding import intake, interval_s
from monitor.core.growth.group_bottles import (
    GroupBottle,
    GroupMove,
    all_fed_s,
    each_fed,
    group_bottles,
    refused_run,
)
from monitor.core.growth.low_intake import (
    STALE_INTAKE_S,
    WEANING_DAY,
    Finding,
    spoken_intake,
)
from monitor.core.scale.absence import group_key
from monitor.core.scale.parts import Parts
from monitor.events import Candidate, CannotJudge, Closed, Condition, Unassigned, Weighing
from monitor.names import counted, listed
from monitor.times import MINUTE_S, spoken_hours

LEAST_P = 0.05
"""A candidate less likely than this is none."""
SWAP_SHARE = 0.6
"""A step of less than this of the lightest is no lift or return of one of them."""
KINDS_OF_GROUPS: tuple[AlertKind, ...] = ("low_intake", "bottle_overdue")


class LookAlikes:
    """States conditions of groups; remembers of which it did."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def findings(self, now_s: float, *, blind: bool) -> list[Finding]:
        """What is true of every group of look-alikes, and what cannot be said of it any more."""
        found: list[Finding] = []
        keys: set[str] = set()
        for records in self._groups():
            key = group_key([record.baby.id for record in records])
            keys.add(key)
            if (who := self._away(records)) is not None:
                why = f"{who} is with somebody: what it drinks there is not seen."
                found += [Closed(kind=kind, key=key, why=why) for kind in KINDS_OF_GROUPS]
                continue
            if self._has_swaps(records):
                why = "they were changed for one another under the hand"
                found += [CannotJudge(kind=kind, key=key, why=why) for kind in KINDS_OF_GROUPS]
                continue
            bottles = self._bottles(records)
            found += [each for each in (
                self._low_intake(key, records, bottles, now_s),
                self._overdue(key, records, bottles, now_s, blind=blind),
            ) if each is not None]  # fmt: skip
        told = self._parts.state.told_of_groups
        told |= {each.key: now_s for each in found if isinstance(each, Condition)}
        for key in [key for key in told if key not in keys]:
            why = "What is known of these bottles has changed; what still holds is told."
            found += [Closed(kind=kind, key=key, why=why) for kind in KINDS_OF_GROUPS]
            if now_s - told[key] > MINUTE_S:
                del told[key]
        return found

    # ------------------------------------------------------------------ who and what

    def _groups(self) -> Iterator[list[BabyRecord]]:
        """Those who are candidates of the same weighings, directly or by a third."""
        groups: list[set[str]] = []
        for event in self._open():
            names = _names(event)
            if len(names) < 2:
                continue
            joined = [group for group in groups if group & names]
            groups = [group for group in groups if not group & names]
            groups.append(names.union(*joined))
        for group in groups:
            yield [r for r in self._parts.claims.records if r.here and r.baby.name in group]

    def _has_swaps(self, records: Sequence[BabyRecord]) -> bool:
        """Whether one of their moves weighs less than any of them: one back and another out."""
        names = {record.baby.name for record in records}
        least_g = min((r.weight_g for r in records if r.weight_g is not None), default=0.0)
        moves = [event for event in self._open() if _names(event) & names]
        return any(event.weight_g < SWAP_SHARE * least_g for event in moves)

    def _away(self, records: Sequence[BabyRecord]) -> str | None:
        here = self._parts.claims.records
        away = [r for i, r in enumerate(here) if r in records and self._parts.absences.is_away(i)]
        return away[0].baby.name if away else None

    def _open(self) -> list[Unassigned]:
        return [each for each in self._parts.state.claims.pending.values() if not each.gap]

    def _bottles(self, records: Sequence[BabyRecord]) -> list[GroupBottle]:
        """Every bottle of theirs that is known of, in order of time."""
        found = list(group_bottles(self._moves(records)))
        whole = {bottle.feed.step_id for bottle in found}
        found += [
            GroupBottle(feed=feed, baby=record.baby.name)
            for record in records
            for feed in record.bottles
            if intake(feed) == "fed" and feed.step_id not in whole
        ]
        return sorted(found, key=lambda bottle: bottle.t_s)

    def _moves(self, records: Sequence[BabyRecord]) -> list[GroupMove]:
        """Their moves: those that nobody has been named for, and what was weighed around them."""
        names = {record.baby.name for record in records}
        announced = self._parts.state.claims.only_weighed
        unnamed = [
            _move(event, _names(event), only_weighed=event.step_id in announced)
            for event in self._open()
            if _names(event) & names
        ]
        begin_s = min(move.t_s for move in unnamed)
        return unnamed + [
            _move(weighing, {record.baby.name}, only_weighed=weighing.only_weighed)
            for record in records
            for weighing in record.weighings
            if weighing.move is not None and weighing.t_s >= begin_s - STALE_INTAKE_S
        ]

    # ------------------------------------------------------------------ what is said

    def _low_intake(
        self, key: str, records: list[BabyRecord], bottles: list[GroupBottle], now_s: float
    ) -> Finding | None:
        run = refused_run(bottles, len(records))
        if not run:
            return self._over("low_intake", key, records, bottles)
        if now_s - run[-1].t_s > STALE_INTAKE_S:
            return CannotJudge(kind="low_intake", key=key, why="no bottle seen for half a day")
        names = listed([record.baby.name for record in records])
        if len(run) < 2 and self._age_day(records, now_s) > WEANING_DAY:
            return None
        severity: Severity = "info" if len(run) == 1 else "warning"
        if len(run) >= 2 and any(record.concern_since_s is not None for record in records):
            severity = "critical"
        last = spoken_intake(run[-1])
        message = (
            f"One of {names} took {last} in the last bottle. Offer each of them one in an hour."
            if len(run) == 1
            else f"One of {names} took nothing in {counted(len(run))} bottles ({last} in the "
            "last). Offer each of them one, keep them warm, call your vet. Mark one of them, so "
            "that you can answer who it was."
        )
        return self._condition(
            records,
            kind="low_intake",
            times=len(run),
            severity=severity,
            since_s=run[0].t_s,
            title=f"One of {names} is drinking little",
            message=message,
            why="net gain below 0.8 % of body weight while out, however the weighings without a "
            "name are paired; a full bottle adds 4 to 5 %",
        )

    def _overdue(
        self, key: str, records: list[BabyRecord], bottles: list[GroupBottle], now_s: float,
        *, blind: bool,
    ) -> Finding | None:  # fmt: skip
        age_day, names = self._age_day(records, now_s), listed([r.baby.name for r in records])
        if age_day > WEANING_DAY:
            return None
        if blind:
            why = "the scale is not seen: no bottle would be"
            return CannotJudge(kind="bottle_overdue", key=key, why=why)
        fed_s = all_fed_s(bottles, len(records)) or self._watched_s(records)
        reference = self._parts.reference
        interval = max(interval_s(r.bottles, r.expected(reference, now_s)) for r in records)
        margin = max(LATE_MIN_S, LATE_SHARE * interval)
        if now_s < fed_s + interval + margin:
            return self._over("bottle_overdue", key, records, bottles)
        last_s = max((b.t_s for b in bottles if intake(b.feed) != "poor"), default=fed_s)
        if now_s >= last_s + interval + margin:
            why = f"No bottle of {names} has been seen lately: each of them is told of by name."
            return Closed(kind="bottle_overdue", key=key, why=why)
        times = next(times for below, times in UNFED_TIMES if age_day < below)
        return self._condition(
            records,
            kind="bottle_overdue",
            severity="critical" if now_s - fed_s >= times * interval else "warning",
            since_s=fed_s + interval + margin,
            title=f"A bottle of {names} is overdue",
            message=f"One of {names} has had no bottle for {spoken_hours(now_s - fed_s)}, usually "
            f"every {spoken_hours(interval)}: those seen since were not enough for all. "
            "Feed whoever is hungry now.",
            why="fewer returns with a gain of 1 % or more than babies that look alike",
        )

    def _over(
        self, kind: AlertKind, key: str, records: list[BabyRecord], bottles: list[GroupBottle]
    ) -> Closed | None:
        """It is over when each is known to have drunk; when each may have, nobody can say so."""
        if each_fed(bottles, len(records)):
            return None
        names = listed([record.baby.name for record in records])
        why = f"Enough bottles for {names} were drunk since, but nobody saw whose they were."
        return Closed(kind=kind, key=key, why=why)

    def _watched_s(self, records: Sequence[BabyRecord]) -> float:
        start_s = self._parts.state.start_s
        return max(start_s, *(r.baby.registered_s or start_s for r in records))

    def _condition(
        self, records: list[BabyRecord], *, kind: AlertKind, severity: Severity, since_s: float,
        title: str, message: str, why: str, times: int = 0,
    ) -> Condition:  # fmt: skip
        names = [record.baby.name for record in records]
        return Condition(
            kind=kind,
            key=group_key([record.baby.id for record in records]),
            severity=severity,
            since_s=since_s,
            title=title,
            message=message,
            why=why,
            candidates=[Candidate(name, round(1.0 / len(names), 3)) for name in names],
            times=times,
            all_clear=f"Each of {listed(names)} has drunk since.",
        )

    def _age_day(self, records: Sequence[BabyRecord], now_s: float) -> float:
        return min(r.expected(self._parts.reference, now_s).age_day for r in records)


def _move(event: Unassigned | Weighing, babies: set[str], *, only_weighed: bool) -> GroupMove:
    return GroupMove(
        t_s=event.t_s,
        lift=event.move == "lift",
        g=event.weight_g,
        sigma_g=event.sigma_g,
        step_id=event.step_id,
        babies=frozenset(babies),
        only_weighed=only_weighed,
    )


def _names(event: Unassigned) -> set[str]:
    return {c.baby for c in event.candidates if c.p >= LEAST_P}
