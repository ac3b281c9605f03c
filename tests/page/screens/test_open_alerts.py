"""Open alerts as cards."""

from monitor.page.screens.open_alerts import cards
from tests.page.seeing import EN, NOW, alert, at, box


def test_the_gravest_is_first_and_what_nobody_answered_before_what_somebody_did() -> None:
    alerts = [
        alert("info", own_severity="info"),
        alert("new", since=at(-0.1)),
        alert("old", since=at(-2)),
        alert("seen", since=at(-3), state="acknowledged"),
        alert("critical", own_severity="critical", state="acknowledged"),
    ]
    found = cards(box(alerts=alerts), NOW, EN)
    assert [card.id for card in found] == ["critical", "old", "new", "seen", "info"]


def test_quiet_hours_lower_a_push_and_not_what_somebody_looks_at() -> None:
    [card] = cards(box(alerts=[alert(severity="info", own_severity="critical")]), NOW, EN)
    assert card.level == "critical"


def test_a_severity_that_nobody_knows_is_shown_like_the_gravest() -> None:
    [card] = cards(box(alerts=[alert(severity="worse", own_severity=None)]), NOW, EN)
    assert card.level == "critical"


def test_the_sentences_are_the_alerts_own() -> None:
    [card] = cards(box(alerts=[alert()]), NOW, EN)
    assert (card.title, card.message) == ("Possum's bottle is overdue", "Feed Possum.")
    assert card.since == "since 12:02"


def test_a_snooze_says_until_when() -> None:
    [card] = cards(box(alerts=[alert(state="snoozed", until=at(0.5))]), NOW, EN)
    assert card.seen == "Snoozed until 12:44"
    [card] = cards(box(alerts=[alert(state="snoozed")]), NOW, EN)
    assert card.seen == "Snoozed"
