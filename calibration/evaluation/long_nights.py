"""False alerts a night: ten hours with every hard kind of sound at the rates of a busy home.

    python -m calibration.evaluation.long_nights --manifest dev/manifest.csv \
        --cross-validate work/without*.npz --nights 8

A night is a room in which spells of sound come at random: dogs that bark, a human baby, doors,
birds at dawn, music, speech, alarms. A spell is one recording again and again, with pauses, as one
dog or one baby would be heard; how many spells a night has of each kind, and how long they are, is
judgement (``KINDS``). Every model judges recordings that it never heard. Printed are false bouts
and the alerts the daemon would have raised, and of 45 s of each pet's crying, 30, 12 and 6 dB over
the room, how often somebody would have been woken. With ``--week`` the same again, on other nights,
after a week in which every false alert was answered "not a cry" and ``nursery calibrate cry`` was
run with four recordings of her own pets, which are left out of the crying: with the journal alone,
and with the refused bouts that the service keeps if asked to.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.random import Generator

from calibration.cry import listen_to
from calibration.cry_made import hidden_of, made_sounds
from calibration.cry_tuning import Metrics, Recording, Way, best, compare, tune
from calibration.evaluation.evaluate import held_out
from calibration.evaluation.metrics import poisson_rate
from calibration.evaluation.night_sounds import Night, Placed, Samples, spells
from calibration.evaluation.nights import alert_spans, heard, heard_with_calls, room_of
from calibration.training.canvases import load
from calibration.training.clips import Clip, read_manifest
from monitor.core.cry.bouts import BoutEvent
from monitor.core.cry.model import CryModel
from monitor.errors import NurseryError
from monitor.events import AUDIO_RATE_HZ, CryEnded
from monitor.simulation import sounds as synth
from monitor.store.cry_clips import BEFORE_S, CLIP_S, MOST_A_DAY
from monitor.times import HOUR_S

HOURS = 10.0
WEEK, HERS = 7, 4
OVER_ROOM_DB = (30.0, 12.0, 6.0)


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
    woke: Counter[float] = field(default_factory=Counter)
    """spells of a pet's crying that raised an alert, by how far over the room"""
    cried: Counter[float] = field(default_factory=Counter)
    """all of them"""

    def count(self, night: Night, events: Sequence[BoutEvent], hold_s: float) -> list[CryEnded]:
        """Fold in one night; returns the bouts inside its alerts."""
        ended = [e for e in events if isinstance(e, CryEnded) and e.species != "human"]
        spans = alert_spans(events, night.hours, hold_s)
        self.nights += 1
        self.worst = max(self.worst, len(spans))
        self.bouts += Counter(_playing(night, e.started_s) for e in ended)
        self.alerts += Counter(_playing(night, since_s) for since_s, _ in spans)
        return [e for e in ended if any(a - 1 <= e.started_s <= b for a, b in spans)]

    def count_woken(
        self, night: Night, over_db: float, events: Sequence[BoutEvent], hold_s: float
    ) -> None:
        """Fold in one night of spells of crying."""
        spans = alert_spans(events, night.hours, hold_s)
        self.cried[over_db] += len(night.placed)
        self.woke[over_db] += sum(
            any(a < p.end_s + 3 and b > p.start_s for a, b in spans) for p in night.placed
        )

    def show(self, name: str) -> None:
        """Print rates with exact 90 % Poisson intervals: the upper bound holds at 95 %."""
        found = {"alerts": self.alerts, "bouts": self.bouts, "single calls": self.calls}
        for what, counts in found.items():
            rate = poisson_rate(counts.total(), self.nights)
            print(f"{name}: {counts.total()} false {what} in {self.nights} nights, {rate} a night")
            print(f"  {dict(counts.most_common())}")
        print(f"  at most {self.worst} alerts in one night")
        woken = (f"{self.woke[db]} of {n} at {db:.0f} dB" for db, n in self.cried.items())
        print(f"{name}: spells of a pet that wake somebody: {', '.join(woken)}")


def _playing(night: Night, at_s: float) -> str:
    return next((p.label for p in night.placed if p.start_s - 2 < at_s < p.end_s + 2), "room")


@dataclass
class Answered:
    """What a week leaves behind: the bouts inside alerts that were answered "not a cry"."""

    scores: list[float] = field(default_factory=list)
    """as in the journal"""
    kept: list[Samples] = field(default_factory=list)
    """as the service keeps them"""


