"""Who may ask, and what every answer carries: names, origins, tokens, headers.

A page on the home network is asked by every web site that a browser on it shows. So an answer goes
only to a request for a name that is the page's own (DNS rebinding), and a change is made only for a
form of the page itself (CSRF).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import socket
from collections.abc import Iterable, Mapping

COOKIE = "nursery"
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?\.?")
FOREIGN_SITES = {"cross-site", "same-site"}
"""``Sec-Fetch-Site`` of a request that another page made"""
BACK = re.compile(r"/(?![/\\])[\x21-\x7e]{0,500}")


def headers(css: str) -> dict[str, str]:
    """What every answer carries; ``css`` is the one style that may stand in the page."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' 'sha256-{digest}'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "report-uri": "/csp",
    }
    return {
        "content-security-policy": "; ".join(f"{key} {value}" for key, value in policy.items()),
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }


def cookie_name(scheme: str) -> str:
    """Over TLS no other server of this host can set it (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{COOKIE}" if scheme == "https" else COOKIE


def own_names(configured: Iterable[str]) -> frozenset[str]:
    """Names that the page answers to besides addresses: this host's, and those configured."""
    host = socket.gethostname().lower()
    short = host.partition(".")[0]
    found = {"localhost", host, short, f"{short}.local", *(name.lower() for name in configured)}
    return frozenset(name.rstrip(".") for name in found if name)


def is_own(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header names this page; any address does, since nobody can rebind one."""
    name = host_name(host)
    if name is None:
        return False
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name in names
    return True


def host_name(host: str) -> str | None:
    """The name or address in a Host header, in lower case without port; None: it is no such."""
    if host.startswith("["):
        address, bracket, port = host[1:].partition("]")
        well_formed = bracket and (not port or _is_port(port.removeprefix(":")))
        return address.lower() if well_formed else None
    name, colon, port = host.partition(":")
    if (colon and not _is_port(port)) or not NAME.fullmatch(name.lower()):
        return None
    return name.lower().rstrip(".")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5


def is_foreign(fields: Mapping[str, str], *, scheme: str) -> bool:
    """Whether another page sent this request, as far as the browser says."""
    if fields.get("sec-fetch-site", "none") in FOREIGN_SITES:
        return True
    origin = fields.get("origin")
    if origin is None:
        return False
    return origin.lower() != f"{scheme}://{fields.get('host', '')}".lower()


def is_token(given: str, expected: str) -> bool:
    """Whether a form carries the token of the phone that sends it."""
    return hmac.compare_digest(given.encode(), expected.encode())


def back_to(path: str) -> str:
    """Where a form returns: a path of this page, whatever it asked for."""
    return path if BACK.fullmatch(path) else "/"
