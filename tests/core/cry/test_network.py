"""The network and its picture, against plain arithmetic in double precision."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.cry.features import (
    BANDS,
    FRAME,
    HOP,
    STEP_FRAMES,
    Surveyor,
    log_mel,
    log_mel_between,
    picture,
)
from monitor.core.cry.model import SPECIES, CryModel
from monitor.core.cry.network import Net
from monitor.data.shipped import cry_model_bytes

SEED = 3


@pytest.fixture(scope="module")
def model() -> CryModel:
    return CryModel.from_bytes(cry_model_bytes(None))


# ------------------------------------------------------------------ the network


def plain_logits(model: CryModel, layers: np.ndarray) -> np.ndarray:
    """Every convolution looks back over zeros before the stream began; cell by cell."""
    x = layers.astype(float)
    for conv in model.convs:
        (kt, kf), (st, sf) = conv.shape.kernel, conv.shape.stride
        weights, bias = conv.weights[:-1].astype(float), conv.weights[-1].astype(float)
        x = np.concatenate([np.zeros((kt - st, *x.shape[1:])), x])
        rows, columns = (len(x) - kt) // st + 1, (x.shape[1] - kf) // sf + 1
        out = np.empty((rows, columns, conv.outputs))
        for t in range(rows):
            for f in range(columns):
                cell = x[t * st : t * st + kt, f * sf : f * sf + kf].ravel()
                out[t, f] = np.maximum(cell @ weights + bias, 0)
        x = out
    steps = len(layers) // STEP_FRAMES
    x = x.reshape(steps, -1, x.shape[-1])
    before = np.concatenate([np.zeros((1, *x.shape[1:])), x[:-1]])
    both = np.concatenate([before, x], axis=1)
    pooled = np.concatenate([both.mean(axis=1), both.max(axis=1)], axis=1)
    (w0, b0), (w1, b1) = model.head
    return np.maximum(pooled @ w0 + b0, 0) @ w1 + b1


def test_the_network_is_its_convolutions_and_two_steps_pooled(model):
    layers = (
        np.random.default_rng(SEED).uniform(0, 1, (2 * STEP_FRAMES, BANDS, 2)).astype(np.float32)
    )
    expected = plain_logits(model, layers)
    net = Net(model)
    assert net.logits(layers) == pytest.approx(expected, rel=1e-3, abs=1e-3)
    net.reset()
    first = net.logits(layers[:STEP_FRAMES])
    second = net.logits(layers[STEP_FRAMES:])
    assert np.concatenate([first, second]) == pytest.approx(expected, rel=1e-3, abs=1e-3)
    assert net.logits(layers)[0] != pytest.approx(expected[0], rel=1e-3, abs=1e-3)
    net.reset()
    assert net.logits(layers) == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_probabilities_are_a_softmax_summed_by_species(model):
    logits = (
        np.random.default_rng(SEED).normal(0, 3, (5, len(model.card.classes))).astype(np.float32)
    )
    scaled = np.exp(logits.astype(float) / model.card.temperature)
    each = scaled / scaled.sum(axis=1, keepdims=True)
    found = model.probabilities(logits)
    for k, name in enumerate(SPECIES):
        of_it = [
            i for i, c in enumerate(model.card.classes)
            if c == name or (name == "other" and c not in SPECIES)
        ]  # fmt: skip
        assert found[:, k] == pytest.approx(each[:, of_it].sum(axis=1), rel=1e-5)


# ------------------------------------------------------------------ the picture


def plain_log_mel(samples: np.ndarray) -> np.ndarray:
    """Hann frames of 32 ms every 20 ms; 64 triangles from 150 Hz to 7.5 kHz, equal in mel."""
    mels = np.linspace(*(2595 * np.log10(1 + hz / 700) for hz in (150.0, 7500.0)), 66)
    edges = 700 * (10 ** (mels / 2595) - 1)
    hz = np.arange(257) * 16_000 / 512
    bands = np.stack([np.interp(hz, edges[k : k + 3], [0, 1, 0]) for k in range(64)], axis=1)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
    rows = []
    for at in range(0, len(samples) - 511, 320):
        spectrum = np.fft.rfft(samples[at : at + 512] * window * 2 / window.sum())
        rows.append(10 * np.log10(np.abs(spectrum) ** 2 @ bands + 10**-11.0))
    return np.array(rows)


def test_a_frame_is_the_power_in_64_bands():
    samples = np.random.default_rng(SEED).normal(0, 0.01, 60 * HOP + FRAME).astype(np.float32)
    samples[: 20 * HOP] *= 1e-6
    expected = plain_log_mel(samples.astype(float))
    assert log_mel(samples) == pytest.approx(expected, abs=0.02)
    assert log_mel(samples, 2) == pytest.approx(expected[::2], abs=0.02)


def test_the_frames_that_the_survey_left_out_are_computed_after_it():
    samples = np.random.default_rng(SEED).normal(0, 0.01, 48 * HOP + FRAME - HOP).astype(np.float32)
    between = log_mel_between(samples, log_mel(samples, 2))
    assert between == pytest.approx(log_mel(samples), abs=1e-3)


def plain_survey(mel: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Background, loudest and stirring of every second frame, step by step."""
    steps = mel.reshape(-1, 12, 64)
    quartiles, background, stirring = [], [], []
    for k, step in enumerate(steps):
        quartiles = [*quartiles, np.sort(step, axis=0)[3]][-20:]
        background.append(np.sort(quartiles, axis=0)[len(quartiles) // 4])
        above = step - background[-1]
        cells = (above[:-1, :-1] + above[1:, :-1] + above[:-1, 1:] + above[1:, 1:]) / 4
        stirring.append(k + 1 < 10 or (cells > 10.0).sum() >= 2)
    loudest, peak = [], -85.0
    for frame in mel:
        peak = max(frame.max(), peak - 0.4, -85.0)
        loudest.append(peak)
    return np.array(background), np.array(loudest), np.array(stirring)


def noisy_steps(steps: int) -> np.ndarray:
    mel = np.random.default_rng(SEED).normal(-70.0, 2.0, (steps * 12, 64)).astype(np.float32)
    mel[15 * 12 + 4 : 15 * 12 + 6, 20:23] += 25.0  # a short call in one step
    mel[17 * 12 + 4 : 17 * 12 + 6, 20:22] += 25.0  # ... and one that fills a single cell
    mel[19 * 12 :] -= 60.0
    mel[5] += 30.0
    return mel


def test_the_survey_follows_the_quiet_quarter_and_the_loudest():
    mel = noisy_steps(30)
    background, loudest, stirring = plain_survey(mel.astype(float))
    found = Surveyor().survey(mel)
    assert found.background_db == pytest.approx(background, abs=1e-3)
    assert found.loudest_db == pytest.approx(loudest, abs=1e-2)
    assert found.stirring.tolist() == stirring.tolist()
    assert found.stirring[15]
    assert not found.stirring[25]
    parts = Surveyor()
    first, second = parts.survey(mel[: 7 * 12]), parts.survey(mel[7 * 12 :])
    assert np.concatenate([first.background_db, second.background_db]) == pytest.approx(
        background, abs=1e-3
    )
    assert np.concatenate([first.loudest_db, second.loudest_db]) == pytest.approx(loudest, abs=1e-2)
    part = found.part(slice(3, 5))
    assert np.array_equal(part.background_db, found.background_db[3:5])
    assert np.array_equal(part.loudest_db, found.loudest_db[36:60])
    assert np.array_equal(part.stirring, found.stirring[3:5])


def test_the_picture_is_free_of_level():
    """Decibels above 50 below the loudest, and above the background up to 40; both 0 to 1."""
    samples = (
        np.random.default_rng(SEED)
        .normal(0, 0.01, 12 * STEP_FRAMES * HOP + FRAME - HOP)
        .astype(np.float32)
    )
    surveyed = log_mel(samples, 2)
    survey = Surveyor().survey(surveyed)
    mel = log_mel_between(samples, surveyed)
    found = picture(mel, survey)
    loudest = np.repeat(survey.loudest_db, 2)[:, None]
    background = np.repeat(survey.background_db, STEP_FRAMES, axis=0)
    assert found.shape == (12 * STEP_FRAMES, BANDS, 2)
    assert found[..., 0] == pytest.approx(np.clip((mel - loudest + 50) / 50, 0, 1), abs=1e-4)
    assert found[..., 1] == pytest.approx(np.clip((mel - background) / 40, 0, 1), abs=1e-4)
