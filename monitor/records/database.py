"""The database: takes lines over HTTP, or says why it does not."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request

WRITE_S = 10.0
"""for one batch; a healthy database takes a few milliseconds"""


class DatabaseError(OSError):
    """The database has not taken a batch."""

    def __init__(self, why: str, *, about_the_batch: bool = False) -> None:
        """``about_the_batch``: it refuses what was sent, so the same again is refused again."""
        super().__init__(why)
        self.about_the_batch = about_the_batch


class Database:
    """VictoriaMetrics, or whatever takes Influx lines at ``/write``."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/write?precision=ms"
        self.where = url

    def write(self, lines: bytes) -> None:
        """Hand over a batch; when this returns, the database has it.

        Raises:
            DatabaseError: it has not; a sentence.
        """
        request = urllib.request.Request(  # noqa: S310 - the configuration takes http(s) only
            self._url, data=lines, headers={"Content-Type": "text/plain; charset=utf-8"}
        )
        try:
            with urllib.request.urlopen(request, timeout=WRITE_S) as answer:  # noqa: S310
                answer.read(1000)
        except urllib.error.HTTPError as error:
            said = " ".join(error.read(200).decode(errors="replace").split())
            raise DatabaseError(
                f"{self.where} answers {error.code} {said}", about_the_batch=error.code == 400
            ) from error
        except urllib.error.URLError as error:
            why = getattr(error.reason, "strerror", None) or error.reason
            raise DatabaseError(f"cannot reach {self.where}: {why}") from error
        except (OSError, http.client.HTTPException) as error:
            raise DatabaseError(f"{self.where} does not answer: {error!r}") from error
