"""What a person is told about another box that is this one."""

import pytest

from monitor.core.health.identity import IdentityConflict, identity_sentence
from monitor.events import IdentityReport
from monitor.timeshift import TimeShift, shifted

SIGNS = ("twin", "namesake", "taken_over", "copied", "found")


@pytest.mark.parametrize("sign", SIGNS)
def test_each_sign_is_one_alert_that_says_what_to_do(sign: str):
    conflict = IdentityConflict("possum")
    conflict.observe(IdentityReport(5.0, [sign]))
    (condition,) = conflict.conditions()
    assert (condition.kind, condition.since_s) == ("not_delivered", 5.0)
    assert condition.severity == ("warning" if sign in ("copied", "found") else "critical")
    assert len(condition.title) <= 40
    assert "{" not in condition.title + condition.message
    assert "sudo nursery" in condition.message or "another name" in condition.message
    assert identity_sentence([sign], "possum") == condition.message


def test_it_lasts_for_as_long_as_it_is_reported():
    conflict = IdentityConflict("possum")
    conflict.observe(IdentityReport(5.0, ["twin"]))
    conflict.observe(IdentityReport(9.0, ["twin", "copied"]))
    assert [(c.key, c.since_s) for c in conflict.conditions()] == [
        ("identity_twin", 5.0),
        ("identity_copied", 9.0),
    ]
    conflict.state = shifted(conflict.state, TimeShift(by_s=100.0))
    assert [c.since_s for c in conflict.conditions()] == [105.0, 109.0]
    conflict.observe(IdentityReport(10.0))
    assert conflict.conditions() == []
    assert identity_sentence([], "possum") is None
