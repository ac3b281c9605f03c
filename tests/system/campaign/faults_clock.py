"""Faults of the wall clock: see ``faults``."""

from __future__ import annotations

from monitor.times import HOUR_S
from tests.system.campaign.world import NONE, World

CLOCK_IS_READ_S = 61.0
"""the daemon looks at the wall clock once a minute"""


def clock_jumps_forward(world: World) -> set[str]:
    return _clock_jumps(world, world.chance.uniform(1.0, 12.0) * HOUR_S)


def clock_jumps_back(world: World) -> set[str]:
    return _clock_jumps(world, -world.chance.uniform(1.0, 12.0) * HOUR_S)


def _clock_jumps(world: World, seconds: float) -> set[str]:
    """Alerts wait on disk while the clock is wrong for longer than it takes to be read."""
    world.broker.stop()
    world.provoke_for(2.0, by_phone=False)
    world.host.jump(seconds)
    world.provoke_for(CLOCK_IS_READ_S, by_phone=False)
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
    world.provoke_for(3.0, by_phone=False)
    world.host.synchronise()
    world.rest(CLOCK_IS_READ_S)
    world.broker.start()
    return NONE
