"""What a person is told about another box that is this one."""

import pytest

from monitor.core.health.identity import IdentityConflict, identity_sentence
from monitor.events import Condition, IdentityReport
from monitor.timeshift import TimeShift, shifted

T0 = 1_700_000_000.0

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


# ------------------------------------------------------------------ in words

NEW, KEEP = "sudo nursery identity --new", "sudo nursery identity --keep"
IDENTITY_WORDS = [
    (
        "twin", "critical", "Two boxes share one identity",
        ("Another box with a copy of this card speaks as attic, too: both carry out every command, "
        "and each can overwrite what the other says. On the copy give box another name in the "
        f"configuration and run: {NEW}"),
        "somebody else with this box's identity writes on its topics",
    ),
    (
        "namesake", "critical", "Two boxes are called attic",
        ("Another box on this broker has the same name: both carry out every command, and each "
        "overwrites what the other says. Give one of them another name (box = in its "
        "configuration) and restart it."),
        "a box with another identity writes on this box's topics",
    ),
    (
        "taken_over", "critical", "Another box uses this one's identity",
        ("Another box connects to the broker with this one's identity, as after copying a card; "
        "the broker keeps only one of two, so this box goes on under a spare name. On the copy "
        "run: "
        f"{NEW}"),
        "the session at the broker was taken over",
    ),
    (
        "copied", "warning", "This memory is another computer's",
        ("What this box remembers was last used on another computer: a copied or moved card, or a "
        f"backup. If the other one still watches, run here: {NEW}. If it is gone: {KEEP}"),
        "the marks of this computer differ from those in the journal",
    ),
    (
        "found", "warning", "An earlier card is still announced",
        ("Home Assistant knows attic from an earlier card, so this one announces nothing yet and "
        "no entity is shown twice. On the page, under Box, say whether it goes on as the "
        "earlier one; or type sudo nursery adopt, or sudo nursery adopt --remove"),
        "the broker holds documents for this name with another identity",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sign", "severity", "title", "message", "why"), IDENTITY_WORDS)
def test_each_sign_of_another_box_in_words(sign, severity, title, message, why):
    subject = IdentityConflict("attic")
    subject.observe(IdentityReport(t_s=T0, signs=[sign]))
    subject.observe(IdentityReport(t_s=T0 + 60, signs=[sign]))
    assert subject.conditions() == [
        Condition(
            kind="not_delivered", key=f"identity_{sign}", severity=severity, since_s=T0,
            title=title, message=message, why=why,
            all_clear="This box is the only one of its kind again.",
        )
    ]  # fmt: skip
    assert identity_sentence([sign, "twin"], "attic") == message
    subject.observe(IdentityReport(t_s=T0 + 90, signs=[]))
    assert subject.conditions() == []


def test_without_a_sign_there_is_no_sentence():
    assert identity_sentence([], "attic") is None
