"""A scripted night for the demo: two babies, their feeds and cries, a failing microphone.

Sound comes from ``calibration.synth`` (parametric calls in room noise), weight from
``devices.simulated`` (raw converter counts with noise, drift, hands and movement). One thread
plays both on the nursery's own clock, ``speed`` times faster than real time, and waits whenever
the daemon is behind, so a slow machine lives a slower night instead of a different one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from monitor.devices import Put
from monitor.events import AUDIO_RATE_HZ, AudioBlock, Tick
from monitor.timeline import parse_rfc3339

if TYPE_CHECKING:
    from monitor.config import ScaleConfig
    from monitor.events import AnyEvent

START = "2026-05-08T19:00:00Z"
MOST_BACKLOG = 40
"""Observations the daemon may be behind before the night waits for it."""