def live(model: CryModel, clips: Sequence[Clip], nights: int, seed: int, tally: Tally) -> Answered:
    """So many nights of one model."""
    answered = Answered()
    for number in range(nights):
        night = night_of(clips, np.random.default_rng((seed, number)))
        events, calls = heard_with_calls(model, night, seed + number)
        refused = tally.count(night, events, model.card.rule.hold_s)
        tally.calls += Counter(_playing(night, call.t_s) for call in calls)
        answered.scores += [bout.score for bout in refused]
        for bout in refused[:MOST_A_DAY]:
            start = max(0, round((bout.started_s - BEFORE_S) * AUDIO_RATE_HZ))
            room = room_of(night, seed + number)
            answered.kept.append(room.render(start, round(CLIP_S * AUDIO_RATE_HZ)))
        print(".", end="", flush=True)
    return answered


def wake(model: CryModel, pets: Sequence[Clip], seed: int, tally: Tally) -> None:
    """Spells of crying, louder and fainter."""
    for over_db in OVER_ROOM_DB:
        night = spells(pets, over_db, np.random.default_rng(seed))
        tally.count_woken(night, over_db, heard(model, night, seed), model.card.rule.hold_s)


def tuned(
    model: CryModel, hers: Sequence[Clip], answered: Answered, *, kept: bool, seed: int
) -> tuple[CryModel, Way]:
    """The model as ``nursery calibrate cry`` leaves it, and which way of tuning it took."""
    quiet = synth.Room(seed, noise_db=-60.0).render(0, 300 * AUDIO_RATE_HZ)
    recordings = [listen_to(model, clip.path, is_cry=True) for clip in hers]
    refused = answered.kept if kept else []
    recordings += [_no_cry(model, samples) for samples in (quiet, *refused)]
    answers = [] if kept else answered.scores
    made = made_sounds(model)
    found: dict[Way, Metrics] = compare(model, recordings, "kitten", answers, made)
    way = best(found)
    layer = tune(model, recordings, "kitten", way, answers, made)
    rule = msgspec.structs.replace(
        model.card.rule, on=layer.on, off=min(layer.on, model.card.rule.off)
    )
    card = msgspec.structs.replace(model.card, rule=rule)
    arrays = model.arrays | {"head1": layer.weights, "head1_bias": layer.bias}
    return CryModel(card, arrays), way


def _no_cry(model: CryModel, samples: Samples) -> Recording:
    hidden = hidden_of(model, samples)
    return Recording(Path("refused.wav"), hidden, np.ones(len(hidden), dtype=bool), is_cry=False)


def hers_among(clips: Sequence[Clip], seed: int) -> tuple[list[Clip], list[Clip]]:
    """Recordings that she has of her own pets, and all recordings of other pets."""
    pets = [clip for clip in clips if clip.is_pet]
    groups = sorted({clip.group for clip in pets})
    chosen = np.random.default_rng(seed).permutation(groups)[:HERS].tolist()
    first = {clip.group: clip for clip in reversed(pets) if clip.group in chosen}
    return list(first.values()), [clip for clip in pets if clip.group not in chosen]


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
    names = ("the model alone", "after a week of answers", "after a week, refused bouts kept")
    tallies = {name: Tally() for name in (names if given.week else names[:1])}
    ways: Counter[tuple[str, Way]] = Counter()
    try:
        for model, own in held_out(given.cross_validate, read_manifest(given.manifest)):
            hers, pets = hers_among(own, given.seed)
            answered = live(model, own, WEEK, given.seed + 500, Tally()) if given.week else None
            for name, tally in tallies.items():
                told = model
                if answered is not None and name != names[0]:
                    kept = name == names[2]
                    told, way = tuned(model, hers, answered, kept=kept, seed=given.seed)
                    ways[name, way] += 1
                live(told, own, given.nights, given.seed, tally)
                wake(told, pets, given.seed, tally)
    except (NurseryError, OSError) as error:
        parser.exit(2, f"{error}\n")
    print()
    for name, tally in tallies.items():
        tally.show(name)
    for (name, way), count in ways.items():
        print(f"{name}: {way}, {count} of {len(given.cross_validate)} models")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
