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

from tests.system import fake_gpiochip, fake_host, fake_sound_card, sound_server
from tests.system.campaign.asked import Asked
from tests.system.campaign.box import BOX, COUNTS_PER_G, EMPTY_COUNTS, LITTER, configuration
from tests.system.campaign.broker import GuardedBroker
from tests.system.campaign.broker import missing as missing_for_the_broker
from tests.system.campaign.card import Card
from tests.system.campaign.facts import Surroundings
from tests.system.campaign.judge import Memory
from tests.system.campaign.phone import Phone
from tests.system.campaign.push_sink import PushSink
from tests.system.campaign.silence import (
    Fact,
    busy_s,
    incident_of,
)
from tests.system.campaign.told import Told
from tests.system.campaign.ways import Ear, Lives, Way
from tests.system.daemon import Daemon
from tests.system.dead_card import DeadCard
from tests.system.fake_gpiochip import FakeChip
from tests.system.fake_host import FakeHost
from tests.system.sound_server import SoundServer

HANGS = "hangs in the sound system"
NONE: set[str] = set()
"""a fault that is no reason for any alarm"""
START_WITHIN_S, SETTLE_WITHIN_S = 300.0, 240.0
RECONNECTS_WITHIN_S = 40.0
"""attempts to connect are at most 30 s apart, 20 % more by chance (``attempts.WAITS_S``)"""
STARTS_WITHIN_S = 30.0
"""from the process to the first look at its sources, on a machine that several worlds share"""
TOLD_WITHIN_S = 150.0
"""so long something is kept true that nobody is told of; the silence is measured meanwhile"""


def missing() -> str | None:
    """What this machine lacks for a campaign, as the reason of a skip."""
    tools = sound_server.missing_tools()
    sound = f"not installed: {', '.join(tools)}" if tools else None
    found = missing_for_the_broker() or fake_host.missing() or fake_gpiochip.missing()
    return found or fake_sound_card.missing() or sound


