"""``nursery calibrate cry``: the shipped model tuned to one rescuer's babies and one room.

From a folder of her babies' cries and a folder of her room it tries three models: the one that
ships, the same with another threshold, and the same with its last layer moved a little. Each is
judged on recordings it was not tuned on (leave one out, cries and room alike). A tuned model is
written only if it hears more without more false bouts, or as much with fewer; the shipped file is
never touched. Bouts that somebody answered "not a cry" on the phone count as false alarms too.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TextIO

import msgspec
import numpy as np

from calibration.cry_tuning import Metrics, Recording, Tuned, Way, leave_one_out, tune
from calibration.training.clips import read_audio
from monitor.core.cry.detector import BLOCK_STEPS
from monitor.core.cry.features import (
    FRAME,
    HOP,
    STEP_SAMPLES,
    SURVEY_EVERY,
    Surveyor,
    log_mel,
    log_mel_between,
    picture,
)
from monitor.core.cry.model import CryModel
from monitor.core.cry.network import Net
from monitor.errors import CalibrationError, InputError
from monitor.events import Species
from monitor.host.callers_files import Write, write_file
from monitor.host.ownership import refuse_link, trust, user_name
from monitor.times import MINUTE_S

MIN_CRIES, MIN_ROOM_S = 3, 300.0
"""fewer recordings, or less room, cannot show whether tuning helped"""
_SUFFIXES = {".wav", ".flac", ".ogg", ".oga"}
_LOUD_DB = 8.0
"""a window counts as her baby's when it is this much above the recording's quiet quarter"""
_BLOCK = BLOCK_STEPS * STEP_SAMPLES


def calibrate_cry(
    cries: Path,
    room: Path,
    *,
    model: CryModel,
    species: Species,
    out_dir: Path,
    journal: Path | None,
    write: Write = write_file,
    out: TextIO,
) -> Path:
    """Tune, compare, write; returns the file written.

    Raises:
        InputError: a folder or file cannot be read.
        CalibrationError: too little to judge by, or nothing gained.
    """
    recordings = [
        *(listen_to(model, p, is_cry=True) for p in audio_files(cries)),
        *(listen_to(model, p, is_cry=False) for p in audio_files(room)),
    ]
    answers = refused_scores(journal) if journal else []
    _enough(recordings)
    ways: tuple[Way, ...] = ("shipped", "threshold", "last layer")
    metrics = {way: leave_one_out(model, recordings, species, way, answers) for way in ways}
    for way, found in metrics.items():
        print(f"{way:11s} {found}", file=out)
    best = max(ways[1:], key=lambda way: (metrics[way].heard, -metrics[way].false_bouts))
    if not metrics[best].better_than(metrics["shipped"]):
        raise CalibrationError(
            "nothing was gained on recordings left out, so the shipped model stays in use: "
            "add recordings of the cries it misses or of the sounds that fire it"
        )
    tuned = tune(model, recordings, species, best, answers)
    path = _free_name(out_dir)
    write(path, _with(model, tuned, best, metrics).to_bytes())
    print(f'wrote {path}; for the configuration:\n\n[microphone]\nmodel = "{path}"', file=out)
    return path


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
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
    if not found:
        raise InputError(f"{folder}: no WAV, FLAC or OGG files in this folder")
    return found


def listen_to(model: CryModel, path: Path, *, is_cry: bool) -> Recording:
    """Everything the network computes before its last layer."""
    samples = read_audio(path)
    blocks = max(1, -(-len(samples) // _BLOCK))
    padded = np.zeros(blocks * _BLOCK + FRAME - HOP, dtype=np.float32)
    padded[: len(samples)] = samples
    net, surveyor, hidden = Net(model), Surveyor(), []
    for at in range(0, blocks * _BLOCK, _BLOCK):
        block = padded[at : at + _BLOCK + FRAME - HOP]
        surveyed = log_mel(block, SURVEY_EVERY)
        survey = surveyor.survey(surveyed)
        hidden.append(net.hidden(picture(log_mel_between(block, surveyed), survey)))
    power = np.square(padded[: blocks * _BLOCK]).reshape(-1, STEP_SAMPLES).mean(axis=1) + 1e-11
    level_db = 10 * np.log10(power)
    loud = level_db >= np.quantile(level_db, 0.25) + _LOUD_DB
    if not loud.any():  # a clip cut to its call has no quiet quarter
        loud = level_db >= level_db.max() - _LOUD_DB
    return Recording(path, np.concatenate(hidden), loud, is_cry)


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
