"""A certificate that ends is told of in time, and not while who renews it still has time."""

from __future__ import annotations

import pytest

from monitor.core.health.certificate import is_short
from monitor.core.health.link import LinkHealth
from monitor.events import CertificateReport, Condition, LinkReport

WELL = {"connected": True, "takes_alerts": True, "hears_commands": True}


def told(*reports: CertificateReport | None) -> list[Condition]:
    health = LinkHealth()
    for number, report in enumerate(reports):
        health.observe(LinkReport(1000.0 + number, **WELL, certificate=report))
    return health.conditions()


@pytest.mark.parametrize(
    ("days", "life_days", "short"),
    [
        (400.0, 825.0, False),
        (31.0, 825.0, False),
        (29.0, 825.0, True),
        (29.0, 90.0, False),  # Let's Encrypt's clients renew at a third
        (17.0, 90.0, True),
        (2.0, 6.0, False),
        (1.0, 6.0, True),
        (0.0, 0.0, True),
        (None, 0.0, False),
    ],
)
def test_it_is_short_in_its_last_thirty_days_or_its_last_fifth(
    days: float | None, life_days: float, short: bool
) -> None:
    assert is_short(CertificateReport(days=days, life_days=life_days)) == short


def test_it_is_told_before_it_ends_with_what_to_do() -> None:
    (condition,) = told(CertificateReport(days=12.4, life_days=825.0))
    assert (condition.kind, condition.key) == ("not_delivered", "certificate")
    assert condition.severity == "warning"
    assert condition.title == "Broker's certificate ends soon"
    assert condition.message == (
        "The broker's certificate ends in 12 days: after that no phone and no Home Assistant hears "
        "this box. Renew it on the broker's machine: sudo systemctl start nursery-certificates; "
        "without the package as it was made."
    )


def test_once_it_has_ended_it_is_critical() -> None:
    (condition,) = told(CertificateReport(days=-0.1, life_days=825.0))
    assert condition.severity == "critical"
    assert condition.title == "Broker's certificate has ended"
    assert "no phone and no Home Assistant trusts the broker any more" in condition.message


def test_an_authority_that_ends_first_is_named() -> None:
    (condition,) = told(CertificateReport(days=1.5, life_days=3650.0, by_authority=True))
    assert condition.message.startswith("The authority of the broker's certificate ends in 1 day:")
    assert "make a new authority" in condition.message


def test_of_the_page_s_own_is_told_too_and_alerts_go_on() -> None:
    health = LinkHealth()
    health.observe(LinkReport(1.0, **WELL))
    assert health.conditions() + health.unjudged() == []
    for days, title, said in [
        (12.4, "Page's certificate ends soon", "The page's certificate ends in 12 days: after"),
        (-0.1, "Page's certificate has ended", "The page's certificate has ended: phones turn"),
    ]:
        report = CertificateReport(days=days, life_days=825.0)
        health.observe(LinkReport(2.0, **WELL, page_certificate=report))
        (condition,) = health.conditions()
        assert (condition.key, condition.severity) == ("page_certificate", "warning")
        assert condition.title == title
        assert condition.message.startswith(said)
        assert "Alerts still leave this box." in condition.message
        assert "sudo systemctl start nursery-certificates" in condition.message
    health.observe(LinkReport(3.0, **WELL))
    assert {each.key for each in health.unjudged()} == {"page_certificate"}
    renewed = CertificateReport(days=825.0, life_days=825.0)
    health.observe(LinkReport(4.0, **WELL, page_certificate=renewed))
    assert health.conditions() + health.unjudged() == []


def test_what_is_not_seen_for_a_while_is_neither_over_nor_new() -> None:
    health = LinkHealth()
    health.observe(LinkReport(1.0, **WELL))
    assert "certificate" not in {each.key for each in health.unjudged()}
    health.observe(LinkReport(2.0, **WELL, certificate=CertificateReport(days=3.0, life_days=90.0)))
    health.observe(LinkReport(3.0, **WELL))
    assert health.conditions() == []
    assert {each.key for each in health.unjudged()} == {"certificate"}
    health.observe(
        LinkReport(4.0, **WELL, certificate=CertificateReport(days=90.0, life_days=90.0))
    )
    assert health.conditions() + health.unjudged() == []
