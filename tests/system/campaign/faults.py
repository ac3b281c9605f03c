"""What can go wrong, one function each: break something, let the box work, mend it again.

A fault provokes alerts while things are broken and leaves the world mended; waiting until the dust
has settled and judging are the round's. It returns what the box is right to be alarmed about.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.system.campaign import (
    faults_broker,
    faults_card,
    faults_clock,
    faults_daemon,
    faults_identity,
    faults_senses,
)
from tests.system.campaign.facts import DEAF, NO_WEIGHT
from tests.system.campaign.faults_broker import REFUSED, SILENT
from tests.system.campaign.faults_card import JOURNAL_LOST, NOT_WRITTEN, VALUES_ASIDE
from tests.system.campaign.faults_identity import NAMESAKE
from tests.system.campaign.world import World

Fault = Callable[[World], set[str]]
"""returns the incidents that may be raised because of it"""

FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        faults_senses.scale_sways,
        faults_senses.microphone_right_slot,
        faults_broker.publish_refused,
        faults_clock.clock_jumps_forward,
        faults_identity.identity_cloned,
        faults_clock.clock_jumps_back,
        faults_broker.never_acknowledged,
        faults_clock.clock_begins_in_1970,
        faults_broker.broker_limits,
        faults_card.values_poisoned,
        faults_card.card_full,
        faults_card.card_full_at_start,
        faults_card.card_read_only,
        faults_card.card_read_only_at_start,
        faults_card.journal_damaged,
        faults_card.card_dead,
        faults_card.journal_locked,
        faults_daemon.daemon_killed,
        faults_daemon.daemon_killed_in_a_change,
        faults_daemon.phone_switched_off,
        faults_broker.broker_killed,
        faults_broker.broker_frozen,
        faults_broker.broker_absent,
        faults_broker.password_refused,
        faults_broker.certificate_expired,
        faults_broker.authority_damaged,
        faults_identity.two_boxes_of_one_name,
        faults_senses.microphone_lost,
        faults_senses.load_cell_lost,
        faults_senses.microphone_dead_32_bit,
    )
}
"""the slow ones first, so that worlds side by side end together"""

MUST_BE_SAID = {
    "journal_damaged": JOURNAL_LOST,
    "card_read_only": NOT_WRITTEN,
    "card_read_only_at_start": NOT_WRITTEN,
    "card_full_at_start": NOT_WRITTEN,
    "microphone_lost": DEAF,
    "load_cell_lost": NO_WEIGHT,
    "card_dead": NOT_WRITTEN,
    "values_poisoned": VALUES_ASIDE,
    "publish_refused": REFUSED,
    "never_acknowledged": SILENT,
    "two_boxes_of_one_name": NAMESAKE,
}
"""what a person has to be told of, by fault"""

FACTS_OF_THEIR_OWN = frozenset(
    {
        "microphone_lost",
        "load_cell_lost",
        "microphone_dead_32_bit",
        "microphone_right_slot",
        "scale_sways",
    }
)
"""faults that are themselves what a person must hear of"""

UNFIT: dict[str, tuple[str, ...]] = {}
"""what cannot become true beside a fault"""

SLOW = frozenset({"scale_sways", "never_acknowledged", "broker_limits", "identity_cloned"})
"""faults that take minutes: ``make torture`` has them, the test that breaks everything once not"""

LYING_CLOCK = frozenset({"clock_begins_in_1970", "clock_jumps_forward", "clock_jumps_back"})
"""rounds in which the times in messages say nothing about delays"""
