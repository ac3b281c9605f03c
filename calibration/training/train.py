"""From labelled recordings to ``monitor/data/cry.npz`` in one command.

    python -m calibration.training.train --manifest dev/manifest.csv --extra extra/manifest.csv \
        --teacher yamnet.tflite --work work --out monitor/data/cry.npz

Paints scenes (resumable, shard by shard), reads the labels linearly from the teacher's features,
trains the small network to predict those features and that reading (resumable, epoch by epoch),
fits its last layer to plain recordings, and folds the average of its weights into the numpy model.
``--hold-out K ...`` leaves folds out, for cross-validation. ``--from CHECKPOINT`` goes on with
a training that is over, with a full rate once more and other scenes beside. Everything is seeded.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from calibration.training import network, scenes
from calibration.training.clips import KINDS
from calibration.training.material import Lessons, Material
from calibration.training.model_card import data_of
from calibration.training.muon import Muon
from calibration.training.settle import settle
from monitor.core.cry.bouts import BoutRule
from monitor.core.cry.features import BANDS, STEP_FRAMES, fingerprint
from monitor.core.cry.model import Card, CryModel

_CLASS_WEIGHT = (1.0, 1.0, 1.0, 1.2, 2.0)
"""missing a cry costs less than waking somebody for nothing: the bout rule asks for repetition"""
_HARD_WEIGHT = 2.0
"""a negative taken for a pet with probability p weighs 1 + 2 p: mined as training goes on"""
_TEACHING = 30.0
"""weight of predicting the teacher's features, against that of the classes. Their errors are small
numbers (0.05 on average): at 1 the classes drown them, the network learns none beyond the first
few, and the reading of them is no longer a reading of what the teacher knows. Six passes of AdamW
each, judged on folds 0 and 1 after settling: at 1 average precision 0.624, at 30 0.704, at 100
0.690"""
_LABEL_SHARE = 0.35
"""part of a class target that is the label; the rest is the teacher's features, read linearly"""

_SEED = 1
"""of the scenes, the lessons and the settling: one training differs from another in its order"""
_READING_STEPS = 2_000
_READING_KEEP = 1e-3
"""penalty on the squared weights of the reading. Read off 15,000 scenes of four folds and judged on
the recordings of the fifth, all five in turn: average precision 0.79 without, 0.81 at 1e-4, 0.85 at
1e-3 and 3e-3; barks 0.976, 0.975, 0.973 and 0.970 apart"""

_BROAD_SHARE = 0.5
"""part of the scenes of broad sounds whose event is one"""
_MADE_SHARE = 0.4
"""part of the scenes with made sounds whose event is one: with 44 beside 143 shards a tenth of all.
Folds 0 and 1 held out, average precision 0.742 without and 0.808 with them, and of made sounds
that no model had heard 27 and 4 % at 0.5 or more"""

DEFAULT_RULE = BoutRule(
    on=0.2, off=0.14, hits=6, span_s=12.0, spread_s=2.4, hold_s=6.0, refractory_s=2.0,
    species_margin=0.2,
)  # fmt: skip
"""chosen on stitched nights of unheard recordings (``evaluation.nights``): at 0.3 it raised
six tenths of the false bouts of strung hard sounds, none of which lasted long enough to become an
alert at 0.2 either, but missed two of six synthetic puppies"""


@dataclass(frozen=True)
class Plan:
    """How long and how to train."""

    epochs: int = 22
    finishing: int = 8
    """the last epochs, over which the rate falls to nothing; what comes before does not depend on
    how long the run will be, so that a longer one may go on from a checkpoint"""
    batch: int = 64
    rate: float = 0.01
    """of the weights, by Muon. Four passes over 9,000 scenes explained 71 % of the teacher's first
    eight components in scenes of other recordings and 20 % of the next 24, with AdamW 67 and 10 %
    (at its rate of 2e-3; 5e-3 gave the same); 0.02 is a little worse, at 0.05 the gain is gone"""
    vector_rate: float = 2e-3
    """of biases and normalisation, by Adam"""
    warm_batches: int = 500
    seed: int = 1
    hold_out: tuple[int, ...] = ()
    """folds that are neither trained on nor mixed in"""
    threads: int = 1
    half: bool = False
    """multiply in bfloat16: two thirds of the time where the processor has AMX, slower elsewhere"""

    def pace(self, epoch: int, part: float, batch: int) -> float:
        """Part of the learning rates at a batch, ``part`` of the way through an epoch."""
        warm = 1.0 if epoch else min(1.0, (batch + 1) / self.warm_batches)
        return warm * min(1.0, (self.epochs - epoch - part) / (self.finishing or 1))

    def optimisers(self, net: nn.Module) -> dict[str, torch.optim.Optimizer]:
        """By name: one for the weights, one for biases and the scales of normalisation."""
        learning = [p for p in net.parameters() if p.requires_grad]
        weights = [p for p in learning if p.ndim > 1]
        vectors = [p for p in learning if p.ndim == 1]
        return {
            "muon": Muon(weights, self.rate, weight_decay=0.02),
            "adam": torch.optim.Adam(vectors, self.vector_rate, betas=(0.9, 0.99)),
        }


