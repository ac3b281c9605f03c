"""``nursery calibrate cry``: the shipped model tuned to one rescuer's babies and one room.

From a folder of her babies' cries, a folder of her room and the bouts that somebody answered "not
a cry" it tries three models: the one that ships, the same with another threshold, and the same with
its last layer moved a little. Each is judged on recordings it was not tuned on (leave one out), and
on made sounds, because a room's recordings hold few kinds. A tuned model is written only if it
hears more without more false bouts, or as much with fewer, and made sounds as ever; the shipped
file is never touched.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TextIO

import msgspec
import numpy as np

from calibration.cry_made import hidden_of, made_sounds
from calibration.cry_tuning import Metrics, Recording, Tuned, Way, best, compare, tune
from calibration.training.clips import read_audio
from monitor.core.cry.features import STEP_SAMPLES
from monitor.core.cry.model import CryModel
from monitor.errors import CalibrationError, InputError
from monitor.events import Species
from monitor.host.callers_files import Write, write_file
from monitor.host.ownership import refuse_link, trust, user_name
from monitor.times import MINUTE_S

REFUSED = "not-a-cry"
"""where the service keeps bouts that were answered so"""
MIN_CRIES, MIN_ROOM_S = 3, 300.0
"""fewer recordings, or less room, cannot show whether tuning helped"""
PROGRESS_EVERY_S = 2.0
_SUFFIXES = {".wav", ".flac", ".ogg", ".oga"}
_LOUD_DB = 8.0
"""a window counts as her baby's when it is this much above the recording's quiet quarter"""


def calibrate_cry(
    cries: Path,
    room: Path,
    *,
    refused: Path | None,
    model: CryModel,
    species: Species,
    out_dir: Path,
    journal: Path | None,
    write: Write = write_file,
    out: TextIO,
    err: TextIO,
) -> Path:
    """Tune, compare, write; returns the file written.

    Args:
        cries: a folder of recordings of her babies.
        room: a folder of recordings in which nobody cries.
        refused: a folder of bouts that were answered "not a cry"; None looks for ``not-a-cry``
            beside ``cries``, where the service keeps them.
        model: what is tuned.
        species: who cries in ``cries``.
        out_dir: where the tuned model goes.
        journal: a journal with answers, which counts where no refused bout was kept.
        write: what writes the file.
        out: the comparison, and what to do next.
        err: how far it has come.

    Raises:
        InputError: a folder or file cannot be read.
        CalibrationError: too little to judge by, or nothing gained.
    """
    kept = audio_files(refused) if refused else _refused_beside(cries, room)
    hers, rooms = audio_files(cries), audio_files(room)
    err.write("listening to the recordings, and to made sounds: some minutes on a Zero 2 W\n")
    err.flush()
    recordings = [
        *(listen_to(model, path, is_cry=True) for path in hers),
        *(listen_to(model, path, is_cry=False) for path in rooms),
    ]
    _enough(recordings)
    recordings += [listen_to(model, path, is_cry=False) for path in kept]
    if kept:
        bouts = "1 bout" if len(kept) == 1 else f"{len(kept)} bouts"
        print(f'with {bouts} answered "not a cry"', file=out)
    answers = refused_scores(journal) if journal and not kept else []
    made = made_sounds(model)
    metrics = compare(model, recordings, species, answers, made, _progress_to(err))
    for way, found in metrics.items():
        print(f"{way:11s} " + str(found).replace("; ", f"\n{'':12}"), file=out)
    way = best(metrics)
    if way == "shipped":
        raise CalibrationError(
            "nothing was gained on recordings left out, so the shipped model stays in use: "
            "add recordings of the cries it misses or of the sounds that fire it"
        )
    tuned = tune(model, recordings, species, way, answers, made)
    path = _free_name(out_dir)
    write(path, _with(model, tuned, way, metrics).to_bytes())
    print(f'wrote {path}; for the configuration:\n\n[microphone]\nmodel = "{path}"', file=out)
    return path


def _refused_beside(cries: Path, room: Path) -> list[Path]:
    """What the service keeps of refused bouts, unless it was given as the room."""
    folder = cries.resolve().parent / REFUSED
    if not folder.is_dir() or folder == room.resolve():
        return []
    return _audio_in(folder)


def _progress_to(err: TextIO) -> Callable[[int, int], None]:
    """Says every few seconds how far the comparison has come."""
    shown_s = time.monotonic()

    def progress(done: int, count: int) -> None:
        nonlocal shown_s
        if time.monotonic() - shown_s >= PROGRESS_EVERY_S:
            shown_s = time.monotonic()
            err.write(f"{done} of {count} models tried so far\n")
            err.flush()

    return progress


def audio_files(folder: Path) -> list[Path]:
    """The recordings in a folder.

    Raises:
        InputError: when there are none, or the folder cannot be read.
    """
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        raise InputError(
            f"{folder} cannot be read by {user_name(os.geteuid())}: copy the recordings to where "
            "it can, /var/tmp for example"
        )
    found = _audio_in(folder)
    if not found:
        raise InputError(f"{folder}: no WAV, FLAC or OGG files in this folder")
    return found


def _audio_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)


def listen_to(model: CryModel, path: Path, *, is_cry: bool) -> Recording:
    """Everything the network computes before its last layer."""
    samples = read_audio(path)
    hidden = hidden_of(model, samples)
    padded = np.zeros(len(hidden) * STEP_SAMPLES, dtype=np.float32)
    padded[: len(samples)] = samples
    power = np.square(padded).reshape(-1, STEP_SAMPLES).mean(axis=1) + 1e-11
    level_db = 10 * np.log10(power)
    loud = level_db >= np.quantile(level_db, 0.25) + _LOUD_DB
    if not loud.any():  # a clip cut to its call has no quiet quarter
        loud = level_db >= level_db.max() - _LOUD_DB
    return Recording(path, hidden, loud, is_cry)


def refused_scores(journal: Path) -> list[float]:
    """Scores of the bouts inside incidents that were answered "not a cry".

    Raises:
        InputError: when the journal cannot be read.
    """
    query = """
        SELECT cries.score FROM alerts JOIN cries
        ON cries.t_s BETWEEN alerts.since_s - 1 AND alerts.t_s
        WHERE alerts.kind = 'crying' AND alerts.state = 'cleared' AND alerts.why LIKE '%not a cry%'
    """
    try:
        trust(journal.parent)
        refuse_link(journal)
        connection = sqlite3.connect(f"file:{journal}?mode=ro", uri=True)
        try:
            return [float(score) for (score,) in connection.execute(query)]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise InputError(f"cannot read the journal {journal}: {error}") from error


def _enough(recordings: Sequence[Recording]) -> None:
    cries = sum(r.is_cry for r in recordings)
    room_s = sum(r.seconds for r in recordings if not r.is_cry)
    if cries < MIN_CRIES:
        raise CalibrationError(
            f"only {cries} cry recordings: record at least {MIN_CRIES}, each at another time"
        )
    if room_s < MIN_ROOM_S:
        raise CalibrationError(
            f"only {room_s:.0f} s of the room: record at least {MIN_ROOM_S / MINUTE_S:.0f} minutes "
            "in which nobody cries"
        )


def _with(model: CryModel, tuned: Tuned, way: Way, metrics: dict[Way, Metrics]) -> CryModel:
    rule = msgspec.structs.replace(
        model.card.rule, on=tuned.on, off=min(tuned.on, model.card.rule.off)
    )
    notes = model.card.notes | {
        "tuned": {
            "on": date.today().isoformat(),  # the rescuer's own calendar day
            "way": way,
            "left_out": {name: str(found) for name, found in metrics.items()},
        }
    }
    card = msgspec.structs.replace(model.card, rule=rule, notes=notes)
    return CryModel(card, model.arrays | {"head1": tuned.weights, "head1_bias": tuned.bias})


def _free_name(folder: Path) -> Path:
    """A dated file that does not exist yet."""
    with suppress(OSError):  # what cannot be made here is told when it is written
        folder.mkdir(parents=True, exist_ok=True)
    stem = f"cry-{date.today().isoformat()}"  # the rescuer's own calendar day
    names = (f"{stem}.npz", *(f"{stem}-{k}.npz" for k in range(2, 1_000)))
    return next(folder / name for name in names if not os.path.exists(folder / name))  # noqa: PTH110 - no error where we may not look
