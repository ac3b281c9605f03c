"""Faults of the daemon itself, and of nobody listening: see ``faults``."""

from __future__ import annotations

import time

from tests.system.campaign.world import NONE, World


def daemon_killed(world: World) -> set[str]:
    """kill -9 at a random moment, up to three times, while commands come in."""
    for _ in range(world.chance.randint(1, 3)):
        world.provoke_for(world.chance.uniform(0.2, 3.0), by_phone=True)
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
        world.asked.provoke(by_phone=True)
        world.rest(0.3)
    world.rest(0.5)
    return NONE


def phone_switched_off(world: World) -> set[str]:
    """Nobody listens while the daemon dies; the broker keeps everything for the phone."""
    world.phone_away()
    for _ in range(4):
        world.asked.provoke(by_phone=False)
        world.rest(world.chance.uniform(0.3, 1.5))
    world.kill_daemon()
    world.start_daemon()
    world.rest(world.chance.uniform(2.0, 6.0))
    world.phone_back()
    return NONE
