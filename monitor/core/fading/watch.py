"""Who begins to fade: the judgement of every baby, kept for a while, as a condition in words.

The alert opens at ``act`` and stays until the signs are back at ``well``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from monitor.core.fading.hours import Hour, HourLog, Minute
from monitor.core.fading.judgement import Course, Judgement, judge
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.conditions import FULL_SHARE
from monitor.core.growth.feeding import JUST_FED_S
from monitor.core.growth.reference import GrowthReference
from monitor.documents import BabyWatch
from monitor.events import CannotJudge, Condition, CryEnded
from monitor.times import MINUTE_S
from monitor.timeshift import Moment

JUDGE_EVERY_S = 15 * MINUTE_S
"""Signs change with bottles and hours."""


Judging = Callable[[Sequence[Course], float], list[Judgement | None]]
"""of each baby of a litter at a time"""


class FadingState(msgspec.Struct):
    """What a restart goes on with."""

    since_s: dict[str, Moment] = {}
    """since when the signs of a baby (by id) have agreed; without those that are well"""
    hours: dict[str, list[Hour]] = {}
    """of each baby (by id), those that are over"""


class FadingRun(msgspec.Struct):
    """What a restart forgets: the hour under way."""

    hour: dict[str, Hour] = {}
    minute_s: Moment | None = None
    """of the last minute that was noted"""


class FadingWatch:
    """Judges; states ``fading``."""

    def __init__(self, reference: GrowthReference, judging: Judging = judge) -> None:
        self._reference, self._judging = reference, judging
        self.state, self.run = FadingState(), FadingRun()
        self._judged: dict[str, Judgement | None] = {}
        self._judged_s: float | None = None

    def forget(self) -> None:
        """Something was weighed, drunk or taken back: judge anew."""
        self._judged_s = None

    def wants(self, now_s: float) -> bool:
        """Whether a minute has passed since the last that was noted."""
        last_s = self.run.minute_s
        return last_s is None or not 0.0 <= now_s - last_s < MINUTE_S

    def note(self, minute: Minute, records: Sequence[BabyRecord]) -> None:
        """Take a minute of the box."""
        self.run.minute_s = minute.t_s
        if self._log.note(minute, [record.baby.id for record in records]):
            self.forget()

    def hear(self, bout: CryEnded, inside: Sequence[BabyRecord]) -> None:
        """Take calls that have ended; ``inside``: the babies that were in the box."""
        voices = [r for r in inside if bout.species in {r.baby.species, "unknown"}]
        fed = {r.baby.id for r in voices if _is_full(r, bout.started_s)}
        cried_s = max(bout.t_s - bout.started_s, 0.0)
        self._log.called(cried_s, [r.baby.id for r in voices], fed)

    @property
    def _log(self) -> HourLog:
        return HourLog(self.state.hours, self.run.hour)

    def observe(self, now_s: float, records: Sequence[BabyRecord]) -> None:
        """Judge everybody, where that is due; ``records``: those who are here."""
        last_s = self._judged_s
        if last_s is not None and 0.0 <= now_s - last_s < JUDGE_EVERY_S:
            return
        self._judged_s, self._judged = now_s, {}
        for species in {record.baby.species for record in records}:
            self._judge([r for r in records if r.baby.species == species], now_s)
        self._follow()

    def _judge(self, litter: Sequence[BabyRecord], now_s: float) -> None:
        hours = self.state.hours
        courses = [
            Course.of(record, hours.get(record.baby.id, ()), now_s, self._reference)
            for record in litter
        ]
        for record, judgement in zip(litter, self._judging(courses, now_s), strict=True):
            self._judged[record.baby.id] = judgement

    def _follow(self) -> None:
        """An alert begins where signs agree, and lasts until they are well."""
        since_s = self.state.since_s
        for baby_id, judgement in self._judged.items():
            if judgement is not None and judgement.level == "act":
                since_s.setdefault(baby_id, judgement.since_s)
            elif judgement is not None and judgement.level == "well":
                since_s.pop(baby_id, None)
        for gone in since_s.keys() - self._judged.keys():
            del since_s[gone]

    def watch(self, baby_id: str) -> BabyWatch | None:
        """For the retained document; ``None`` when nothing can be judged."""
        judgement = self._judged.get(baby_id)
        if judgement is None:
            return None
        level = "act" if baby_id in self.state.since_s else judgement.level
        signs = judgement.signs if level != "well" else []
        return BabyWatch(level=level, signs=[_sentence(sign.text) for sign in signs])

    def conditions(self, records: Sequence[BabyRecord]) -> list[Condition]:
        """The babies whose signs agree."""
        found = []
        for record in records:
            since_s = self.state.since_s.get(record.baby.id)
            judgement = self._judged.get(record.baby.id)
            if since_s is not None and judgement is not None:
                found.append(_fading(record, judgement, since_s))
        return found

    def unjudged(self, records: Sequence[BabyRecord]) -> list[CannotJudge]:
        """The babies whose signs agreed and cannot be had now."""
        return [
            CannotJudge(
                kind="fading", key=record.baby.id, why="too little was weighed and drunk lately"
            )
            for record in records
            if record.baby.id in self.state.since_s and self._judged.get(record.baby.id) is None
        ]


def _is_full(record: BabyRecord, t_s: float) -> bool:
    """A full bottle was in it at ``t_s``."""
    return any(
        0.0 <= t_s - feed.t_s <= JUST_FED_S
        and feed.amount_g is not None
        and feed.amount_g >= FULL_SHARE * feed.weight_g
        for feed in record.bottles[-3:]
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _fading(record: BabyRecord, judgement: Judgement, since_s: float) -> Condition:
    name = record.baby.name
    said = "; ".join(sign.text for sign in judgement.signs) or "its signs have not recovered"
    return Condition(
        kind="fading",
        key=record.baby.id,
        severity="critical",
        baby=name,
        since_s=since_s,
        title=f"{name} is not itself",
        message=f"{name}: {said}. Look at it now: is it warm, does it suck, does it move when "
        "touched? Weigh it. If any of that is not as usual, call your vet.",
        why="several signs have turned together against its own last days",
        all_clear=f"{name}'s signs are as usual again.",
    )
