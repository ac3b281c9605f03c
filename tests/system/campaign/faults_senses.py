"""Faults of the microphone and the load cell: see ``faults``."""

from __future__ import annotations

from tests.system.campaign.facts import DEAF, NO_WEIGHT
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
