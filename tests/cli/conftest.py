"""A configuration of a box that has a scale, and nobody in it."""

from pathlib import Path

import pytest

CONFIG = """
box = "test-box"
state_dir = "{state}"
[scale]
source = "hx711"
counts_per_gram = 400.0
zero_counts = 1000
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "nursery.toml"
    path.write_text(CONFIG.format(state=tmp_path / "state"))
    return str(path)
