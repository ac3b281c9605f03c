"""Training scenes: what is called a cry, seeded, from one fold's clips, resumable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.training import canvases, scenes
from calibration.training.canvases import IGNORE, Painter
from calibration.training.clips import KINDS, Clip, Kind
from monitor.simulation import sounds as synth

soundfile = pytest.importorskip("soundfile")

OTHER = KINDS.index("other")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    folder, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(0)
    made: list[Clip] = []
    for kind in ("kitten", "puppy", "human", "bark"):
        sound = np.concatenate([np.zeros(8_000), synth.call(kind, rng), np.zeros(8_000)])
        soundfile.write(folder / f"{kind}.wav", sound, 16_000)
        cries = () if kind == "bark" else ((0.5, (len(sound) - 8_000) / 16_000),)
        made.append(clip(folder / f"{kind}.wav", kind, kind, cries))
    soundfile.write(folder / "rain.wav", synth.noise(rng, 3.0) * 0.1, 16_000)
    return [*made, clip(folder / "rain.wav", "other", "negative:rain", ())]


def clip(path: Path, kind: Kind, label: str, cries: tuple[tuple[float, float], ...]) -> Clip:
    return Clip(path, label, kind, path.stem, "CC0", cries, None)


def test_scenes_are_seeded_and_whole(clips: list[Clip]) -> None:
    first, again = Painter(clips, [], 5), Painter(clips, [], 5)
    for _ in range(10):
        one, other = first.paint(), again.paint()
        assert np.array_equal(one.samples, other.samples)
        assert one.samples.shape == (canvases.CANVAS_SAMPLES,)
        assert np.abs(one.samples).max() <= 1
        assert np.isfinite(one.samples).all()
        assert set(np.unique(one.targets)) <= {IGNORE, *range(len(KINDS))}


def test_every_kind_is_drawn(clips: list[Clip]) -> None:
    painter = Painter(clips, [], 1)
    drawn = np.concatenate([painter.paint().targets for _ in range(80)])
    assert set(range(len(KINDS))) <= set(drawn.tolist())


def test_a_step_is_a_cry_when_enough_of_it_is_heard() -> None:
    second = 16_000
    targets = canvases.window_targets("kitten", [(int(1.0 * second), int(1.5 * second))])
    # steps end at 0.48 s, 0.96 s, ...; a window looks back over two of them
    assert targets.tolist()[:6] == [OTHER, OTHER, 0, 0, IGNORE, OTHER]
    barely = canvases.window_targets("kitten", [(int(0.96 * second), int(1.01 * second))])
    assert barely.tolist()[2] == IGNORE


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.5, 2.4])
def test_playing_faster_raises_the_pitch_by_the_same_factor(factor: float) -> None:
    t = np.arange(16_000) / 16_000
    tone = np.sin(2 * np.pi * 600 * t).astype(np.float32)
    fast = canvases.speed(tone, factor)
    assert len(fast) == pytest.approx(16_000 / factor, abs=1)
    spectrum = np.abs(np.fft.rfft(fast * np.hanning(len(fast))))
    assert spectrum.argmax() * 16_000 / len(fast) == pytest.approx(600 * factor, rel=0.01)
    assert np.abs(fast[1_000:-1_000]).max() == pytest.approx(1, abs=0.05)


def test_a_shard_depends_on_its_seed_alone(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "SHARD", 4)
    painters = {k: Painter(clips, [], scenes.hash_seed(1, 0, k)) for k in range(2)}
    arrays = scenes.paint_shard(painters, None, [], 3)
    painters = {k: Painter(clips, [], scenes.hash_seed(1, 0, k)) for k in range(2)}
    again = scenes.paint_shard(painters, None, [], 3)
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)
    np.savez(tmp_path / "scenes-0000.npz", **arrays)
    shards = scenes.load(tmp_path, 1)
    assert shards.mel.shape == (4, 8 * 24, 64)
    assert set(shards.fold.tolist()) <= {0, 1}
