"""The last layer of a trained cry model, fitted once more to plain recordings.

The network learns from mixed scenes, half of them cries, most of them harder than recordings are;
the last layer is then fitted to the recordings as they are and in their own proportions. Held out,
average precision rose by a tenth with it (``calibration/evaluation/README.md``). A penalty keeps
its 1,285 numbers near those of the long training.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from calibration.training.canvases import window_targets
from calibration.training.clips import KINDS, Clip, read_audio
from monitor.core.cry.features import (
    FRAME,
    HOP,
    STEP_SAMPLES,
    SURVEY_EVERY,
    Floats,
    Surveyor,
    log_mel,
    picture,
)
from monitor.core.cry.model import CryModel
from monitor.core.cry.network import Net
from monitor.events import AUDIO_RATE_HZ

_CLASS_WEIGHT = (1.0, 6.0, 1.0, 1.2, 2.0)
"""as in training, but whines are rarer in the recordings than in a nursery: held out, with 3 four
of eleven were called puppy, with 6 five, for 0.007 of average precision; with 3 the model that
ships told two of six bouts of synthetic puppies too late"""
_KEEP = 0.0003
"""penalty on the squared way each weight moves; judged on folds 0 to 3, 0.001 gave an average
precision of 0.678, this 0.691, a third of it 0.690"""
_STEPS, _BATCH, _RATE = 2_000, 2_048, 3e-3


class Windows(NamedTuple):
    """What the last layer is fitted to."""

    hidden: Floats
    """shape (windows, hidden)"""
    targets: NDArray[np.int64]
    """shape (windows,): index into KINDS"""
    weight: float = 1.0
    """of each in the draw, against the others"""


def settle(
    model: CryModel,
    clips: Sequence[Clip],
    seed: int,
    strange: Sequence[Path] = (),
    strange_weight: float = 1.0,
) -> dict[str, Floats]:
    """The model's arrays with the last layer fitted to every window of ``clips``.

    ``strange`` are sounds in which nobody cries, of kinds that the clips lack (``made_sounds.py``);
    a window of them counts ``strange_weight`` times as much as one of a clip.
    """
    parts = [labelled(model, clips)]
    if strange:
        parts.append(Windows(*others(model, strange)[:2], strange_weight))
    weights, bias = fit(model.head[1], parts, seed)
    return model.arrays | {"head1": weights, "head1_bias": bias}


def labelled(model: CryModel, clips: Sequence[Clip]) -> Windows:
    """Every window of the clips whose kind is known."""
    hidden, targets = [], []
    for clip in clips:
        samples = read_audio(clip.path)
        inner = hidden_of(model, samples)
        hidden.append(inner)
        targets.append(_targets(clip, len(samples), len(inner)))
    inputs, wanted = np.concatenate(hidden), np.concatenate(targets).astype(np.int64)
    known = wanted >= 0
    return Windows(inputs[known], wanted[known])


def others(model: CryModel, paths: Sequence[Path]) -> Windows:
    """Every window of sounds in which nobody cries."""
    hidden = np.concatenate([hidden_of(model, read_audio(path)) for path in paths])
    return Windows(hidden, np.full(len(hidden), KINDS.index("other"), dtype=np.int64))


def hidden_of(model: CryModel, samples: Floats) -> Floats:
    """What the network computes before its last layer, shape (steps, hidden); nothing skipped."""
    steps = max(1, -(-len(samples) // STEP_SAMPLES))
    padded = np.zeros(steps * STEP_SAMPLES + FRAME - HOP, dtype=np.float32)
    padded[: len(samples)] = samples
    mel_db = log_mel(padded)
    survey = Surveyor().survey(np.ascontiguousarray(mel_db[::SURVEY_EVERY]))
    return Net(model).hidden(picture(mel_db, survey))


def _targets(clip: Clip, samples: int, steps: int) -> NDArray[np.int8]:
    cries = [(int(a * AUDIO_RATE_HZ), int(b * AUDIO_RATE_HZ)) for a, b in clip.cries]
    return window_targets(clip.kind, cries or [(0, samples)], steps)


def fit(start: tuple[Floats, Floats], parts: Sequence[Windows], seed: int) -> tuple[Floats, Floats]:
    """Weighted logistic regression from ``start``."""
    torch.manual_seed(seed)
    x = torch.from_numpy(np.concatenate([part.hidden for part in parts]))
    y = torch.from_numpy(np.concatenate([part.targets for part in parts]))
    drawn = torch.cat([torch.full((len(part.hidden),), part.weight) for part in parts])
    first, bias = (torch.from_numpy(part.copy()) for part in start)
    weights = first.clone().requires_grad_()
    bias.requires_grad_()
    optimiser = torch.optim.Adam([weights, bias], lr=_RATE)
    class_weight = torch.tensor(_CLASS_WEIGHT)
    for _ in range(_STEPS):
        rows = torch.multinomial(drawn, _BATCH, replacement=True)
        loss = nn.functional.cross_entropy(x[rows] @ weights + bias, y[rows], weight=class_weight)
        loss = loss + _KEEP * (weights - first).square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return weights.detach().numpy(), bias.detach().numpy()
