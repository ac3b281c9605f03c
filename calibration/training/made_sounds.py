"""Makes unlabelled sounds of the kinds that the cry model confuses: nobody cries in any of them.

    python -m calibration.training.made_sounds --out sounds/made --each 40 \
        --soundfont /usr/share/sounds/sf2/FluidR3_GM.sf2

Instruments are a General MIDI soundfont played by ``fluidsynth`` (random phrases with bends and
slides), voices are ``espeak-ng`` in many languages, pitches and ages, laughing and imitating
included; both programs come from Debian packages, and a kind whose program is missing is left
out. Squeaks, hinges, sirens, kettles, alarms, large birds and howls at a distance are physical
models in ``made_models.py``. Everything depends on the seed alone.
"""

from __future__ import annotations

import argparse
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator

from calibration.training.made_models import MODELS
from monitor.core.cry.features import Floats
from monitor.events import AUDIO_RATE_HZ

TICKS = 480
"""of a quarter note; at the usual 120 in a minute 960 a second"""

PROGRAMS: dict[str, tuple[int, ...]] = {
    "reed": (*range(16, 24), *range(64, 72)),
    "brass": tuple(range(56, 64)),
    "pipe": tuple(range(72, 80)),
    "plucked": (*range(24, 40), 46, *range(104, 112)),
    "strings": (*range(40, 46), *range(48, 56)),
    "lead": tuple(range(80, 96)),
    "bells": (*range(8, 16), *range(112, 119)),
    "effects": (120, 121, 122, 124, 125, 126, 127),
}
"""General MIDI programs by kind; 123 (bird tweet) is left to the labelled birds"""

_LANGUAGES = (
    *("en-us", "en-gb-scotland", "de", "fr-fr", "es", "it", "pl", "ru", "tr", "hi", "sw", "ko"),
    *("pt-br", "nl", "sv", "fi", "hu", "ro", "el", "cs"),
)
_VARIANTS = ("", "+f2", "+f4", "+f5", "+m3", "+m7", "+croak", "+whisper")
_WORDS = (
    *("Come here, dinner is ready.", "What are you doing? Stop that!", "One, two, three, four."),
    *("Ha ha ha ha ha!", "Hee hee hee hee!", "Ho ho ho!", "Oh oh oh no!", "Yeah! Hooray! Wooow!"),
    *("Heeey! Hallooo! Over heeere!", "La la la, la la la la.", "Aaaah! Eeeek!", "Shhh. Psst."),
    *("Meow. Meow. Meeeow.", "Miau, miau, miaaau!", "Mew, mew, mew!", "Woof woof. Wuff!"),
    *("Awoooo! Awoooooo!", "Baa, baa. Moo. Quack quack.", "Cock a doodle doo!", "Wheee! Whoooo!"),
)


def phrase(rng: Generator, program: int) -> bytes:
    """A MIDI file of about six seconds: notes of one program, some bent, some sliding."""
    track = bytearray(_event(0, 0xC0, program))
    track += _event(0, 0xB0, 101, 0) + _event(0, 0xB0, 100, 0) + _event(0, 0xB0, 6, 12)
    total, centre = 0, int(rng.integers(52, 88))
    while total < 6 * 2 * TICKS:
        note = int(np.clip(centre + rng.integers(-7, 8), 24, 108))
        length = int(TICKS * np.exp(rng.uniform(np.log(0.2), np.log(3.0))))
        track += _event(0, 0x90, note, int(rng.integers(60, 125)))
        track += _bends(rng, length) if rng.random() < 0.5 else _event(length, 0xE0, 0, 64)
        track += _event(0, 0x80, note, 0)
        pause = int(TICKS * rng.exponential(0.35)) if rng.random() < 0.6 else 0
        track += _event(pause, 0xE0, 0, 64)
        total += length + pause
    track += _delta(TICKS) + b"\xff\x2f\x00"
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS)
    return head + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


