from __future__ import annotations

from monitor.core.scale.sight import LOST_S, Sight, SightState


def test_a_gap_in_which_somebody_could_be_fed_begins_anew():
    sight = Sight(SightState())
    assert sight.since_s is None
    sight.observe(100.0, seen=False)
    assert sight.since_s is None
    sight.observe(200.0, seen=True)
    sight.observe(200.0 + LOST_S, seen=True)
    assert sight.since_s == 200.0
    sight.observe(260.0 + LOST_S, seen=False)
    sight.observe(300.0 + 2.0 * LOST_S, seen=True)
    assert sight.since_s == 300.0 + 2.0 * LOST_S
