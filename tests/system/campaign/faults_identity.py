"""Faults of another box that speaks as this one: see ``faults``."""

from __future__ import annotations

import shutil
import signal

from tests.system.campaign.box import second_configuration
from tests.system.campaign.world import TOLD_WITHIN_S, World
from tests.system.daemon import Daemon
from tests.system.fake_gpiochip import FakeChip

TAKEN_OVER, NAMESAKE = "not_delivered-identity_taken_over", "not_delivered-identity_namesake"


def identity_cloned(world: World) -> set[str]:
    """A copy of the card runs in another box, renamed: two clients with one identity."""
    other = Another(world, "clone", "another-box")
    world.kill_daemon()
    world.card.leave_no_slack()  # all of the journal is in its file
    shutil.copyfile(world.card.journal, other.daemon.state_dir / "journal.sqlite")
    world.start_daemon()
    world.mqtt.block("clone")
    other.daemon.start()
    world.provoke_for(world.chance.uniform(10.0, 25.0), by_phone=False)
    try:
        world.wait(lambda: _said_by_either(world, other), TOLD_WITHIN_S, TAKEN_OVER)
    except TimeoutError as error:
        world.complaints.append(f"neither box said that another has its identity: {error}")
    other.daemon.stop(signal.SIGKILL)
    world.mqtt.unblock("clone")
    return {TAKEN_OVER, "not_delivered-identity_twin"}


def _said_by_either(world: World, other: Another) -> bool:
    """Of two clients with one identity the broker keeps one at a time: who was put out says so."""
    return world.is_open(TAKEN_OVER) or "with this one's identity" in other.daemon.log


def two_boxes_of_one_name(world: World) -> set[str]:
    """A second box, new, of the same name; it leaves politely and says ``offline``."""
    other = Another(world, "namesake", "test-box")
    world.foreign = {NAMESAKE, "not_delivered-identity_found"}
    other.daemon.start()
    world.provoke_for(world.chance.uniform(10.0, 25.0), by_phone=False)
    world.wait_open(NAMESAKE)
    other.daemon.stop(signal.SIGTERM)
    return {NAMESAKE}


class Another:
    """A box beside the world's, with a load cell of its own and no microphone."""

    def __init__(self, world: World, folder: str, box: str) -> None:
        place = world.folder / folder
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        chip = FakeChip(place)
        chip.set(code=world.chip.get("code"), noise=60)
        self.daemon = Daemon(
            place, world.broker.tls_port, box=box,
            environment=chip.environment | {"RUNTIME_DIRECTORY": str(place)},
        )  # fmt: skip
        self.daemon.state_dir.mkdir()
        self.daemon.config.write_text(
            second_configuration(box, self.daemon.state_dir, world.folder, world.broker)
        )
