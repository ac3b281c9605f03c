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
from calibration.cry_made import Made, hidden_of, made_sounds
from calibration.cry_tuning import (
    FIRED,
    KEPT,
    Metrics,
    Recording,
    Tuned,
    best,
    compare,
    pet_bouts,
)
from calibration.training.made_models import MODELS
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


@pytest.fixture(scope="module")
def made(model: CryModel) -> Made:
    return made_sounds(model)


@pytest.fixture
def heard_once(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another threshold hears the same numbers."""
    monkeypatch.setattr(cry, "made_sounds", lambda _model: made)


def run(
    model: CryModel, folders: tuple[Path, Path], out_dir: Path, refused: Path | None = None
) -> tuple[Path, str]:
    out = io.StringIO()
    path = calibrate_cry(
        *folders, refused=refused, model=model, species="kitten", out_dir=out_dir, journal=None,
        out=out, err=io.StringIO(),
    )  # fmt: skip
    return path, out.getvalue()


def with_threshold(model: CryModel, on: float) -> CryModel:
    rule = msgspec.structs.replace(model.card.rule, on=on)
    return CryModel(msgspec.structs.replace(model.card, rule=rule), model.arrays)


@pytest.mark.usefixtures("heard_once")
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


@pytest.mark.usefixtures("heard_once")
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


def test_what_grows_deaf_or_fires_at_everything_is_not_better() -> None:
    shipped = Metrics(3, 5, 2, 1.0)
    deaf, jumpy = Metrics(5, 5, 0, 1.0, KEPT - 0.01, 1.0), Metrics(5, 5, 0, 1.0, 1.0, FIRED + 0.01)
    assert "not taken" in str(deaf)
    assert "not taken" in str(jumpy)
    assert best({"shipped": shipped, "threshold": deaf, "last layer": jumpy}) == "shipped"
    modest = Metrics(3, 5, 1, 1.0, 0.99, 0.8)
    assert str(modest) == (
        "3 of 5 cry recordings raise a bout, 1 false bout in 1.00 h; "
        "made sounds against before: crying 99%, false hits 80%"
    )
    assert best({"shipped": shipped, "threshold": deaf, "last layer": modest}) == "last layer"


def recording(model: CryModel, sound: np.ndarray, *, is_cry: bool) -> Recording:
    hidden = hidden_of(model, sound.astype(np.float32))
    return Recording(Path("one.wav"), hidden, np.ones(len(hidden), dtype=bool), is_cry)


def refused_sounds(model: CryModel, count: int) -> list[Recording]:
    """Made sounds that fire the model although nobody cries."""
    found: list[Recording] = []
    rng = np.random.default_rng(77)
    while len(found) < count:
        for make in MODELS.values():
            sound = np.tile(synth.at_level(make(rng)[: 3 * 16_000], -25.0), 4)[: 10 * 16_000]
            one = recording(model, sound, is_cry=False)
            if pet_bouts(model, Tuned(*model.head[1], model.card.rule.on), one):
                found.append(one)
    return found[:count]


def test_refused_bouts_fire_less_and_cries_are_heard_as_ever(model: CryModel, made: Made) -> None:
    refused = refused_sounds(model, 6)
    found = compare(model, refused, "kitten", (), made)
    assert found["last layer"].false_bouts < found["shipped"].false_bouts
    assert found["last layer"].kept >= KEPT
    assert found["last layer"].fired < 1


def test_a_few_clear_recordings_do_not_make_it_fire_at_everything(
    model: CryModel, made: Made
) -> None:
    """With as much weight on hers as on her quiet room, false alerts were ten times as many."""
    cries = [
        recording(model, synth.bout("kitten", np.random.default_rng(k), 6), is_cry=True)
        for k in range(8)
    ]
    quiet = recording(model, synth.Room(3, noise_db=-60.0).render(0, 300 * 16_000), is_cry=False)
    found = compare(model, [*cries, quiet], "kitten", (), made)
    assert 1 < found["last layer"].fired <= FIRED


def test_answers_alone_never_take_a_threshold_that_is_deaf(model: CryModel, made: Made) -> None:
    answers = (0.85,) * 20
    cries = [
        recording(model, synth.bout("kitten", np.random.default_rng(k), 6), is_cry=True)
        for k in range(4)
    ]
    found = compare(model, cries, "kitten", answers, made)
    assert found["threshold"].kept >= KEPT
    assert found["shipped"].false_bouts == 20
    assert found["threshold"].false_bouts == 20, "0.9 would spare them, and most crying"


@pytest.mark.usefixtures("heard_once")
def test_refused_bouts_are_found_beside_the_cries(
    model: CryModel, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    deaf, beside = with_threshold(model, 0.99999), folders[0].parent / "not-a-cry"
    beside.mkdir()
    try:
        _, said = run(deaf, folders, tmp_path)
        assert "not a cry" not in said, "an empty folder is none"
        (beside / "notes.txt").write_text("no sound")
        soundfile.write(beside / "cry-20260101T000000Z-kitten.wav", np.zeros(160_000), 16_000)
        _, said = run(deaf, folders, tmp_path)
        assert said.startswith('with 1 bout answered "not a cry"\n')
        _, said = run(deaf, (folders[0], folders[1]), tmp_path, refused=folders[1])
        assert said.startswith('with 3 bouts answered "not a cry"\n')
    finally:
        for path in beside.iterdir():
            path.unlink()
        beside.rmdir()


@pytest.mark.usefixtures("heard_once")
def test_how_far_it_has_come_is_said(
    model: CryModel, folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cry, "PROGRESS_EVERY_S", 0.0)
    err = io.StringIO()
    calibrate_cry(
        *folders, refused=None, model=with_threshold(model, 0.99999), species="kitten",
        out_dir=tmp_path, journal=None, out=io.StringIO(), err=err,
    )  # fmt: skip
    lines = err.getvalue().splitlines()
    assert lines[0].startswith("listening to the recordings")
    assert lines[1] == "1 of 21 models tried so far"
    assert lines[-1] == "21 of 21 models tried so far"


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
