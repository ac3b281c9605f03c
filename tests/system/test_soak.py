"""A short soak: what thirty days show by "make soak", looked for in a quarter of a day."""

from pathlib import Path

import pytest

from tests.system.mosquitto import BINARY
from tests.system.soak.found import report
from tests.system.soak.run import soak

pytestmark = pytest.mark.system


def test_nothing_grows_and_the_card_is_spared(tmp_path: Path) -> None:
    if BINARY is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    found = soak(6.0, 1.0, seed=1, state_dir=tmp_path / "state", device=None)
    told = report(found)
    warm = found.samples[2:]  # the first feeding round fills what is bounded
    assert len({sample.threads for sample in warm}) == 1, told
    # A growth chart that is being drawn has a file and a pipe.
    assert max(s.descriptors for s in warm) <= min(s.descriptors for s in found.samples) + 2, told
    assert warm[-1].rss_mb < 1.08 * warm[0].rss_mb, told
    assert warm[-1].journal_mb < 1.05 * found.samples[0].journal_mb, told
    assert found.written_mb_per_day < 20.0, told
    assert found.damage is None
    assert found.feeds == 8
    assert 0 < found.raised == found.delivered, told
