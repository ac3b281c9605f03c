"""How long a certificate still proves to phones who shows it.

One that ends without a word is a silence that looks like peace.
"""

from __future__ import annotations

import math
import re
import subprocess
import threading
import time
from collections.abc import Callable

import msgspec

from monitor.errors import ConfigError
from monitor.events import CertificateReport
from monitor.times import DAY_S, HOUR_S

LOOK_EVERY_S = DAY_S
AGAIN_S = HOUR_S
"""after a look that showed nothing: the broker is away, or the file is being replaced"""
OPENSSL_S = 5.0
_EXPIRED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED, as ``ssl.SSLCertVerificationError.verify_code``"""


class Validity(msgspec.Struct, frozen=True, kw_only=True):
    """Of what is shown to clients: from when until when, in seconds of Unix time."""

    begins_s: float
    ends_s: float
    by_authority: bool = False
    """the authority ends before the certificate itself does"""

    def report(self, now_unix_s: float) -> CertificateReport:
        """How it is at a time of Unix."""
        return CertificateReport(
            days=(self.ends_s - now_unix_s) / DAY_S,
            life_days=(self.ends_s - self.begins_s) / DAY_S,
            by_authority=self.by_authority,
        )


def of_file(path: str | None) -> Validity | None:
    """What is in a PEM file; its first certificate, where it holds a chain.

    Returns:
        None without a path.

    Raises:
        OSError: there is no certificate to be read, or no ``openssl`` to read it.
    """
    if path is None:
        return None
    from ssl import cert_time_to_seconds as time_s

    try:
        done = subprocess.run(
            ["openssl", "x509", "-noout", "-dates", "-in", path],
            capture_output=True, text=True, timeout=OPENSSL_S, check=True,
        )  # fmt: skip
    except subprocess.SubprocessError as error:
        raise OSError(f"cannot read a certificate from {path}") from error
    said = dict(re.findall(r"(?m)^(notBefore|notAfter)=(.+)$", done.stdout))
    if len(said) != 2:
        raise OSError(f"cannot read a certificate from {path}")
    return Validity(
        begins_s=time_s(said["notBefore"]),
        ends_s=time_s(said["notAfter"]),
    )


def has_ended(error: Exception) -> bool:
    """Whether there is no trust because the certificate has run out."""
    return getattr(error, "verify_code", None) == _EXPIRED


class CertificateWatch:
    """Looks once a day, in a thread of its own; ``report`` never waits."""

    def __init__(self, look: Callable[[], Validity | None]) -> None:
        """``look`` is not asked before the first ``report``.

        It returns None where nobody shows a certificate, and may raise ``OSError`` and
        ``ConfigError``.
        """
        self._look = look
        self._seen: Validity | None = None
        self._is_none = self._has_ended = False
        self._due_s = 0.0
        self._looking: threading.Thread | None = None

    def report(self, now_unix_s: float, *, clock_known: bool) -> CertificateReport | None:
        """How long it lasts; None: not known, because nothing was seen or nobody set the clock."""
        if not clock_known:
            return None
        if time.monotonic() >= self._due_s and not self._is_looking:
            self._due_s = time.monotonic() + LOOK_EVERY_S
            self._looking = threading.Thread(target=self._glance, name="certificate", daemon=True)
            self._looking.start()
        if self._is_none:
            return CertificateReport(days=None)
        if self._has_ended:
            return CertificateReport(days=0.0)
        return None if self._seen is None else self._seen.report(now_unix_s)

    def days_left(self, now_unix_s: float, *, clock_known: bool) -> int | None:
        """Whole days; None where there is none to be known."""
        report = self.report(now_unix_s, clock_known=clock_known)
        return None if report is None or report.days is None else math.floor(report.days)

    @property
    def _is_looking(self) -> bool:
        return self._looking is not None and self._looking.is_alive()

    def _glance(self) -> None:
        try:
            seen = self._look()
            self._is_none, self._has_ended = seen is None, False
            self._seen = seen
        except (OSError, ConfigError) as error:
            self._is_none, self._has_ended = False, has_ended(error)
            self._due_s = time.monotonic() + AGAIN_S
