"""Tuning to one room: helps where it can, refuses where it cannot, never touches what ships."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path

import msgspec
import numpy as np
import pytest

from calibration import cry
from calibration.cry import calibrate_cry
from calibration.cry_tuning import Metrics
from monitor.core.cry.model import CryModel
from monitor.data.shipped import cry_model_bytes
from monitor.errors import CalibrationError, InputError
from monitor.simulation import sounds as synth

soundfile = pytest.importorskip("soundfile")


@pytest.fixture(scope="module")
def model() -> CryModel:
    return CryModel.from_bytes(cry_model_bytes(None))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Four short recordings of a kitten, six minutes of a room."""
    base = tmp_path_factory.mktemp("recordings")
    cries, room = base / "cries", base / "room"
    cries.mkdir()
    room.mkdir()
    for seed in range(4):
        sound = synth.Room(seed, noise_db=-55).render(0, 8 * 16_000)
        sound[16_000 : 7 * 16_000] += synth.bout("kitten", np.random.default_rng(seed), 6)
        soundfile.write(cries / f"{seed}.wav", sound, 16_000)
    for seed in range(3):
        sound = synth.Room(90 + seed, noise_db=-50).render(0, 120 * 16_000)
        soundfile.write(room / f"{seed}.wav", sound, 16_000)
    return cries, room


def run(model: CryModel, folders: tuple[Path, Path], out_dir: Path) -> tuple[Path, str]:
    out = io.StringIO()
    path = calibrate_cry(
        *folders, model=model, species="kitten", out_dir=out_dir, journal=None, out=out
    )
    return path, out.getvalue()


def with_threshold(model: CryModel, on: float) -> CryModel:
    rule = msgspec.structs.replace(model.card.rule, on=on)
    return CryModel(msgspec.structs.replace(model.card, rule=rule), model.arrays)


def test_a_model_that_is_too_deaf_is_helped(
    model: CryModel, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    path, said = run(with_threshold(model, 0.99999), folders, tmp_path)
    assert said.splitlines()[0].startswith("shipped     0 of 4 cry recordings")
    assert f'model = "{path}"' in said
    tuned = CryModel.from_bytes(path.read_bytes())
    assert tuned.card.rule.on < 0.99999
    assert "left_out" in tuned.card.notes["tuned"]
    again, _ = run(with_threshold(model, 0.99999), folders, tmp_path)
    assert again != path, "nothing is ever overwritten"


def test_nothing_to_gain_is_refused_and_nothing_written(
    model: CryModel, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    best, _ = run(with_threshold(model, 0.99999), folders, tmp_path / "first")
    tuned = CryModel.from_bytes(best.read_bytes())
    with pytest.raises(CalibrationError, match="shipped model stays"):
        run(tuned, folders, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_too_little_is_refused(model: CryModel, folders: tuple[Path, Path], tmp_path: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    soundfile.write(few / "one.wav", np.zeros(16_000), 16_000)
    with pytest.raises(CalibrationError, match="only 1 cry recordings"):
        run(model, (few, folders[1]), tmp_path)
    with pytest.raises(CalibrationError, match="of the room"):
        run(model, (folders[0], few), tmp_path)
    with pytest.raises(InputError, match="no WAV"):
        run(model, (tmp_path / "nothing", folders[1]), tmp_path)


@pytest.mark.parametrize(
    ("tuned", "shipped", "better"),
    [
        ((4, 0), (3, 0), True),
        ((3, 0), (3, 1), True),
        ((4, 1), (3, 0), False),
        ((2, 0), (3, 1), False),
        ((3, 1), (3, 1), False),
    ],
)
def test_better_means_no_worse_in_anything(
    tuned: tuple[int, int], shipped: tuple[int, int], *, better: bool
) -> None:
    a, b = (Metrics(heard, 5, false, 1.0) for heard, false in (tuned, shipped))
    assert a.better_than(b) is better


def test_answers_from_the_phone_are_read_from_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE cries (started_s REAL, species TEXT, score REAL, t_s REAL);
        CREATE TABLE alerts (kind TEXT, state TEXT, why TEXT, since_s REAL, t_s REAL);
        INSERT INTO cries VALUES (100, 'kitten', 0.91, 110), (900, 'kitten', 0.97, 915);
        INSERT INTO alerts VALUES
            ('crying', 'cleared', 'Somebody listened: it was not a cry.', 100, 160),
            ('crying', 'cleared', 'It has been quiet for a minute.', 900, 990);
        """
    )
    connection.commit()
    connection.close()
    assert cry.refused_scores(path) == [0.91]
    with pytest.raises(InputError, match="journal"):
        cry.refused_scores(tmp_path / "missing.sqlite")
