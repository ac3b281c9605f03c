"""A private PulseAudio whose null sink's monitor is the microphone: real PortAudio, no card."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import wave
from contextlib import suppress
from pathlib import Path

import numpy as np

ALSA = """\
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "pulse default" } }
ctl.!default { type pulse }
"""
SINK = "module-null-sink sink_name=nursery rate=48000 channels=1"
SCRIPT = f"""\
load-module module-native-protocol-unix auth-anonymous=1
load-module {SINK}
set-default-sink nursery
set-default-source nursery.monitor
"""
TOOLS = ("pulseaudio", "pactl", "paplay", "pacat")
PULSE_OPTIONS = [
    "-n",
    "--daemonize=no",
    "--exit-idle-time=-1",
    "--realtime=no",
    "--high-priority=no",
    "--use-pid-file=no",
]


def missing_tools() -> list[str]:
    return [tool for tool in TOOLS if shutil.which(tool) is None]


class SoundServer:
    def __init__(self, folder: Path) -> None:
        self._folder = self.folder = folder
        runtime = folder / "run" / "pulse"
        # Pulse cuts a longer name off, and only who reaches it by the same path finds it.
        assert len(f"{runtime}/native") < 108, f"too long for a socket: {runtime}/native"
        runtime.mkdir(parents=True, mode=0o700)
        (folder / "run").chmod(0o700)
        (folder / "alsa.conf").write_text(ALSA)
        (folder / "start.pa").write_text(SCRIPT)
        self.environment = {
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PULSE_RUNTIME_PATH": str(runtime),
            "PULSE_STATE_PATH": str(folder / "state"),
            "PULSE_SERVER": f"unix:{runtime}/native",
            "ALSA_CONFIG_PATH": str(folder / "alsa.conf"),
        }
        self._server: subprocess.Popen | None = None
        self._players: list[subprocess.Popen] = []
        self._hiss: subprocess.Popen | None = None

    def _env(self) -> dict[str, str]:
        return os.environ | self.environment

    def start(self) -> None:
        with (self._folder / "pulse.log").open("ab") as log:
            self._server = subprocess.Popen(
                ["pulseaudio", *PULSE_OPTIONS, "-F", str(self._folder / "start.pa")],
                env=self._env(), stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while subprocess.run(
            ["pactl", "info"], env=self._env(), capture_output=True, check=False
        ).returncode:
            assert time.monotonic() < deadline, "pulseaudio did not start"
            time.sleep(0.1)

    def play(self, frequency_hz: float = 1234.0, seconds: float = 60.0, level: float = 0.5) -> None:
        path = self._folder / f"tone-{frequency_hz:.0f}-{seconds:.0f}.wav"
        time_s = np.arange(round(48_000 * seconds)) / 48_000
        tone = level * 32767 * np.sin(2 * np.pi * frequency_hz * time_s)
        with wave.open(str(path), "wb") as out:
            out.setparams((1, 2, 48_000, 0, "NONE", ""))
            out.writeframes(tone.astype("<i2").tobytes())
        self.play_file(path)

    def play_file(self, path: Path) -> None:
        """Play a recording once."""
        self._players.append(
            subprocess.Popen(["paplay", str(path)], env=self._env(), stderr=subprocess.DEVNULL)
        )

    def hiss(self, volume: int) -> None:
        """White noise without an end, as every room and microphone has; 65536 is full volume."""
        command = [
            "pacat", "--playback", "--raw", "--rate=48000", "--channels=1", "--format=s16le",
            f"--volume={volume}",
        ]  # fmt: skip
        for _ in range(5):
            with Path("/dev/urandom").open("rb") as noise:
                self._hiss = subprocess.Popen(
                    command, env=self._env(), stdin=noise, stderr=subprocess.DEVNULL
                )
            with suppress(subprocess.TimeoutExpired):
                self._hiss.wait(0.5)
                continue  # it could not connect yet
            return
        raise RuntimeError("pacat does not play")

    def control(self, *words: str) -> str:
        return subprocess.run(
            ["pactl", *words],
            env=self._env(),
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout

    def quiet(self) -> None:
        for player in self._players:
            player.kill()
            player.wait()
        self._players.clear()

    def signal(self, number: signal.Signals) -> None:
        assert self._server is not None
        self._server.send_signal(number)

    def kill(self) -> None:
        if self._hiss is not None:
            self._hiss.kill()
            self._hiss.wait()
            self._hiss = None
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def close(self) -> None:
        self.quiet()
        self.kill()
