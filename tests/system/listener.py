"""A microphone in a process of its own: prints its reports and what it hears as JSON Lines.

Run as ``python -m tests.system.listener DEVICE``; ends when standard input closes.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise

import numpy as np

from monitor.devices.microphone import Microphone
from monitor.events import AUDIO_RATE_HZ, AudioBlock, SourceReport
from monitor.host.timeline import Timeline


def say(**fields: object) -> None:
    print(json.dumps(fields), flush=True)


class Ear:
    """Sums up each second of sound in one line."""

    def __init__(self) -> None:
        self._second: list[AudioBlock] = []

    def put(self, observation: object) -> None:
        if isinstance(observation, SourceReport):
            say(state=observation.state, why=observation.why, t_s=observation.t_s)
        elif isinstance(observation, AudioBlock):
            self._second.append(observation)
            if sum(len(block.samples) for block in self._second) >= AUDIO_RATE_HZ:
                self._sum_up()

    def _sum_up(self) -> None:
        blocks, self._second = self._second, []
        sound = np.concatenate([block.samples for block in blocks])
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
        gaps_s = [b.t_s - a.end_s for a, b in pairwise(blocks)]
        say(
            tone_hz=float(np.argmax(spectrum)) * AUDIO_RATE_HZ / len(sound),
            rms=float(np.sqrt(np.mean(sound**2))),
            gap_s=max(map(abs, gaps_s)),
            t_s=blocks[0].t_s,
        )


def restart(why: str) -> bool:
    say(restart=why)
    return True


if __name__ == "__main__":
    source = Microphone(sys.argv[1], Timeline.from_wall_clock(), restart)
    source.start(Ear().put)
    sys.stdin.read()
    source.stop()
    say(overruns=source.overruns, dropped=source.dropped)
    sys.stdout.flush()
    os._exit(0)
