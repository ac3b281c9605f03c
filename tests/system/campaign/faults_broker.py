"""Faults of the broker and of the way to it: see ``faults``."""

from __future__ import annotations

import signal

from tests.system.campaign.world import NONE, RECONNECTS_WITHIN_S, World

REFUSED, SILENT = "not_delivered-refused", "not_delivered-silent"
DEAF_TO_COMMANDS = "not_delivered-deaf"
LIMITS = ("max_packet_size 10000", "message_size_limit 2048")
"""Mosquitto announces the first; with the second it just refuses"""


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


def publish_refused(world: World) -> set[str]:
    """The rights are for a box of another name: every message is refused, the line stays open."""
    world.broker.forbid_the_box()
    world.provoke_for(world.chance.uniform(3.0, 12.0), by_phone=False)
    world.wait_open(REFUSED)
    world.broker.allow_the_box()
    return {REFUSED, SILENT, DEAF_TO_COMMANDS}


def never_acknowledged(world: World) -> set[str]:
    """A broker that answers pings and passes everything on, but acknowledges nothing."""
    world.broker.go_mute()
    world.provoke_for(world.chance.uniform(3.0, 12.0), by_phone=False)
    world.wait_open(SILENT)
    world.broker.speak_again()
    return {SILENT}


def broker_limits(world: World) -> set[str]:
    """A broker that takes no long messages: alerts are short, and must arrive all the same."""
    world.broker.limit(world.chance.choice(LIMITS))
    world.provoke_for(RECONNECTS_WITHIN_S + world.chance.uniform(2.0, 10.0), by_phone=False)
    world.broker.limit("")
    return NONE


def authority_damaged(world: World) -> set[str]:
    """At a reconnect the file of the broker's authority is empty, torn or gone."""
    world.broker.damage_authority(world.chance.choice(["empty", "torn", "missing"]))
    world.provoke_for(world.chance.uniform(5.0, 20.0), by_phone=False)
    world.broker.mend_authority()
    return NONE
