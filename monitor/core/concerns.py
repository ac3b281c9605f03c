"""The words: what the scale half asks a person to look at, in one sentence each.

An observation in numbers and what to do about it, never a diagnosis. The rules themselves are in
``growth`` and ``feeding``; here they become conditions with titles, messages and reasons.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.config import ScaleConfig
from monitor.core.feeding import (
    DUE_EARLY_S,
    HOUR_S,
    JUST_FED_S,
    intake,
    interval_s,
    poor_run,
)
from monitor.core.record import BabyBook
from monitor.core.reference import GrowthReference
from monitor.events import Condition, CryContext, Severity, Unassigned

LATE_SHARE = 0.3
"""A bottle is overdue this share of its interval after it was due, at least LATE_MIN_S."""
LATE_MIN_S = 30 * 60.0
STALE_GROWTH_S = 3 * 24 * HOUR_S
"""A growth worry nobody has weighed against for this long is no longer news."""
FULL_SHARE = 0.03
"""Net gain of a full bottle: 4 to 5 % less what was voided meanwhile."""
MOST_QUESTIONS = 4
"""A litter of equals raises one per bottle: nobody answers more than these."""
WEANING_DAY = 35.0
"""From about five weeks they eat on their own (gruel from three to four weeks)."""


class ConcernWriter:
    """States conditions; keeps nothing."""

    def __init__(self, reference: GrowthReference) -> None:
        self._reference = reference

    def baby(
        self,
        book: BabyBook,
        now_s: float,
        *,
        watched_since_s: float | None,
        maybe_fed_s: float | None,
    ) -> list[Condition]:
        """Everything to say about one baby.

        ``watched_since_s``: since when the platform has been read, ``None`` when it never was;
        ``maybe_fed_s``: when somebody who may have been this baby was fed.
        """
        found = (
            self._growth(book, now_s),
            self._low_intake(book, now_s),
            self._overdue(book, now_s, watched_since_s, maybe_fed_s),
        )
        return [c for c in found if c is not None]

    def _growth(self, book: BabyBook, now_s: float) -> Condition | None:
        report = book.last_concern
        if book.concern_since_s is None or report is None or report.concern is None:
            return None
        if now_s - report.t_s > STALE_GROWTH_S:
            return None
        concern, name = report.concern, book.baby.name
        verb = "is losing weight" if concern.kind == "losing_weight" else "is not gaining"
        advice = (
            "Weigh again now; if it is true, call your vet."
            if concern.severity == "critical"
            else "Weigh again before the next bottle; if it stays so, call your vet."
        )
        return Condition(
            kind=concern.kind,
            key=book.baby.slug,
            severity=concern.severity,
            baby=name,
            since_s=book.concern_since_s,
            title=f"{name} {verb}",
            message=f"{name}: {concern.text}. {advice}",
            why=concern.why,
        )

    def _low_intake(self, book: BabyBook, now_s: float) -> Condition | None:
        run = poor_run(book.feeds)
        if not run or now_s - run[-1].t_s > 12 * HOUR_S:
            return None
        age = book.expected(self._reference, now_s).age_day
        if age > WEANING_DAY and len(run) < 2:
            return None
        last, name = run[-1], book.baby.name
        severity: Severity = "info" if len(run) == 1 else "warning"
        if len(run) >= 2 and book.concern_since_s is not None:
            severity = "critical"
        message = (
            f"{name} took {last.net_g:+.1f} g in the last bottle. Offer it again in an hour."
            if len(run) == 1
            else f"{name} took next to nothing in {len(run)} bottles in a row "
            f"({last.net_g:+.1f} g in the last). Offer again, keep it warm, call your vet."
        )
        return Condition(
            kind="low_intake",
            key=book.baby.slug,
            severity=severity,
            baby=name,
            since_s=run[0].t_s,
            title=f"{name} is drinking little",
            message=message,
            why="net gain below 0.8 % of body weight while out; a full bottle adds 4 to 5 %",
        )

    def _overdue(
        self, book: BabyBook, now_s: float, start_s: float | None, maybe_fed_s: float | None
    ) -> Condition | None:
        expected = book.expected(self._reference, now_s)
        if start_s is None or expected.age_day > WEANING_DAY:
            return None
        fed = next((f for f in reversed(book.feeds) if intake(f) == "fed"), None)
        interval = interval_s(book.feeds, expected)
        seen_s = fed.t_s if fed is not None else start_s
        if maybe_fed_s is not None:
            seen_s = max(seen_s, maybe_fed_s)
        due = seen_s + interval
        late = due + max(LATE_MIN_S, LATE_SHARE * interval)
        if now_s < late:
            return None
        name = book.baby.name
        last = (
            f"last bottle seen {_hours(now_s - fed.t_s)} ago"
            if fed is not None
            else f"no bottle seen in {_hours(now_s - start_s)}"
        )
        return Condition(
            kind="bottle_overdue",
            key=book.baby.slug,
            severity="warning",
            baby=name,
            since_s=late,
            title=f"{name}'s bottle is overdue",
            message=f"{name}: {last}, usually every {_hours(interval)}. Feed now.",
            why="no return with a gain of 1 % or more within the usual gap and a margin",
        )

    def who_is_it(
        self, pending: Sequence[Unassigned], now_s: float, ask_s: float
    ) -> list[Condition]:
        """The newest weighings nobody could name, without those that an older answer covers."""
        asked: list[Unassigned] = []
        for event in sorted(pending, key=lambda e: e.t_s):
            if now_s - event.t_s > ask_s or not event.candidates:
                continue
            names = {c.baby for c in event.candidates}
            if event.move == "return" and any(
                a.move == "lift" and names & {c.baby for c in a.candidates} for a in asked
            ):
                continue
            asked.append(event)
        return [_question(event) for event in asked[-MOST_QUESTIONS:]]

    @staticmethod
    def overload(
        since_s: float | None, level_g: float | None, config: ScaleConfig
    ) -> list[Condition]:
        """More on the platform than the cell may carry."""
        if since_s is None or level_g is None:
            return []
        found = Condition(
            kind="scale_overload",
            severity="warning",
            since_s=since_s,
            title="Too much weight on the scale",
            message=f"The scale carries {level_g:.0f} g but is made for "
            f"{config.capacity_g:.0f} g. Take something off: weights are not to be trusted.",
            why="total above scale.capacity_g",
        )
        return [found]


def _question(event: Unassigned) -> Condition:
    who = " or ".join(c.baby for c in event.candidates[:3])
    if event.gap:
        return _who_is_in(event, who)
    verb = "lifted out" if event.move == "lift" else "put back"
    return Condition(
        kind="who_is_it",
        key=event.step_id,
        severity="info",
        since_s=event.t_s,
        title="Who was it?",
        message=f"{event.weight_g:.0f} g was {verb}: {who}? Answer with the step id "
        f"{event.step_id}.",
        why="the weight fits more than one baby, or none well",
        step_id=event.step_id,
        candidates=event.candidates,
    )


def _who_is_in(event: Unassigned, who: str) -> Condition:
    change, question = ("lighter", "out") if event.move == "lift" else ("heavier", "in it again")
    return Condition(
        kind="who_is_it",
        key=event.step_id,
        severity="info",
        since_s=event.t_s,
        title="Who is in the box?",
        message=f"While nobody watched, the box became {event.weight_g:.0f} g {change}: is {who} "
        f'{question}? Answer with the step id {event.step_id}, or "nobody".',
        why="after a gap in the readings the total does not fit those who were in the box",
        step_id=event.step_id,
        candidates=event.candidates,
    )


def phrase(
    books: Sequence[BabyBook], t_s: float, reference: GrowthReference
) -> tuple[CryContext, str]:
    """The context of a cry by any of these babies: who is due first, who has just been fed."""
    due: list[tuple[float, BabyBook]] = []
    for book in books:
        when = book.due_s(reference)
        if when is not None:
            due.append((when, book))
    if not due:
        return "unexplained", "no bottle has been seen yet"
    when, book = min(due, key=lambda item: item[0])
    name = book.baby.name
    if t_s >= when - DUE_EARLY_S:
        late = t_s - when
        if abs(late) < 90.0:
            return "bottle_due", f"{name}'s bottle is due now"
        if late > 0:
            return "bottle_due", f"{name}'s bottle was due {_hours(late)} ago"
        return "bottle_due", f"{name}'s bottle is due in {_hours(-late)}"
    fed = [max((f.t_s for f in b.feeds if intake(f) == "fed"), default=None) for b in books]
    if all(f is not None and t_s - f <= JUST_FED_S for f in fed):
        ago = _hours(t_s - max(f for f in fed if f is not None))
        who = books[0].baby.name if len(books) == 1 else "everyone"
        return "just_fed", f"{who} was fed {ago} ago"
    return "unexplained", _after(books, t_s) or f"{name}'s bottle is due in {_hours(when - t_s)}"


def _after(books: Sequence[BabyBook], t_s: float) -> str | None:
    """How long after whose feed."""
    last = [
        (f, book) for book in books for f in book.feeds[-3:] if intake(f) == "fed" and f.t_s <= t_s
    ]
    if not last:
        return None
    feed, book = max(last, key=lambda item: item[0].t_s)
    size = "full feed" if feed.net_g >= FULL_SHARE * feed.weight_g else "feed"
    return f"{_hours(t_s - feed.t_s)} after {book.baby.name}'s {size}"


def _hours(seconds: float) -> str:
    minutes = round(seconds / 60.0)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest and hours < 12 else f"{round(minutes / 60)} h"