def read_teacher(material: Material, seed: int) -> tuple[Tensor, Tensor]:
    """Weights and bias of the classes as a linear reading of the teacher's lessons."""
    lessons, targets = material.windows()
    torch.manual_seed(seed)
    reading = nn.Linear(lessons.shape[1], len(KINDS))
    optimiser = torch.optim.Adam(reading.parameters(), lr=3e-3)
    falling = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, _READING_STEPS)
    weight = torch.tensor(_CLASS_WEIGHT)
    for _ in range(_READING_STEPS):
        rows = torch.randint(0, len(lessons), (512,))
        optimiser.zero_grad()
        logits = reading(lessons[rows].float())
        loss = nn.functional.cross_entropy(logits, targets[rows], weight=weight, ignore_index=-1)
        loss = loss + _READING_KEEP * reading.weight.square().sum()
        loss.backward()
        optimiser.step()
        falling.step()
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


def train(
    material: Material, plan: Plan, checkpoint: Path | None = None, earlier: Path | None = None
) -> network.CryNet:
    """Train; returns the moving average of the weights, ready to export.

    ``checkpoint`` is written after every epoch, and gone on from where it exists. ``earlier`` is
    that of another training: its weights and its reading of the same lessons are where this one
    begins.
    """
    torch.set_num_threads(plan.threads)
    # Numbers that have all but vanished made an epoch twice as slow after the tenth.
    torch.set_flush_denormal(True)
    torch.manual_seed(plan.seed)
    net = network.CryNet(material.taught).to(memory_format=torch.channels_last)
    if earlier is None:
        weight, bias = read_teacher(material, plan.seed)
        net.reading.load_state_dict({"weight": weight, "bias": bias})
    else:
        net.load_state_dict(torch.load(earlier, weights_only=True)["net"])
    reading = net.reading.weight.detach().clone(), net.reading.bias.detach().clone()
    net.reading.requires_grad_(requires_grad=not material.has_teacher)
    average = torch.optim.swa_utils.AveragedModel(net, avg_fn=_moving_average, use_buffers=True)
    optimisers = plan.optimisers(net)
    parts = {"net": net, "average": average, **optimisers}
    first = 0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        for name, part in parts.items():
            part.load_state_dict(state[name])
        first = state["epoch"]
    for epoch in range(first, plan.epochs):
        started = time.monotonic()
        loss = _epoch(epoch, material, plan, net, average, optimisers, reading)
        took_s = time.monotonic() - started
        print(f"epoch {epoch + 1}/{plan.epochs}  loss {loss:.4f}  {took_s:.0f} s", flush=True)
        if checkpoint:
            states = {name: part.state_dict() for name, part in parts.items()}
            torch.save(states | {"epoch": epoch + 1}, checkpoint)
    net.load_state_dict(average.module.state_dict())
    net.eval()
    return net


def _epoch(
    epoch: int,
    material: Material,
    plan: Plan,
    net: network.CryNet,
    average: torch.optim.swa_utils.AveragedModel,
    optimisers: dict[str, torch.optim.Optimizer],
    reading: tuple[Tensor, Tensor],
) -> float:
    """Every batch once, in the order of this epoch's seed; the mean loss."""
    total = 0.0
    torch.manual_seed(plan.seed * 1_000 + epoch)
    net.train()
    batches = material.batches(plan.batch, epoch)
    for count, rows in enumerate(batches):
        pace = plan.pace(epoch, count / len(batches), count)
        for optimiser in optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = optimiser.defaults["lr"] * pace
        pictures, targets, lessons, lesson_weight = material.draw(rows)
        net.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=plan.half):
            output = net(pictures)
        single = network.Output(output.logits.float(), output.taught.float())
        loss = loss_of(single, targets, lessons, lesson_weight, reading)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        for optimiser in optimisers.values():
            optimiser.step()
        average.update_parameters(net)
        total += loss.item()
    return total / len(batches)


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
    return stamped(CryModel(card, network.export(net)))


