"""Every kind of fault once; ``make torture`` does it a few hundred times."""

from __future__ import annotations

import pytest

from tests.system.campaign.faults import FAULTS, SLOW
from tests.system.campaign.report import table
from tests.system.campaign.rounds import campaign
from tests.system.campaign.world import missing

pytestmark = pytest.mark.system

SEED = 1
PARTS = 3
"""that may run side by side, as other tests do"""
WORLDS = 3
"""of each part, side by side: a round is mostly waiting"""


@pytest.mark.parametrize("part", range(PARTS))
def test_every_fault_once(tmp_path, part):
    if (reason := missing()) is not None:
        pytest.skip(reason)
    quick = [fault for fault in FAULTS if fault not in SLOW][part::PARTS]
    outcomes = campaign(tmp_path, list(enumerate(quick)), seed=SEED + part, worlds=WORLDS)
    print(table(outcomes))
    assert [(o.fault, text) for o in outcomes for text in o.wrong] == []
    assert {o.fault for o in outcomes} == set(quick)
    assert sum(o.figures.raised for o in outcomes) > 0
