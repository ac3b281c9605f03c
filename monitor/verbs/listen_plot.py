"""What ``nursery listen --plot`` draws: each file's spectrogram, its scores and its bouts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.core.cry.features import BANDS, FRAME, HIGH_HZ, HOP, LOW_HZ, log_mel
from monitor.errors import InputError
from monitor.events import AUDIO_RATE_HZ
from monitor.host.extras import install_command
from monitor.recordings.audio import Samples, decode
from monitor.verbs.listened import Listened

_COLUMNS = 2_000
"""a picture needs no more columns than it has pixels; keeps memory flat on long files"""
_COLOURS = {"kitten": "#e4572e", "puppy": "#f3a712", "human": "#669bbc"}


def draw(results: Sequence[Listened], ending: str) -> bytes:
    """One picture with two panels per file, in the format of a file's ending (".png").

    Raises:
        InputError: when matplotlib is missing or cannot draw this format.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError(f"--plot needs matplotlib: {install_command('report')}") from error
    rows = 2 * len(results)
    figure = Figure(figsize=(12, 2.4 * rows), layout="constrained")
    axes = figure.subplots(rows, 1, squeeze=False, height_ratios=[2, 1] * len(results))[:, 0]
    for k, result in enumerate(results):
        _draw_sound(axes[2 * k], result)
        _draw_scores(axes[2 * k + 1], result)
    drawn = BytesIO()
    try:
        figure.savefig(drawn, format=ending.lstrip(".") or "png", dpi=110)
    except ValueError as error:
        raise InputError(f"--plot cannot draw {ending!r}: end the name in .png") from error
    return drawn.getvalue()


def _draw_sound(axes: Any, result: Listened) -> None:
    picture = spectrogram(result)
    low, high = np.quantile(picture, [0.1, 0.999]) if picture.size else (0.0, 1.0)
    axes.imshow(
        picture.T,
        origin="lower",
        aspect="auto",
        extent=(0, result.duration_s, 0, BANDS),
        cmap="magma",
        vmin=low,
        vmax=max(high, low + 1),
        interpolation="nearest",
    )
    marks_hz = [200, 500, 1_000, 2_000, 4_000, 7_000]
    axes.set_yticks([_band(hz) for hz in marks_hz], [f"{hz / 1000:g}" for hz in marks_hz])
    axes.set_ylabel("kHz")
    axes.set_title(result.path.name, loc="left", fontsize=10)


def _draw_scores(axes: Any, result: Listened) -> None:
    times = [w.t_s for w in result.windows]
    for name, colour in _COLOURS.items():
        axes.plot(times, [w.p[name] for w in result.windows], color=colour, label=name)
    pet = [w.pet for w in result.windows]
    axes.plot(times, pet, color="black", linewidth=0.7, label="kitten or puppy")
    for bout in result.bouts:
        colour = _COLOURS.get(bout.species, "#888888")
        axes.axvspan(bout.started_s, bout.t_s, color=colour, alpha=0.25)
        axes.text(bout.started_s, 1.02, f"{bout.species} {bout.score:.2f}", fontsize=8)
    axes.set_xlim(0, max(result.duration_s, 0.1))
    axes.set_ylim(0, 1.12)
    axes.set_xlabel("seconds")
    axes.set_ylabel("probability")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.3), fontsize=8, ncols=4, frameon=False)


def spectrogram(result: Listened) -> NDArray[np.float32]:
    """Log-mel picture of a whole file, shape (columns, BANDS), at most _COLUMNS wide."""
    frames = max(1, int(result.duration_s * AUDIO_RATE_HZ) // HOP)
    per_column = -(-frames // _COLUMNS)
    step = per_column * HOP
    columns: list[NDArray[np.float32]] = []
    pending = np.zeros(0, dtype=np.float32)
    for block in _readable(result.path):
        pending = np.concatenate([pending, block])
        count = (len(pending) - (FRAME - HOP)) // step
        if count > 0:
            mel = log_mel(pending[: count * step + FRAME - HOP])
            columns.append(mel.reshape(count, per_column, BANDS).max(axis=1))
            pending = pending[count * step :]
    return np.concatenate(columns) if columns else np.zeros((1, BANDS), dtype=np.float32)


def _readable(path: Path) -> Iterator[Samples]:
    """What was heard of a recording: of a damaged one the part before the damage."""
    with suppress(InputError):
        yield from (block for block, _ in decode(path))


def _band(hertz: float) -> float:
    """Position of a frequency on the mel axis, in bands."""
    low, high, here = (2595 * np.log10(1 + hz / 700) for hz in (LOW_HZ, HIGH_HZ, hertz))
    return float((here - low) / (high - low) * BANDS)
