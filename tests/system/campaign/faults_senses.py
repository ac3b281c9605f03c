"""Faults of the microphone and the load cell: see ``faults``."""

from __future__ import annotations

from tests.system.campaign.facts import CRYING, DEAF, NO_WEIGHT
from tests.system.campaign.world import World


def microphone_lost(world: World) -> set[str]:
    deaf = world.surroundings.begin("microphone_gone")
    world.provoke_for(world.chance.uniform(17.0, 25.0), by_phone=True)
    world.wait_told(DEAF)
    world.surroundings.end("microphone_gone", deaf)
    return {DEAF}


def load_cell_lost(world: World) -> set[str]:
    blind = world.surroundings.begin("cell_unplugged")
    world.provoke_for(world.chance.uniform(17.0, 25.0), by_phone=True)
    world.wait_told(NO_WEIGHT)
    world.surroundings.end("cell_unplugged", blind)
    return {NO_WEIGHT}


def microphone_dead_32_bit(world: World) -> set[str]:
    """A converter of 32 bits without a microphone behind it: zeros, which a library may dither."""
    return _with_usb_microphone(world, "usb_dead", {DEAF})


def microphone_right_slot(world: World) -> set[str]:
    """All the sound is in the second channel; it is heard there."""
    return _with_usb_microphone(world, "usb_right_slot", {CRYING, DEAF})


def _with_usb_microphone(world: World, name: str, expected: set[str]) -> set[str]:
    """The box is switched off, gets another microphone, and its own again in the end."""
    world.rest(world.surroundings.ready_in_s(name))
    world.kill_daemon()
    world.use_microphone("usb")
    fact = world.surroundings.begin(name)
    world.start_daemon()
    world.provoke_for(world.chance.uniform(10.0, 20.0), by_phone=True)
    world.wait_known(fact)
    world.surroundings.end(name, fact)
    world.kill_daemon()
    world.use_microphone("pulse")
    world.start_daemon()
    return expected


def scale_sways(world: World) -> set[str]:
    """A hammock or a lorry: 10 g every 14 s look like hands, and a kitten cries all the time."""
    world.rest(world.surroundings.ready_in_s("crying_on_a_swaying_scale"))
    cry = world.surroundings.begin("crying_on_a_swaying_scale")
    world.provoke_for(10.0, by_phone=True)
    world.wait_known(cry)
    world.surroundings.end("crying_on_a_swaying_scale", cry)
    return {CRYING, "scale_unsettled"}
