"""What PyTorch trains is what numpy runs."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.cry.features import STEP_FRAMES, SURVEY_EVERY, Surveyor, picture
from monitor.core.cry.model import CryModel
from monitor.core.cry.network import Net
from monitor.data.shipped import cry_model_bytes

try:
    import torch

    from calibration.training import network, train
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="PyTorch, for training only, is missing")


def test_numpy_gives_the_answers_torch_gave_for_the_shipped_weights() -> None:
    model = CryModel.from_bytes(cry_model_bytes(None))
    layers = np.random.default_rng(0).random((4 * STEP_FRAMES, 64, 2)).astype(np.float32)
    want = np.array(model.card.notes["check"])
    assert np.abs(Net(model).logits(layers) - want).max() < 1e-4


@needs_torch
def test_numpy_and_torch_agree_to_1e_4() -> None:
    torch.manual_seed(0)
    net = network.CryNet(taught=4)
    layers = torch.rand(2, 2, 8 * STEP_FRAMES, 64)
    net.train()
    for _ in range(3):  # give the normalisation statistics of its own
        net(layers)
    net.eval()
    with torch.no_grad():
        want = net(layers).logits.numpy()
    stored = train.to_model(net, {})
    stream = Net(CryModel(stored.card, network.export(net)))
    pictures = layers[1].permute(1, 2, 0).contiguous().numpy()
    got = np.concatenate([stream.logits(part) for part in np.split(pictures, [48, 72, 168])])
    assert np.abs(got - want[1]).max() < 1e-4
    halves = Net(stored).logits(pictures)
    assert np.abs(halves - want[1]).max() < 0.02, "half precision on disk"
    again = network.reference(stored.arrays, pictures)
    assert np.abs(again - halves).max() < 1e-4


@needs_torch
@pytest.mark.parametrize("earlier", [0, 5])
def test_training_sees_the_pictures_the_daemon_sees(earlier: int) -> None:
    rng = np.random.default_rng(1)
    mel_db = rng.normal(-60, 8, (24 * (8 + earlier), 64)).astype(np.float32)
    survey = Surveyor().survey(mel_db[::SURVEY_EVERY])
    want = picture(mel_db, survey)[24 * earlier :]
    history = None
    if earlier:
        steps = mel_db[: 24 * earlier : SURVEY_EVERY].reshape(1, earlier, 12, 64)
        history = torch.from_numpy(np.partition(steps, 3, axis=2)[:, :, 3])
    got = network.pictures(torch.from_numpy(mel_db[None, 24 * earlier :]), history)
    contrast = got[0, 1].numpy()
    assert np.abs(contrast - want[:, :, 1]).max() < 1e-5
    if not earlier:
        assert np.abs(got[0, 0].numpy() - want[:, :, 0]).max() < 1e-5
