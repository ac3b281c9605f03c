"""From labelled recordings to ``monitor/data/cry.npz`` in one command.

    python -m calibration.train --manifest dev/manifest.csv --extra extra/manifest.csv \
        --teacher yamnet.tflite --work work --out monitor/data/cry.npz

Paints scenes (resumable, shard by shard), reads the labels linearly from the teacher's features,
trains the small network to predict those features and that reading (resumable, epoch by epoch),
folds the average of its weights into the numpy model and writes it.
``--hold-out K`` leaves fold K out, for cross-validation. Everything is seeded.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from calibration import network, scenes
from calibration.clips import KINDS
from monitor.core.bouts import BoutRule
from monitor.core.cry_model import Card, CryModel
from monitor.core.features import BANDS, SILENCE_DB, STEP_FRAMES, SURVEY_EVERY, fingerprint

TAUGHT_FEATURES = 128
"""principal components of the teacher's 1024 features that are taught"""

OTHER = KINDS.index("other")
_CLASS_WEIGHT = (1.0, 1.0, 1.0, 1.2, 2.0)
"""missing a cry costs less than waking somebody for nothing: the bout rule asks for repetition"""
_HARD_WEIGHT = 2.0
"""a negative taken for a pet with probability p weighs 1 + 2 p: mined as training goes on"""
_TEACHING = 1.0
"""weight of predicting the teacher's features, against that of the classes"""
_LABEL_SHARE = 0.35
"""part of a class target that is the label; the rest is the teacher's features, read linearly"""

DEFAULT_RULE = BoutRule(
    on=0.40, off=0.28, hits=5, span_s=10.0, spread_s=1.9, hold_s=6.0, refractory_s=2.0,
    species_margin=0.2,
)  # fmt: skip
"""chosen on the clips of fold 1, strung together, and 24 stitched bouts (docs/accuracy.md)"""


@dataclass(frozen=True)
class Plan:
    """How long and how to train."""

    epochs: int = 24
    batch: int = 64
    rate: float = 2e-3
    warm_batches: int = 500
    decay_part: float = 0.35
    """the last part of the run, over which the rate falls to nothing; before it, the run does not
    depend on how long it will be, so a longer one may resume from its checkpoint"""
    seed: int = 1
    hold_out: tuple[int, ...] = ()
    """folds that are neither trained on nor mixed in"""
    threads: int = 1

    def rate_at(self, batch: int, of: int) -> float:
        """Learning rate of a batch of the run."""
        left = (of - batch) / (self.decay_part * of)
        return self.rate * min(1.0, (batch + 1) / self.warm_batches, left)