def stamped(model: CryModel) -> CryModel:
    """The model as a file would hold it, with PyTorch's answers to ``check_layers`` in its card."""
    rounded = CryModel.from_bytes(model.to_bytes())
    check = network.reference(rounded.arrays, check_layers())
    notes = model.card.notes | {"check": [[round(float(v), 6) for v in row] for row in check]}
    return CryModel(msgspec.structs.replace(model.card, notes=notes), rounded.arrays)


def check_layers() -> NDArray[np.float32]:
    """The input whose PyTorch answers travel in the card, to hold numpy to them."""
    rng = np.random.default_rng(0)
    return rng.random((4 * STEP_FRAMES, BANDS, 2)).astype(np.float32)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--unlabelled", type=Path)
    parser.add_argument(
        "--unlabelled-share", type=float, default=0.06, help="of the scenes, as their event"
    )
    parser.add_argument(
        "--made", type=Path, help="made sounds (made_sounds.py), for scenes of their own"
    )
    parser.add_argument("--made-shards", type=int, default=44, help="of 250 scenes")
    parser.add_argument(
        "--broad", type=Path, help="sounds of every kind without cries, for scenes of their own"
    )
    parser.add_argument("--broad-shards", type=int, default=70, help="of 250 scenes")
    parser.add_argument("--teacher", type=Path)
    parser.add_argument(
        "--permissive", action="store_true", help="only CC0, public domain, MIT, CC BY"
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=143, help="of 250 scenes")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=22)
    parser.add_argument("--finishing", type=int, default=8, help="the last epochs")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--half", action="store_true", help="bfloat16, for processors with AMX")
    parser.add_argument("--seed", type=int, default=1, help="of the order; scenes have their own")
    parser.add_argument(
        "--from", dest="earlier", type=Path, help="checkpoint of a training to go on with"
    )
    parser.add_argument(
        "--hold-out", type=int, nargs="+", default=[], help="folds (0 to 4) to leave out"
    )
    return parser.parse_args()


def _painted(sources: scenes.Sources, given: argparse.Namespace) -> tuple[scenes.Shards, Lessons]:
    """All scenes; those with made and with broad sounds lie in folders of their own.

    The lessons are fitted to those without broad sounds, so that a training may go on with them.
    """
    scenes.paint(sources, given.work, given.shards, seed=_SEED, workers=given.workers)
    shards = scenes.load(given.work, given.shards)
    if given.made is not None:
        shards = scenes.joined(shards, _beside(sources, given, "made", _MADE_SHARE))
    lessons = Lessons.fit(shards, given.hold_out, _SEED)
    if given.broad is not None:
        shards = scenes.joined(shards, _beside(sources, given, "broad", _BROAD_SHARE))
    return shards, lessons


def _beside(
    sources: scenes.Sources, given: argparse.Namespace, name: str, share: float
) -> scenes.Shards:
    """Scenes in which ``share`` of the events are sounds of the folder ``--<name>``."""
    own = replace(sources, unlabelled=getattr(given, name), unlabelled_share=share)
    folder, count = given.work / name, getattr(given, f"{name}_shards")
    seed = _SEED + ("made", "broad").index(name) + 1
    scenes.paint(own, folder, count, seed=seed, workers=given.workers)
    return scenes.load(folder, count)


def main() -> None:
    """Command line; see the module's text."""
    given = _arguments()
    sources = scenes.Sources(
        given.manifest,
        given.extra,
        given.unlabelled,
        given.teacher,
        given.permissive,
        given.unlabelled_share,
    )
    shards, lessons = _painted(sources, given)
    plan = msgspec.convert(given, Plan, from_attributes=True, strict=False)
    name = "-".join(["without", *map(str, given.hold_out)]) if given.hold_out else "all"
    material = Material(shards, lessons, plan.hold_out, plan.seed)
    checkpoint = given.work / f"{given.out.stem}-{name}.pt"
    net = train(material, plan, checkpoint, given.earlier)
    notes: dict[str, object] = {
        "trained": {
            **msgspec.to_builtins(plan),
            "shards": len(shards.fold) // scenes.SHARD,
            "earlier": given.earlier and given.earlier.stem,
        },
        "permissive_only": given.permissive,
    }
    model = to_model(net, notes)
    clips = scenes.clips_of(sources, given.hold_out)
    notes["data"] = data_of(clips)
    card = msgspec.structs.replace(model.card, notes=model.card.notes | notes)
    others = scenes.unlabelled_in(given.unlabelled)
    model = stamped(CryModel(card, settle(model, clips, _SEED, others)))
    given.out.write_bytes(model.to_bytes())


if __name__ == "__main__":
    main()