def _bends(rng: Generator, length: int) -> bytes:
    """A slide over the length of a note, up to six semitones, as an arch or a straight line."""
    steps = 24
    u = np.linspace(0, 1, steps)
    course = rng.uniform(-6, 6) * np.sin(np.pi * u) + rng.uniform(-4, 4) * (u - 0.5)
    course += rng.uniform(0, 0.4) * np.sin(2 * np.pi * rng.uniform(1, 8) * u)
    out = bytearray()
    for semitones in course:
        value = int(np.clip(8192 + semitones / 12 * 8192, 0, 16383))
        out += _event(max(1, length // steps), 0xE0, value & 127, value >> 7)
    return bytes(out)


def _event(delta: int, *content: int) -> bytes:
    return _delta(delta) + bytes(content)


def _delta(ticks: int) -> bytes:
    """A variable-length quantity: seven bits a byte, the highest bit set but in the last."""
    out = [ticks & 127]
    while ticks := ticks >> 7:
        out.insert(0, ticks & 127 | 128)
    return bytes(out)


def play(midi: bytes, soundfont: Path, folder: Path) -> Floats:
    """What ``fluidsynth`` makes of a MIDI file, mono at 16 kHz."""
    score, sound = folder / "phrase.mid", folder / "phrase.wav"
    score.write_bytes(midi)
    words = ["fluidsynth", "-ni", "-q", "-g", "0.6", "-r", str(AUDIO_RATE_HZ), "-F", str(sound)]
    subprocess.run([*words, str(soundfont), str(score)], check=True, capture_output=True)
    return _read(sound)


def speak(rng: Generator, folder: Path) -> Floats:
    """A few words by ``espeak-ng``: any language, age, pitch and pace."""
    voice = str(rng.choice(_LANGUAGES)) + str(rng.choice(_VARIANTS))
    text = " ".join(str(rng.choice(_WORDS)) for _ in range(int(rng.integers(1, 4))))
    sound = folder / "words.wav"
    numbers = {"-p": int(rng.integers(10, 100)), "-s": int(rng.integers(90, 260)), "-a": 120}
    words = ["espeak-ng", "-v", voice, "-w", str(sound)]
    words += [part for flag, value in numbers.items() for part in (flag, str(value))]
    subprocess.run([*words, text], check=True, capture_output=True)
    return _read(sound)


def _modelled(model: Callable[[Generator], Floats], rng: Generator, _folder: Path) -> Floats:
    return model(rng)


def _played(programs: Sequence[int], soundfont: Path, rng: Generator, folder: Path) -> Floats:
    return play(phrase(rng, int(rng.choice(programs))), soundfont, folder)


def _read(path: Path) -> Floats:
    from calibration.training.clips import read_audio

    return read_audio(path)


def make(out: Path, each: int, soundfont: Path | None, seed: int) -> dict[str, int]:
    """Write ``each`` sounds of every kind as FLAC into a folder a kind; how many there are."""
    makers: dict[str, Callable[[Generator, Path], Floats]] = {
        name: partial(_modelled, model) for name, model in MODELS.items()
    }
    if soundfont is not None and shutil.which("fluidsynth"):
        makers |= {name: partial(_played, numbers, soundfont) for name, numbers in PROGRAMS.items()}
    if shutil.which("espeak-ng"):
        makers["voices"] = speak
    with tempfile.TemporaryDirectory() as scratch:
        for number, (name, maker) in enumerate(sorted(makers.items())):
            for k in range(each):
                path = out / name / f"{name}-{k:03d}.flac"
                if not path.exists():
                    rng = np.random.default_rng((seed, number, k))
                    _write(path, maker(rng, Path(scratch)))
    return {name: len(list((out / name).glob("*.flac"))) for name in makers}


def _write(path: Path, sound: Floats) -> None:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    peak = float(np.abs(sound).max(initial=0)) or 1.0
    soundfile.write(path, sound * (0.7 / peak), AUDIO_RATE_HZ, subtype="PCM_16")


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, default=40, help="sounds of every kind")
    parser.add_argument("--soundfont", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for name, count in make(given.out, given.each, given.soundfont, given.seed).items():
        print(f"{name:12s} {count}")


if __name__ == "__main__":
    main()