class Material:
    """Scenes in memory, and random batches of them with further augmentation."""

    def __init__(self, shards: scenes.Shards, hold_out: Sequence[int], seed: int) -> None:
        keep = np.flatnonzero(~np.isin(shards.fold, hold_out))
        self._mel = shards.mel[keep]
        self._targets = torch.from_numpy(shards.targets[keep].astype(np.int64))
        self._fold = shards.fold[keep]
        self._taught = torch.from_numpy(_lessons(shards, keep, seed))
        self.has_teacher = bool(np.any(shards.features[:1_000]))
        self._seed = seed
        self._rng = np.random.default_rng(seed)
        self._of_fold = {f: np.flatnonzero(self._fold == f) for f in np.unique(self._fold)}

    def __len__(self) -> int:
        return len(self._mel)

    def windows(self) -> tuple[Tensor, Tensor]:
        """Every window the teacher heard: lessons (n, taught) and targets (n,)."""
        targets = self._targets[:, 1 : 1 + scenes.PATCHES]
        return self._taught.flatten(0, 1), targets.flatten()

    @property
    def taught(self) -> int:
        """Numbers the teacher gives per window."""
        return int(self._taught.shape[2])

    def batches(self, size: int, epoch: int) -> list[NDArray[np.int64]]:
        """One epoch's rows in random order; what is drawn from them depends on the epoch too."""
        self._rng = np.random.default_rng((self._seed, epoch))
        order = self._rng.permutation(len(self))
        return [order[k : k + size] for k in range(0, len(order) - size + 1, size)]

    def draw(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Pictures, targets, lessons and the weight of each scene's lesson."""
        rng = self._rng
        mel = self._decibels(rows)
        targets = self._targets[torch.from_numpy(rows)].clone()
        lesson_weight = torch.full((len(rows),), float(self.has_teacher))
        mixed = np.flatnonzero(rng.random(len(rows)) < 0.12)
        self._mix(rows, mixed, mel, targets)
        lesson_weight[mixed] = 0.0
        _colour(rng, mel)
        _add_noise(rng, mel)
        _mask(rng, mel)
        history = _history(rng, mel) if rng.random() < 0.5 else None
        pictures = network.pictures(mel, history)
        return pictures, targets, self._taught[torch.from_numpy(rows)].float(), lesson_weight

    def _decibels(self, rows: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(self._mel[rows].astype(np.float32)) * 0.5 + SILENCE_DB

    def _mix(
        self, rows: NDArray[np.int64], mixed: NDArray[np.int64], mel: Tensor, targets: Tensor
    ) -> None:
        """Lay a second scene of the same fold under some: what is called changes accordingly."""
        if not len(mixed):
            return
        partners = np.array([self._rng.choice(self._of_fold[self._fold[rows[i]]]) for i in mixed])
        other = self._decibels(partners)
        level = mel[mixed].amax(dim=(1, 2)) - other.amax(dim=(1, 2))
        under_db = torch.from_numpy(self._rng.uniform(0, 25, len(mixed)).astype(np.float32))
        other += (level - under_db)[:, None, None]
        mel[mixed] = 10 * torch.log10(10 ** (mel[mixed] / 10) + 10 ** (other / 10))
        theirs = self._targets[torch.from_numpy(partners)]
        ours = targets[mixed]
        # A cry under something else: heard when it is within 8 dB, unsure below that.
        is_cry = (theirs < 3) & (ours >= 3)
        heard = torch.where((under_db < 8)[:, None], theirs, torch.full_like(theirs, -1))
        targets[mixed] = torch.where(is_cry, heard, ours)


def _lessons(shards: scenes.Shards, keep: NDArray[np.int64], seed: int) -> NDArray[np.float16]:
    """The teacher's features as whitened principal components, and log odds of its classes."""
    features = shards.features.reshape(-1, shards.features.shape[2])
    rng = np.random.default_rng(seed)
    sample = features[rng.choice(len(features), min(len(features), 20_000), replace=False)]
    sample = sample.astype(np.float32)
    mean = sample.mean(axis=0)
    variance, axes = np.linalg.eigh(np.cov(sample, rowvar=False))
    axes = axes[:, ::-1][:, :TAUGHT_FEATURES].T.astype(np.float32)
    spread = np.sqrt(np.maximum(variance[::-1][:TAUGHT_FEATURES], 0)).astype(np.float32)
    # Half-whitened: later components count, but not as much as the first.
    scale = np.sqrt(spread[0]) * np.sqrt(spread) + 1e-6
    count = len(keep)
    out = np.empty((count, scenes.PATCHES, len(axes) + shards.scores.shape[2]), dtype=np.float16)
    for at in range(0, count, 2_000):
        part = keep[at : at + 2_000]
        own = shards.features[part].astype(np.float32) - mean
        out[at : at + len(part), :, : len(axes)] = (own @ axes.T) / scale
        scores = shards.scores[part].astype(np.float32)
        out[at : at + len(part), :, len(axes) :] = np.log(scores + 1e-3) / 3.0 + 1.5
    return out


def _colour(rng: np.random.Generator, mel: Tensor) -> None:
    """A microphone's frequency response: a smooth curve over the bands, and a gain."""
    size = len(mel)
    axis = np.linspace(-1, 1, BANDS)
    curve = rng.normal(0, 3, (size, 1)) * axis
    curve = curve + rng.normal(0, 2, (size, 1)) * np.sin(
        axis * rng.uniform(2, 8, (size, 1)) + rng.uniform(0, 6, (size, 1))
    )
    curve = curve + rng.uniform(-6, 6, (size, 1))
    mel += torch.from_numpy(curve.astype(np.float32))[:, None, :]
    torch.clamp_(mel, min=SILENCE_DB)


def _add_noise(rng: np.random.Generator, mel: Tensor) -> None:
    """Steady noise of a random colour under some scenes (powers of such cells vary like chi2)."""
    chosen = np.flatnonzero(rng.random(len(mel)) < 0.3)
    some = mel[chosen]
    level = some.amax(dim=(1, 2)).numpy() - rng.uniform(8, 50, len(chosen))
    slope = np.linspace(0.5, -0.5, BANDS) * rng.uniform(-6, 24, (len(chosen), 1))
    noise_db = torch.from_numpy((level[:, None] + slope).astype(np.float32))[:, None, :]
    power = torch.from_numpy(rng.standard_gamma(2.0, tuple(some.shape), dtype=np.float32)) / 2.0
    mel[chosen] = 10 * torch.log10(10 ** (some / 10) + power * 10 ** (noise_db / 10))


def _mask(rng: np.random.Generator, mel: Tensor) -> None:
    """Shift a little in pitch and blank a few bands, in some scenes."""
    for row in np.flatnonzero(rng.random(len(mel)) < 0.3):
        shift = int(rng.integers(-2, 3))
        mel[row] = torch.roll(mel[row], shift, dims=1)
    for row in np.flatnonzero(rng.random(len(mel)) < 0.25):
        at, width = int(rng.integers(0, BANDS - 6)), int(rng.integers(1, 6))
        mel[row, :, at : at + width] = mel[row].amin()


def _history(rng: np.random.Generator, mel: Tensor) -> Tensor:
    """A background known from before: the scene's own quiet quartiles, in another order."""
    steps = mel[:, ::SURVEY_EVERY].reshape(len(mel), -1, STEP_FRAMES // SURVEY_EVERY, BANDS)
    rank = STEP_FRAMES // SURVEY_EVERY // 4
    quartiles = torch.from_numpy(np.partition(steps.numpy(), rank, axis=2)[:, :, rank])
    order = rng.permutation(quartiles.shape[1])
    return torch.cat([quartiles[:, order], quartiles[:, order]], dim=1)


def read_teacher(material: Material, seed: int) -> tuple[Tensor, Tensor]:
    """Weights and bias of the classes as a linear reading of the teacher's lessons."""
    lessons, targets = material.windows()
    torch.manual_seed(seed)
    reading = nn.Linear(lessons.shape[1], len(KINDS))
    optimiser = torch.optim.AdamW(reading.parameters(), lr=3e-3, weight_decay=1e-3)
    weight = torch.tensor(_CLASS_WEIGHT)
    for _ in range(2_000):
        rows = torch.randint(0, len(lessons), (512,))
        optimiser.zero_grad()
        logits = reading(lessons[rows].float())
        loss = nn.functional.cross_entropy(logits, targets[rows], weight=weight, ignore_index=-1)
        loss.backward()
        optimiser.step()
    return reading.weight.detach(), reading.bias.detach()


def loss_of(
    output: network.Output,
    targets: Tensor,
    lessons: Tensor,
    lesson_weight: Tensor,
    reading: tuple[Tensor, Tensor],
) -> Tensor:
    """Cross-entropy against label and reading, negatives mined, plus the lesson's square error."""
    log_p = output.logits.log_softmax(dim=2)
    labelled = (targets >= 0).float()
    goal = nn.functional.one_hot(targets.clamp(min=0), len(KINDS)).float()
    share = torch.ones_like(labelled)
    taught = slice(1, 1 + scenes.PATCHES)
    read = (lessons @ reading[0].T + reading[1]).softmax(dim=2)
    known = lesson_weight[:, None].expand(-1, scenes.PATCHES)
    share[:, taught] = 1 - known * (1 - _LABEL_SHARE * labelled[:, taught])
    goal[:, taught] = share[:, taught, None] * goal[:, taught] + (1 - share[:, taught, None]) * read
    counts = torch.maximum(labelled, 1 - share)
    with torch.no_grad():
        pet = log_p.exp()[:, :, :2].sum(dim=2)
        mined = 1 + _HARD_WEIGHT * pet * (1 - goal[:, :, :2].sum(dim=2))
    each = -(goal * log_p * torch.tensor(_CLASS_WEIGHT)).sum(dim=2)
    classes = (each * mined * counts).sum() / counts.sum()
    error = (output.taught[:, taught] - lessons).square().mean(dim=(1, 2))
    return classes + _TEACHING * (error * lesson_weight).mean()


def train(material: Material, plan: Plan, checkpoint: Path | None = None) -> network.CryNet:
    """Train; returns the moving average of the weights, ready to export."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    net = network.CryNet(material.taught).to(memory_format=torch.channels_last)
    reading = read_teacher(material, plan.seed)
    with torch.no_grad():
        net.reading.weight.copy_(reading[0])
        net.reading.bias.copy_(reading[1])
    net.reading.requires_grad_(requires_grad=not material.has_teacher)
    average = torch.optim.swa_utils.AveragedModel(net, avg_fn=_moving_average, use_buffers=True)
    optimiser = torch.optim.AdamW(
        [p for p in net.parameters() if p.requires_grad], lr=plan.rate, weight_decay=0.02
    )
    per_epoch = len(material) // plan.batch
    first = 0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        for part, name in ((net, "net"), (average, "average"), (optimiser, "optimiser")):
            part.load_state_dict(state[name])
        first = state["epoch"]
    for epoch in range(first, plan.epochs):
        started, total = time.monotonic(), 0.0
        torch.manual_seed(plan.seed * 1_000 + epoch)
        net.train()
        for count, rows in enumerate(material.batches(plan.batch, epoch)):
            for group in optimiser.param_groups:
                group["lr"] = plan.rate_at(epoch * per_epoch + count, plan.epochs * per_epoch)
            pictures, targets, lessons, lesson_weight = material.draw(rows)
            optimiser.zero_grad()
            loss = loss_of(net(pictures), targets, lessons, lesson_weight, reading)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            average.update_parameters(net)
            total += loss.item()
        took_s = time.monotonic() - started
        print(
            f"epoch {epoch + 1}/{plan.epochs}  loss {total / per_epoch:.4f}  {took_s:.0f} s",
            flush=True,
        )
        if checkpoint:
            torch.save(
                {
                    "net": net.state_dict(),
                    "average": average.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "epoch": epoch + 1,
                },
                checkpoint,
            )
    net.load_state_dict(average.module.state_dict())
    net.eval()
    return net


def _moving_average(average: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
    """Weights averaged over about the last 500 batches, over fewer at the beginning."""
    keep = min(0.998, (1 + float(count)) / (10 + float(count)))
    return average * keep + current * (1 - keep)


def to_model(
    net: network.CryNet, notes: dict[str, object], rule: BoutRule = DEFAULT_RULE
) -> CryModel:
    """The numpy model of a trained network."""
    card = Card(
        fingerprint=fingerprint(),
        convs=[shape for shape, _ in network.SHAPES],
        classes=list(KINDS),
        temperature=1.0,
        rule=rule,
        notes=notes,
    )
    rounded = CryModel.from_bytes(CryModel(card, network.export(net)).to_bytes())
    check = network.reference(rounded.arrays, check_layers())
    notes = notes | {"check": [[round(float(v), 6) for v in row] for row in check]}
    return CryModel(msgspec.structs.replace(card, notes=notes), rounded.arrays)


def check_layers() -> NDArray[np.float32]:
    """The input whose PyTorch answers travel in the card, to hold numpy to them."""
    rng = np.random.default_rng(0)
    return rng.random((4 * STEP_FRAMES, BANDS, 2)).astype(np.float32)


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--unlabelled", type=Path)
    parser.add_argument("--teacher", type=Path)
    parser.add_argument(
        "--permissive", action="store_true", help="only CC0, public domain, MIT, CC BY"
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=120)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--hold-out", type=int, nargs="+", default=[], help="folds (0 to 4) to leave out"
    )
    given = parser.parse_args()
    sources = scenes.Sources(
        given.manifest, given.extra, given.unlabelled, given.teacher, given.permissive
    )
    scenes.paint(sources, given.work, given.shards, seed=given.seed, workers=given.workers)
    material = Material(scenes.load(given.work, given.shards), given.hold_out, given.seed)
    plan = Plan(
        epochs=given.epochs,
        seed=given.seed,
        hold_out=tuple(given.hold_out),
        threads=given.threads,
    )
    name = "-".join(["without", *map(str, given.hold_out)]) if given.hold_out else "all"
    net = train(material, plan, given.work / f"{given.out.stem}-{name}.pt")
    notes: dict[str, object] = {
        "trained": {**msgspec.to_builtins(plan), "shards": given.shards, "scenes": len(material)},
        "permissive_only": given.permissive,
    }
    given.out.write_bytes(to_model(net, notes).to_bytes())


if __name__ == "__main__":
    main()
