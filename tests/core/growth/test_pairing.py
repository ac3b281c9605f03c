from __future__ import annotations

import pytest

from monitor.core.growth.pairing import lost_sight_s, paired
from monitor.events import Weighing


def moves(*seen: tuple[str, float, float]) -> list[Weighing]:
    """Moves of one kitten: (lift or return, minutes, grams)."""
    return [
        Weighing(
            step_id=f"{move}{minute}",
            t_s=60.0 * minute,
            baby="A",
            weight_g=g,
            sigma_g=0.3,
            move="lift" if move == "lift" else "return",
        )
        for move, minute, g in seen
    ]


@pytest.mark.parametrize(
    ("seen", "feeds", "lost_min"),
    [
        ([("lift", 1, 200.0), ("return", 11, 208.0)], 1, 0),
        ([("lift", 1, 200.0), ("return", 90, 208.0)], 1, 0),  # slow, and it drank
        ([("lift", 1, 200.0), ("return", 90, 200.0)], 0, 90),  # in a carrier
        ([("return", 11, 208.0)], 0, 11),
        ([("lift", 1, 200.0), ("lift", 200, 203.0), ("return", 210, 210.0)], 1, 200),
    ],
)
def test_a_lift_and_its_return_are_a_bottle_or_time_unseen(seen, feeds, lost_min):
    assert len(paired(moves(*seen))) == feeds
    assert lost_sight_s(moves(*seen)) == 60.0 * lost_min
