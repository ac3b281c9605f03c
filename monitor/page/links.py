"""Addresses of the page, as a person types them or a camera reads them."""

from __future__ import annotations

import socket

from monitor.config import PageConfig
from monitor.page.addresses import Address, shown_first
from monitor.page.pairing import Code


def page_url(addresses: list[Address], port: int, settings: PageConfig) -> str:
    """What to type into a phone: the first name that is configured, else an address."""
    address = Address(settings.host) if settings.host else shown_first(addresses)
    host = "localhost"
    if settings.names:
        host = settings.names[0]
    elif address is not None and not address.is_unspecified:
        host = address.in_url
    scheme, usual = ("https", 443) if settings.cert_file else ("http", 80)
    return f"{scheme}://{host}{'' if port == usual else f':{port}'}/"


def lasting_url(settings: PageConfig) -> str:
    """An address that stays when the router gives this machine another one."""
    name = (
        settings.names[0] if settings.names else f"{socket.gethostname().partition('.')[0]}.local"
    )
    scheme, usual = ("https", 443) if settings.cert_file else ("http", 80)
    return f"{scheme}://{name}{'' if settings.port == usual else f':{settings.port}'}"


def pairing_link(url: str, code: Code) -> str:
    """What a QR code holds: it opens the page with the code filled in."""
    return f"{url}pair?code={code.written}"
