"""``nursery calibrate room``: what the microphone hears here, and how often it is fooled.

First half a minute of the room as it is: level, clipping, noise floor, mains hum, each with what
to do. Then, for a night or a recording without crying, the cry model's false alarms and the
threshold at which there would be next to none: fridges, ducts and a radio next door differ from
home to home. The threshold lives in the model, so a room that needs another one gets its own copy.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.config import Config
from monitor.core.cry.bouts import Bouts, CryWindow
from monitor.core.cry.detector import CryDetector
from monitor.core.cry.model import CryModel
from monitor.data.shipped import cry_model_bytes
from monitor.devices import open_sources
from monitor.devices.collect import Tap
from monitor.devices.diagnosis import SoundDiagnosis, diagnose_sound
from monitor.devices.replayed import read_audio
from monitor.errors import CalibrationError, ConfigError
from monitor.events import AUDIO_RATE_HZ, AudioBlock, CryStarted
from monitor.host.callers_files import Write, write_file
from monitor.host.timeline import Timeline

LISTEN_S = 30.0
START_S = 10.0
ACCEPTED_PER_H = 0.125
"""false alarms an hour that a room may have: one in eight hours of night"""
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995)
SHORTEST_H = 0.1
"""of quiet, below which a rate of false alarms means nothing"""
CLIPPING, LOW_FLOOR_DB, HIGH_FLOOR_DB = 1e-3, -75.0, -35.0

Samples = NDArray[np.float32]


class RoomFit(msgspec.Struct, frozen=True, kw_only=True):
    """False alarms of one room without crying."""

    hours: float
    threshold: float
    """of the model in use"""
    alarms: int
    """bouts it would have announced"""
    advised: float | None
    """the lowest threshold with next to no false alarms; ``None`` when none is high enough"""
    advised_alarms: int


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
    model = CryModel.from_bytes(cry_model_bytes(config.microphone.model))
    if from_audio is not None:
        stream = read_audio(from_audio, 1.0)
        head = list(islice(stream, round(LISTEN_S)))
        fine = _tell(diagnose_sound(np.concatenate(head)), out)
        found = false_alarms(model, chain(head, stream))
    else:
        tap = _open(config)
        try:
            out.write(f"Listening for {LISTEN_S:.0f} s. Let the room be as it is at night.\n")
            heard = tap.take(LISTEN_S, START_S)
            if not len(heard.samples):
                why = heard.report.why if heard.report is not None else "says nothing"
                raise CalibrationError(f"the microphone {why}")
            fine = _tell(diagnose_sound(heard.samples), out)
            if night_h is None:
                return 0 if fine else 1
            out.write(f"Now {night_h:g} h without crying; Ctrl-C ends it early.\n")
            found = false_alarms(model, _live(tap, night_h))
        finally:
            tap.close()
    _conclude(found, model, Path(out_dir), out, write)
    return 0 if fine and found.advised is not None else 1


def _open(config: Config) -> Tap:
    sources = open_sources(config, Timeline.from_wall_clock())
    microphones = [source for source in sources if source.name == "microphone"]
    if not microphones:
        raise ConfigError(
            'there is no microphone: set microphone.source = "sounddevice" in the configuration'
        )
    return Tap(microphones[0])


def _live(tap: Tap, hours: float) -> Iterator[Samples]:
    end_s = time.monotonic() + hours * 3600
    try:
        while (left_s := end_s - time.monotonic()) > 0:
            heard = tap.take(min(5.0, left_s))
            if len(heard.samples):
                yield heard.samples
    except KeyboardInterrupt:
        return


# --------------------------------------------------------------------------- the room as it is


def _tell(sound: SoundDiagnosis, out: TextIO) -> bool:
    """Write the numbers and what to do; False when something must be changed first."""
    if sound.level_db is None or sound.floor_db is None or sound.peak_db is None:
        raise CalibrationError("the recording is shorter than half a second")
    if sound.dead:
        raise CalibrationError(f"the microphone {sound.dead}")
    out.write(
        f"Level {sound.level_db:.0f} dBFS, loudest {sound.peak_db:.0f}, "
        f"quietest {sound.floor_db:.0f} dBFS.\n"
    )
    problems = list(_problems(sound))
    for problem in problems:
        out.write(f"  {problem}\n")
    if not problems:
        out.write("  Fit for listening.\n")
    return not problems


def _problems(sound: SoundDiagnosis) -> Iterator[str]:
    if sound.clipped is not None and sound.clipped > CLIPPING:
        yield f"{100 * sound.clipped:.1f} % of the samples clip: turn the capture level down."
    if sound.floor_db is not None and sound.floor_db < LOW_FLOOR_DB:
        yield "Hardly anything arrives: turn the capture level up (alsamixer, F4)."
    if sound.floor_db is not None and sound.floor_db > HIGH_FLOOR_DB:
        yield "The room is loud: move the microphone nearer to the box, away from fans and pumps."
    if sound.hum_hz is not None:
        yield (
            f"{sound.hum_hz:.0f} Hz hum stands {sound.hum_over_db:.0f} dB out: keep the cable "
            "away from mains leads, try another power supply."
        )
    if sound.offset is not None and abs(sound.offset) > 0.05:
        yield f"The sound is off centre by {100 * sound.offset:.0f} %: the input is faulty."


# --------------------------------------------------------------------------- false alarms


def false_alarms(model: CryModel, stream: Iterable[Samples]) -> RoomFit:
    """Run the model over a stream without crying, any block sizes.

    Raises:
        CalibrationError: it was too short to say anything.
    """
    detector = CryDetector(model)
    windows: list[CryWindow] = []
    samples = 0
    for block in stream:
        windows += detector.update(AudioBlock(samples / AUDIO_RATE_HZ, block)).windows
        samples += len(block)
    hours = samples / AUDIO_RATE_HZ / 3600
    if hours < SHORTEST_H:
        raise CalibrationError(
            f"{hours * 60:.1f} minutes are too short to count false alarms: at least "
            f"{SHORTEST_H * 60:.0f} are needed, a night is better"
        )
    rule = model.card.rule
    higher = [t for t in THRESHOLDS if t > rule.on]
    counts = {t: count_alarms(model, windows, t) for t in [rule.on, *higher]}
    allowed = ACCEPTED_PER_H * max(hours, 1 / ACCEPTED_PER_H) - 1
    advised = next((t for t, alarms in counts.items() if alarms <= allowed), None)
    return RoomFit(
        hours=hours,
        threshold=rule.on,
        alarms=counts[rule.on],
        advised=advised,
        advised_alarms=counts[advised] if advised is not None else min(counts.values()),
    )


def count_alarms(model: CryModel, windows: Iterable[CryWindow], threshold: float) -> int:
    """Pet bouts that would have been announced with another threshold."""
    bouts = Bouts(msgspec.structs.replace(model.card.rule, on=threshold))
    events = [event for window in windows for event in bouts.update(window)]
    return sum(isinstance(e, CryStarted) and e.species != "human" for e in events)


def _conclude(
    found: RoomFit, model: CryModel, out_dir: Path, out: TextIO, write: Write = write_file
) -> None:
    out.write(
        f"{found.hours:.1f} h without crying: {found.alarms} false alarm(s) at the model's "
        f"threshold of {found.threshold:.2f}.\n"
    )
    if found.advised is None:
        out.write("No threshold helps: find what sounds like crying here and silence it.\n")
    elif found.advised == found.threshold:
        out.write("Nothing to change for this room.\n")
    else:
        path = out_dir / f"cry-room-{datetime.now().astimezone():%Y%m%d-%H%M%S}.npz"
        rule = msgspec.structs.replace(model.card.rule, on=found.advised)
        card = msgspec.structs.replace(model.card, rule=rule)
        write(path, CryModel(card, model.arrays).to_bytes())
        out.write(
            f"With {found.advised:.3g} there would be {found.advised_alarms}. Faint cries are "
            f"then told later or not at all.\nTo use it, put under [microphone]:\n\n"
            f'model = "{path.resolve()}"\n'
        )
