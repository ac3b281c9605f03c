"""A simulated night through the real daemon, seen from the other side of a real broker.

Loop, pipeline, journal and publisher are those of ``nursery run``. Only the sources are simulated
(``night.py``), and the broker runs inside this process, because the demo must need no set-up. What
is printed is what a phone subscribed to ``nursery/+/alert`` and ``nursery/+/event`` received.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from typing import TextIO

from monitor.config import AlertsConfig, Config, MicrophoneConfig, MqttConfig, NightConfig
from monitor.daemon.loop import Loop
from monitor.mqtt.identity import where
from monitor.simulation.broker import DemoBroker
from monitor.simulation.night import SimulatedNight
from monitor.simulation.phone import DemoPhone
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.times import HOUR_S, MINUTE_S

BOX = "demo-box"
COLUMN = 33


def run_demo(*, hours: float, speed: float, seed: int, port: int) -> int:
    """Play ``hours`` at ``speed``; returns 0 when all of it arrived at the phone.

    Raises:
        ConfigError: the demo broker is not installed, or the port is taken.
    """
    out = sys.stdout
    directory = tempfile.mkdtemp(prefix="nursery-demo-")
    broker = DemoBroker(port)
    try:
        broker.start()
        return _live(hours, speed, seed, broker.port, directory, out)
    finally:
        broker.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _live(hours: float, speed: float, seed: int, port: int, directory: str, out: TextIO) -> int:
    night = SimulatedNight(hours=hours, speed=speed, seed=seed)
    config = Config(
        box=BOX,
        state_dir=directory,
        microphone=MicrophoneConfig(source="simulated"),
        scale=night.scale_config(),
        # No quiet hours: the demo looks the same at any hour, in any time zone.
        alerts=AlertsConfig(night=NightConfig(from_="00:00", to="00:00")),
        mqtt=MqttConfig(host="127.0.0.1", port=port, tls=False),
    )
    _introduce(config, night, out)
    journal = Journal.open(config.journal_path)
    journal.write(Batch(events=night.before()))
    # The broker is as new as the box: nobody can be announced there.
    journal.save_state(looked=where(config).encode())
    phone = DemoPhone("127.0.0.1", port, night.clock)
    phone.start()
    app = Loop(config, journal, [night], start_s=night.start_s)
    night.attach(
        ready=lambda: app.connected and phone.subscribed,
        backlog=lambda: app.backlog,
        ended=app.stop,
    )
    progress = Progress(night, phone, sys.stderr)
    phone.before_print = progress.wipe
    began_s = time.monotonic()
    try:
        with progress:
            app.run()
            phone.settle()
    finally:
        phone.stop()
    took_s = time.monotonic() - began_s
    _summarise(journal, night, phone, took_s, out)
    undelivered = len(journal.outbox)
    journal.close()
    return 0 if phone.subscribed and not undelivered else 1


def _introduce(config: Config, night: SimulatedNight, out: TextIO) -> None:
    out.write(
        "SIMULATED: no animal, microphone or scale is involved. The daemon, the broker\n"
        "and the phone below are real: "
        f"127.0.0.1:{config.mqtt.port_number}, topics nursery/{BOX}/#.\n"
        f"In the box: {night.introduction()}.\n"
        f"{night.hours:g} hours of their night at {night.speed:g} times real time, "
        f"about {night.hours * HOUR_S / night.speed:.0f} s\n"
        "(longer on a computer that is not fast enough for that).\n\n"
    )
    out.flush()


class Progress:
    """One line at the bottom while the night passes; a line an hour where there is no terminal."""

    def __init__(self, night: SimulatedNight, phone: DemoPhone, err: TextIO) -> None:
        self._night, self._phone, self._err = night, phone, err
        self._terminal = err.isatty()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._shown = False

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(2.0)
        self.wipe()

    def wipe(self) -> None:
        """Clear the line, so that something else can be printed."""
        if self._shown and self._terminal:
            self._err.write("\r\033[K")
            self._err.flush()
            self._shown = False

    def _run(self) -> None:
        told_hour = 0
        while not self._stopping.wait(0.5 if self._terminal else 1.0):
            text = self._line()
            if self._terminal:
                with self._phone.printing:
                    self._err.write(f"\r\033[K{text}")
                    self._err.flush()
                    self._shown = True
            elif int(self._night.passed_s / HOUR_S) > told_hour:
                told_hour = int(self._night.passed_s / HOUR_S)
                self._err.write(text + "\n")
                self._err.flush()

    def _line(self) -> str:
        passed_s, total_s = self._night.passed_s, self._night.hours * HOUR_S
        share = passed_s / total_s
        bar = "#" * int(20 * share)
        inside = self._phone.last_state.get("in_box")
        who = "nobody knows who is in" if inside is None else ", ".join(inside) or "nobody"
        text = f"[{bar:<20}] {share:4.0%}  {self._night.clock()}  in the box: {who}"
        return text[: shutil.get_terminal_size().columns - 1]


def _beside(text: str) -> str:
    """In the second column of the summary, within the terminal's width."""
    width = max(COLUMN + 20, shutil.get_terminal_size().columns - 1)
    lines = textwrap.wrap(text, width - COLUMN, break_long_words=False)
    return f"\n{' ' * COLUMN}".join(lines)


def _summarise(
    journal: Journal, night: SimulatedNight, phone: DemoPhone, took_s: float, out: TextIO
) -> None:
    counts: Counter[str] = phone.raised
    feeds, cries, weighings = journal.feeds(), journal.cries(), journal.weighings(night.start_s)
    out.write(
        f"\nThe simulated night is over: {night.passed_s / HOUR_S:.1f} h in {took_s:.0f} s "
        f"({night.passed_s / max(took_s, 1e-6):.0f} times real time).\n"
        f"  weighings named by the scale   {len(weighings)}\n"
    )
    for name in night.names():
        taken = [feed for feed in feeds if feed.baby == name]
        grams = sum(feed.net_g for feed in taken if feed.net_g is not None)
        out.write(f"  {name + ' took':<30} {grams:.1f} g net in {len(taken)} feeds\n")
    crying_s = sum(cry.t_s - cry.started_s for cry in cries)
    out.write(f"  bouts of crying                {len(cries)}, {crying_s / MINUTE_S:.1f} min\n")
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"
    out.write(
        f"  alerts the phone received      {_beside(told)}\n"
        f"  still open                     {_beside(', '.join(phone.still_open) or 'none')}\n"
        f"  alerts waiting for the broker  {len(journal.outbox)}\n"
        "All of it simulated. For a real box: README.md, then nursery check.\n"
    )
    out.flush()
