"""The certificates' line of ``nursery check``: how long broker and page can prove who they are."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from monitor.config import Config, MqttConfig, PageConfig
from monitor.core.health.certificate import RENEW_PAGE, is_short, lasts, todo
from monitor.errors import ConfigError
from monitor.events import CertificateReport
from monitor.host.certificates import Validity, has_ended, of_file
from monitor.mqtt.certificate import served_to_phones, shake_hands
from monitor.verbs.finding import Finding


def check_certificate(
    config: Config,
    look: Callable[[MqttConfig], Validity] = shake_hands,
    where: Callable[[MqttConfig], MqttConfig | None] = served_to_phones,
) -> Finding:
    """How many days are left; a warning while there is time, a failure when phones turn away."""
    page = _page_certificate(config.page)
    found = _of_broker(config.mqtt, look, where)
    if page is None or page.days is None:
        return found
    text = f"{found.text}; the page's ends in {math.floor(page.days)} days"
    if page.days <= 0.0:
        return Finding("certificate", "failed", f"{found.text}; the page's has ended", RENEW_PAGE)
    if found.state in {"ok", "skipped"} and is_short(page):
        return Finding("certificate", "warning", text, RENEW_PAGE)
    state = "ok" if found.state == "skipped" else found.state
    return Finding("certificate", state, text, found.todo)


def _of_broker(
    mqtt: MqttConfig,
    look: Callable[[MqttConfig], Validity],
    where: Callable[[MqttConfig], MqttConfig | None],
) -> Finding:
    place = where(mqtt)
    if place is None:
        return Finding("certificate", "skipped", "the broker needs none: its line is plain")
    try:
        seen = look(place).report(time.time())
    except (OSError, ConfigError) as error:
        if not has_ended(error):
            return Finding(
                "certificate", "skipped", f"{place.host}:{place.port_number} shows none to look at"
            )
        seen = CertificateReport(days=0.0)
    if seen.days is not None and seen.days <= 0.0:
        return Finding("certificate", "failed", lasts(seen), todo(seen))
    if is_short(seen):
        return Finding("certificate", "warning", lasts(seen), todo(seen))
    return Finding("certificate", "ok", lasts(seen))


def _page_certificate(page: PageConfig) -> CertificateReport | None:
    """None: it has none, or nobody can read it here."""
    try:
        seen = of_file(page.cert_file)
    except OSError:
        return None
    return None if seen is None else seen.report(time.time())
