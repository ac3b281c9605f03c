"""The optimiser and the schedule of training (they need PyTorch, which only training does)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch, for training only, is missing")

from calibration.training import scenes  # noqa: E402  # after the skip
from calibration.training.canvases import STEPS  # noqa: E402
from calibration.training.material import Lessons, Material  # noqa: E402
from calibration.training.muon import Muon, orthogonal  # noqa: E402
from calibration.training.teacher import TAUGHT_CLASSES  # noqa: E402
from calibration.training.train import Plan, train  # noqa: E402
from monitor.core.cry.features import BANDS, STEP_FRAMES  # noqa: E402


@pytest.mark.parametrize("shape", [(8, 30), (30, 8), (16, 16)])
def test_every_direction_is_learnt_at_about_one_pace(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    left, right = torch.randn(shape[0], 6), torch.randn(6, shape[1])
    gradient = left @ torch.diag(torch.logspace(0, -2, 6)) @ right
    tall = max(1.0, shape[0] / shape[1]) ** 0.5
    values = torch.linalg.svdvals(orthogonal(gradient))[:6] / tall
    assert values.max() < 1.3
    assert values.min() > 0.5
    assert torch.linalg.svdvals(gradient)[5] < 0.02 * torch.linalg.svdvals(gradient)[0]


def test_a_convolution_is_one_matrix_per_layer() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(3, 8, 3, bias=False)
    before = layer.weight.detach().clone()
    optimiser = Muon(layer.parameters(), lr=0.1, weight_decay=0.0)
    layer(torch.randn(2, 3, 9, 9)).square().sum().backward()
    optimiser.step()
    moved = (layer.weight.detach() - before).reshape(8, 27)
    values = torch.linalg.svdvals(moved) / 0.1
    assert values.max() < 1.3
    assert values.min() > 0.3
    assert float((moved * layer.weight.grad.reshape(8, 27)).sum()) < 0, "downhill"


def test_a_plain_problem_is_solved() -> None:
    torch.manual_seed(0)
    inputs, truth = torch.randn(256, 12), torch.randn(4, 12)
    layer = torch.nn.Linear(12, 4, bias=False)
    optimiser = Muon(layer.parameters(), lr=0.05, weight_decay=0.0)
    for step in range(300):
        optimiser.param_groups[0]["lr"] = 0.05 * (1 - step / 300)
        layer.zero_grad()
        (layer(inputs) - inputs @ truth.T).square().mean().backward()
        optimiser.step()
    assert float((layer.weight.detach() - truth).abs().max()) < 0.01


def test_a_resumed_run_is_the_run() -> None:
    """The momentum travels in the checkpoint; the rate does not depend on where it was stopped."""
    torch.manual_seed(0)
    inputs, first = torch.randn(64, 6), torch.randn(3, 6)

    def after(steps: int, stop: int | None) -> torch.Tensor:
        layer = torch.nn.Linear(6, 3)
        with torch.no_grad():
            layer.weight.copy_(first)
            layer.bias.zero_()
        optimisers = Plan().optimisers(layer)
        for step in range(steps):
            if step == stop:
                states = {name: o.state_dict() for name, o in optimisers.items()}
                optimisers = Plan().optimisers(layer)
                for name, o in optimisers.items():
                    o.load_state_dict(states[name])
            for o in optimisers.values():
                for group in o.param_groups:
                    group["lr"] = o.defaults["lr"] * (1 - step / steps)
            layer.zero_grad()
            layer(inputs).square().mean().backward()
            for o in optimisers.values():
                o.step()
        return layer.weight.detach()

    assert torch.equal(after(20, None), after(20, 11))
    assert not torch.equal(after(20, None), first)


def test_the_pace_warms_up_holds_and_falls_to_nothing() -> None:
    plan = Plan(epochs=10, finishing=4, warm_batches=100)
    assert plan.pace(0, 0.0, 0) == pytest.approx(0.01)
    assert plan.pace(0, 0.5, 99) == 1.0
    assert plan.pace(5, 0.9, 400) == 1.0
    assert plan.pace(8, 0.0, 0) == pytest.approx(0.5)
    assert plan.pace(9, 1.0, 400) == 0.0


def test_weights_and_vectors_have_their_own_optimiser() -> None:
    layer = torch.nn.Linear(5, 3)
    optimisers = Plan().optimisers(layer)
    sizes = {
        name: [p.ndim for group in o.param_groups for p in group["params"]]
        for name, o in optimisers.items()
    }
    assert sizes == {"muon": [2], "adam": [1]}
    assert optimisers["muon"].defaults["lr"] == Plan().rate


def noise(count: int) -> Material:
    """Scenes of noise, with a teacher's answers that are noise, too."""
    rng = np.random.default_rng(0)
    shards = scenes.Shards(
        mel=rng.integers(0, 200, (count, STEPS * STEP_FRAMES, BANDS)).astype(np.uint8),
        targets=rng.integers(0, 5, (count, STEPS)).astype(np.int8),
        fold=np.zeros(count, np.int8),
        features=rng.random((count, scenes.PATCHES, 1024)).astype(np.float16),
        scores=rng.random((count, scenes.PATCHES, len(TAUGHT_CLASSES))).astype(np.float16),
    )
    return Material(shards, Lessons.fit(shards, (), 1), (), 1)


def test_a_training_goes_on_with_the_weights_and_the_reading_of_another(tmp_path: Path) -> None:
    material, first, second = noise(32), tmp_path / "first.pt", tmp_path / "second.pt"
    quick = {"batch": 16, "warm_batches": 1}
    train(material, Plan(epochs=1, finishing=0, **quick), first)
    begun = torch.load(first, weights_only=True)["net"]
    untouched = train(material, Plan(epochs=0, seed=2, **quick), earlier=first).state_dict()
    assert all(torch.equal(untouched[name], begun[name]) for name in begun)
    train(material, Plan(epochs=1, finishing=0, seed=2, **quick), second, earlier=first)
    gone_on = torch.load(second, weights_only=True)["net"]
    assert torch.equal(gone_on["reading.weight"], begun["reading.weight"])
    assert not torch.equal(gone_on["head0.weight"], begun["head0.weight"])
    fresh = train(material, Plan(epochs=0, seed=2, **quick)).state_dict()
    assert not torch.equal(fresh["head0.weight"], begun["head0.weight"])
