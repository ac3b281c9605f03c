"""False alerts a night: ten hours with every hard kind of sound at the rates of a busy home.

    python -m calibration.evaluation.long_nights --manifest dev/manifest.csv \
        --cross-validate work/without*.npz --nights 8

A night is a room in which spells of sound come at random: dogs that bark, a human baby, doors,
birds at dawn, music, speech, alarms. A spell is one recording again and again, with pauses, as one
dog or one baby would be heard; how many spells a night has of each kind, and how long they are, is
judgement (``KINDS``). Every model judges recordings that it never heard. Printed are false bouts
and the alerts the daemon would have raised, for the model alone and, on other nights, after a week
of its false alerts was answered "not a cry" and ``nursery calibrate cry`` moved its threshold.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.random import Generator

from calibration.cry import listen_to
from calibration.cry_tuning import tune
from calibration.evaluation.evaluate import held_out
from calibration.evaluation.metrics import poisson_rate
from calibration.evaluation.night_sounds import Night, Placed
from calibration.evaluation.nights import alert_spans, heard_with_calls
from calibration.training.canvases import load
from calibration.training.clips import Clip, read_manifest
from monitor.core.cry.bouts import BoutEvent
from monitor.core.cry.model import CryModel
from monitor.errors import NurseryError
from monitor.events import AUDIO_RATE_HZ, CryEnded
from monitor.simulation import sounds as synth
from monitor.times import HOUR_S

HOURS = 10.0
WEEK = 7


class Kind(NamedTuple):
    """What a home sounds like, apart from its pets."""

    name: str
    labels: tuple[str, ...]
    """of the manifest, without "negative:"; () is everything that no other kind names"""
    spells: float
    """a night, on average"""
    repeats: tuple[int, int]
    """how often a spell's recording is heard"""
    level_db: tuple[float, float] = (-50.0, -20.0)
    """of its loudest quarter second: from two rooms away to beside the box"""


KINDS = (
    Kind("dogs barking", ("dog_bark",), 6, (2, 20)),
    Kind("a human baby", ("human_baby_cry",), 3, (4, 25)),
    Kind("laughing and children", ("laughing", "children_playing", "scream", "crowd"), 6, (1, 8)),
    Kind("speech", ("speech", "singing"), 12, (1, 10)),
    Kind("music", ("music", "misc_effects"), 4, (4, 30), (-55.0, -28.0)),
    Kind("doors", ("door_wood_creaks", "door_wood_knock", "footsteps"), 12, (1, 4)),
    Kind("birds", ("birds", "chirping_birds", "crow", "hen", "rooster"), 5, (3, 25)),
    Kind("alarms", ("clock_alarm", "siren", "car_horn", "horn", "whistle", "doorbell"), 4, (1, 5)),
    Kind("animals", ("sheep", "cow", "pig", "howl", "purr", "cat_hiss", "animal_misc"), 4, (1, 8)),
    Kind("asleep", ("snoring", "dog_snoring", "coughing", "sneezing", "breathing"), 8, (2, 20)),
    Kind("everything else", (), 20, (1, 4)),
)  # fmt: skip
"""judgement: a home with a dog, a baby next door, a garden and people who watch television"""


def night_of(clips: Sequence[Clip], rng: Generator, hours: float = HOURS) -> Night:
    """One night; spells never overlap, their order and times are random."""
    of_kind = by_kind(clips)
    spells = [k for k in KINDS if of_kind[k.name] for _ in range(rng.poisson(k.spells))]
    starts = np.sort(rng.uniform(30.0, hours * HOUR_S - 600.0, len(spells)))
    night = Night([], [], hours, rng.uniform(-72, -50))
    at_s = 0.0
    for start_s, index in zip(starts, rng.permutation(len(spells)), strict=True):
        kind = spells[index]
        at_s = _spell(night, kind, of_kind[kind.name], max(at_s, float(start_s)), rng) + 5.0
    return night


