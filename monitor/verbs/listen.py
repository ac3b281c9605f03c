"""``nursery listen``: the cry detector over recordings, as the daemon would have heard them.

Each file is one continuous stream, read a few seconds at a time, so an eight-hour recording takes
no more memory than a short one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from monitor.codec import encode_line
from monitor.core.cry.bouts import CryWindow
from monitor.core.cry.detector import CryDetector, Heard
from monitor.core.cry.model import CryModel
from monitor.data.shipped import cry_model
from monitor.errors import InputError
from monitor.events import AUDIO_RATE_HZ, AudioBlock, CryEnded
from monitor.host.callers_files import Write, write_file
from monitor.recordings.audio import decode, duration_s
from monitor.verbs.listen_plot import Listened, draw

_CHUNK_S = 8.0
_LONG_S = 60.0
"""files longer than this get a progress bar on a terminal"""
_BAR_STEPS = 200


@dataclass(frozen=True)
class _Report:
    """Where and how what was heard is written."""

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
    model = model or cry_model()
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


def _listen_to(path: Path, model: CryModel, how: _Report) -> Listened:
    detector = CryDetector(model)
    result = Listened(path, 0.0)
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

    with _progress(how.err, path) as show:
        for block, part in decode(path, _CHUNK_S):
            report(detector.observe(AudioBlock(samples / AUDIO_RATE_HZ, block)))
            samples += len(block)
            show(part, samples / AUDIO_RATE_HZ)
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


@contextmanager
def _progress(err: TextIO, path: Path) -> Iterator[Callable[[float, float], None]]:
    """Shows the part of the file and the seconds of sound that are done: a bar on a terminal."""
    if not err.isatty() or duration_s(path) < _LONG_S:
        yield lambda _part, _audio_s: None
        return
    start_s = time.monotonic()
    bar: Any = click.progressbar(
        length=_BAR_STEPS,
        label=path.name,
        file=err,
        show_eta=False,
        item_show_func=lambda speed: "" if speed is None else f"{speed:.0f}x",
    )
    with bar:
        yield lambda part, audio_s: bar.update(
            round(part * _BAR_STEPS) - bar.pos, audio_s / max(time.monotonic() - start_s, 1e-3)
        )
