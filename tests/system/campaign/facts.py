"""What is made true in a round: something critical that a person must hear of.

Each is done to the world, not to the daemon, and is undone again. The delays are those of
docs/alerts.md.
"""

from __future__ import annotations

import math
import random
import threading
import time
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from monitor.events import AUDIO_RATE_HZ
from monitor.simulation.sounds import bout
from tests.system.campaign.box import COUNTS_PER_G
from tests.system.campaign.silence import Fact
from tests.system.fake_gpiochip import FakeChip
from tests.system.fake_sound_card import FakeMicrophone, FakeSoundCard, room
from tests.system.sound_server import SoundServer

DEAF, NO_WEIGHT, CRYING = "monitor_blind-microphone", "monitor_blind-scale", "crying"
TITLES = {
    DEAF: frozenset({"Microphone is deaf"}),
    NO_WEIGHT: frozenset({"Scale is blind"}),
    CRYING: frozenset({"Kitten crying", "Puppy crying", "Baby crying"}),
}
"""how a push says it"""
CRY_AFTER_S = 20.0
CRY_LASTS_S = 600.0
HANDS_HOLD_S = 300.0
"""so long at most do hands hold a warning back (docs/alerts.md)"""
SWAYS_BY_G, SWAYS_EVERY_S = 10.0, 14.0
HISS_VOLUME = 12_000


class Kind(msgspec.Struct, frozen=True):
    """One way to make something true."""

    incident: str
    delay_s: float
    apart_s: dict[str, float]
    """seconds from the end of another incident, or of the last of its own, to the next time"""
    begin: Callable[[Surroundings], None]
    end: Callable[[Surroundings], None]


class Surroundings:
    """The load cell and the sound in the room."""

    def __init__(self, folder: Path, chip: FakeChip, sound: SoundServer, seed: int) -> None:
        self.chip, self.sound = chip, sound
        self._cry = folder / "cry.wav"
        self._rng = np.random.default_rng(seed)
        self.usb = _usb_microphone(folder / "usb", sound)
        self._sway: threading.Event | None = None
        self.mutes = 0
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
        ready_s = [fact.end_s + kind.apart_s.get(fact.incident, 0.0) for fact in self.facts]
        return max([0.0, *(at_s - time.monotonic() for at_s in ready_s)])

    def choose(self, chance: random.Random, names: Sequence[str]) -> str:
        """One of those that can become true now; else the one that can soonest."""
        names = [name for name in names if name != "microphone_muted" or self.mutes < MOST_MUTES]
        ready = [name for name in names if self.ready_in_s(name) == 0.0]
        if not ready:
            return min(names, key=self.ready_in_s)
        return chance.choices(ready, [BESIDE_A_FAULT[name] for name in ready])[0]

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

    def sway(self) -> None:
        """10 g up and down every 14 s, until ``steady``."""
        stop = self._sway = threading.Event()
        level = self.chip.get("code")

        def swing() -> None:
            begin_s = time.monotonic()
            while not stop.wait(0.05):
                phase = 2 * math.pi * (time.monotonic() - begin_s) / SWAYS_EVERY_S
                self.chip.set(code=level + round(COUNTS_PER_G * SWAYS_BY_G * math.sin(phase)))
            self.chip.set(code=level)

        threading.Thread(target=swing, name="sway", daemon=True).start()

    def steady(self) -> None:
        """The platform is still again."""
        if self._sway is not None:
            self._sway.set()

    def cry_and_sway(self) -> None:
        self.sway()
        self.cry()

    def quiet_and_steady(self) -> None:
        self.sound.quiet()
        self.steady()

    def suspend(self, suspended: bool) -> None:
        """The device gives nothing at all."""
        self.sound.control("suspend-sink", "nursery", "1" if suspended else "0")

    def mute(self, muted: bool) -> None:
        """Somebody touched the switch: exact zeros."""
        self.mutes += muted
        self.sound.control("set-source-mute", "nursery.monitor", "1" if muted else "0")


def _usb_microphone(folder: Path, sound: SoundServer) -> FakeMicrophone:
    """A converter of two channels and 32 bits, beside the server's in one ALSA configuration."""
    folder.mkdir()
    cry = room(48_000, cry_db=-25.0)
    usb = FakeMicrophone(folder, channels=2, format="S32_LE", wave=cry, gains=(0, 0))
    FakeSoundCard(folder, usb)
    library = next(folder.rglob("*.so"))
    with (sound.folder / "alsa.conf").open("a") as configuration:
        configuration.write(f'pcm_type.fake_card {{ lib "{library}" }}\n{usb.configuration}')
    return usb


MOST_MUTES = 2
"""a third time, and the microphone is taken for one with a noise gate (docs/alerts.md)"""
NOTICED_S = 30.0
"""until the end of blindness is told: 5 s of real data and the hold of 10 s, twice"""
SPELL_S = 120.0
"""90 s of quiet end a spell of crying, and the hold: before, it is the same crying"""
HANDS_S = 150.0
"""a load cell that comes back looks like a hand in the box, and somebody who plugs it in is one:
no crying is told for two minutes (60 s of protest after a hand and 60 s of grace)"""

KINDS: dict[str, Kind] = {
    "cell_unplugged": Kind(
        NO_WEIGHT, 15.0, {NO_WEIGHT: NOTICED_S},
        lambda s: s.chip.set(stuck=1), lambda s: s.chip.set(stuck=-1),
    ),
    "microphone_muted": Kind(
        DEAF, 10.0, {DEAF: NOTICED_S}, lambda s: s.mute(True), lambda s: s.mute(False)
    ),
    "microphone_suspended": Kind(
        DEAF, 15.0, {DEAF: NOTICED_S}, lambda s: s.suspend(True), lambda s: s.suspend(False)
    ),
    "microphone_gone": Kind(
        DEAF, 15.0, {DEAF: NOTICED_S}, lambda s: s.sound.kill(), lambda s: s.begin_sound()
    ),
    "usb_dead": Kind(
        DEAF, 15.0, {DEAF: NOTICED_S}, lambda s: s.usb.gains(0, 0), lambda s: s.usb.gains(0, 0)
    ),
    "usb_right_slot": Kind(
        CRYING, CRY_AFTER_S + 5.0, {CRYING: SPELL_S, NO_WEIGHT: HANDS_S, DEAF: NOTICED_S},
        lambda s: s.usb.gains(0, 1), lambda s: s.usb.gains(0, 0),
    ),
    "crying_on_a_swaying_scale": Kind(
        CRYING, HANDS_HOLD_S + CRY_AFTER_S + 5.0,
        {CRYING: SPELL_S, NO_WEIGHT: HANDS_S, DEAF: NOTICED_S},
        lambda s: s.cry_and_sway(), lambda s: s.quiet_and_steady(),
    ),
    "crying": Kind(
        CRYING, CRY_AFTER_S + 5.0, {CRYING: SPELL_S, NO_WEIGHT: HANDS_S, DEAF: NOTICED_S},
        lambda s: s.cry(), lambda s: s.sound.quiet(),
    ),
}  # fmt: skip
"""a cry is told after 20 s of calls, and its first calls open the bout"""
BESIDE_A_FAULT = {
    "cell_unplugged": 1,
    "microphone_muted": 2,
    "microphone_suspended": 2,
    "crying": 6,
}
"""what becomes true while something else is broken, and how readily: what can be chosen seldom
goes first"""
