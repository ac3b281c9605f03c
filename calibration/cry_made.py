"""Made sounds, as a cry model's last layer sees them: what tuning must not unlearn.

Synthetic kittens and puppies, and what is none: squeaks, hinges, sirens, kettles, beepers, birds,
whistles, human babies, dogs. Each lies in the noise of a room. Nothing recorded is needed, and the
same sounds judge every model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from calibration.training.made_models import MODELS
from monitor.core.cry.detector import BLOCK_STEPS
from monitor.core.cry.features import (
    FRAME,
    HOP,
    STEP_SAMPLES,
    SURVEY_EVERY,
    Floats,
    Surveyor,
    log_mel,
    log_mel_between,
    picture,
)
from monitor.core.cry.model import CryModel
from monitor.core.cry.network import Net
from monitor.events import AUDIO_RATE_HZ, Species
from monitor.simulation import sounds as synth

_BOUTS, _BOUT_S = 96, 4.0
"""made bouts that the last layer must go on hearing as it did, and how long each is"""
_JUDGED_BOUTS, _JUDGED_S = 48, 12.0
"""others, by which a tuned model is judged"""
_OTHERS, _VOICES = 16, 32
"""made sounds of each model, babies and dogs: so many to learn from, so many to judge by"""
_MADE_DB, _MADE_S = -20.0, 4.0
_NOISE_DB = (5.0, 45.0)
"""how far the noise of a room lies below them"""

_BLOCK = BLOCK_STEPS * STEP_SAMPLES


class Made(NamedTuple):
    """Made sounds in the noise of a room, as a model's last layer sees them.

    The layer learns to go on hearing the first ones as it did, and is judged by the second ones.
    """

    cries: Floats
    """shape (windows, hidden): kittens and puppies"""
    others: Floats
    """shape (windows, hidden): birds, squeaks, whistles, sirens, human babies, dogs"""
    judged_cries: list[Floats]
    """one bout each"""
    judged_others: Floats


def made_sounds(model: CryModel) -> Made:
    """The same sounds for every model; takes seconds, on a Zero 2 W minutes."""
    return Made(
        np.concatenate([*_cries(model, 1, _BOUTS, _BOUT_S)]),
        np.concatenate([*_others(model, 2)]),
        judged_cries(model),
        np.concatenate([*_others(model, 4)]),
    )


def judged_cries(model: CryModel) -> list[Floats]:
    """The cries alone by which a model is judged; each of shape (windows, hidden)."""
    return [*_cries(model, 3, _JUDGED_BOUTS, _JUDGED_S)]


def _cries(model: CryModel, seed: int, count: int, seconds: float) -> Iterator[Floats]:
    rng = np.random.default_rng(seed)
    for k in range(count):
        species: Species = "puppy" if k % 2 else "kitten"
        yield _in_a_room(model, rng, synth.bout(species, rng, seconds, level_db=_MADE_DB))


def _others(model: CryModel, seed: int) -> Iterator[Floats]:
    rng = np.random.default_rng(seed)
    most = int(_MADE_S * AUDIO_RATE_HZ)
    for make in MODELS.values():
        for _ in range(_OTHERS):
            yield _in_a_room(model, rng, synth.at_level(make(rng)[:most], _MADE_DB))
    for kind in ("human", "bark"):
        for _ in range(_VOICES):
            yield _in_a_room(model, rng, synth.bout(kind, rng, _MADE_S, level_db=_MADE_DB))


def _in_a_room(model: CryModel, rng: Generator, sound: Floats) -> Floats:
    noise = synth.noise(rng, len(sound) / AUDIO_RATE_HZ + 0.1)[: len(sound)]
    room = sound + synth.at_level(noise, _MADE_DB - rng.uniform(*_NOISE_DB))
    return hidden_of(model, room.astype(np.float32))


def hidden_of(model: CryModel, samples: Floats) -> Floats:
    """What the network computes of a whole recording before its last layer, (windows, hidden)."""
    blocks = max(1, -(-len(samples) // _BLOCK))
    padded = np.zeros(blocks * _BLOCK + FRAME - HOP, dtype=np.float32)
    padded[: len(samples)] = samples
    net, surveyor, hidden = Net(model), Surveyor(), []
    for at in range(0, blocks * _BLOCK, _BLOCK):
        block = padded[at : at + _BLOCK + FRAME - HOP]
        surveyed = log_mel(block, SURVEY_EVERY)
        survey = surveyor.survey(surveyed)
        hidden.append(net.hidden(picture(log_mel_between(block, surveyed), survey)))
    return np.concatenate(hidden)
