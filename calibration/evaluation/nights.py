"""Stitched nights: what the daemon would have raised, with the truth known.

    python -m calibration.evaluation.nights --manifest dev/manifest.csv \
        --model monitor/data/cry.npz --hours 8

A night is hours of room sound with recordings of everything that is no kitten or puppy dropped in
("interrupted"), the same recordings strung together without a pause ("strung": far denser than
any night), shaped room noise alone ("room"), or bouts of real calls in a room ("crying").
Whole bouts count, and beside them the alerts that the daemon, at its defaults, would have made of
them: it waits for some seconds of crying before it wakes anybody.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from calibration.evaluation.evaluate import held_out
from calibration.evaluation.metrics import poisson_rate
from calibration.evaluation.night_sounds import Night, crying, interrupted, strung
from calibration.training.clips import Clip, read_manifest
from calibration.training.model_card import add_to_card, protocol
from monitor.config import AlertsConfig
from monitor.core.cry.bouts import BoutEvent, Bouts
from monitor.core.cry.detector import CryDetector
from monitor.core.cry.incident import CryIncident
from monitor.core.cry.model import CryModel
from monitor.errors import NurseryError
from monitor.events import AUDIO_RATE_HZ, AudioBlock, CallHeard, CryStarted
from monitor.simulation import sounds as synth
from monitor.times import HOUR_S

_BLOCK = 10 * AUDIO_RATE_HZ


@dataclass
class Tally:
    """What was raised over several nights."""

    hours: float = 0.0
    false: Counter[str] = field(default_factory=Counter)
    """bouts of a pet where none cried, by what was playing"""
    alerts: int = 0
    """alerts raised, by true and by false bouts"""
    human: int = 0
    """bouts called human: reported, but nobody is woken"""
    crying: int = 0
    found: int = 0
    delays_s: list[float] = field(default_factory=list)
    """from the third call of a true bout to its report"""


def heard(model: CryModel, night: Night, seed: int, *, look: bool = True) -> list[BoutEvent]:
    """Beginning and end of every bout the daemon would have reported.

    ``look``: with the second look; without, the windows alone decide.
    """
    room = room_of(night, seed)
    if not look:
        return _by_windows_alone(model, room, night.hours)
    return _listened(model, room, night.hours)[0]


def heard_with_calls(
    model: CryModel, night: Night, seed: int
) -> tuple[list[BoutEvent], list[CallHeard]]:
    """The same, and the strong calls that stayed alone."""
    return _listened(model, room_of(night, seed), night.hours)


def room_of(night: Night, seed: int) -> synth.Room:
    """The night as it sounds."""
    room = synth.Room(seed, noise_db=night.noise_db, hum_db=night.noise_db - 6)
    for start, samples in night.pieces:
        room.add(start / AUDIO_RATE_HZ, samples)
    return room


def _listened(
    model: CryModel, room: synth.Room, hours: float
) -> tuple[list[BoutEvent], list[CallHeard]]:
    detector = CryDetector(model)
    told = [*map(detector.observe, _blocks(room, hours)), detector.flush()]
    return [e for each in told for e in each.bouts], [c for each in told for c in each.calls]


def _by_windows_alone(model: CryModel, room: synth.Room, hours: float) -> list[BoutEvent]:
    detector, bouts = CryDetector(model), Bouts(model.card.rule)
    windows = (w for block in _blocks(room, hours) for w in detector.observe(block).windows)
    events = [e for window in windows for e in bouts.observe(window)]
    last = [e for window in detector.flush().windows for e in bouts.observe(window)]
    return [*events, *last, *bouts.flush()]


def begun(events: Sequence[BoutEvent]) -> list[CryStarted]:
    """The beginnings only."""
    return [e for e in events if isinstance(e, CryStarted)]


def alerts(events: Sequence[BoutEvent], hours: float, hold_s: float) -> int:
    """How often the daemon would have raised "crying" for these bouts."""
    return len(alert_spans(events, hours, hold_s))


def alert_spans(
    events: Sequence[BoutEvent], hours: float, hold_s: float
) -> list[tuple[float, float]]:
    """Since when and until when the daemon would have told "crying", for each alert.

    ``hold_s`` is the quiet after which the detector tells that a bout is over.
    """
    incident = CryIncident(AlertsConfig())
    coming = deque(events)
    spans: list[tuple[float, float]] = []
    open_before = False
    for second in range(math.ceil(hours * HOUR_S) + 1):
        while coming and _known_s(coming[0], hold_s) <= second:
            event = coming.popleft()
            if isinstance(event, CryStarted):
                incident.observe(event)
            else:
                incident.observe(event)
        conditions = incident.conditions(second)
        if conditions:
            since_s = conditions[0].since_s if not open_before else spans.pop()[0]
            spans.append((since_s, float(second)))
        open_before = bool(conditions)
    return spans


def _known_s(event: BoutEvent, hold_s: float) -> float:
    return event.decided_s if isinstance(event, CryStarted) else event.t_s + hold_s


def _blocks(room: synth.Room, hours: float) -> Iterator[AudioBlock]:
    total = int(hours * HOUR_S * AUDIO_RATE_HZ)
    for start in range(0, total, _BLOCK):
        samples = room.render(start, min(_BLOCK, total - start))
        yield AudioBlock(start / AUDIO_RATE_HZ, samples)


def count_false(tally: Tally, night: Night, bouts: Sequence[CryStarted]) -> None:
    """Bouts in a night without pets: who raised them."""
    tally.hours += night.hours
    for bout in bouts:
        if bout.species == "human":
            tally.human += 1
            continue
        playing = [p for p in night.placed if p.start_s - 1 < bout.decided_s < p.end_s + 2]
        tally.false[playing[0].label if playing else "room"] += 1


def count_found(
    tally: Tally, night: Night, calls: Sequence[Sequence[float]], bouts: Sequence[CryStarted]
) -> None:
    """Bouts in a night with pets: which were found, how soon, and what was raised beside them."""
    tally.hours += night.hours
    pets = [b for b in bouts if b.species != "human"]
    for place, ends in zip(night.placed, calls, strict=True):
        tally.crying += 1
        own = [b for b in pets if place.start_s - 2 <= b.decided_s <= place.end_s + 3]
        if own:
            tally.found += 1
            tally.delays_s.append(own[0].decided_s - ends[2])
    inside = sum(
        any(p.start_s - 2 <= b.decided_s <= p.end_s + 3 for p in night.placed) for b in pets
    )
    tally.false["room"] += len(pets) - inside


def measure(
    model: CryModel, clips: Sequence[Clip], hours: float, seed: int, *, look: bool = True
) -> dict[str, Tally]:
    """All four kinds of night for one model and the clips it may be judged on."""
    rng = np.random.default_rng(seed)
    pets, others = [c for c in clips if c.is_pet], [c for c in clips if not c.is_pet]
    tallies = {name: Tally() for name in ("interrupted", "strung", "room", "crying")}

    def listen(kind: str, night: Night, own_seed: int) -> list[CryStarted]:
        events = heard(model, night, own_seed, look=look)
        tallies[kind].alerts += alerts(events, night.hours, model.card.rule.hold_s)
        return begun(events)

    night = interrupted(others, hours, rng)
    count_false(tallies["interrupted"], night, listen("interrupted", night, seed))
    for repeat in range(2):
        night = strung(others, rng)
        count_false(tallies["strung"], night, listen("strung", night, seed + repeat))
    night = Night([], [], hours, rng.uniform(-75, -25))
    count_false(tallies["room"], night, listen("room", night, seed + 7))
    night, calls = crying(pets, hours, rng)
    count_found(tallies["crying"], night, calls, listen("crying", night, seed + 8))
    return tallies


def add(total: Tally, part: Tally) -> None:
    """Sum of two tallies, into the first."""
    total.hours += part.hours
    total.false += part.false
    total.alerts += part.alerts
    total.human += part.human
    total.crying += part.crying
    total.found += part.found
    total.delays_s += part.delays_s


def show(tallies: dict[str, Tally]) -> None:
    """Print rates with exact Poisson intervals."""
    for name, tally in tallies.items():
        count = sum(tally.false.values())
        rate = poisson_rate(count, tally.hours)
        print(f"{name:12s} {tally.hours:6.1f} h  {count} false bouts: {rate} an hour", end="")
        print(f", {tally.human} called human, {dict(tally.false.most_common(8))}")
        print(f"{'':12s} {tally.alerts} alerts: {poisson_rate(tally.alerts, tally.hours)} an hour")
        if tally.crying:
            late = np.quantile(tally.delays_s, [0.5, 0.9]) if tally.delays_s else [np.nan] * 2
            print(
                f"{'':12s} found {tally.found} of {tally.crying} bouts, "
                f"{late[0]:+.1f} s after the third call (90 %: {late[1]:+.1f} s)"
            )


def summary(tally: Tally) -> dict[str, Any]:
    """A tally as numbers, with the exact Poisson interval of its rate."""
    rate = poisson_rate(sum(tally.false.values()), tally.hours)
    return {
        "hours": tally.hours,
        "false_per_hour": [rate.value, rate.low, rate.high],
        "false_by_label": dict(tally.false),
        "alerts": tally.alerts,
        "called_human": tally.human,
        "bouts": tally.crying,
        "bouts_found": tally.found,
    }


def main() -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--model", type=Path)
    which.add_argument(
        "--cross-validate", type=Path, nargs="+", help="models trained without some folds"
    )
    parser.add_argument("--hours", type=float, default=8.0, help="per kind of night and model")
    parser.add_argument(
        "--windows-alone", action="store_true", help="without the second look at a bout"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--card-of", type=Path, help="write the figures into this model's card")
    given = parser.parse_args()
    totals: dict[str, Tally] = {}
    try:
        clips = read_manifest(given.manifest)
        if given.model:
            pairs = [(CryModel.from_bytes(given.model.read_bytes()), clips)]
        else:
            pairs = held_out(given.cross_validate, clips)
        for model, own in pairs:
            own_tallies = measure(model, own, given.hours, given.seed, look=not given.windows_alone)
            for name, tally in own_tallies.items():
                add(totals.setdefault(name, Tally()), tally)
    except (NurseryError, OSError) as error:
        parser.exit(2, f"{error}\n")
    show(totals)
    if given.card_of:
        by = {"by": protocol(given.cross_validate)}
        add_to_card(given.card_of, "nights", by | {k: summary(t) for k, t in totals.items()})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
