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
from monitor.recordings.audio import decode, header_s
from monitor.times import position
from monitor.verbs.listen_plot import draw
from monitor.verbs.listened import Listened, name, printable

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
    """Report the bouts of crying in each file; 0 when all could be read and held sound, else 1.

    Raises:
        InputError: when the model cannot be used.
    """
    model = model or cry_model()
    how = _Report(as_json, windows, plot is not None, out, err)
    heard: list[Listened] = []
    failed = False
    for path in files:
        try:
            heard.append(result := _listen_to(Path(path), model, how))
        except InputError as error:
            print(printable(str(error)), file=err)
            failed = True
            continue
        if result.failed:
            print(printable(f"{path}: {result.why}"), file=err)
            failed = True
    if plot and heard:
        write(Path(plot), draw(heard, Path(plot).suffix))
    return 1 if failed else 0


def _listen_to(path: Path, model: CryModel, how: _Report) -> Listened:
    """Report what is heard of one file.

    Raises:
        InputError: when nothing of it can be read.
    """
    detector = CryDetector(model)
    result = Listened(path, model.card.rule)
    samples = 0

    def report(heard: Heard) -> None:
        result.take(heard.windows, keep=how.keep)
        if how.windows and how.as_json:
            for window in heard.windows:
                print(encode_line(_window_line(path, window)), file=how.out)
        for event in heard.bouts:
            if isinstance(event, CryEnded):
                result.bouts.append(event)
                print(_cry_line(path, event, as_json=how.as_json), file=how.out)

    with _progress(how.err, path) as show:
        try:
            for block, part in decode(path, _CHUNK_S):
                report(detector.observe(AudioBlock(samples / AUDIO_RATE_HZ, block)))
                result.unheard.observe(block)
                samples += len(block)
                show(part, samples / AUDIO_RATE_HZ)
        except InputError as error:
            if not samples:
                raise
            result.fault = str(error)
    report(detector.flush())
    result.unheard.finish()
    result.duration_s = samples / AUDIO_RATE_HZ
    summary = encode_line(result.document()) if how.as_json else printable(result.sentence())
    print(summary, file=how.out)
    return result


def _window_line(path: Path, window: CryWindow) -> dict[str, Any]:
    p = {name: round(value, 6) for name, value in window.p.items()}
    return {"file": name(path), "event": "window", "t_s": round(window.t_s, 3), "p": p}


def _cry_line(path: Path, bout: CryEnded, *, as_json: bool) -> str:
    if not as_json:
        span = f"{position(bout.started_s)} to {position(bout.t_s)}"
        return printable(f"{name(path)}: {span}  {bout.species} crying, score {bout.score:.2f}")
    return encode_line(
        {
            "file": name(path),
            "event": "cry",
            "start_s": round(bout.started_s, 3),
            "end_s": round(bout.t_s, 3),
            "score": round(bout.score, 4),
            "species": bout.species,
            "species_p": {name: round(value, 4) for name, value in bout.species_p.items()},
        }
    )


@contextmanager
def _progress(err: TextIO, path: Path) -> Iterator[Callable[[float, float], None]]:
    """Shows the part of the file and the seconds of sound that are done: a bar on a terminal."""
    if not err.isatty() or (header_s(path) or 0.0) < _LONG_S:
        yield lambda _part, _audio_s: None
        return
    start_s = time.monotonic()
    bar: Any = click.progressbar(
        length=_BAR_STEPS,
        label=printable(path.name),
        file=err,
        show_eta=False,
        item_show_func=lambda speed: "" if speed is None else f"{speed:.0f}x",
    )
    with bar:
        yield lambda part, audio_s: bar.update(
            round(part * _BAR_STEPS) - bar.pos, audio_s / max(time.monotonic() - start_s, 1e-3)
        )
