"""The cry network over a stream of pictures, in numpy.

Each convolution is one matrix product over a whole block, and carries over the few frames that
the next block needs: a stream gives the same scores however it is cut into blocks (to the
rounding of single precision). ``calibration/training/network.py`` is the same network in PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from monitor.core.cry.features import BANDS, STEP_FRAMES, Floats
from monitor.core.cry.model import Conv, CryModel


class _Layer:
    """One convolution over a stream, for blocks of a fixed number of frames.

    Its input buffer begins with what the past left over; the layer before writes behind that, so
    nothing is copied between layers but the cells that each matrix product reads.
    """

    def __init__(self, conv: Conv, frames: int, bands: int) -> None:
        (_, kf), (st, sf) = conv.shape.kernel, conv.shape.stride
        self._conv = conv
        self._buffer = np.zeros((conv.carried + frames, bands, conv.inputs), dtype=np.float32)
        self.input = self._buffer[conv.carried :]
        self.rows, self.columns = frames // st, (bands - kf) // sf + 1

    def work_in(self, factors: Floats, zeros: Floats) -> None:
        """Take the beginning of these, which every layer of a stack has for itself in its turn."""
        (kt, kf), (st, sf) = self._conv.shape.kernel, self._conv.shape.stride
        count, width = self.rows * self.columns, len(self._conv.weights)
        self._factor = factors[: count * width].reshape(count, width)
        # numpy compares with as many zeros four times as fast as with one.
        self._zeros = zeros[: count * self._conv.outputs].reshape(count, -1)
        # Overlapping windows without a copy; numpy checks that they stay inside the buffer. What
        # a window takes of one frame is one item, copied in half as many instructions as numbers.
        item = np.dtype((np.void, kf * self._conv.inputs * self._buffer.itemsize))
        shape = (self.rows, self.columns, kt)
        t, f, _ = self._buffer.strides
        self._windows = np.ndarray(shape, item, self._buffer, strides=(t * st, f * sf, t))
        row = self._factor.strides[0]
        strides = (row * self.columns, row, item.itemsize)
        self._cells = np.ndarray(shape, item, self._factor, strides=strides)

    def run(self, out: Floats) -> None:
        """Convolve what lies in ``input`` into ``out``, shape (rows, columns, outputs)."""
        self._cells[...] = self._windows
        self._factor[:, -1] = 1  # brings the bias into the product
        flat = out.reshape(len(self._factor), -1)
        np.matmul(self._factor, self._conv.weights, out=flat)
        np.maximum(flat, self._zeros, out=flat)
        carried = self._conv.carried
        self._buffer[:carried] = self._buffer[len(self._buffer) - carried :].copy()

    @property
    def past(self) -> Floats:
        """The frames carried over from the last block."""
        return self._buffer[: self._conv.carried]


class Net:
    """The network over one stream of pictures."""

    def __init__(self, model: CryModel) -> None:
        self._model = model
        self._layers: dict[int, list[_Layer]] = {}
        """by steps in a block; blocks come in very few sizes"""
        self.reset()

    def reset(self) -> None:
        """Forget the past, as at the start of a stream."""
        self._past: list[Floats] | None = None
        self._last_step: tuple[Floats | float, Floats | float] = 0.0, 0.0
        """sums and maxima of the channels: a window is pooled over two steps, 0.96 s"""

    def logits(self, layers: Floats) -> Floats:
        """Whole steps of pictures, shape (steps * STEP_FRAMES, BANDS, 2), to (steps, classes)."""
        weights, bias = self._model.head[1]
        out: Floats = self.hidden(layers) @ weights + bias
        return out

    def hidden(self, layers: Floats) -> Floats:
        """The same up to the last layer, shape (steps, hidden): where fine-tuning starts."""
        steps, channels = len(layers) // STEP_FRAMES, self._model.convs[-1].outputs
        x = self._convolve(layers).reshape(steps, -1, channels)
        # What each step adds up to and what it reaches, behind those of the step before.
        sums, tops = np.empty((2, 1 + steps, channels), dtype=np.float32)
        sums[0], tops[0] = self._last_step
        np.add.reduce(x, axis=1, out=sums[1:])
        np.maximum.reduce(x, axis=1, out=tops[1:])
        self._last_step = sums[-1], tops[-1]
        pooled = np.empty((steps, 2, channels), dtype=np.float32)
        np.add(sums[:-1], sums[1:], out=pooled[:, 0])
        pooled[:, 0] /= 2 * x.shape[1]
        np.maximum(tops[:-1], tops[1:], out=pooled[:, 1])
        weights, bias = self._model.head[0]
        out: Floats = pooled.reshape(steps, -1) @ weights
        out += bias
        np.maximum(out, 0, out=out)
        return out

    def _convolve(self, layers: Floats) -> Floats:
        stack = self._stack(len(layers) // STEP_FRAMES)
        pasts: Sequence[Floats | float] = self._past or [0.0] * len(stack)
        for layer, past in zip(stack, pasts, strict=True):
            layer.past[...] = past
        stack[0].input[:] = layers
        for layer, following in pairwise(stack):
            layer.run(following.input)
        last = stack[-1]
        out = np.empty((last.rows, last.columns, self._model.convs[-1].outputs), np.float32)
        last.run(out)
        self._past = [layer.past for layer in stack]
        return out

    def _stack(self, steps: int) -> list[_Layer]:
        if steps not in self._layers:
            stack: list[_Layer] = []
            frames, bands = steps * STEP_FRAMES, BANDS
            for conv in self._model.convs:
                stack.append(_Layer(conv, frames, bands))
                frames, bands = stack[-1].rows, stack[-1].columns
            counts = [layer.rows * layer.columns for layer in stack]
            convs = self._model.convs
            factors = max(n * len(conv.weights) for n, conv in zip(counts, convs, strict=True))
            outputs = max(n * conv.outputs for n, conv in zip(counts, convs, strict=True))
            shared = np.empty(factors, np.float32), np.zeros(outputs, np.float32)
            for layer in stack:
                layer.work_in(*shared)
            self._layers[steps] = stack
        return self._layers[steps]
