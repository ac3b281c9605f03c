"""``nursery run`` as a real process, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Daemon:
    """One daemon with a configuration and a state directory of its own."""

    def __init__(
        self,
        directory: Path,
        port: int,
        *,
        box: str = "test-box",
        more: str = "",
        environment: dict[str, str] | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.state_dir = directory / "state"
        self.config = directory / "nursery.toml"
        self._log = directory / "daemon.log"
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self.config.write_text(
            f'box = "{box}"\nstate_dir = "{self.state_dir}"\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\ntls = false\nkeepalive_s = 5\n{more}\n'
        )

    def start(self) -> Daemon:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "monitor", "run", "--config", str(self.config)],
                stdout=log, stderr=log, cwd=self.config.parent,
                env={**os.environ, **self._environment, "PYTHONPATH": self._python_path(),
                     "LG_WD": str(self.config.parent)},
            )  # fmt: skip
        return self

    def _python_path(self) -> str:
        more = self._environment.get("PYTHONPATH")
        return f"{more}:{ROOT}" if more else str(ROOT)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(how)
        code = self._process.wait(60)
        self._process = None
        return code

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def nursery(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Another ``nursery`` command beside the running daemon."""
        return subprocess.run(
            [sys.executable, "-m", "monitor", *argv, "--config", str(self.config)],
            capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
