"""Bouts of real calls over louder and louder rooms: what the second look costs there.

    python -m calibration.evaluation.loud_rooms --manifest dev/manifest.csv \
        --model monitor/data/cry.npz

Six calls of every recording of a pet, once at each of five levels over the noise of a room, beside
the recordings of everything else strung together. Each is heard twice: by the windows alone, and
with the second look. A look that takes away true bouts is worse than none: faint cries in a loud
room are where a carer hears nothing either.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from calibration.evaluation.evaluate import held_out
from calibration.evaluation.night_sounds import Night, Placed, strung
from calibration.evaluation.nights import alerts, begun, heard
from calibration.training.canvases import load
from calibration.training.clips import Clip, read_manifest
from monitor.core.cry.model import CryModel
from monitor.errors import NurseryError
from monitor.events import AUDIO_RATE_HZ
from monitor.simulation import sounds as synth
from monitor.times import HOUR_S

OVER_ROOM_DB = (30.0, 20.0, 10.0, 6.0, 3.0)
"""the loudest quarter second of a call over the room's noise; each call differs by up to 3"""
ROOM_DB = -50.0
CALLS = 6
APART_S = 60.0


class Count(NamedTuple):
    """Of one model and one way to hear."""

    found: tuple[int, ...]
    """true bouts at each of OVER_ROOM_DB"""
    bouts: int
    """how many there were at each"""
    false: int
    """bouts of a pet in strung sounds of everything else"""
    alerts: int
    """raised by those"""
    hours: float
    """of strung sounds"""


def bouts_over(clips: Sequence[Clip], over_room_db: float, seed: int) -> Night:
    """One bout of each recording, ``over_room_db`` above the room."""
    rng = np.random.default_rng(seed)
    night = Night([], [], 0.0, ROOM_DB)
    at_s = 30.0
    for clip in clips:
        sound, start_s = load(clip.path), at_s
        for k in range(CALLS):
            a, b = clip.cries[k % len(clip.cries)] if clip.cries else (0.0, 2.0)
            one = sound[int(max(0, a - 0.05) * AUDIO_RATE_HZ) : int((b + 0.05) * AUDIO_RATE_HZ)]
            level_db = ROOM_DB + over_room_db + rng.uniform(-3, 3)
            one = synth.at_level(one[: 3 * AUDIO_RATE_HZ], level_db)
            night.pieces.append((round(at_s * AUDIO_RATE_HZ), one))
            at_s += len(one) / AUDIO_RATE_HZ + rng.uniform(0.3, 1.8)
        night.placed.append(Placed(start_s, at_s, clip.label))
        at_s = start_s + APART_S
    night.hours = at_s / HOUR_S
    return night


def measure(model: CryModel, clips: Sequence[Clip], seed: int, *, look: bool) -> Count:
    """What one model finds; the clips are those that it may be judged on."""
    pets, others = [c for c in clips if c.is_pet], [c for c in clips if not c.is_pet]
    found = []
    for over_room_db in OVER_ROOM_DB:
        night = bouts_over(pets, over_room_db, seed)
        told = [b for b in begun(heard(model, night, seed, look=look)) if b.species != "human"]
        found.append(
            sum(
                any(p.start_s - 2 <= b.decided_s <= p.end_s + 3 for b in told) for p in night.placed
            )
        )
    false = raised = 0
    hours = 0.0
    for draw in (seed, seed + 1):
        night = strung(others, np.random.default_rng(draw))
        events = heard(model, night, draw, look=look)
        false += sum(b.species != "human" for b in begun(events))
        raised += alerts(events, night.hours, model.card.rule.hold_s)
        hours += night.hours
    return Count(tuple(found), len(pets), false, raised, hours)


def added(counts: Sequence[Count]) -> Count:
    """The sum over models that each judged their own recordings."""
    found = tuple(map(sum, zip(*(count.found for count in counts), strict=True)))
    return Count(
        found,
        sum(count.bouts for count in counts),
        sum(count.false for count in counts),
        sum(count.alerts for count in counts),
        sum(count.hours for count in counts),
    )


def show(name: str, count: Count) -> None:
    """One line."""
    found = ", ".join(
        f"{n} at {db:.0f} dB" for n, db in zip(count.found, OVER_ROOM_DB, strict=True)
    )
    print(
        f"{name}: of {count.bouts} bouts found {found}; {count.false} false bouts and "
        f"{count.alerts} alerts in {count.hours:.1f} h of strung sounds"
    )


def main() -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--manifest", type=Path, required=True)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--model", type=Path)
    which.add_argument(
        "--cross-validate", type=Path, nargs="+", help="models trained without some folds"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    try:
        clips = read_manifest(given.manifest)
        if given.model:
            pairs = [(CryModel.from_bytes(given.model.read_bytes()), clips)]
        else:
            pairs = held_out(given.cross_validate, clips)
        for name, look in (("windows alone", False), ("with the second look", True)):
            show(name, added([measure(*pair, given.seed, look=look) for pair in pairs]))
    except (NurseryError, OSError) as error:
        parser.exit(2, f"{error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
