"""Nights for the tests of their words: one made by hand, and any number drawn by chance."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any, get_args

from monitor.alert_kinds import KINDS
from monitor.documents import BabyStatus, BabyWatch
from monitor.events import Alert, Baby, CryContext, Note, Verdict
from monitor.handover.clock import Clock
from monitor.handover.facts import BabyNight, Bottle, Cry, Night, Unnamed, Unseen
from monitor.names import NoteKind
from monitor.report.acted_on import ToldAlert
from monitor.times import HOUR_S, MINUTE_S

EVENING_S = datetime(2026, 5, 8, 22, tzinfo=UTC).timestamp()
MORNING_S = EVENING_S + 9 * HOUR_S
LOCAL = Clock(UTC)
UNKNOWN = Clock(UTC, known=False)
NAMES = ("Ash", "Bee", "Little Joey the Third of the Green Box", "Dot", "👨‍👩‍👧", "O'Hara",
         "x" * 60, "a b c d e f g h i j k l m n o p q r s t u v w x")  # fmt: skip


def at(hour: float) -> float:
    """So many hours after midnight."""
    return EVENING_S + (2 + hour) * HOUR_S


def baby(name: str, *grams: float | None, refused: int = 0, **status: Any) -> BabyNight:
    """One that had these bottles, an hour apart from midnight, and then refused some."""
    hours = range(len(grams) + refused)
    bottles = [Bottle(t_s=at(h), g=g) for h, g in zip(hours, grams, strict=False)]
    bottles += [Bottle(t_s=at(h), g=0.2, refused=True) for h in hours[len(grams) :]]
    fields = {"weight_g": 181.0, "gain_24h_g": 8.1, "verdict": "gaining",
              "bottle_due_at": MORNING_S + HOUR_S, "next_feed_ml": 7.6} | status  # fmt: skip
    return BabyNight(
        baby=Baby(id=name, name=name, species="kitten"),
        bottles=bottles,
        status=BabyStatus(name=name, species="kitten", **fields),
    )


def night(*babies: BabyNight, **more: Any) -> Night:
    """From 22:00 to 07:00, told then."""
    return Night(from_s=EVENING_S, to_s=MORNING_S, now_s=MORNING_S, babies=babies, **more)


def alert(kind: str, baby: str | None = None, since_h: float = 3.0, **more: Any) -> Alert:
    """One that is open."""
    fields: dict[str, Any] = {"severity": "warning", "title": KINDS[kind].label} | more  # type: ignore[index]
    return Alert(t_s=at(since_h), id=f"{kind}-{baby}", kind=kind, state="raised", baby=baby,  # type: ignore[arg-type]
                 since=at(since_h), message="", why="", box="box", **fields)  # fmt: skip


def told(kind: str, baby: str | None = None, h: float = 3.0, **more: Any) -> ToldAlert:
    """One that was told and that nobody acted on."""
    fields: dict[str, Any] = {"severity": "warning", "title": KINDS[kind].label, "answer": None}  # type: ignore[index]
    return ToldAlert(id=f"{kind}-{baby}-{h}", kind=kind, baby=baby, since_s=at(h), told_s=at(h),  # type: ignore[arg-type]
                     **(fields | more))  # fmt: skip


def any_night(seed: int) -> Night:
    """Anything that can happen, and more of it than is likely."""
    chance = random.Random(seed)
    names = chance.sample(NAMES, chance.randint(0, 8))
    babies = [_any_baby(chance, name) for name in names]
    whom = [None, *names]
    kinds = [kind for kind in KINDS if kind != "test"]
    few = chance.choice([0, 1, 3, 12])

    def count() -> range:
        return range(chance.randint(0, few))

    def spot() -> float:
        return chance.uniform(EVENING_S, MORNING_S)

    return night(
        *babies,
        cries=[_any_cry(chance, spot()) for _ in count()],
        unseen=[Unseen(s := spot(), s + chance.uniform(60, 9000),
                       chance.choice([None, "microphone", "scale", "probe"])) for _ in count()],
        restarts=[spot() for _ in count()],
        told=[told(chance.choice(kinds), chance.choice(whom), chance.uniform(0, 7),
                   answer=chance.choice([None, "fed", "lifted", "acknowledged"]))
              for _ in count()],
        open_alerts=[alert(chance.choice(kinds), chance.choice(whom), chance.uniform(0, 7),
                           severity=chance.choice(["info", "warning", "critical"]))
                     for _ in count()],
        unnamed=[Unnamed(spot(), chance.uniform(50, 500)) for _ in count()],
        notes=[_any_note(chance, spot(), chance.choice(whom)) for _ in count()],
        begun_s=chance.choice([None, at(1.0)]),
        hears=chance.random() < 0.8,
        weighs=chance.random() < 0.8,
    )  # fmt: skip


def _any_baby(chance: random.Random, name: str) -> BabyNight:
    grams = [chance.choice([None, chance.uniform(0.5, 40.0)]) for _ in range(chance.randint(0, 6))]
    watch = BabyWatch(
        level=chance.choice(["well", "watch", "act"]), signs=["It " + "drinks less " * 9]
    )
    found = baby(
        name,
        *grams,
        refused=chance.randint(0, 3),
        weight_g=chance.choice([None, chance.uniform(60, 900)]),
        gain_24h_g=chance.choice([None, chance.uniform(-20, 20)]),
        verdict=chance.choice(get_args(Verdict)),
        bottle_due_at=chance.choice([None, MORNING_S + chance.uniform(-1e4, 1e4)]),
        next_feed_ml=chance.choice([None, chance.uniform(1, 60)]),
        watch=chance.choice([None, watch]),
    )
    if chance.random() < 0.1:
        gone = Baby(id=name, name=name, species="kitten", retired_s=at(2.0), retired_reason="died")
        return BabyNight(baby=gone, bottles=found.bottles, status=None)
    return found


def _any_cry(chance: random.Random, t_s: float) -> Cry:
    return Cry(t_s, t_s + chance.uniform(2, 20 * MINUTE_S), chance.choice(get_args(CryContext)))


def _any_note(chance: random.Random, t_s: float, whom: str | None) -> Note:
    text = " ".join(["loose"] * chance.randint(1, 40))
    kind = chance.choice(get_args(NoteKind))
    return Note(t_s=t_s, step_id=f"n{t_s}", baby=whom, kind=kind, text=text)
