"""Builds the fake sound card and steers its microphones through their control files.

Real PortAudio on real ALSA opens them: exactly the channels, the rate and the format that a
microphone states, nothing converted, as with the ``hw:`` device of a real card. What happens to one
in use (pulled out, taken by another program, a dead channel, lost sound) is set while it runs.
"""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.events import AUDIO_RATE_HZ
from monitor.simulation import sounds as synth

CHANNELS = 8
FIELDS = (
    "open_errno", "pulled_out", "loop_frames", "per_mille", "gate_micro", "opens",
    *(f"gain_milli_{c}" for c in range(CHANNELS)), *(f"offset_micro_{c}" for c in range(CHANNELS)),
)  # fmt: skip
SOURCE = Path(__file__).with_name("fake_sound_card.c")
HEADER = Path("/usr/include/alsa/pcm_external.h")
CONFIGURATION = """\
pcm.{name} {{
    type fake_card
    control "{control}"
    wave "{wave}"
    channels {channels}
    rate {rate_hz}
    format {format}
    hint {{ show on description "{name}" }}
}}
"""


def missing() -> str | None:
    """What this machine lacks for it, as the reason of a skip."""
    if shutil.which("cc") is None:
        return "no C compiler: apt-get install gcc libc6-dev"
    if not HEADER.exists():
        return "no ALSA headers: apt-get install libasound2-dev"
    return None


def room(
    rate_hz: int, seconds: float = 20.0, cry_db: float | None = None, room_db: float = -60.0
) -> NDArray[np.float32]:
    """A mono room at ``rate_hz``, with a kitten's calls when ``cry_db`` is given."""
    rng = np.random.default_rng(7)
    sound = synth.Room(7, noise_db=room_db).render(0, round(seconds * AUDIO_RATE_HZ))
    if cry_db is not None:
        sound = sound + synth.bout("kitten", rng, seconds, level_db=cry_db, calls_per_s=0.8)
    times = np.arange(round(seconds * rate_hz)) * (AUDIO_RATE_HZ / rate_hz)
    return np.interp(times, np.arange(len(sound)), sound).astype(np.float32)


class FakeMicrophone:
    """One capture device of a fake sound card.

    Args:
        folder: an existing folder of its own.
        name: what PortAudio calls it.
        channels, rate_hz: the only ones it has.
        format: of ALSA: S16_LE, S24_LE, S24_3LE or S32_LE.
        wave: mono samples at ``rate_hz``, played in a loop; ``None``: zeros.
        gains: of each channel; 0 is a channel that nothing is wired to.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "usb",
        *,
        channels: int = 1,
        rate_hz: int = 48_000,
        format: str = "S16_LE",  # noqa: A002 - ALSA's word
        wave: NDArray[np.float32] | None = None,
        gains: Sequence[float] = (),
    ) -> None:
        self.name = name
        control, played = folder / f"{name}.control", folder / f"{name}.f32"
        control.write_bytes(bytes(4 * len(FIELDS)))
        descriptor = os.open(control, os.O_RDWR)
        self._memory = mmap.mmap(descriptor, 4 * len(FIELDS))
        os.close(descriptor)
        if wave is not None:
            wave.astype("<f4").tofile(played)
        self.configuration = CONFIGURATION.format(
            name=name, control=control, wave=played, channels=channels, rate_hz=rate_hz,
            format=format,
        )  # fmt: skip
        self.set(per_mille=1000)
        self.gains(*(gains or [1.0] * channels))

    def set(self, **values: int) -> None:
        """Change fields of the control file, named in ``FIELDS``; ``open_errno`` is EBUSY, ..."""
        for name, value in values.items():
            struct.pack_into("=i", self._memory, 4 * FIELDS.index(name), value)

    def get(self, name: str) -> int:
        """One field of the control file."""
        return int(struct.unpack_from("=i", self._memory, 4 * FIELDS.index(name))[0])

    def gains(self, *gains: float) -> None:
        """The gain of each channel; negative turns the phase round, 0 is a dead one."""
        self.set(**{f"gain_milli_{c}": round(1000 * gain) for c, gain in enumerate(gains)})

    def offsets(self, *offsets: float) -> None:
        """A constant added to each channel, as a part of full scale."""
        self.set(**{f"offset_micro_{c}": round(1e6 * part) for c, part in enumerate(offsets)})


class FakeSoundCard:
    """The microphones that every process started with ``environment`` finds, and no others."""

    def __init__(self, folder: Path, *microphones: FakeMicrophone) -> None:
        plugins = folder / "alsa-lib"
        plugins.mkdir()
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-DPIC", SOURCE, "-lasound",
             "-lm", "-o", plugins / "libasound_module_pcm_fake_card.so"],
            check=True,
        )  # fmt: skip
        configuration = folder / "alsa.conf"
        configuration.write_text(
            "</usr/share/alsa/alsa.conf>\n" + "".join(m.configuration for m in microphones)
        )
        self.environment = {
            "ALSA_PLUGIN_DIR": str(plugins),
            "ALSA_CONFIG_PATH": str(configuration),
        }
