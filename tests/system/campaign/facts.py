"""What is made true in a round: something critical that a person must hear of.

Each is done to the world, not to the daemon, and is undone again. The delays are those of
docs/alerts.md.
"""

from __future__ import annotations

import math
import time
import wave
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from calibration.synth import bout
from monitor.events import AUDIO_RATE_HZ
from tests.system.campaign.silence import Fact
from tests.system.fake_gpiochip import FakeChip
from tests.system.sound_server import SoundServer

DEAF, NO_WEIGHT, CRYING = "monitor_blind-microphone", "monitor_blind-scale", "crying"
TITLES = {
    DEAF: frozenset({"Microphone is deaf"}),
    NO_WEIGHT: frozenset({"Scale is blind"}),
    CRYING: frozenset({"Kitten crying", "Puppy crying", "Baby crying"}),
}
"""how a push says it"""
CRY_AFTER_S = 20.0
CRY_LASTS_S = 300.0
HISS_VOLUME = 12_000


class Kind(msgspec.Struct, frozen=True):
    """One way to make something true."""

    incident: str
    delay_s: float
    apart_s: float
    """from its end to the next time: so long it takes until its end is noticed and told"""
    begin: Callable[[Surroundings], None]
    end: Callable[[Surroundings], None]


class Surroundings:
    """The load cell and the sound in the room."""

    def __init__(self, folder: Path, chip: FakeChip, sound: SoundServer, seed: int) -> None:
        self.chip, self.sound = chip, sound
        self._cry = folder / "cry.wav"
        self._rng = np.random.default_rng(seed)
        self.facts: list[Fact] = []

    def begin(self, name: str) -> Fact:
        """Make it true."""
        kind = KINDS[name]
        kind.begin(self)
        fact = Fact(
            incident=kind.incident,
            titles=TITLES[kind.incident],
            delay_s=kind.delay_s,
            begin_s=time.monotonic(),
        )
        self.facts.append(fact)
        return fact

    def end(self, name: str, fact: Fact) -> None:
        """It is true no longer."""
        fact.end_s = time.monotonic()
        KINDS[name].end(self)

    def ready_in_s(self, name: str) -> float:
        """How long until this can become true as something new; 0: now."""
        kind = KINDS[name]
        ends = [fact.end_s for fact in self.facts if fact.incident == kind.incident]
        return max(0.0, max(ends, default=-math.inf) + kind.apart_s - time.monotonic())

    # ------------------------------------------------------------------ the sound in the room

    def begin_sound(self) -> None:
        """A quiet room: PulseAudio, and a hiss of about -50 dB of full scale."""
        self.sound.start()
        self.sound.hiss(HISS_VOLUME)

    def cry(self) -> None:
        """A kitten calls for minutes."""
        sound = bout("kitten", self._rng, CRY_LASTS_S, level_db=-25.0)
        with wave.open(str(self._cry), "wb") as out:
            out.setparams((1, 2, AUDIO_RATE_HZ, 0, "NONE", ""))
            out.writeframes((32767 * np.clip(sound, -1.0, 1.0)).astype("<i2").tobytes())
        self.sound.play_file(self._cry)

    def mute(self, muted: bool) -> None:
        """Somebody touched the switch: exact zeros."""
        self.sound.control("set-source-mute", "nursery.monitor", "1" if muted else "0")


NOTICED_S = 30.0
"""5 s of real data and the hold of 10 s (docs/alerts.md), twice"""
SPELL_S = 120.0
"""90 s of quiet end a spell, and the hold: before, it is the same crying"""

KINDS: dict[str, Kind] = {
    "cell_unplugged": Kind(
        NO_WEIGHT, 15.0, NOTICED_S, lambda s: s.chip.set(stuck=1), lambda s: s.chip.set(stuck=-1)
    ),
    "microphone_muted": Kind(
        DEAF, 10.0, NOTICED_S, lambda s: s.mute(True), lambda s: s.mute(False)
    ),
    "microphone_gone": Kind(
        DEAF, 15.0, NOTICED_S, lambda s: s.sound.kill(), lambda s: s.begin_sound()
    ),
    "crying": Kind(
        CRYING, CRY_AFTER_S + 5.0, SPELL_S, lambda s: s.cry(), lambda s: s.sound.quiet()
    ),
}
"""a cry is told after 20 s of calls, and its first calls open the bout"""
BESIDE_A_FAULT = ("cell_unplugged", "microphone_muted", "crying")
"""what becomes true while something else is broken"""
