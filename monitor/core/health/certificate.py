"""How long broker and page can prove who they are: when that is told, and in which words."""

from __future__ import annotations

import math

from monitor.events import CertificateReport, Condition

SHORT_DAYS = 30.0
SHORT_SHARE = 0.2
"""A certificate is told of in its last 30 days, or in its last fifth where that is less. Who renews
by himself does it earlier: with 400 of 825 days left (``systemd/renew-certificates.sh``), or with a
third of 90 or 45 (Let's Encrypt's advice to its clients); so one as old as this was forgotten."""
ENDED = "no phone and no Home Assistant trusts the broker any more"
RENEW = (
    "Renew it on the broker's machine: sudo systemctl start nursery-certificates; without the "
    "package as it was made"
)
RENEW_PAGE = "run: sudo systemctl start nursery-certificates, or make it anew as it was made"
NEW_AUTHORITY = (
    "On the broker's machine make a new authority, and give it to every box, phone and Home "
    "Assistant"
)


def is_short(certificate: CertificateReport) -> bool:
    """Whether it is late to renew it; not where there is none."""
    if certificate.days is None:
        return False
    few = min(SHORT_DAYS, SHORT_SHARE * certificate.life_days)
    return certificate.days <= 0.0 or certificate.days < few


def lasts(certificate: CertificateReport) -> str:
    """Whose it is and how long it lasts; for one of the broker that is there."""
    whose = "broker's certificate"
    return _lasts(f"authority of the {whose}" if certificate.by_authority else whose, certificate)


def _lasts(whose: str, certificate: CertificateReport) -> str:
    days = math.floor(certificate.days or 0.0)
    if (certificate.days or 0.0) <= 0.0:
        return f"the {whose} has ended"
    if days == 0:
        return f"the {whose} ends within a day"
    return f"the {whose} ends in {days} day{'s' * (days != 1)}"


def todo(certificate: CertificateReport) -> str:
    """What a person does about one that is short."""
    return NEW_AUTHORITY if certificate.by_authority else RENEW


def condition_of(certificate: CertificateReport, since_s: float) -> Condition:
    """``not_delivered``: soon phones hear nothing, or already."""
    said = lasts(certificate)
    ended = (certificate.days or 0.0) <= 0.0
    then = ENDED if ended else "after that no phone and no Home Assistant hears this box"
    return Condition(
        kind="not_delivered",
        key="certificate",
        severity="critical" if ended else "warning",
        since_s=since_s,
        title=f"Broker's certificate {'has ended' if ended else 'ends soon'}",
        message=f"{said[0].upper()}{said[1:]}: {then}. {todo(certificate)}.",
        why=said,
        all_clear="The broker's certificate lasts again.",
    )


def page_condition_of(certificate: CertificateReport, since_s: float) -> Condition:
    """``not_delivered``: soon phones turn away from the page, or already; alerts go on."""
    said = _lasts("page's certificate", certificate)
    ended = (certificate.days or 0.0) <= 0.0
    then = "phones turn away from the page" if ended else "after that phones turn away from it"
    return Condition(
        kind="not_delivered",
        key="page_certificate",
        severity="warning",
        since_s=since_s,
        title=f"Page's certificate {'has ended' if ended else 'ends soon'}",
        message=(
            f"{said[0].upper()}{said[1:]}: {then}. Alerts still leave this box. On the machine of "
            f"the page {RENEW_PAGE}."
        ),
        why=said,
        all_clear="The page's certificate lasts again.",
    )
