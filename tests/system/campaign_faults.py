"""What can go wrong, one function each: break something, let the box work, mend it again.

A fault provokes alerts while things are broken and leaves the world mended; waiting until the dust
has settled and judging are the round's. It returns what the box is right to be alarmed about.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from tests.system.campaign_world import World

HOUR_S = 3600.0
CLOCK_IS_READ_S = 61.0
"""the daemon looks at the wall clock once a minute"""

Fault = Callable[[World], set[str]]
"""returns the incidents that may be raised because of it"""

NONE: set[str] = set()
DEAF, NO_WEIGHT = "monitor_blind-microphone", "monitor_blind-scale"
CARD_FULL, NOT_WRITTEN = "monitor_blind-disk", "monitor_blind-journal"
JOURNAL_LOST = "monitor_blind-journal_lost"


def _provoke(world: World, seconds: float, *, by_phone: bool, times: int = 4) -> None:
    """Alerts at random moments of the next seconds."""
    for _ in range(times):
        world.rest(world.chance.uniform(0.2, 2.0) * seconds / times)
        world.provoke(by_phone=by_phone)


# ----------------------------------------------------------------------- the daemon dies


def daemon_killed(world: World) -> set[str]:
    """kill -9 at a random moment, up to three times, while commands come in."""
    for _ in range(world.chance.randint(1, 3)):
        _provoke(world, world.chance.uniform(0.2, 3.0), by_phone=True)
        world.rest(world.chance.uniform(0.0, 0.3))
        world.kill_daemon()
        world.rest(world.chance.uniform(0.0, 1.0))
        world.start_daemon()
    return NONE


def daemon_killed_in_a_change(world: World) -> set[str]:
    """kill -9 in the middle of a write or sync of the journal: half of it is on the card."""
    world.kill_in_a_change(world.chance.randint(1, 12))
    deadline_s = time.monotonic() + 30
    while world.host.get("kill_at") and time.monotonic() < deadline_s:
        world.provoke(by_phone=True)
        world.rest(0.3)
    world.rest(0.5)
    return NONE


def phone_switched_off(world: World) -> set[str]:
    """Nobody listens while the daemon dies; the broker keeps everything for the phone."""
    world.phone.away()
    for _ in range(4):
        world.provoke(by_phone=False)
        world.rest(world.chance.uniform(0.3, 1.5))
    world.kill_daemon()
    world.start_daemon()
    world.rest(world.chance.uniform(2.0, 6.0))
    world.phone.start()
    return NONE


# ----------------------------------------------------------------------- the broker


def broker_killed(world: World) -> set[str]:
    """kill -9 of the broker; half of the time the daemon dies while it is away."""
    _provoke(world, 1.0, by_phone=True)
    world.broker.stop(signal.SIGKILL)
    _provoke(world, world.chance.uniform(0.5, 6.0), by_phone=False)
    if world.chance.random() < 0.5:
        world.kill_daemon()
        world.start_daemon()
        world.rest(world.chance.uniform(0.5, 2.0))
    world.broker.start()
    return NONE


def broker_frozen(world: World) -> set[str]:
    """The connection stays open and nobody answers: longer than two keep-alive times of 5 s."""
    world.broker.freeze()
    _provoke(world, world.chance.uniform(5.0, 15.0), by_phone=False)
    world.broker.thaw()
    return NONE


def broker_absent(world: World) -> set[str]:
    """The daemon starts while there is no broker."""
    world.kill_daemon()
    world.broker.stop(signal.SIGKILL)
    world.start_daemon()
    _provoke(world, world.chance.uniform(2.0, 8.0), by_phone=False)
    world.broker.start()
    return NONE


def password_refused(world: World) -> set[str]:
    world.broker.refuse_the_box()
    _provoke(world, world.chance.uniform(2.0, 8.0), by_phone=False)
    world.broker.accept_the_box()
    return NONE


def certificate_expired(world: World) -> set[str]:
    world.broker.expire()
    _provoke(world, world.chance.uniform(2.0, 8.0), by_phone=False)
    world.broker.renew()
    return NONE


# ----------------------------------------------------------------------- the card


def card_full(world: World) -> set[str]:
    """Not a byte left for as long as it takes to notice, then space again."""
    world.card.fill()
    _provoke(world, world.chance.uniform(5.0, 35.0), by_phone=True)
    world.card.empty()
    return {CARD_FULL, NOT_WRITTEN}


def card_full_at_start(world: World) -> set[str]:
    """The daemon starts on a card without a free byte, and is killed once more on it."""
    world.kill_daemon()
    world.card.leave_no_slack()
    world.card.fill()
    world.start_daemon()
    world.rest(3.0)
    _provoke(world, world.chance.uniform(3.0, 12.0), by_phone=True)
    world.weigh()
    world.wait_told(NOT_WRITTEN)
    world.kill_daemon()
    world.start_daemon()
    _provoke(world, world.chance.uniform(3.0, 6.0), by_phone=True)
    world.card.empty()
    return {CARD_FULL, NOT_WRITTEN}


def card_read_only(world: World) -> set[str]:
    """The kernel turned it read-only under the running daemon."""
    world.card.protect(in_use=True)
    _provoke(world, world.chance.uniform(3.0, 12.0), by_phone=True)
    world.weigh()
    world.wait_told(NOT_WRITTEN)
    world.card.allow()
    return {NOT_WRITTEN}


def card_read_only_at_start(world: World) -> set[str]:
    """The daemon starts on a card that cannot be written."""
    world.kill_daemon()
    world.card.protect(in_use=False)
    world.start_daemon()
    world.rest(3.0)
    _provoke(world, world.chance.uniform(3.0, 12.0), by_phone=True)
    world.weigh()
    world.wait_told(NOT_WRITTEN)
    world.card.allow()
    return {NOT_WRITTEN}


def journal_damaged(world: World) -> set[str]:
    """What a power cut can leave: emptied, cut off, without a head, scribbled over."""
    world.kill_daemon()
    world.damage_journal()
    world.start_daemon()
    return {JOURNAL_LOST}


# ----------------------------------------------------------------------- the clock


def clock_jumps_forward(world: World) -> set[str]:
    return _clock_jumps(world, world.chance.uniform(1.0, 12.0) * HOUR_S)


def clock_jumps_back(world: World) -> set[str]:
    return _clock_jumps(world, -world.chance.uniform(1.0, 12.0) * HOUR_S)


def _clock_jumps(world: World, seconds: float) -> set[str]:
    """Alerts wait on disk while the clock is wrong for longer than it takes to be read."""
    world.broker.stop()
    _provoke(world, 2.0, by_phone=False)
    world.host.jump(seconds)
    _provoke(world, CLOCK_IS_READ_S, by_phone=False)
    world.broker.start()
    world.rest(world.chance.uniform(0.0, 5.0))
    world.host.synchronise()
    return NONE


def clock_begins_in_1970(world: World) -> set[str]:
    """No battery clock, no network: the time comes a minute after the daemon."""
    world.kill_daemon()
    world.broker.stop()
    world.forget_boot()
    world.host.show_1970()
    world.start_daemon()
    _provoke(world, 3.0, by_phone=False)
    world.host.synchronise()
    world.rest(CLOCK_IS_READ_S)
    world.broker.start()
    return NONE


# ----------------------------------------------------------------------- the senses


def microphone_lost(world: World) -> set[str]:
    world.sound.kill()
    _provoke(world, world.chance.uniform(17.0, 25.0), by_phone=True)
    world.wait_told(DEAF)
    world.begin_sound()
    return {DEAF}


def load_cell_lost(world: World) -> set[str]:
    world.chip.set(stuck=1)
    _provoke(world, world.chance.uniform(17.0, 25.0), by_phone=True)
    world.wait_told(NO_WEIGHT)
    world.chip.set(stuck=-1)
    return {NO_WEIGHT}


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        clock_begins_in_1970, clock_jumps_forward, clock_jumps_back,
        card_full, card_full_at_start, card_read_only, card_read_only_at_start, journal_damaged,
        daemon_killed, daemon_killed_in_a_change, phone_switched_off,
        broker_killed, broker_frozen, broker_absent, password_refused, certificate_expired,
        microphone_lost, load_cell_lost,
    )
}  # fmt: skip
"""the slow ones first, so that worlds side by side end together"""

MUST_BE_SAID = {
    "journal_damaged": JOURNAL_LOST,
    "card_read_only": NOT_WRITTEN,
    "card_read_only_at_start": NOT_WRITTEN,
    "card_full_at_start": NOT_WRITTEN,
    "microphone_lost": DEAF,
    "load_cell_lost": NO_WEIGHT,
}
"""what a person has to be told of, by fault"""

LYING_CLOCK = frozenset({"clock_begins_in_1970", "clock_jumps_forward", "clock_jumps_back"})
"""rounds in which the times in messages say nothing about delays"""
