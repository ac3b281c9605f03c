"""Muon: gradient descent with momentum whose every step is made orthogonal, matrix by matrix.

K. Jordan, "Muon: An optimizer for hidden layers in neural networks", 2024: a gradient's few large
singular values drown the many small ones; setting all of them to one lets every direction learn at
the same pace. The orthogonal factor comes from five steps of a Newton-Schulz iteration with the
coefficients of that text, whose singular values land between about 0.7 and 1.2.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

_STEPS = 5
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_MOMENTUM = 0.95
"""all three as in that text"""


class Muon(torch.optim.Optimizer):
    """For weights of two and more dimensions; all but the first count as one."""

    def __init__(self, params: Iterable[nn.Parameter], lr: float, weight_decay: float) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        """One step down the gradients."""
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is None:
                    continue
                state = self.state[weights]
                if not state:
                    state["momentum"] = torch.zeros_like(weights)
                momentum = state["momentum"].lerp_(weights.grad, 1 - _MOMENTUM)
                ahead = weights.grad.lerp(momentum, _MOMENTUM)  # Nesterov's look-ahead
                update = orthogonal(ahead.reshape(len(weights), -1))
                weights.mul_(1 - group["lr"] * group["weight_decay"])
                weights.add_(update.reshape(weights.shape), alpha=-group["lr"])


def orthogonal(matrix: Tensor) -> Tensor:
    """About the nearest matrix with orthonormal rows (or columns), scaled for tall ones."""
    rows, columns = matrix.shape
    x = matrix / (matrix.norm() + 1e-7)
    if rows > columns:
        x = x.T
    a, b, c = _COEFFICIENTS
    for _ in range(_STEPS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    if rows > columns:
        x = x.T * (rows / columns) ** 0.5  # outputs, not inputs, keep their size
    return x
