"""The cry network in PyTorch, for training only; ``monitor.core.cry.network`` is its numpy twin.

Same layers, same causal padding, same pooling; batch normalisation is folded into the weights on
export. The classes are a linear reading of the teacher's features as the network predicts them:
what a large network knows about sound comes from far more recordings than there are labels here,
and a reading with so few free numbers generalises from a few dozen cries. Both linear maps become
one on export, so none of this costs anything at run time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from calibration.training.clips import KINDS
from monitor.core.cry import features
from monitor.core.cry.model_file import ConvShape

SHAPES: tuple[tuple[ConvShape, int], ...] = (
    (ConvShape((4, 8), (2, 4)), 24),
    (ConvShape((3, 3), (2, 2)), 48),
    (ConvShape((3, 3), (2, 2)), 96),
    (ConvShape((3, 3), (1, 1)), 128),
    (ConvShape((3, 1), (1, 1)), 128),
)
"""shape and outputs of each convolution; 3.4 million products per second of sound in all. None is
padded over pitch (64 bands become 15, 7, 3, 1), so that in numpy each layer writes straight into
the next one's input; the first gathers long runs, the third halves the frames where products are
most. With 32 first channels and the halving one layer later four passes of training explained 71
and 20 % of the teacher (see ``Plan.rate``); with the halving here 71 and 19 %, and as much with
24, 48, 80 and 112 channels instead; both together were measured only whole, by ``evaluate``."""

HIDDEN = 256
FRAMES_PER_STEP = features.STEP_FRAMES // 8


class Output(NamedTuple):
    """Per window: class logits and the guess of what the teacher would say."""

    logits: Tensor
    """(batch, steps, len(KINDS))"""
    taught: Tensor
    """(batch, steps, taught)"""


class CryNet(nn.Module):
    """Strided convolutions, pooling over two steps, two dense layers."""

    def __init__(self, taught: int, dropout: float = 0.15) -> None:
        super().__init__()
        self.convs = nn.ModuleList()
        self.norms = nn.ModuleList()
        channels = 2
        for shape, outputs in SHAPES:
            self.convs.append(nn.Conv2d(channels, outputs, shape.kernel, shape.stride, bias=False))
            self.norms.append(nn.BatchNorm2d(outputs))
            channels = outputs
        self.dropout = nn.Dropout(dropout)
        self.head0 = nn.Linear(2 * channels, HIDDEN)
        self.lesson = nn.Linear(HIDDEN, taught)
        self.reading = nn.Linear(taught, len(KINDS))

    def forward(self, pictures: Tensor) -> Output:
        """``pictures`` has shape (batch, 2, steps * STEP_FRAMES, BANDS)."""
        x = pictures
        for (shape, _), conv, norm in zip(SHAPES, self.convs, self.norms, strict=True):
            past = shape.kernel[0] - shape.stride[0]
            x = torch.relu(norm(conv(nn.functional.pad(x, (0, 0, past, 0)))))
        steps = x.squeeze(3).unflatten(2, (-1, FRAMES_PER_STEP))  # (batch, channels, steps, frames)
        sums, tops = (nn.functional.pad(part, (1, 0)) for part in (steps.sum(3), steps.amax(3)))
        mean = (sums[:, :, :-1] + sums[:, :, 1:]) / (2 * FRAMES_PER_STEP)
        top = torch.maximum(tops[:, :, :-1], tops[:, :, 1:])
        pooled = torch.cat([mean, top], dim=1).transpose(1, 2)
        taught = self.lesson(torch.relu(self.head0(self.dropout(pooled))))
        return Output(self.reading(taught), taught)


def export(net: CryNet) -> dict[str, NDArray[np.float32]]:
    """The arrays ``monitor.core.cry.detector`` reads, normalisation folded in."""
    arrays: dict[str, NDArray[np.float32]] = {}
    for k, (conv, norm) in enumerate(zip(net.convs, net.norms, strict=True)):
        if not isinstance(conv, nn.Conv2d) or not isinstance(norm, nn.BatchNorm2d):
            raise TypeError("layers out of order")
        if norm.running_var is None or norm.running_mean is None:
            raise TypeError("normalisation without statistics")
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weights = conv.weight * scale[:, None, None, None]
        flat = weights.permute(2, 3, 1, 0).reshape(-1, weights.shape[0])
        arrays[f"conv{k}"] = flat.detach().numpy().copy()
        bias = norm.bias - norm.running_mean * scale
        arrays[f"conv{k}_bias"] = bias.detach().numpy().copy()
    lesson, reading = net.lesson, net.reading
    arrays["head0"] = net.head0.weight.detach().numpy().T.copy()
    arrays["head0_bias"] = net.head0.bias.detach().numpy().copy()
    both = reading.weight @ lesson.weight
    arrays["head1"] = both.detach().numpy().T.copy()
    arrays["head1_bias"] = (reading.weight @ lesson.bias + reading.bias).detach().numpy().copy()
    return arrays


def reference(
    arrays: dict[str, NDArray[np.float32]], layers: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What PyTorch computes from exported arrays: (frames, BANDS, 2) to (steps, len(KINDS))."""
    x = torch.from_numpy(layers.transpose(2, 0, 1).copy())[None]
    for k, (shape, outputs) in enumerate(SHAPES):
        (kt, kf), past = shape.kernel, shape.kernel[0] - shape.stride[0]
        flat = torch.from_numpy(arrays[f"conv{k}"])
        weights = flat.view(kt, kf, -1, outputs).permute(3, 2, 0, 1)
        x = nn.functional.pad(x, (0, 0, past, 0))
        x = torch.relu(
            nn.functional.conv2d(
                x, weights, torch.from_numpy(arrays[f"conv{k}_bias"]), shape.stride
            )
        )
    x = nn.functional.pad(x.squeeze(3), (FRAMES_PER_STEP, 0))
    windows = x.unfold(2, 2 * FRAMES_PER_STEP, FRAMES_PER_STEP)
    x = torch.cat([windows.mean(dim=3), windows.amax(dim=3)], dim=1).transpose(1, 2)[0]
    for k in range(2):
        dense, bias = arrays[f"head{k}"], arrays[f"head{k}_bias"]
        x = torch.relu(x) @ torch.from_numpy(dense) + torch.from_numpy(bias)
    return np.asarray(x.numpy(), dtype=np.float32)


