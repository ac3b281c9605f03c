"""Every kind of fault once; ``make torture`` does it a few hundred times."""

from __future__ import annotations

import pytest

from tests.system.campaign.faults import FAULTS, SLOW
from tests.system.campaign.report import table
from tests.system.campaign.rounds import campaign
from tests.system.campaign.world import missing

pytestmark = pytest.mark.system

SEED = 1
WORLDS = 5
"""side by side: a round is mostly waiting"""


def test_every_fault_once(tmp_path):
    if (reason := missing()) is not None:
        pytest.skip(reason)
    quick = [fault for fault in FAULTS if fault not in SLOW]
    outcomes = campaign(tmp_path, list(enumerate(quick)), seed=SEED, worlds=WORLDS)
    print(table(outcomes))
    assert [(o.fault, text) for o in outcomes for text in o.wrong] == []
    assert {o.fault for o in outcomes} == set(quick)
    assert sum(o.figures.raised for o in outcomes) > 0
