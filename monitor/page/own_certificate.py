"""The page's certificate: read at the beginning, and anew whenever somebody has renewed it."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

from monitor.errors import ConfigError
from monitor.page.kept import stamp

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0


class OwnCertificate:
    """What new connections are shown; those that are open keep what they were shown."""

    def __init__(self, cert_file: str, key_file: str | None) -> None:
        """Read both files.

        Raises:
            ConfigError: they are no certificate and its key.
        """
        self._files = cert_file, key_file
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._seen = self._told = self._stamps()
        self._read(self.context)

    async def follow(self) -> None:
        """Look at the files once a minute, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.renew()

    def renew(self) -> None:
        """Read the files again if they are others; a pair that does not fit changes nothing.

        It is tried again at each look: rights that are set later leave a file's stamp as it was.
        """
        now = self._stamps()
        if now == self._seen:
            return
        try:
            # A context that fails to read a pair has lost the one it had.
            self._read(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
            self._read(self.context)
        except ConfigError as error:
            if now != self._told:
                log.warning("the page goes on with the certificate that it has: %s", error)
            self._told = now
        else:
            self._seen = self._told = now
            log.info("the page's certificate was read anew")

    def _stamps(self) -> list[tuple[int, int, int] | None]:
        return [None if path is None else stamp(Path(path)) for path in self._files]

    def _read(self, context: ssl.SSLContext) -> None:
        cert_file, key_file = self._files
        try:
            context.load_cert_chain(cert_file, key_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f'"page.cert_file": cannot use {cert_file} with {key_file}: '
                f"{error}; they must be a PEM certificate and its key"
            ) from error
