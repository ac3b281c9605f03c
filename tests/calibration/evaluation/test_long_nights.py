"""Long nights: only what is no pet, at the stated rates, one thing at a time; alerts have spans."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from calibration.evaluation.long_nights import KINDS, Tally, by_kind, hers_among, night_of
from calibration.evaluation.night_sounds import Night, Placed, spells
from calibration.evaluation.nights import alert_spans
from calibration.training.clips import Clip, Kind
from monitor.events import CryEnded, CryStarted


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    made: list[Clip] = []
    kinds: dict[str, Kind] = {"dog_bark": "bark", "human_baby_cry": "human"}
    for kind in KINDS:
        for label in kind.labels or ("insects",):
            path = tmp_path / f"{label}.wav"
            soundfile.write(path, np.random.default_rng(1).normal(size=16_000) * 0.1, 16_000)
            full = label if label in kinds else f"negative:{label}"
            made.append(Clip(path, full, kinds.get(label, "other"), label, "CC0", (), None))
    pet = tmp_path / "pet.wav"
    soundfile.write(pet, np.zeros(16_000), 16_000)
    return [*made, Clip(pet, "kitten_or_cat_meow", "kitten", "pet", "CC0", (), None)]


def test_every_clip_but_a_pets_has_one_kind(clips: list[Clip]) -> None:
    kinds = by_kind(clips)
    assert sum(map(len, kinds.values())) == len(clips) - 1
    assert all(kinds.values())
    assert [c.label for c in kinds["everything else"]] == ["negative:insects"]


def test_spells_come_at_their_rates_and_never_two_at_once(clips: list[Clip]) -> None:
    nights = [night_of(clips, np.random.default_rng(k)) for k in range(40)]
    for night in nights:
        assert all(
            a.end_s < b.start_s for a, b in zip(night.placed, night.placed[1:], strict=False)
        )
        assert night.placed[-1].end_s < night.hours * 3600
    told = [place.label for night in nights for place in night.placed]
    for kind in KINDS:
        assert told.count(kind.name) / 40 == pytest.approx(kind.spells, rel=0.3), kind.name


def bout(start_s: float, length_s: float) -> tuple[CryStarted, CryEnded]:
    begun = CryStarted(t_s=start_s, species="kitten", score=0.6, decided_s=start_s + 3)
    over = CryEnded(
        t_s=start_s + length_s, started_s=start_s, species="kitten", score=0.6, species_p={}
    )
    return begun, over


def test_an_alert_has_the_span_of_its_crying_and_is_counted_by_what_played() -> None:
    events = [*bout(100, 8), *bout(1_000, 30), *bout(1_050, 30)]
    ((since_s, until_s),) = alert_spans(events, 1.0, 6.0)
    assert since_s == 1_000
    assert 1_080 <= until_s < 1_200
    tally = Tally()
    inside = tally.count(Night([], [Placed(990, 1_100, "birds")], 1.0, -60), events, 6.0)
    assert tally.alerts == {"birds": 1}
    assert tally.bouts == {"birds": 2, "room": 1}
    assert [bout.started_s for bout in inside] == [1_000, 1_050]
    two = Night([], [Placed(990, 1_100, "kitten"), Placed(2_000, 2_045, "kitten")], 1.0, -60)
    tally.count_woken(two, 12.0, events, 6.0)
    assert (tally.woke, tally.cried) == ({12.0: 1}, {12.0: 2})


def test_her_own_pets_are_not_among_those_that_are_listened_for(clips: list[Clip]) -> None:
    pets = [
        Clip(clips[-1].path, "kitten_or_cat_meow", "kitten", f"pet{k // 2}", "CC0", (), None)
        for k in range(14)
    ]
    hers, others = hers_among([*clips[:-1], *pets], seed=1)
    assert len({clip.group for clip in hers}) == len(hers) == 4
    assert len(others) == 6
    assert not {clip.group for clip in hers} & {clip.group for clip in others}


def test_a_spell_is_long_enough_to_get_up_for_and_stands_alone(clips: list[Clip]) -> None:
    night = spells([clips[0]] * 3, 12.0, np.random.default_rng(1))
    assert len(night.placed) == 3
    assert all(45 <= spell.end_s - spell.start_s < 50 for spell in night.placed)
    pauses = [b.start_s - a.end_s for a, b in zip(night.placed, night.placed[1:], strict=False)]
    assert min(pauses) > 90, "an incident of crying ends after 90 s"
    assert night.placed[-1].end_s < night.hours * 3600
    first, samples = night.pieces[0]
    assert first == 30 * 16_000
    level_db = 10 * np.log10(np.square(samples).mean())
    assert -55 + 12 - 5 < level_db < -55 + 12 + 5
