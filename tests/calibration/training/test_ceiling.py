"""The teacher in place of the network (needs PyTorch, which only training does)."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch, for training only, is missing")

from calibration.training import ceiling, scenes  # after the skip
from calibration.training.teacher import PATCH, PATCH_HOP, Answer


class Repeats:
    """Says how loud its patch is, and at which of its samples a click stands."""

    asked = 0

    def listen(self, samples: np.ndarray) -> Answer:
        assert len(samples) == PATCH
        self.asked += 1
        click = float(np.abs(samples).argmax())
        features = np.array([[np.abs(samples).max(), click]], dtype=np.float32)
        return Answer(features, np.array([[0.1, 0.2, 0.3]], dtype=np.float32))


def test_a_patch_ends_with_each_step_and_is_as_loud_as_in_the_scenes() -> None:
    sound = np.zeros(5 * PATCH_HOP, dtype=np.float32)
    sound[2 * PATCH_HOP + 1_000] = 0.001
    teacher = Repeats()
    ear = ceiling.TeachersEar(teacher, [2, 0])
    answer = ear.answers(sound)
    loudest, click = answer.features.T
    assert answer.scores.tolist() == [pytest.approx([0.3, 0.1])] * 5
    assert click[2] == PATCH_HOP + 1_000, "the click is in the newest step, after the one before"
    assert click[3] == 1_000
    assert loudest[[2, 3]] == pytest.approx([scenes.TEACHER_PEAK] * 2, rel=1e-5)
    assert loudest[[0, 1]] == pytest.approx([0, 0])
    ear.answers(sound.copy())
    assert teacher.asked == 5, "what was heard once is remembered"
