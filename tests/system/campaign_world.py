"""One box with everything around it: broker, phone, card, clock, load cell, sound, and the daemon.

All of it is real but the two preloaded libraries. ``World`` starts and stops things, provokes
alerts, waits until the dust has settled, and remembers what it did for the judge.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from monitor.errors import JournalError
from monitor.journal import Journal
from tests.system import campaign_broker, fake_gpiochip, fake_host, sound_server
from tests.system.campaign_broker import GuardedBroker
from tests.system.campaign_card import Card
from tests.system.campaign_judge import incident_of
from tests.system.campaign_phone import Phone
from tests.system.daemon import Daemon
from tests.system.fake_gpiochip import FakeChip
from tests.system.fake_host import FakeHost
from tests.system.sound_server import SoundServer

BOX = "nursery/test-box"
EMPTY_COUNTS, COUNTS_PER_G = 84_000, 400
LITTER = {"Ann": 301.0, "Ben": 352.0, "Cleo": 403.0}
START_WITHIN_S, SETTLE_WITHIN_S = 300.0, 240.0
CONFIG = """
box = "test-box"
state_dir = "{state}"
[microphone]
source = "sounddevice"
device = "pulse"
[scale]
source = "hx711"
counts_per_gram = {counts_per_g}
zero_counts = {empty}
[alerts.night]
from = "00:00"
to = "00:00"
[mqtt]
host = "127.0.0.1"
port = {port}
tls = true
ca_file = "{authority}"
username = "box"
password_file = "{password}"
keepalive_s = 5
"""


def missing() -> str | None:
    """What this machine lacks for a campaign, as the reason of a skip."""
    tools = sound_server.missing_tools()
    sound = f"not installed: {', '.join(tools)}" if tools else None
    return campaign_broker.missing() or fake_host.missing() or fake_gpiochip.missing() or sound


class Provocation(msgspec.Struct):
    """A command that was sent; ``number`` is its row in the inbox, None when it went by MQTT."""

    verb: str
    args: dict[str, Any]
    request_id: str
    number: int | None = None


class World:
    """Use as a context manager; everything starts in ``start``."""

    def __init__(self, folder: Path, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.chance = random.Random(seed)
        self.host = FakeHost(folder, folder / "state")
        self.card = Card(folder / "state", self.host)
        self.broker = GuardedBroker(folder / "broker", self.host)
        self.chip = FakeChip(folder)
        self.chip.set(code=EMPTY_COUNTS + round(COUNTS_PER_G * sum(LITTER.values())), noise=60)
        self.sound = SoundServer(folder / "sound")
        self.phone = Phone(self.broker.port, BOX)
        libraries = f"{self.host.preload}:{self.chip.environment['LD_PRELOAD']}"
        self.daemon = Daemon(
            folder, self.broker.tls_port,
            environment=self.host.environment | self.chip.environment | self.sound.environment
            | {"LD_PRELOAD": libraries, "RUNTIME_DIRECTORY": str(folder / "run")},
        )  # fmt: skip
        self._configure(folder)
        self.provoked: list[Provocation] = []
        self.deaths: list[tuple[int, str]] = []
        """ends of the daemon that nobody asked for: exit code, end of the log"""
        self._sent = 0
        self.journal_lost: str | None = None
        """how the journal was damaged in this round"""
        self._kept, self._deaths_due = False, 0

    def _configure(self, folder: Path) -> None:
        (folder / "run").mkdir()
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(campaign_broker.BOX_PASSWORD)
        self.daemon.config.write_text(
            CONFIG.format(
                state=self.card.folder, counts_per_g=COUNTS_PER_G, empty=EMPTY_COUNTS,
                port=self.broker.tls_port, authority=self.broker.authority, password=password,
            )
        )  # fmt: skip

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_daemon()
        self.phone.away()
        self.broker.stop(signal.SIGKILL)
        self.sound.close()
        self.card.remove()

    # ------------------------------------------------------------------ beginning

    def start(self) -> None:
        """Everything up, the litter registered, nothing wrong."""
        self.broker.start()
        self.begin_sound()
        self.phone.start()
        self.start_daemon()
        self.wait(self.is_well, START_WITHIN_S, "a healthy start")
        self.register()

    def register(self) -> None:
        """Tell the box who lives in it, by phone."""
        for name, grams in LITTER.items():
            self.ask("baby_add", {"name": name, "species": "kitten", "weight_g": grams})
        # Of what was asked before this, a fault may have swallowed the answer for good.
        own = {sent.request_id for sent in self.provoked[-len(LITTER) :]}
        self.wait(
            lambda: not own & {sent.request_id for sent in self.unanswered()},
            START_WITHIN_S,
            "an answer to baby_add",
        )

    def begin_sound(self) -> None:
        """A living room: PulseAudio with a hum."""
        self.sound.start()
        self.sound.control("load-module", "module-sine", "sink=nursery", "frequency=150")
        self.sound.control("set-sink-volume", "nursery", "20%")

    def is_well(self) -> bool:
        """Connected, both sources deliver, the card is written; as the phone sees it."""
        health = self.phone.document("health") or {}
        sources = health.get("sources", {})
        states = [sources.get(name, {}).get("state") for name in ("microphone", "scale")]
        sound = states == ["healthy", "healthy"] and health.get("journal_error") is None
        return sound and self.phone.last("status") == b"online"

    # ------------------------------------------------------------------ provoking

    def provoke(self, *, by_phone: bool) -> None:
        """Make the box raise, change or clear an alert, or write a weight."""
        verb = self.chance.choice(["test_alert", "test_alert", "acknowledge", "snooze", "weigh"])
        args: dict[str, Any] = {}
        if verb == "snooze":
            args = {"minutes": self.chance.choice([0.02, 0.2])}
        elif verb == "weigh":
            args = self._weight()
        if by_phone:
            self.ask(verb, args)
        else:
            self.leave(verb, args)

    def weigh(self) -> None:
        """A weight by phone: certainly a write on the card."""
        self.ask("weigh", self._weight())

    def _weight(self) -> dict[str, Any]:
        name = self.chance.choice(list(LITTER))
        grams = round(LITTER[name] * self.chance.uniform(0.8, 1.2), 2)
        return {"baby": name, "grams": grams, "confirm": True}

    def ask(self, verb: str, args: dict[str, Any]) -> None:
        """From the phone; it may be lost on the way, then no answer comes."""
        sent = Provocation(verb, args, self._next_name())
        self.provoked.append(sent)
        self.phone.command(verb, args, sent.request_id)

    def leave(self, verb: str, args: dict[str, Any]) -> None:
        """On the Pi itself, as the command line does; it is kept until it is answered."""
        try:
            journal = Journal.open(self.card.journal)
        except JournalError:
            return  # the card refuses, and the command line says so
        try:
            number = journal.submit(verb, args)
            self.provoked.append(Provocation(verb, args, self._next_name(), number))
        except (JournalError, sqlite3.Error):
            pass
        finally:
            journal.close()

    def _next_name(self) -> str:
        self._sent += 1
        return f"{self._sent}"

    def unanswered(self) -> list[Provocation]:
        """What the phone sent and got no answer to."""
        asked = [sent for sent in self.provoked if sent.number is None]
        return [sent for sent in asked if self.phone.result(sent.request_id) is None]

    # ------------------------------------------------------------------ waiting

    def wait(self, until: Callable[[], bool], limit_s: float, what: str) -> None:
        """Wait; raise TimeoutError naming ``what`` after ``limit_s``; note a death on the way."""
        deadline_s = time.monotonic() + limit_s
        while not until():
            self._look_after_the_daemon()
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"no {what} within {limit_s:.0f} s")
            time.sleep(0.2)

    def rest(self, seconds: float) -> None:
        """Let time pass, and look after the daemon as systemd would."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            time.sleep(min(0.2, left_s))
            self._look_after_the_daemon()

    def wait_told(self, incident: str) -> None:
        """Until the phone sees it open; a slow machine takes longer, and the judge looks again."""
        with suppress(TimeoutError):
            self.wait(lambda: incident in self._shown(), SETTLE_WITHIN_S, incident)

    def _shown(self) -> set[str]:
        return {incident_of(alert["id"]) for alert in self.phone.document("alerts") or []}

    # ------------------------------------------------------------------ the daemon's keeper

    def start_daemon(self) -> None:
        self.daemon.start()
        self._kept = True

    def kill_daemon(self) -> None:
        self._kept = False
        self.daemon.stop(signal.SIGKILL)

    def forget_boot(self) -> None:
        """While the daemon is down: as after a power cut, it finds itself in a boot it knows not.

        The kernel's name for the boot cannot be changed here; the daemon's memory of it can.
        """
        self.card.forget_boot()

    def damage_journal(self) -> None:
        """While the daemon is down; what it knew is gone, so nobody is asked for it."""
        self.journal_lost = self.card.damage(self.chance)
        self.provoked.clear()

    def kill_in_a_change(self, change: int) -> None:
        """Let the daemon die in the middle of this one of its next changes on the card."""
        self._deaths_due += 1
        self.host.set(kill_at=change)

    def _look_after_the_daemon(self) -> None:
        """systemd's Restart=always; a death that no fault asked for is held against the daemon."""
        if not self._kept or self.daemon.alive:
            return
        code = self.daemon.stop()
        if self._deaths_due:
            self._deaths_due -= 1
        else:
            self.deaths.append((code, self.daemon.log[-1500:]))
        self.host.set(kill_at=0)
        self.daemon.start()
