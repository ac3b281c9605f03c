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
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TextIO

import msgspec

from monitor.config import (
    AlertsConfig,
    Config,
    MicrophoneConfig,
    MqttConfig,
    NightConfig,
    PageConfig,
)
from monitor.daemon.loop import Loop
from monitor.errors import ConfigError
from monitor.mqtt.identity import where
from monitor.simulation.broker import DemoBroker
from monitor.simulation.night import SimulatedNight
from monitor.simulation.phone import DemoPhone
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.times import HOUR_S, MINUTE_S

BOX = "demo-box"
COLUMN = 33


class DemoPage(Protocol):
    """The page over the demo (``page.beside``), if somebody wants one."""

    url: str

    def start(self) -> None:
        """Answer."""

    def stop(self) -> None:
        """End."""

    def pairing_code(self) -> str:
        """That lets a phone in."""

    def is_in_use(self) -> bool:
        """Whether somebody has it open."""


OpenPage = Callable[[MqttConfig, PageConfig, Callable[[], float]], DemoPage]
"""broker, settings and the nursery's clock; not yet started"""


def run_demo(
    *, hours: float, speed: float, seed: int, port: int, open_page: OpenPage | None = None
) -> int:
    """Play ``hours`` at ``speed``; returns 0 when all of it arrived at the phone.

    With a page it goes on afterwards, in real time, for as long as somebody has that open.

    Raises:
        ConfigError: the demo broker is not installed, or a port is taken.
    """
    directory = tempfile.mkdtemp(prefix="nursery-demo-")
    broker = DemoBroker(port)
    try:
        broker.start()
        night = SimulatedNight(hours=hours, speed=speed, seed=seed)
        config = _config(night, directory, broker.port)
        page = None if open_page is None else _opened(open_page, config, night)
        try:
            return _live(config, night, page, sys.stdout)
        finally:
            if page is not None:
                page.stop()
    finally:
        broker.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _config(night: SimulatedNight, directory: str, port: int) -> Config:
    return Config(
        box=BOX,
        state_dir=directory,
        microphone=MicrophoneConfig(source="simulated"),
        scale=night.scale_config(),
        # No quiet hours: the demo looks the same at any hour, in any time zone.
        alerts=AlertsConfig(night=NightConfig(from_="00:00", to="00:00")),
        mqtt=MqttConfig(host="127.0.0.1", port=port, tls=False),
    )


def _opened(open_page: OpenPage, config: Config, night: SimulatedNight) -> DemoPage:
    """The page on its usual port, or on a free one where something else has that."""
    # The demo's broker does not answer who asks for version 5: the page would wait for it.
    mqtt = msgspec.structs.replace(config.mqtt, protocol="3.1.1")
    settings = PageConfig(state_dir=str(Path(config.state_dir) / "page"))
    try:
        page = open_page(mqtt, settings, night.now_s)
        page.start()
    except ConfigError:
        page = open_page(mqtt, msgspec.structs.replace(settings, port=0), night.now_s)
        page.start()
    return page


def _live(config: Config, night: SimulatedNight, page: DemoPage | None, out: TextIO) -> int:
    _introduce(config, night, page, out)
    journal = Journal.open(config.journal_path)
    journal.write(Batch(events=night.before()))
    # The broker is as new as the box: nobody can be announced there.
    journal.save_state(looked=where(config).encode())
    phone = DemoPhone("127.0.0.1", config.mqtt.port_number, night.clock)
    phone.start()
    app = Loop(config, journal, [night], start_s=night.start_s)
    progress = Progress(night, phone, sys.stderr, "" if page is None else page.url)
    phone.before_print = progress.wipe
    watched = _Afterwards(page, phone)
    night.attach(
        ready=lambda: app.connected and phone.subscribed,
        backlog=lambda: app.backlog,
        ended=app.stop,
        goes_on=watched,
    )
    began_s = time.monotonic()
    try:
        with progress:
            app.run()
            phone.settle()
    finally:
        phone.stop()
    took_s = (watched.began_s or time.monotonic()) - began_s
    _summarise(journal, night, phone, took_s, out)
    undelivered = len(journal.outbox)
    journal.close()
    return 0 if phone.subscribed and not undelivered else 1


class _Afterwards:
    """Whether the nursery goes on when its night is over: while somebody has the page open."""

    def __init__(self, page: DemoPage | None, phone: DemoPhone) -> None:
        self._page, self._phone = page, phone
        self.began_s: float | None = None

    def __call__(self) -> bool:
        if self.began_s is None:
            self.began_s = time.monotonic()
            if self._page is not None and self._page.is_in_use():
                self._phone.say(
                    "The night is over. The page is open, so the nursery goes on in real time,\n"
                    "until nobody has it open any more, or Ctrl-C."
                )
        return self._page is not None and self._page.is_in_use()


def _introduce(config: Config, night: SimulatedNight, page: DemoPage | None, out: TextIO) -> None:
    out.write(
        "SIMULATED: no animal, microphone or scale is involved. The daemon, the broker\n"
        "and the phone below are real: "
        f"127.0.0.1:{config.mqtt.port_number}, topics nursery/{BOX}/#.\n"
        f"In the box: {night.introduction()}.\n"
        f"{night.hours:g} hours of their night at {night.speed:g} times real time, "
        f"about {night.hours * HOUR_S / night.speed:.0f} s\n"
        "(longer on a computer that is not fast enough for that).\n"
    )
    if page is not None:
        code = page.pairing_code()
        out.write(
            f"The page, for a phone in this network: {page.url}\n"
            f"It asks for the code {code}; with the code in it, open:\n"
            f"  {page.url}pair?code={code}\n"
        )
    out.write("\n")
    out.flush()


class Progress:
    """One line at the bottom while the night passes; a line an hour where there is no terminal."""

    def __init__(
        self, night: SimulatedNight, phone: DemoPhone, err: TextIO, address: str = ""
    ) -> None:
        self._night, self._phone, self._err, self._address = night, phone, err, address
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
        share = min(1.0, passed_s / total_s)
        bar = "#" * int(10 * share)
        inside = self._phone.last_state.get("in_box")
        who = "nobody knows who is in" if inside is None else ", ".join(inside) or "nobody"
        address = f"{self._address}  " if self._address else ""
        text = f"[{bar:<10}] {share:4.0%}  {self._night.clock()}  {address}in the box: {who}"
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
    lived_s = min(night.passed_s, night.hours * HOUR_S)
    feeds, cries, weighings = journal.feeds(), journal.cries(), journal.weighings(night.start_s)
    out.write(
        f"\nThe simulated night is over: {lived_s / HOUR_S:.1f} h in {took_s:.0f} s "
        f"({lived_s / max(took_s, 1e-6):.0f} times real time).\n"
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
