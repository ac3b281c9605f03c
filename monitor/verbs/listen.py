"""``nursery listen``: the cry detector over recordings, as the daemon would have heard them.

Each file is one continuous stream, read a few seconds at a time, so an eight-hour recording takes
no more memory than a short one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from monitor.codec import encode_line
from monitor.core.cry.bouts import CryWindow
from monitor.core.cry.detector import CryDetector, Heard
from monitor.core.cry.model import CryModel
from monitor.data.shipped import cry_model_bytes
from monitor.errors import InputError
from monitor.events import AUDIO_RATE_HZ, AudioBlock, CryEnded
from monitor.host.callers_files import Write, write_file
from monitor.recordings.audio import decode
from monitor.verbs.listen_plot import Listened, draw

_CHUNK_S = 8.0
_LONG_S = 60.0
"""files longer than this get a progress bar on a terminal"""
_BAR = 30


@dataclass(frozen=True)
class _Report:
    """Where and how to say what was heard."""

    as_json: bool
    windows: bool
    keep: bool
    """remember windows for the plot"""
    out: TextIO
    err: TextIO


def listen(
    files: Sequence[str | Path],
    *,
    as_json: bool,
    windows: bool,
    plot: str | Path | None,
    out: TextIO,
    err: TextIO,
    model: CryModel | None = None,
    write: Write = write_file,
) -> int:
    """Report the bouts of crying in each file; 0 when all could be read, else 1.

    Raises:
        InputError: when the model cannot be used.
    """
    model = model or shipped_model()
    how = _Report(as_json, windows, plot is not None, out, err)
    heard: list[Listened] = []
    failed = False
    for path in files:
        try:
            heard.append(_listen_to(Path(path), model, how))
        except InputError as error:
            print(error, file=err)
            failed = True
    if plot and heard:
        write(Path(plot), draw(heard, Path(plot).suffix))
    return 1 if failed else 0


def shipped_model() -> CryModel:
    """The cry model that comes with the package."""
    return CryModel.from_bytes(cry_model_bytes(None))


def _listen_to(path: Path, model: CryModel, how: _Report) -> Listened:
    detector = CryDetector(model)
    result = Listened(path, 0.0)
    progress = _Progress(how.err, path)
    samples = 0

    def report(heard: Heard) -> None:
        result.windows += heard.windows if how.keep else []
        if how.windows and how.as_json:
            for window in heard.windows:
                print(encode_line(_window_line(path, window)), file=how.out)
        for event in heard.bouts:
            if isinstance(event, CryEnded):
                result.bouts.append(event)
                print(_cry_line(path, event, as_json=how.as_json), file=how.out)

    try:
        for block, fraction in decode(path, _CHUNK_S):
            report(detector.observe(AudioBlock(samples / AUDIO_RATE_HZ, block)))
            samples += len(block)
            progress.show(fraction, samples / AUDIO_RATE_HZ)
    finally:
        progress.clear()
    report(detector.flush())
    result.duration_s = samples / AUDIO_RATE_HZ
    print(_summary_line(result, as_json=how.as_json), file=how.out)
    return result


def _window_line(path: Path, window: CryWindow) -> dict[str, Any]:
    p = {name: round(value, 6) for name, value in window.p.items()}
    return {"file": str(path), "event": "window", "t_s": round(window.t_s, 3), "p": p}


def _cry_line(path: Path, bout: CryEnded, *, as_json: bool) -> str:
    if not as_json:
        span = f"{_clock(bout.started_s)} to {_clock(bout.t_s)}"
        return f"{path}: {span}  {bout.species} crying, score {bout.score:.2f}"
    return encode_line(
        {
            "file": str(path),
            "event": "cry",
            "start_s": round(bout.started_s, 3),
            "end_s": round(bout.t_s, 3),
            "score": round(bout.score, 4),
            "species": bout.species,
            "species_p": {name: round(value, 4) for name, value in bout.species_p.items()},
        }
    )


def _summary_line(result: Listened, *, as_json: bool) -> str:
    cry_s = sum(b.t_s - b.started_s for b in result.bouts)
    if not as_json:
        count = len(result.bouts)
        bouts = "no crying" if not count else f"{count} bout{'s'[: count > 1]}, {cry_s:.0f} s"
        return f"{result.path}: {_clock(result.duration_s)} long, {bouts}"
    return encode_line(
        {
            "file": str(result.path),
            "event": "summary",
            "duration_s": round(result.duration_s, 3),
            "bouts": len(result.bouts),
            "cry_s": round(cry_s, 3),
        }
    )


def _clock(seconds: float) -> str:
    """``1:02:03.4``, or ``2:03.4`` below an hour."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


class _Progress:
    """A bar on a terminal for long files; silent otherwise."""

    def __init__(self, err: TextIO, path: Path) -> None:
        self._err = err
        self._name = path.name
        self._started = time.monotonic()
        self._shown = False
        self._possible = err.isatty()

    def show(self, fraction: float, audio_s: float) -> None:
        """Redraw, when the whole file is long enough to be worth it."""
        if not self._possible or audio_s / max(fraction, 1e-6) < _LONG_S:
            return
        filled = int(_BAR * fraction)
        speed = audio_s / max(time.monotonic() - self._started, 1e-3)
        bar = "#" * filled + "." * (_BAR - filled)
        print(
            f"\r{self._name} [{bar}] {fraction:4.0%} {speed:6.0f}x",
            end="",
            file=self._err,
            flush=True,
        )
        self._shown = True

    def clear(self) -> None:
        """Take the bar off the screen."""
        if self._shown:
            print("\r\x1b[K", end="", file=self._err, flush=True)