class World:
    """Use as a context manager; everything starts in ``start``."""

    def __init__(self, folder: Path, seed: int, *, allowed_s: Callable[[], float] = busy_s) -> None:
        """Nothing runs yet; ``allowed_s``: how much longer than stated anything may take now."""
        folder.mkdir(parents=True, exist_ok=True)
        self.chance = random.Random(seed)
        self.host = FakeHost(folder, folder / "state")
        dead = DeadCard(folder, folder / "state")
        self.card = Card(folder / "state", self.host, dead)
        self.lives, self.mqtt, self.push_way = Lives(), Way(RECONNECTS_WITHIN_S), Way(0.0)
        self.broker = GuardedBroker(folder / "broker", self.host, self.mqtt)
        self.chip = FakeChip(folder)
        self.chip.set(code=EMPTY_COUNTS + round(COUNTS_PER_G * sum(LITTER.values())), noise=60)
        self.sound = SoundServer(folder / "sound")
        self.surroundings = Surroundings(folder, self.chip, self.sound, seed)
        self.pushes = PushSink()
        self._ear = Ear(lambda: self.chip.get("buzzer_rises"))
        self.phone = Phone(self.broker.port, BOX)
        libraries = f"{self.host.preload}:{dead.preload}:{self.chip.environment['LD_PRELOAD']}"
        self.daemon = Daemon(
            folder, self.broker.tls_port,
            environment=self.host.environment | dead.environment | self.chip.environment
            | self.sound.environment
            | {"LD_PRELOAD": libraries, "RUNTIME_DIRECTORY": str(folder / "run")},
        )  # fmt: skip
        (folder / "run").mkdir()
        self.folder = folder
        self.told = Told(
            self.surroundings.facts, phone=self.phone, pushes=self.pushes, card=self.card,
            ear=self._ear, lives=self.lives, mqtt=self.mqtt, push_way=self.push_way,
            allowed_s=allowed_s,
        )  # fmt: skip
        self.use_microphone("pulse")
        self.asked = Asked(self.phone, self.card, self.chance)
        self.deaths: list[tuple[int, str]] = []
        """ends of the daemon that nobody asked for: exit code, end of the log"""
        self.foreign: set[str] = set()
        """incidents that another box says on this one's topics in this round"""
        self.told_for_a_day: set[str] = set()
        """incidents that stay true in later rounds, and may be raised anew at a later start"""
        self.complaints: list[str] = []
        """what was wrong while this round's fault lasted"""
        self.journal_lost: str | None = None
        """how the journal was damaged in this round"""
        self.damaged_s = 0.0
        """and when (Unix time)"""
        self._kept, self._deaths_due = False, 0
        self._opens, self._watches_by_s = 0, 0.0

    def use_microphone(self, device: str) -> None:
        """Which one the box is configured for, from its next start on."""
        text = configuration(
            self.folder, self.card.folder, self.broker, self.pushes.url, device=device
        )
        self.daemon.config.write_text(text)

    def __enter__(self) -> World:
        self._ear.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._ear.__exit__(None, None, None)
        self.kill_daemon()
        self.pushes.stop()
        self.phone.away()
        self.broker.stop(signal.SIGKILL)
        self.sound.close()
        self.card.remove()

    # ------------------------------------------------------------------ beginning

    def start(self) -> None:
        """Everything up, the litter registered, nothing wrong."""
        self.broker.start()
        self.surroundings.begin_sound()
        self.offer_pushes(True)
        self.phone.start()
        self.start_daemon()
        self.wait(self.is_well, START_WITHIN_S, "a healthy start")
        self.register()

    def register(self) -> None:
        """Tell the box who lives in it, by phone."""
        for name, grams in LITTER.items():
            self.asked.by_phone("baby_add", {"name": name, "species": "kitten", "weight_g": grams})
        # Of what was asked before this, a fault may have swallowed the answer for good.
        own = {sent.request_id for sent in self.asked.all[-len(LITTER) :]}
        self.wait(
            lambda: not own & {sent.request_id for sent in self.asked.unanswered()},
            START_WITHIN_S,
            "an answer to baby_add",
        )

    def offer_pushes(self, there: bool) -> None:
        """Whether the push service can be reached."""
        if there:
            self.pushes.start()
            self.push_way.unblock("away")
            self.push_way.proven()
        else:
            self.push_way.block("away")
            self.pushes.stop()

    def acknowledge_all(self) -> None:
        """Somebody has seen everything that is open."""
        self.asked.by_phone("acknowledge", {})
        with suppress(TimeoutError):
            self.wait(lambda: not self.phone.waiting, 20.0, "acknowledgement")

    def phone_away(self) -> None:
        """Switched off; the broker keeps what it is to hear."""
        self.mqtt.block("phone")
        self.phone.away()

    def phone_back(self) -> None:
        self.phone.start()
        self.mqtt.unblock("phone")

    def is_well(self) -> bool:
        """Connected, both sources deliver, the card is written; as the phone sees it."""
        health = self.phone.document("health") or {}
        sources = health.get("sources", {})
        states = [sources.get(name, {}).get("state") for name in ("microphone", "scale")]
        sound = states == ["healthy", "healthy"] and health.get("journal_error") is None
        return sound and self.phone.last("status") == b"online"

    @property
    def sound_hangs(self) -> bool:
        """Whether a call into the sound library does not return, as the phone sees it."""
        sources = (self.phone.document("health") or {}).get("sources", {})
        return HANGS in (sources.get("microphone", {}).get("why") or "")

    # ------------------------------------------------------------------ provoking

    def provoke_for(self, seconds: float, *, by_phone: bool, times: int = 4) -> None:
        """Alerts at random moments of about so many seconds."""
        for _ in range(times):
            self.rest(self.chance.uniform(0.2, 2.0) * seconds / times)
            self.asked.provoke(by_phone=by_phone)

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

    def wait_open(self, kind: str) -> None:
        """Until an alert of this kind is open in the journal; the judge looks again."""
        with suppress(TimeoutError):
            self.wait(lambda: self.is_open(kind), TOLD_WITHIN_S, kind)

    def is_open(self, kind: str) -> bool:
        """Whether an alert of this kind is open in the journal."""
        return any(incident.startswith(kind) for incident in self._open())

    def _open(self) -> set[str]:
        try:
            return {incident_of(alert_id) for alert_id in Memory.read(self.card.journal).open}
        except sqlite3.Error:
            return set()

    def _shown(self) -> set[str]:
        return {incident_of(alert["id"]) for alert in self.phone.document("alerts") or []}

    def wait_known(self, fact: Fact) -> None:
        """Until somebody was told of it, or has not been for much too long."""
        with suppress(TimeoutError):
            limit_s = TOLD_WITHIN_S + fact.delay_s
            self.wait(lambda: self.told.told_s(fact) is not None, limit_s, fact.incident)

    # ------------------------------------------------------------------ the daemon's keeper

    def start_daemon(self) -> None:
        self._opens = self.chip.get("opens")
        self._watches_by_s = time.monotonic() + STARTS_WITHIN_S
        self.daemon.start()
        self._kept = True

    def kill_daemon(self) -> None:
        self._kept = False
        self.lives.ended()
        self.daemon.stop(signal.SIGKILL)

    def forget_boot(self) -> None:
        """While the daemon is down: as after a power cut, it finds itself in a boot it knows not.

        The kernel's name for the boot cannot be changed here; the daemon's memory of it can.
        """
        self.card.forget_boot()

    def damage_journal(self) -> None:
        """While the daemon is down; what it knew is gone, so nobody is asked for it."""
        self.damaged_s = time.time()
        self.journal_lost = self.card.damage(self.chance)
        self.asked.all.clear()

    def kill_in_a_change(self, change: int) -> None:
        """Let the daemon die in the middle of this one of its next changes on the card."""
        self._deaths_due += 1
        self.host.set(kill_at=change)

    def _look_after_the_daemon(self) -> None:
        """systemd's Restart=always; a death that no fault asked for is held against the daemon."""
        if self._kept and not self.lives.watches:
            opened = self.chip.get("opens") > self._opens
            if opened or time.monotonic() > self._watches_by_s:
                self.lives.began()
        if not self._kept or self.daemon.alive:
            return
        code = self.daemon.stop()
        if self._deaths_due:
            self._deaths_due -= 1
            self.lives.ended()
        else:
            self.deaths.append((code, self.daemon.log[-1500:]))
        self.host.set(kill_at=0)
        self.start_daemon()