def by_kind(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    """The clips of each kind by its name; pets are left out."""
    named = {label: kind.name for kind in KINDS for label in kind.labels}
    found: dict[str, list[Clip]] = {kind.name: [] for kind in KINDS}
    for clip in clips:
        if not clip.is_pet:
            label = clip.label.removeprefix("negative:")
            found[named.get(label, KINDS[-1].name)].append(clip)
    return found


def _spell(night: Night, kind: Kind, clips: Sequence[Clip], at_s: float, rng: Generator) -> float:
    """One recording again and again; returns when it is over."""
    groups = sorted({clip.group for clip in clips})
    chosen = groups[int(rng.integers(len(groups)))]
    own = [clip for clip in clips if clip.group == chosen]
    level_db, start_s = rng.uniform(*kind.level_db), at_s
    for _ in range(int(rng.integers(kind.repeats[0], kind.repeats[1] + 1))):
        sound = load(own[int(rng.integers(len(own)))].path)
        sound = synth.at_level(sound, level_db + rng.uniform(-3, 3))
        if at_s + len(sound) / AUDIO_RATE_HZ > night.hours * HOUR_S - 10:
            break
        night.pieces.append((round(at_s * AUDIO_RATE_HZ), sound))
        at_s += len(sound) / AUDIO_RATE_HZ + rng.exponential(1.0)
    night.placed.append(Placed(start_s, at_s, kind.name))
    return at_s


@dataclass
class Tally:
    """What was told over several nights."""

    nights: int = 0
    bouts: Counter[str] = field(default_factory=Counter)
    """false bouts of a pet by what was playing"""
    alerts: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    """single strong calls, which are a line in the log"""
    worst: int = 0
    """alerts in one night"""
    answered: list[float] = field(default_factory=list)
    """scores of the bouts inside alerts, as the journal would keep them"""

    def count(self, night: Night, events: Sequence[BoutEvent], hold_s: float) -> None:
        """Fold in one night."""
        ended = [e for e in events if isinstance(e, CryEnded) and e.species != "human"]
        spans = alert_spans(events, night.hours, hold_s)
        self.nights += 1
        self.worst = max(self.worst, len(spans))
        self.bouts += Counter(_playing(night, e.started_s) for e in ended)
        self.alerts += Counter(_playing(night, since_s) for since_s, _ in spans)
        inside = [e for e in ended if any(a - 1 <= e.started_s <= b for a, b in spans)]
        self.answered += [e.score for e in inside]

    def show(self, name: str) -> None:
        """Print rates with exact 90 % Poisson intervals: the upper bound holds at 95 %."""
        found = {"alerts": self.alerts, "bouts": self.bouts, "single calls": self.calls}
        for what, counts in found.items():
            rate = poisson_rate(counts.total(), self.nights)
            print(f"{name}: {counts.total()} false {what} in {self.nights} nights, {rate} a night")
            print(f"  {dict(counts.most_common())}")
        print(f"  at most {self.worst} alerts in one night")


def _playing(night: Night, at_s: float) -> str:
    return next((p.label for p in night.placed if p.start_s - 2 < at_s < p.end_s + 2), "room")


def live(model: CryModel, clips: Sequence[Clip], nights: int, seed: int, tally: Tally) -> None:
    """So many nights of one model."""
    for number in range(nights):
        night = night_of(clips, np.random.default_rng((seed, number)))
        events, calls = heard_with_calls(model, night, seed + number)
        tally.count(night, events, model.card.rule.hold_s)
        tally.calls += Counter(_playing(night, call.t_s) for call in calls)
        print(".", end="", flush=True)


def answered(model: CryModel, clips: Sequence[Clip], seed: int) -> CryModel:
    """The model as ``calibrate cry`` leaves it after a week in which all alerts were refused."""
    week = Tally()
    live(model, clips, WEEK, seed, week)
    if not week.answered:
        return model
    with tempfile.TemporaryDirectory() as folder:
        import soundfile

        room = Path(folder, "room.wav")
        quiet = synth.Room(seed, noise_db=-60.0).render(0, 300 * AUDIO_RATE_HZ)
        soundfile.write(room, quiet, AUDIO_RATE_HZ, subtype="PCM_16")
        cries = [listen_to(model, c.path, is_cry=True) for c in clips if c.is_pet]
        recordings = [*cries, listen_to(model, room, is_cry=False)]
        on = tune(model, recordings, "kitten", "threshold", week.answered).on
    rule = msgspec.structs.replace(model.card.rule, on=on, off=min(on, model.card.rule.off))
    return CryModel(msgspec.structs.replace(model.card, rule=rule), model.arrays)


def main() -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument(
        "--cross-validate", type=Path, nargs="+", required=True, help="trained without some folds"
    )
    parser.add_argument("--nights", type=int, default=8, help="per model")
    parser.add_argument("--week", action="store_true", help="also after a week of answers")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    alone, after = Tally(), Tally()
    try:
        for model, own in held_out(given.cross_validate, read_manifest(given.manifest)):
            live(model, own, given.nights, given.seed, alone)
            if given.week:
                told = answered(model, own, given.seed + 500)
                live(told, own, given.nights, given.seed, after)
    except (NurseryError, OSError) as error:
        parser.exit(2, f"{error}\n")
    print()
    alone.show("the model alone")
    if given.week:
        after.show("after a week of answers")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
