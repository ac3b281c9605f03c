"""The box of a campaign: its name, its litter, its scale and its configuration."""

from __future__ import annotations

from pathlib import Path

from tests.system.campaign.broker import BOX_PASSWORD, GuardedBroker

BOX = "nursery/test-box"
EMPTY_COUNTS, COUNTS_PER_G = 84_000, 400
LITTER = {"Ann": 301.0, "Ben": 352.0, "Cleo": 403.0}
CONFIG = """
box = "test-box"
state_dir = "{state}"
[microphone]
source = "sounddevice"
device = "{device}"
[scale]
source = "hx711"
counts_per_gram = {counts_per_g}
zero_counts = {empty}
[alerts.night]
from = "00:00"
to = "00:00"
[mqtt]
host = "127.0.0.1"
port = {port}
tls = true
ca_file = "{authority}"
username = "box"
password_file = "{password}"
keepalive_s = 5
[notify]
urls = ["{pushes}"]
[panel]
led_pin = 17
buzzer_pin = 27
"""

SECOND = """
box = "{box}"
state_dir = "{state}"
[scale]
source = "hx711"
counts_per_gram = {counts_per_g}
zero_counts = {empty}
[mqtt]
host = "127.0.0.1"
port = {port}
tls = true
ca_file = "{authority}"
username = "box"
password_file = "{password}"
keepalive_s = 5
"""


def configuration(
    folder: Path, state: Path, broker: GuardedBroker, pushes_url: str, *, device: str
) -> str:
    """The TOML file; the password's file is made in ``folder``."""
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(BOX_PASSWORD)
    return CONFIG.format(
        state=state, counts_per_g=COUNTS_PER_G, empty=EMPTY_COUNTS, port=broker.tls_port,
        authority=broker.box_authority, password=password, pushes=pushes_url,
        device=device,
    )  # fmt: skip


def second_configuration(box: str, state: Path, folder: Path, broker: GuardedBroker) -> str:
    """Of another box at the same broker, with a scale only; ``folder`` holds the password."""
    return SECOND.format(
        box=box, state=state, counts_per_g=COUNTS_PER_G, empty=EMPTY_COUNTS, port=broker.tls_port,
        authority=broker.box_authority, password=folder / "password",
    )  # fmt: skip
