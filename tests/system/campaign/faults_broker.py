"""Faults of the broker and of the way to it: see ``faults``."""

from __future__ import annotations

import signal

from tests.system.campaign.world import NONE, World


def broker_killed(world: World) -> set[str]:
    """kill -9 of the broker; half of the time the daemon dies while it is away."""
    world.provoke_for(1.0, by_phone=True)
    world.broker.stop(signal.SIGKILL)
    world.provoke_for(world.chance.uniform(0.5, 6.0), by_phone=False)
    if world.chance.random() < 0.5:
        world.kill_daemon()
        world.start_daemon()
        world.rest(world.chance.uniform(0.5, 2.0))
    world.broker.start()
    return NONE


def broker_frozen(world: World) -> set[str]:
    """The connection stays open and nobody answers: longer than two keep-alive times of 5 s."""
    world.broker.freeze()
    world.provoke_for(world.chance.uniform(5.0, 15.0), by_phone=False)
    world.broker.thaw()
    return NONE


def broker_absent(world: World) -> set[str]:
    """The daemon starts while there is no broker."""
    world.kill_daemon()
    world.broker.stop(signal.SIGKILL)
    world.start_daemon()
    world.provoke_for(world.chance.uniform(2.0, 8.0), by_phone=False)
    world.broker.start()
    return NONE


def password_refused(world: World) -> set[str]:
    world.broker.refuse_the_box()
    world.provoke_for(world.chance.uniform(2.0, 8.0), by_phone=False)
    world.broker.accept_the_box()
    return NONE


def certificate_expired(world: World) -> set[str]:
    world.broker.expire()
    world.provoke_for(world.chance.uniform(2.0, 8.0), by_phone=False)
    world.broker.renew()
    return NONE