def pictures(mel_db: Tensor, history: Tensor | None = None) -> Tensor:
    """The pictures ``monitor.core.cry.features`` gives, for a batch: (batch, 2, frames, BANDS).

    ``mel_db`` has shape (batch, steps * STEP_FRAMES, BANDS). ``history`` (batch, k, BANDS) is the
    background of k earlier steps, for scenes that begin in the middle of a stream.
    """
    batch, frames, bands = mel_db.shape
    surveyed = mel_db[:, :: features.SURVEY_EVERY]
    slope = features._PRESENCE_DECAY_DB_PER_FRAME * features.SURVEY_EVERY
    fall = slope * torch.arange(1, surveyed.shape[1] + 1)
    raised = torch.cummax(surveyed.amax(dim=2) + fall, dim=1).values
    quietest = torch.tensor(features._QUIETEST_PEAK_DB)
    loudest = torch.maximum(torch.maximum(raised, quietest) - fall, quietest)
    floor = (loudest - features._PRESENCE_RANGE_DB).repeat_interleave(features.SURVEY_EVERY, dim=1)
    steps = mel_db.view(batch, -1, features.STEP_FRAMES, bands)
    background = _backgrounds(surveyed.view(batch, steps.shape[1], -1, bands), history)
    both = torch.empty(batch, 2, frames, bands, memory_format=torch.channels_last)
    torch.sub(mel_db, floor[:, :, None], out=both[:, 0])
    above = both[:, 1].unflatten(1, (-1, features.STEP_FRAMES))
    torch.sub(steps, background[:, :, None], out=above)
    both *= torch.from_numpy(features._LAYER_SCALE)[None, :, None, None]
    return both.clamp_(0, 1)


def _backgrounds(steps: Tensor, history: Tensor | None) -> Tensor:
    """The background of each step of surveyed frames, shape (batch, steps, BANDS)."""
    quartiles = _rank(steps, features._STEP_RANK, 2)
    past = quartiles if history is None else torch.cat([history, quartiles], dim=1)
    earlier = past.shape[1] - quartiles.shape[1]
    background = torch.empty_like(quartiles)
    for step in range(quartiles.shape[1]):
        last = earlier + step + 1
        known = past[:, max(0, last - features._BACKGROUND_STEPS) : last]
        background[:, step] = _rank(known, known.shape[1] // features._BACKGROUND_PART, 1)
    return background


def _rank(values: Tensor, rank: int, dim: int) -> Tensor:
    """The value with ``rank`` smaller ones along ``dim``; numpy selects faster than torch."""
    return torch.from_numpy(np.partition(values.numpy(), rank, axis=dim).take(rank, axis=dim))
