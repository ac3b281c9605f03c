"""Growth charts for the retained topic, drawn by a child process so the daemon stays small.

matplotlib takes more memory than the whole daemon; a child at the lowest priority takes it, hands
over a PNG and is gone. One chart at a time, each at most every half hour, and a child that hangs
is killed.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from monitor.config import Config

DAYS_SHOWN = 14
AT_MOST_EVERY_S = 1800.0
"""a chart changes with a weighing; more than two pictures an hour nobody looks at"""
LIMIT_S = 120.0
"""a Pi Zero 2 W needs about 20 s for importing matplotlib and drawing (8 to 10 times this code's
2 s on a desktop core)"""


class _Job(NamedTuple):
    """A child that is drawing."""

    baby_slug: str
    name: str
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    started_s: float


class ChartWorker:
    """``ask`` for babies' charts, ``poll`` from the loop; never waits."""

    def __init__(
        self,
        config: Config,
        popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen,
    ) -> None:
        self._config, self._popen = config, popen
        self._able = importlib.util.find_spec("matplotlib") is not None
        self._wanted: dict[str, str] = {}
        self._drawn_s: dict[str, float] = {}
        self._job: _Job | None = None

    def ask(self, baby_slug: str, name: str) -> None:
        """Something about this baby changed; its chart is drawn when it is time."""
        if self._able:
            self._wanted[baby_slug] = name

    def forget(self, baby_slug: str) -> None:
        """A name is no longer in use: a chart that is being drawn for it is thrown away."""
        self._wanted.pop(baby_slug, None)
        if self._job is not None and self._job.baby_slug == baby_slug:
            self._end(self._job)

    def poll(self) -> tuple[str, bytes] | None:
        """(slug, PNG) of a chart that is done, else None; starts the next one."""
        done = self._collect()
        if self._job is None:
            self._start_next()
        return done

    def pause(self) -> None:
        """The processor is short: give up the picture that is being drawn and ask for it again."""
        if self._job is not None:
            baby_slug, name = self._job.baby_slug, self._job.name
            self._end(self._job)
            self._drawn_s.pop(baby_slug, None)
            self.ask(baby_slug, name)

    def close(self) -> None:
        """End a child that is still drawing."""
        if self._job is not None:
            self._end(self._job)

    def _collect(self) -> tuple[str, bytes] | None:
        if self._job is None:
            return None
        job = self._job
        code = job.process.poll()
        if code is None:
            if time.monotonic() - job.started_s > LIMIT_S:
                self._end(job)
            return None
        content = b""
        with suppress(OSError):
            job.output.seek(0)
            content = job.output.read()
        self._end(job)
        return (job.baby_slug, content) if code == 0 and content.startswith(b"\x89PNG") else None

    def _end(self, job: _Job) -> None:
        if job.process.poll() is None:
            job.process.kill()
        job.process.wait()
        with suppress(OSError):
            job.output.close()
        self._job = None

    def _start_next(self) -> None:
        now_s = time.monotonic()
        for baby_slug, name in list(self._wanted.items()):
            if now_s - self._drawn_s.get(baby_slug, float("-inf")) < AT_MOST_EVERY_S:
                continue
            del self._wanted[baby_slug]
            self._drawn_s[baby_slug] = now_s
            with suppress(OSError):  # no place for a picture, or no program: a card that fails
                self._job = self._begin(baby_slug, name, now_s)
            return

    def _begin(self, baby_slug: str, name: str, now_s: float) -> _Job:
        output = TemporaryFile()  # noqa: SIM115 - closed by _end, when the child is done
        try:
            process = self._popen(
                [sys.executable, "-P", "-m", "monitor.report.chart_job", self._config.box,
                 str(self._config.journal_path), name, str(DAYS_SHOWN)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL,
                env={**os.environ, "MPLBACKEND": "Agg", "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
        except OSError:
            output.close()
            raise
        return _Job(baby_slug, name, process, output, now_s)
