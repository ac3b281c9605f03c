from pathlib import Path

import numpy as np
import pytest

from calibration.evaluation import loud_rooms
from calibration.evaluation.loud_rooms import (
    APART_S,
    CALLS,
    ROOM_DB,
    Count,
    added,
    bouts_over,
    show,
)
from calibration.training.clips import Clip
from monitor.events import AUDIO_RATE_HZ


@pytest.fixture
def clips(monkeypatch: pytest.MonkeyPatch) -> list[Clip]:
    tone = np.sin(np.arange(2 * AUDIO_RATE_HZ) * 0.2).astype(np.float32)
    monkeypatch.setattr(loud_rooms, "load", lambda _: tone)
    return [
        Clip(path=Path(f"{n}.flac"), label="puppy_whine", kind="puppy", group=str(n),
             cries=((0.2, 0.8),), licence="CC0", pitch_hz=500.0)
        for n in range(3)
    ]  # fmt: skip


@pytest.mark.parametrize("over_room_db", [30.0, 3.0])
def test_each_recording_cries_once_at_the_stated_level(
    clips: list[Clip], over_room_db: float
) -> None:
    night = bouts_over(clips, over_room_db, 1)
    assert len(night.placed) == len(clips)
    assert len(night.pieces) == CALLS * len(clips)
    starts = [placed.start_s for placed in night.placed]
    assert np.diff(starts) == pytest.approx(APART_S)
    for _, samples in night.pieces:
        level_db = 10 * np.log10(np.mean(np.square(samples)))
        assert level_db == pytest.approx(ROOM_DB + over_room_db, abs=3.5)


def test_models_that_judge_their_own_recordings_are_added(capsys) -> None:
    first = Count((3, 3, 2, 1, 0), 3, 4, 1, 0.5)
    show("both", added([first, Count((2, 2, 2, 2, 2), 2, 0, 0, 1.0)]))
    assert capsys.readouterr().out == (
        "both: of 5 bouts found 5 at 30 dB, 5 at 20 dB, 4 at 10 dB, 3 at 6 dB, 2 at 3 dB; "
        "4 false bouts and 1 alerts in 1.5 h of strung sounds\n"
    )
