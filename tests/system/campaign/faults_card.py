"""Faults of the memory card and of what lies on it: see ``faults``."""

from __future__ import annotations

from tests.system.campaign.world import World

CARD_FULL, NOT_WRITTEN = "monitor_blind-disk", "monitor_blind-journal"
JOURNAL_LOST = "monitor_blind-journal_lost"
VALUES_ASIDE = "monitor_blind-rows_rejected"


def card_full(world: World) -> set[str]:
    """Not a byte left for as long as it takes to notice, then space again."""
    world.card.fill()
    world.provoke_for(world.chance.uniform(5.0, 35.0), by_phone=True)
    world.card.empty()
    return {CARD_FULL, NOT_WRITTEN}


def card_full_at_start(world: World) -> set[str]:
    """The daemon starts on a card without a free byte, and is killed once more on it."""
    world.kill_daemon()
    world.card.leave_no_slack()
    world.card.fill()
    world.start_daemon()
    world.rest(3.0)
    world.provoke_for(world.chance.uniform(3.0, 12.0), by_phone=True)
    world.asked.weigh()
    world.wait_told(NOT_WRITTEN)
    world.kill_daemon()
    world.start_daemon()
    world.provoke_for(world.chance.uniform(3.0, 6.0), by_phone=True)
    world.card.empty()
    return {CARD_FULL, NOT_WRITTEN}


def card_read_only(world: World) -> set[str]:
    """The kernel turned it read-only under the running daemon."""
    world.card.protect(in_use=True)
    world.provoke_for(world.chance.uniform(3.0, 12.0), by_phone=True)
    world.asked.weigh()
    world.wait_told(NOT_WRITTEN)
    world.card.allow()
    return {NOT_WRITTEN}


def card_read_only_at_start(world: World) -> set[str]:
    """The daemon starts on a card that cannot be written."""
    world.kill_daemon()
    world.card.protect(in_use=False)
    world.start_daemon()
    world.rest(3.0)
    world.provoke_for(world.chance.uniform(3.0, 12.0), by_phone=True)
    world.asked.weigh()
    world.wait_told(NOT_WRITTEN)
    world.card.allow()
    return {NOT_WRITTEN}


def journal_damaged(world: World) -> set[str]:
    """What a power cut can leave: emptied, cut off, without a head, scribbled over."""
    world.kill_daemon()
    world.damage_journal()
    world.start_daemon()
    return {JOURNAL_LOST}


def card_dead(world: World) -> set[str]:
    """It fails every read and every write."""
    world.card.die()
    world.provoke_for(world.chance.uniform(5.0, 20.0), by_phone=True)
    world.asked.weigh()
    world.wait_told(NOT_WRITTEN)
    world.card.revive()
    return {CARD_FULL, NOT_WRITTEN}


def journal_locked(world: World) -> set[str]:
    """Another program (a backup, a look with sqlite3) keeps the journal locked."""
    with world.card.locked():
        world.provoke_for(world.chance.uniform(5.0, 25.0), by_phone=True)
    return {NOT_WRITTEN}


def values_poisoned(world: World) -> set[str]:
    """Garbage in what the daemon resumes from."""
    world.kill_daemon()
    world.card.poison(world.chance)
    world.told_for_a_day.add(VALUES_ASIDE)
    world.start_daemon()
    world.provoke_for(world.chance.uniform(3.0, 8.0), by_phone=True)
    return {VALUES_ASIDE}
