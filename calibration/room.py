"""``nursery calibrate room``: the sound of a room, and the cry model's false alarms in it.

First, half a minute of the room as it is: level, clipping, noise floor, mains hum, each with what
to do. Then, for a night or a recording without crying, the cry model's false alarms and the
threshold at which there would be next to none: fridges, ducts and a radio next door differ from
home to home. The threshold lives in the model, so a room that needs another one gets its own copy.
No threshold is advised at which the model is deaf to crying: such a room needs something else.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.cry_made import judged_cries
from calibration.cry_tuning import KEPT, crying_kept, untuned
from monitor.config import Config
from monitor.core.cry.bouts import Bouts, CryWindow
from monitor.core.cry.detector import CryDetector
from monitor.core.cry.model import CryModel
from monitor.data.shipped import cry_model
from monitor.devices.collect import Tap, open_tap
from monitor.devices.diagnosis import SoundDiagnosis, diagnose_sound, sound_problems
from monitor.errors import CalibrationError
from monitor.events import AUDIO_RATE_HZ, AudioBlock, CryStarted
from monitor.host.callers_files import Write, write_file
from monitor.host.standard_error import silent_libraries
from monitor.recordings.audio import read_audio
from monitor.times import HOUR_S, local_stamp

LISTEN_S = 30.0
START_S = 10.0
ACCEPTED_PER_H = 0.125
"""false alarms an hour that a room may have: one in eight hours of night"""
THRESHOLDS = tuple(k / 100 for k in (*range(25, 95, 5), 93, 95, 97, 98, 99))
SHORTEST_H = 0.1
"""of quiet, below which a rate of false alarms means nothing"""

Samples = NDArray[np.float32]


class RoomFit(msgspec.Struct, frozen=True, kw_only=True):
    """False alarms of one room without crying."""

    hours: float
    threshold: float
    """of the model in use"""
    alarms: int
    """bouts it would have announced"""
    advised: float | None
    """the lowest threshold with next to no false alarms; ``None`` when none is high enough, or
    crying is no longer heard at it"""
    advised_alarms: int
    deaf: float | None = None
    """that threshold, where crying is no longer heard at it"""
    deaf_to: float = 0.0
    """the share of made crying that goes unheard at it"""


def calibrate_room(
    config: Config,
    *,
    from_audio: str | None = None,
    night_h: float | None = None,
    out_dir: str = ".",
    write: Write = write_file,
    out: TextIO,
) -> int:
    """Measure the room; with ``night_h`` or a long recording also the false alarms.

    Args:
        config: names the microphone and the model.
        from_audio: a recording of the room without crying, instead of the microphone.
        night_h: hours to listen live, while nobody cries.
        out_dir: where a model with this room's threshold goes, when it needs one.
        write: writes that model, with the rights of whoever asked for it.
        out: where everything is told.

    Returns:
        0 when the room is fit for listening, 1 when something must be changed first.

    Raises:
        CalibrationError, ConfigError, InputError: one sentence.
    """
    model = cry_model(config.microphone.model)
    if from_audio is not None:
        stream = read_audio(from_audio, 1.0)
        head = list(islice(stream, round(LISTEN_S)))
        fit = is_fit(diagnose_sound(np.concatenate(head)), out)
        found = false_alarms(model, chain(head, stream))
    else:
        fit, live = _listen(config, model, night_h, out)
        if live is None:
            return 0 if fit else 1
        found = live
    conclude(found, model, Path(out_dir), out, write)
    return 0 if fit and found.advised is not None else 1


def _listen(
    config: Config, model: CryModel, night_h: float | None, out: TextIO
) -> tuple[bool, RoomFit | None]:
    """Whether the room is fit for listening; and its false alarms, if it is to be a night."""
    out.write(f"Listening for {LISTEN_S:.0f} s. Let the room be as it is at night.\n")
    with silent_libraries():
        tap = open_tap(config, "microphone")
        heard = tap.collect(LISTEN_S, START_S)
    try:
        if not len(heard.samples):
            raise CalibrationError(f"the microphone {heard.reason('says nothing')}")
        fit = is_fit(diagnose_sound(heard.samples), out)
        if night_h is None:
            return fit, None
        out.write(f"Now {night_h:g} h without crying; Ctrl-C ends it early.\n")
        return fit, false_alarms(model, _live(tap, night_h))
    finally:
        tap.close()


def _live(tap: Tap, hours: float) -> Iterator[Samples]:
    end_s = time.monotonic() + hours * HOUR_S
    try:
        while (left_s := end_s - time.monotonic()) > 0:
            heard = tap.collect(min(5.0, left_s))
            if len(heard.samples):
                yield heard.samples
    except KeyboardInterrupt:
        return


# --------------------------------------------------------------------------- the room as it is


def is_fit(sound: SoundDiagnosis, out: TextIO) -> bool:
    """Write the numbers and what to do; False when something must be changed first.

    Raises:
        CalibrationError: there is too little sound, or no microphone made it.
    """
    if sound.level_db is None or sound.floor_db is None or sound.peak_db is None:
        raise CalibrationError("the recording is shorter than half a second")
    if sound.dead:
        raise CalibrationError(f"the microphone {sound.dead}")
    out.write(
        f"Level {sound.level_db:.0f} dBFS, loudest {sound.peak_db:.0f}, "
        f"quietest {sound.floor_db:.0f} dBFS.\n"
    )
    problems = list(sound_problems(sound))
    for problem, todo in problems:
        out.write(f"  {problem[0].upper()}{problem[1:]}: {todo}.\n")
    if not problems:
        out.write("  Fit for listening.\n")
    return not problems


# --------------------------------------------------------------------------- false alarms


def false_alarms(
    model: CryModel, stream: Iterable[Samples], detector: CryDetector | None = None
) -> RoomFit:
    """Run the model over a stream without crying, any block sizes.

    ``detector`` is one that runs ``model``, unless it is given.

    Raises:
        CalibrationError: it was too short to say anything.
    """
    detector = detector or CryDetector(model)
    windows: list[CryWindow] = []
    samples = 0
    for block in stream:
        windows += detector.observe(AudioBlock(samples / AUDIO_RATE_HZ, block)).windows
        samples += len(block)
    hours = samples / AUDIO_RATE_HZ / HOUR_S
    if hours < SHORTEST_H:
        raise CalibrationError(
            f"{hours * 60:.1f} minutes are too short to count false alarms: at least "
            f"{SHORTEST_H * 60:.0f} are needed, a night is better"
        )
    rule = model.card.rule
    higher = [t for t in THRESHOLDS if t > rule.on]
    counts = {t: count_alarms(model, windows, t) for t in [rule.on, *higher]}
    allowed = ACCEPTED_PER_H * max(hours, 1 / ACCEPTED_PER_H) - 1
    quiet = next((t for t, alarms in counts.items() if alarms <= allowed), None)
    kept = 1.0 if quiet in {None, rule.on} else _crying_kept(model, quiet)
    advised = quiet if kept >= KEPT else None
    return RoomFit(
        hours=hours,
        threshold=rule.on,
        alarms=counts[rule.on],
        advised=advised,
        advised_alarms=counts[advised] if advised is not None else min(counts.values()),
        deaf=quiet if advised is None else None,
        deaf_to=1 - kept,
    )


def _crying_kept(model: CryModel, threshold: float) -> float:
    return crying_kept(model, untuned(model)._replace(on=threshold), judged_cries(model))


def count_alarms(model: CryModel, windows: Iterable[CryWindow], threshold: float) -> int:
    """Pet bouts that another threshold would announce, at most: the second look may refuse some."""
    bouts = Bouts(msgspec.structs.replace(model.card.rule, on=threshold))
    events = [event for window in windows for event in bouts.observe(window)]
    return sum(isinstance(e, CryStarted) and e.species != "human" for e in events)


def conclude(
    found: RoomFit, model: CryModel, out_dir: Path, out: TextIO, write: Write = write_file
) -> None:
    """Write what was found, and a model with this room's threshold when it needs one."""
    out.write(
        f"{found.hours:.1f} h without crying: {found.alarms} false alarm(s) at the model's "
        f"threshold of {found.threshold:.2f}.\n"
    )
    if found.advised is None:
        why = "No threshold helps"
        if found.deaf is not None:
            why = f"A threshold of {found.deaf:g} would miss {found.deaf_to:.0%} of crying"
        out.write(
            f"{why}:\nfind what sounds like crying here and silence it. Or keep what is heard\n"
            '(microphone.keep_cries_days = 7) and answer its alerts "not a cry":\n'
            '"nursery calibrate cry" learns from that.\n'
        )
    elif found.advised == found.threshold:
        out.write("Nothing to change for this room.\n")
    else:
        path = out_dir / f"cry-room-{local_stamp()}.npz"
        rule = msgspec.structs.replace(model.card.rule, on=found.advised)
        card = msgspec.structs.replace(model.card, rule=rule)
        write(path, CryModel(card, model.arrays).to_bytes())
        out.write(
            f"With {found.advised:g} there would be {found.advised_alarms}. Faint cries are "
            f"then told later or not at all.\nTo use it, put under [microphone]:\n\n"
            f'model = "{path.resolve()}"\n'
        )
