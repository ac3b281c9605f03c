"""The demo shows what the README promises of it, and ends by itself."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.system


def test_the_night_that_the_readme_promises() -> None:
    pytest.importorskip("amqtt", reason='needs the extra "demo"')
    run = subprocess.run(
        [sys.executable, "-m", "monitor", "demo", "--speed", "2000"],
        capture_output=True, text=True, timeout=170, check=True,
    )  # fmt: skip
    said = run.stdout
    assert said.startswith("SIMULATED: ")
    for name in ("Kangaroo", "Possum"):  # the two bottles
        assert len(re.findall(rf"{name} lifted out: 1[0-9.]+ g", said)) == 2
        assert len(re.findall(rf"{name} drank: \+[0-9.]+ g net", said)) == 2
    assert re.search(r"crying for \d+ s: Kangaroo's bottle is due now", said)
    assert re.search(r"crying for \d+ s: \d+ min after Kangaroo's full feed", said)
    assert "Possum is losing weight" in said
    assert "Microphone is deaf" in said
    assert "All clear: Microphone is deaf" in said
    assert "The simulated night is over: 6.0 h" in said
    assert "alerts waiting for the broker  0" in said
